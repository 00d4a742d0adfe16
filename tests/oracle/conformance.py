"""Writes docs/conformance.md: every public symbol of TF1's variable system, and what is here.

The symbols are listed from TensorFlow itself, so that none is forgotten. One counts as the same if
torchscope.tf1 has it with the same arguments in the same order, and if a case uses it: a piece of TF1
code that gives the same here as in TensorFlow. Each other one has its reason here.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

import torchscope.tf1 as torchscope_tf1
from oracle import operations
from tests.tensorflow1 import tf as tensorflow
from torchscope._core.store.variables import ParameterVariable

PAGE = HERE.parent.parent / "docs" / "conformance.md"

WORDS = (
    *("variable", "initializer", "collection", "scope", "regular", "partition", "assign"),
    *("global_step", "graphkeys", "template", "reuse"),
)

OF_TRAIN = ("global_step", "variable", "checkpoint", "saver", "warm_start")

# What gives a scope.
SCOPES = ("tf.VariableScope", "tf.get_variable_scope", "tf.variable_scope")

NO_SESSION = "there is no session: a variable is a tensor"
NO_PROTO = "there are no graphs to write"
NO_OBJECTS = "of TF2's object-based checkpoints, which are read under their keys and not written"

DIFFERENT = {
    "tf.Variable.constraint": "applied by `registry.apply_constraints_()`",
    "tf.Variable.device": "a torch.device",
    "tf.Variable.initialized_value": "a copy of the present value: all variables are initialised",
    "tf.assert_variables_initialized": "nothing to assert: variables have values once made",
    "tf.global_variables_initializer": "a function that initialises again when it is called",
    "tf.initialize_all_variables": "as tf.global_variables_initializer",
    "tf.initialize_local_variables": "as tf.local_variables_initializer",
    "tf.initialize_variables": "as tf.variables_initializer",
    "tf.initializers.global_variables": "as tf.global_variables_initializer",
    "tf.initializers.local_variables": "as tf.local_variables_initializer",
    "tf.initializers.variables": "as tf.variables_initializer",
    "tf.is_variable_initialized": "always a tensor with True",
    "tf.local_variables_initializer": "a function that initialises again when it is called",
    "tf.report_uninitialized_variables": "always an empty list",
    "tf.variables_initializer": "a function that initialises again when it is called",
    "tf.create_partitioned_variables": "write `get_variable` with a partitioner",
    "tf.op_scope": "write `name_scope(name, default_name, values)`",
    "tf.variable_op_scope": "write `variable_scope(name_or_scope, default_name, values)`",
    "tf.Variable.set_shape": "checks it: the shape of a variable is known",
    "tf.Variable.ref": "write `id(v)`: tensors can be keys as they are",
    "tf.Variable.experimental_ref": "write `id(v)`: tensors can be keys as they are",
    "tf.Variable.gather_nd": "index the tensor",
    "tf.Variable.sparse_read": "index the tensor: `v[indices]`",
    "tf.Variable.count_up_to": "compare the value and assign_add",
    "tf.train.assert_global_step": "compare `step.dtype` and `step.ndim`",
    "tf.train.global_step": f"{NO_SESSION}: write `int(step)`",
    "tf.train.NewCheckpointReader": "another name of `load_checkpoint`, which gives a Mapping",
    "tf.train.checkpoints_iterator": "ask `latest_checkpoint` now and then",
    "tf.train.get_checkpoint_mtimes": "write `Path(f'{prefix}.index').stat().st_mtime`",
    "tf.train.load_checkpoint": "gives a Mapping, with a reader's methods; takes more kinds of files",
    "tf.train.remove_checkpoint": "a Saver deletes what is not kept",
    "tf.train.warm_start": "write `restore(net, path, only=..., rename=...)`",
    "tf.VariableScope.get_variable": "write `get_variable` inside `variable_scope(scope)`",
    "tf.Variable.eval": "a numpy array; a session is ignored",
    "tf.Variable.load": "assigns at once; a session is ignored",
    "tf.Variable.get_shape": "a TensorShape; `v.shape` is a torch.Size",
    "tf.Variable.initial_value": "made anew on each read",
    "tf.Variable.initializer": "a function that initialises again when it is called",
    "tf.Variable.scatter_add": "PyTorch's method; write `tf.scatter_add(v, indices, updates)`",
    "tf.Variable.batch_scatter_update": "write `tf.batch_scatter_update(v, indices, updates)`",
    **dict.fromkeys(
        (f"tf.Variable.scatter_{k}" for k in ("div", "max", "min", "mul", "sub", "update")),
        "takes anything with `indices` and `values`",
    ),
    **dict.fromkeys(
        (f"tf.Variable.scatter_nd_{k}" for k in ("add", "sub", "update")), "returns the variable"
    ),
}
NOT_APPLICABLE = {
    "tf.disable_resource_variables": "there is one kind of variable",
    "tf.enable_resource_variables": "there is one kind of variable",
    "tf.resource_variables_enabled": "there is one kind of variable",
    "tf.init_scope": "there is no graph of functions to leave",
    "tf.tables_initializer": "there are no lookup tables",
    "tf.initializers.tables_initializer": "there are no lookup tables",
    "tf.train.Checkpoint": NO_OBJECTS,
    "tf.train.CheckpointManager": NO_OBJECTS,
    "tf.train.CheckpointOptions": NO_OBJECTS,
    "tf.train.CheckpointSaverHook": "there is no session: call `saver.save` in the training loop",
    "tf.train.CheckpointSaverListener": "as tf.train.CheckpointSaverHook",
    "tf.train.Saver.as_saver_def": NO_PROTO,
    "tf.train.Saver.export_meta_graph": NO_PROTO,
    "tf.train.Saver.from_proto": NO_PROTO,
    "tf.train.Saver.to_proto": NO_PROTO,
    "tf.train.SaverDef": NO_PROTO,
    "tf.Variable.SaveSliceInfo": "a piece's `partition` in its record says where it lies",
    "tf.Variable.aggregation": "accepted as an argument; torch.distributed does it",
    "tf.Variable.synchronization": "accepted as an argument; torch.distributed does it",
    "tf.Variable.from_proto": NO_PROTO,
    "tf.Variable.to_proto": NO_PROTO,
    "tf.Variable.graph": "there is no graph",
}


def symbols() -> Iterator[str]:
    """The public symbols of the area, as TensorFlow lists them."""
    for name in dir(tensorflow):
        if any(word in name.lower() for word in WORDS) and name not in {
            "initializers",
            "dynamic_partition",
        }:
            yield f"tf.{name}"
    for name in dir(tensorflow.initializers):
        if not name.startswith("_"):
            yield f"tf.initializers.{name}"
    for name in dir(tensorflow.train):
        if any(word in name.lower() for word in OF_TRAIN) and "Summary" not in name:
            yield f"tf.train.{name}"
    for owner in ("tf.VariableScope", "tf.Variable", "tf.train.Saver"):
        for name in dir(_look_up(tensorflow, owner)):
            if not name.startswith("_"):
                yield f"{owner}.{name}"


def _look_up(root: Any, symbol: str) -> Any:
    for part in symbol.split(".")[1:]:
        root = getattr(root, part, None)
        if root is torchscope_tf1.Variable and symbol != "tf.Variable":
            # What a variable has of nn.Parameter counts.
            root = ParameterVariable
    return root


def _parameters(symbol: str, function: Any) -> list[str] | None:
    if symbol in {"tf.Variable", "tf.GraphKeys"} or not callable(function):
        return None
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None
    return [name for name in names if name not in {"args", "kwargs", "self"}]


def differing_arguments(symbol: str) -> tuple[list[str], list[str]] | None:
    """TensorFlow's arguments and ours, where ours do not begin with the same in the same order."""
    theirs = _parameters(symbol, _look_up(tensorflow, symbol))
    ours = _parameters(symbol, _look_up(torchscope_tf1, symbol))
    if theirs is None or ours is None or theirs == ours[: len(theirs)]:
        return None
    return theirs, ours


