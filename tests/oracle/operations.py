"""The second part of docs/conformance.md: every public operation of TF1, and what is here.

The symbols are listed from TensorFlow itself. One counts as the same if torchscope.tf1 has it with the
same arguments in the same order: what it gives is compared with TensorFlow's in tests/core/ops, tests/nn and
beside them. What torchscope.tf1 does not have says of itself what to write (`torchscope/tf1/missing.py`).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import torchscope.tf1
from tests.tensorflow1 import tf as tensorflow
from torchscope.tf1.missing import instead_of

AREAS = (
    *("", "math", "linalg", "random", "nn", "image", "losses", "metrics", "nest", "bitwise"),
    *("debugging", "dtypes", "manip", "signal", "sparse", "spectral"),
)

NO_GRAPH = "there is no graph of operations"

DIFFERENT = {
    "tf.shape": "integers that compute as the tensor would, so that nobody reads them from a device",
    "tf.shape_n": "as tf.shape",
    "tf.rank": "a Python integer",
    "tf.size": "a Python integer",
    **dict.fromkeys(("tf.zeros", "tf.ones", "tf.fill"), "without TF2's `layout`"),
    **dict.fromkeys(
        (
            *("tf.random.stateless_normal", "tf.random.stateless_truncated_normal"),
            *("tf.random.stateless_uniform", "tf.random.stateless_multinomial"),
        ),
        "other numbers, of the same distribution; one algorithm",
    ),
    **dict.fromkeys(
        (
            *("tf.nn.sigmoid_cross_entropy_with_logits", "tf.nn.softmax_cross_entropy_with_logits"),
            "tf.nn.sparse_softmax_cross_entropy_with_logits",
        ),
        "as TF1 had it, with `_sentinel` first",
    ),
    "tf.Session": "says in three lines how its loop is written here",
    "tf.InteractiveSession": "as tf.Session",
    "tf.get_default_session": "as tf.Session",
    "tf.GradientTape": "says to call tf.gradients, or torch.autograd.grad",
    "tf.RegisterGradient": "says to write a torch.autograd.Function, or tf.custom_gradient",
    "tf.enable_eager_execution": "says to leave the line out, and to have a net call the function",
    "tf.recompute_grad": "that of tf.contrib.layers, which has more arguments",
    "tf.add_check_numerics_ops": "says to call tf.check_numerics",
    "tf.nn.silu": "the same function as tf.nn.swish",
    "tf.gradients": "what is asked for must require a gradient before it is used",
    "tf.cond": "a tensor that decides cannot be recorded: tf.where, or a Python bool",
    "tf.control_dependencies": "runs the pending Operations among its inputs on entering the block",
    "tf.py_func": "runs Python when it is called; not in a recording",
    "tf.reverse": "a list of bools says for each axis whether it is meant, as in TF 0.x",
}


def symbols() -> Iterator[str]:
    """The public functions and classes of these areas, as TensorFlow lists them."""
    for area in AREAS:
        owner = getattr(tensorflow, area) if area else tensorflow
        for name in dir(owner):
            if not name.startswith("_") and callable(getattr(owner, name)):
                yield f"tf.{area}.{name}" if area else f"tf.{name}"


def look_up(root: Any, symbol: str) -> Any:
    """What has this name, or None."""
    for part in symbol.split(".")[1:]:
        there = not inspect.ismodule(root) or part in dir(root)
        root = getattr(root, part, None) if there else None
    return root


def parameters_of(function: Any) -> list[str] | None:
    """The names of its arguments; None where Python does not know them, or they are of a class."""
    if inspect.isclass(function):
        return None
    try:
        given = inspect.signature(inspect.unwrap(function)).parameters.values()
    except (TypeError, ValueError):
        return None
    return [each.name for each in given if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)]


def row(symbol: str) -> tuple[str, str, str]:
    """A symbol, what it is here, and why.

    Raises:
        LookupError: torchscope.tf1 does not have it, and does not say what to write.
    """
    ours = look_up(torchscope.tf1, symbol)
    if symbol in DIFFERENT:
        return symbol, "different on purpose", DIFFERENT[symbol]
    if ours is None:
        reason = instead_of(symbol)
        if not reason:
            raise LookupError(f"Nothing is said of {symbol}, which torchscope.tf1 does not have.")
        return symbol, "absent", reason
    theirs, mine = parameters_of(look_up(tensorflow, symbol)), parameters_of(ours)
    if theirs is None or mine is None or theirs == mine[: len(theirs)]:
        return symbol, "same", ""
    return symbol, "different arguments", f"({', '.join(mine)})"


def lines(others: set[str]) -> list[str]:
    """The part of the page, without the symbols that another part has."""
    rows = [row(symbol) for symbol in sorted(set(symbols()) - others)]
    counts = {kind: sum(r[1] == kind for r in rows) for _, kind, _ in rows}
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    return [
        "## Operations",
        "",
        "Every public function and class of tf, tf.math and the like: the same arguments, and numbers,",
        "dtypes, gradients and errors that tests/core/ops compares with TensorFlow's. What is absent says in",
        "its error what to write instead.",
        "",
        f"{len(rows)} symbols: {told}.",
        "",
        "| symbol | here | why, and what to write instead |",
        "| --- | --- | --- |",
        *(f"| `{symbol}` | {kind} | {why} |" for symbol, kind, why in rows),
    ]