def _written(node: ast.expr) -> str:
    """An attribute of tf as it is written, "tf.train.Saver"; "" for any other expression."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join(["tf", *reversed(names)]) if names and ast.unparse(node) == "tf" else ""


def _owner(node: ast.expr, scopes: set[str]) -> str:
    """What an expression gives, of what has members: a scope, if it is seen, or else a variable."""
    opened = isinstance(node, ast.Call) and _written(node.func) in SCOPES
    return "tf.VariableScope" if opened or ast.unparse(node) in scopes else "tf.Variable"


def _used(case: ast.FunctionDef) -> Iterator[str]:
    """The symbols that a case uses: those of tf, and members of variables, scopes and savers."""
    nodes = list(ast.walk(case))
    named = [(i.optional_vars, i.context_expr) for i in nodes if isinstance(i, ast.withitem)]
    named += [(n.targets[0], n.value) for n in nodes if isinstance(n, ast.Assign)]
    scopes = {ast.unparse(n) for n, v in named if n and _owner(v, set()) == "tf.VariableScope"}
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield _written(node)
            yield f"{_owner(node.value, scopes)}.{node.attr}"
            yield f"tf.train.Saver.{node.attr}"


def cases_of_symbols() -> dict[str, list[str]]:
    """For each symbol the cases that use it, themselves or through what their file has beside them."""
    cases = defaultdict(list)
    for path in sorted(HERE.glob("cases_*.py")):
        functions = {
            f.name: f for f in ast.parse(path.read_text()).body if isinstance(f, ast.FunctionDef)
        }
        for name, function in functions.items():
            if name.startswith("_"):
                continue
            called = {
                ast.unparse(node) for node in ast.walk(function) if isinstance(node, ast.Name)
            }
            helpers = [functions[n] for n in functions if n.startswith("_") and n in called]
            for symbol in {s for each in (function, *helpers) for s in _used(each)}:
                cases[symbol].append(f"{path.stem.removeprefix('cases_')}-{name}")
    return cases


def row(symbol: str, cases: list[str]) -> tuple[str, str, str, list[str]]:
    """A symbol, what it is here, why, and the cases that use it.

    Raises:
        LookupError: nothing is said of a symbol that torchscope.tf1 does not have; one is to be the
            same, and no case shows it.
    """
    if symbol in NOT_APPLICABLE:
        return symbol, "not applicable", NOT_APPLICABLE[symbol], cases
    if symbol in DIFFERENT:
        return symbol, "different on purpose", DIFFERENT[symbol], cases
    if _look_up(torchscope_tf1, symbol) is None:
        raise LookupError(f"Nothing is said of {symbol}, which torchscope.tf1 does not have.")
    if not cases:
        raise LookupError(f"No case of tests/oracle shows that {symbol} is the same.")
    return symbol, "same", "", cases


def _cases(names: list[str]) -> str:
    """The first of the cases, and how many more there are."""
    first = f"`{names[0]}`" if names else ""
    return f"{first} and {len(names) - 1} more" if len(names) > 1 else first


def page() -> str:
    """The page as it must be."""
    cases = cases_of_symbols()
    rows = [row(symbol, cases.get(symbol, [])) for symbol in sorted(set(symbols()))]
    counts = {kind: sum(r[1] == kind for r in rows) for kind in ("same", "different on purpose")}
    lines = [
        "# Conformance",
        "",
        "The variable system first, then [the operations](#operations).",
        "",
        "Every public symbol of TF1's variable system, listed from TensorFlow itself by",
        "`make conformance`. *Same* means the same arguments in the same order, and the same",
        "answers in the cases of tests/oracle, which run in TensorFlow and in torchscope, and in",
        "generated programs. The last column names a case that uses the symbol, as its test is called",
        "(`pytest -k`): what is the same has one at least.",
        "",
        f"{len(rows)} symbols: {counts['same']} the same, {counts['different on purpose']} different",
        f"on purpose, {len(rows) - sum(counts.values())} not applicable. What differs in the rules",
        "themselves is in [faq.md](faq.md#differences-from-tf1).",
        "",
        "| symbol | here | why, and what to write instead | in cases |",
        "| --- | --- | --- | --- |",
        *(f"| `{symbol}` | {kind} | {why} | {_cases(used)} |" for symbol, kind, why, used in rows),
        "",
        *operations.lines({symbol for symbol, *_ in rows}),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"Wrote {PAGE}")
