"""A part of a graph as steps: what it computes, one after the other, each an expression of the values before it."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import fx

from torchscope.graphs import control
from torchscope.graphs.definitions import Definition, Node
from torchscope.graphs.errors import GraphError
from torchscope.graphs.lowering import Lowered
from torchscope.graphs.needed import Key as Outer
from torchscope.graphs.operations import TABLE
from torchscope.port.graph_source.constants import (
    SMALL,
    Constant,
    argument,
    operand,
    rounded,
    row,
    tensor,
)
from torchscope.port.graph_source.expressions import (
    Call,
    Key,
    Literal,
    Local,
    Path,
    Ref,
    Row,
    keys,
)
from torchscope.port.graph_source.folding import fold
from torchscope.port.graph_source.spelling.given import Given
from torchscope.port.graph_source.spelling.table import FIRST, spell

# What only refuses input that does not fit, and does nothing else, is left out.
_CHECKS = frozenset(["Assert", "NoOp", "ControlTrigger"])
# What may be computed earlier or later: an array is a value in TF1's source, and what is drawn comes in no order.
_FREE = re.compile("TensorArray.*V3$|Random|TruncatedNormal|Multinomial")
_SAME = (control.identity, control.snapshot)


class Variable(NamedTuple):
    """A variable, as it is asked for.

    Args:
        name: its name.
        shape: its shape.
        dtype: its dtype.
        trainable: whether it is trained.
    """

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    trainable: bool


class Step(NamedTuple):
    """Something that is computed.

    Args:
        id: its number.
        path: the name of its node, by whose scopes it is in a function.
        expression: what it computes.
        order: where its node is in the file.
        stateful: whether it does more than to give a value, or gives another one each time.
        variable: the variable that it asks for, if it does.
        after: values that it is better written after.
        several: whether it gives several values.
    """

    id: int
    path: str
    expression: Any
    order: int
    stateful: bool = False
    variable: Variable | None = None
    after: tuple[Key, ...] = ()
    several: bool = False


class Steps(NamedTuple):
    """What a part of a graph computes.

    Args:
        steps: in an order in which they can be.
        inputs: what is fed.
        results: what is fetched, as expressions.
        large: the constants that are no literals, by their names.
        unspelled: the types of nodes that TF1's source has no spelling for.
    """

    steps: list[Step]
    inputs: list[Key]
    results: list[Any]
    large: dict[str, Node]
    unspelled: set[str]


def steps_of(
    definition: Definition,
    lowered: Lowered,
    variables: Mapping[str, Variable],
    feeds: Sequence[str],
) -> Steps:
    """The steps of a lowered part of a graph.

    Args:
        definition: the graph.
        lowered: the part.
        variables: the variables, by their nodes.
        feeds: the names of what is fed.

    Raises:
        GraphError: something cannot be written, which is listed.
    """
    writer = _Steps(definition, variables)
    placeholders = [node for node in lowered.module.graph.nodes if node.op == "placeholder"]
    values: list[Any] = []
    inputs = []
    for _ in feeds:
        key = Key(writer.number())
        inputs.append(key)
        values.append(Ref(key))
    values += [writer.constant(key) for key in lowered.constants]
    values += [writer.variable(key.node) for key in lowered.variables]
    assert len(placeholders) == len(values)
    results = writer.run(lowered.module, values, writer.made)
    if writer.refused:
        raise GraphError(
            f"{len(writer.refused)} types of nodes cannot be written as source:",
            definition.path,
            lines=[f"  {kind}: such as {name!r}" for kind, name in sorted(writer.refused.items())],
        )
    made = _live(writer.made, results)
    return Steps(made, inputs, list(map(tensor, results)), writer.large, writer.unspelled)


class _Steps:
    """What is written so far."""

    def __init__(self, definition: Definition, variables: Mapping[str, Variable]) -> None:
        self._definition = definition
        self._variables = variables
        self._order = {name: place for place, name in enumerate(definition.nodes)}
        self._numbers = 0
        self._given: dict[Key, Given] = {}
        # The steps that ask for variables.
        self._asked: set[int] = set()
        # The steps that give the first of several values alone.
        self._alone: set[int] = set()
        self.made: list[Step] = []
        self.large: dict[str, Node] = {}
        self.unspelled: set[str] = set()
        self.refused: dict[str, str] = {}

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    # What is there at first

    def constant(self, key: Outer) -> Any:
        """A constant, or the weight of a frozen graph."""
        if not key.function and key.node in self._variables:
            return self.variable(key.node)
        functions = self._definition.functions
        node = (functions[key.function].nodes if key.function else self._definition.nodes)[key.node]
        assert node.stored is not None
        kind = node.stored.kind
        name = f"{key.function}/{key.node}" if key.function else key.node
        filled = _filled(node)
        if filled is not None:
            return Constant(name, None, kind.dtype, filled)
        if kind.shape.numel() > SMALL:
            if not isinstance(kind.dtype, torch.dtype):
                self.refused["Const of texts"] = name
            self.large[name] = node
            return Constant(name, None, kind.dtype)
        value: Any = node.stored.load()
        if isinstance(value, torch.Tensor):
            value = value.tolist() if value.dtype.is_floating_point is False else _floats(value)
        else:
            value = _texts(value.tolist())
        return Constant(name, value, kind.dtype)

    def variable(self, name: str) -> Any:
        """A variable, which is asked for by a step."""
        variable = self._variables[name]
        sizes = tuple(
            Literal(size, hint)
            for size, hint in zip(variable.shape, _sizes(len(variable.shape)), strict=True)
        )
        arguments: tuple[Any, ...] = (Path(name, "name"), Row(sizes))
        if variable.dtype is not torch.float32:
            arguments = (*arguments, Literal(variable.dtype, "dtype"))
        keywords = () if variable.trainable else (("trainable", Literal(False, "trainable")),)
        key = Key(self.number())
        call = Call("tf.get_variable", arguments, keywords)
        order = self._order[name]
        self._asked.add(key.step)
        self.made.append(Step(key.step, name, call, order, variable=variable))
        return Ref(key)

    # What is computed

    def run(self, module: fx.GraphModule, values: Sequence[Any], steps: list[Step]) -> list[Any]:
        """Writes a graph down, and gives its results."""
        known: dict[fx.Node, Any] = {}
        given = iter(values)
        for node in module.graph.nodes:
            if node.op == "placeholder":
                known[node] = next(given)
            elif node.op == "get_attr":
                known[node] = module.get_submodule(str(node.target))
            elif node.op == "output":
                return [known[each] for each in node.args[0]]
            else:
                known[node] = self._call(node, known, steps)
        raise AssertionError

    def _call(self, node: fx.Node, known: dict[fx.Node, Any], steps: list[Step]) -> Any:
        arguments: Any = fx.map_arg(node.args, lambda each: known[each])
        if node.target is operator.getitem:
            several, place = arguments
            if isinstance(several, list):
                return several[place]
            if several.key.step in self._alone:
                return several
            return Ref(several.key._replace(place=place))
        if node.target in _SAME:
            (value,) = arguments
            kept = node.target is control.snapshot and isinstance(value, Ref)
            return value if not kept else self._kept(node, value, steps)
        if node.target is control.call:
            module, *rest = arguments
            return self.run(module, rest, steps)
        name = node.meta["name"]
        if node.target in {control.cond, control.while_loop}:
            write = self._cond if node.target is control.cond else self._while
            return write(node, arguments, steps)
        original = node.meta.get("node")
        if original is None or node.target is control.case:
            self.refused[getattr(node.target, "__name__", "?")] = name
            return Ref(Key(self.number()))
        if original.op.startswith("TensorArrayGrad"):
            # What is written to its place twice adds up, which a tf.TensorArray refuses.
            self.refused[original.op] = name
        return self._operation(node, original, arguments, steps)

    def _kept(self, node: fx.Node, value: Any, steps: list[Step]) -> Any:
        """What is read of a variable that is changed later."""
        if value.key.step not in self._asked:
            return value
        call = Call("tf.identity", (value,))
        return self._step(node, call, steps, stateful=True)

    def _step(self, node: fx.Node, expression: Any, steps: list[Step], **said: Any) -> Ref:
        key = Key(self.number())
        name = node.meta["name"]
        order = self._order.get(name, len(self._order) + key.step)
        steps.append(Step(key.step, name, expression, order, **said))
        return Ref(key)

    def _operation(
        self, node: fx.Node, original: Node, arguments: Sequence[Any], steps: list[Step]
    ) -> Any:
        if original.op in _CHECKS:
            return None
        folded = fold(original, arguments)
        if folded is not None:
            return folded
        attributes = {
            key: rounded(value) if isinstance(value, float) else value
            for key, value in original.attributes.items()
        }
        operation = TABLE.get(original.op)
        several = operation is not None and not operation.single
        taken: set[Any] = {each.args[1] for each in node.users} if several else set()
        given = Given(
            original.op, original.name, tuple(arguments), attributes, self._source, frozenset(taken)
        )
        expression, spelled = spell(given, operation)
        expression = self._tensordot(given) or expression
        # Only the first of its values is taken, or all of them are one.
        if original.op in FIRST and (taken <= {0} or original.op == "TensorArrayV3"):
            expression, several = FIRST[original.op](given), False
            self._alone.add(self._numbers + 1)
        elif not spelled:
            self.unspelled.add(original.op)
        made = self._step(
            node,
            expression,
            steps,
            stateful=bool(node.meta.get("stateful")) and not _FREE.match(original.op),
            several=several,
        )
        self._given[made.key] = given
        return made

    def _tensordot(self, given: Given) -> Any:
        """What tf.tensordot, and a dense layer over it, was asked for: it is many nodes in a graph."""
        axes = self._definition.nodes.get(f"{given.name}/axes")
        product = self._source(given.inputs[0]) if given.op == "Reshape" else None
        if axes is None or axes.stored is None or product is None:
            return None
        flat = self._source(product.inputs[0]) if product.op == "MatMul" else None
        moved = self._source(flat.inputs[0]) if flat is not None and flat.op == "Reshape" else None
        kernel = product.inputs[1]
        asked = isinstance(kernel, Ref) and kernel.key.step in self._asked
        if moved is None or moved.op != "Transpose" or not asked:
            return None
        value: Any = axes.stored.load()
        if not product.name.startswith(f"{given.name}/") or value.numel() != 1:
            return None
        last = row([value.tolist(), [0]], "axis")
        return Call("tf.tensordot", (argument(moved.inputs[0]), kernel, last))

    def _source(self, value: Any) -> Given | None:
        return self._given.get(value.key) if isinstance(value, Ref) else None

    # Branches and loops

    def _cond(self, node: fx.Node, arguments: Sequence[Any], steps: list[Step]) -> Any:
        which, branches = arguments
        locals_ = []
        for name, (module, given) in zip(("if_true", "if_false"), branches, strict=True):
            inner: list[Step] = []
            results = list(map(_result, self.run(module, given, inner)))
            locals_.append(Local(name, (), tuple(_live(inner, results)), tuple(results)))
        call = Call("tf.cond", (argument(which), *locals_))
        return self._structure(node, call, len(locals_[0].results), steps)

    def _while(self, node: fx.Node, arguments: Sequence[Any], steps: list[Step]) -> Any:
        state, condition, for_condition, body, for_body = arguments
        locals_ = []
        for name, module, outer in (
            ("condition", condition, for_condition),
            ("body", body, for_body),
        ):
            inner: list[Step] = []
            inputs = tuple(Key(self.number()) for _ in state)
            results = list(map(_result, self.run(module, [*map(Ref, inputs), *outer], inner)))
            locals_.append(Local(name, inputs, tuple(_live(inner, results)), tuple(results)))
        call = Call("tf.while_loop", (*locals_, Row(tuple(map(_result, state)))))
        return self._structure(node, call, len(state), steps)

    def _structure(self, node: fx.Node, call: Call, number: int, steps: list[Step]) -> Any:
        inside = [step for each in call.arguments if isinstance(each, Local) for step in each.steps]
        stateful = any(step.stateful for step in inside)
        made = self._step(node, call, steps, stateful=stateful, several=number > 1)
        return made if number > 1 else [made]


def _result(value: Any) -> Any:
    """What a branch or a turn gives: a number of its dtype."""
    return (
        operand(value)
        if isinstance(value, Constant) and value.dtype == torch.int32
        else _tensor(value)
    )


def _tensor(value: Any) -> Any:
    if isinstance(value, Constant) and value.scalar and value.dtype is not torch.float32:
        return Call("tf.constant", (Literal(value.value), Literal(value.dtype, "dtype")))
    return argument(value)


def _texts(value: Any) -> Any:
    """Texts as Python's, as far as they are in UTF-8."""
    if isinstance(value, list):
        return [_texts(each) for each in value]
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return value


def _filled(node: Node) -> tuple[float, tuple[int, ...]] | None:
    """The number that a constant has everywhere, and its shape."""
    assert node.stored is not None
    kind = node.stored.kind
    if not isinstance(kind.dtype, torch.dtype):
        return None
    if kind.shape.numel() == 0 and len(kind.shape) > 1:
        return 0, tuple(kind.shape)
    if kind.shape.numel() <= 4:
        return None
    value: Any = node.stored.load()
    if not value.dtype.is_floating_point or not bool((value == value.flatten()[0]).all()):
        return None
    return rounded(value.flatten()[0].item()), tuple(kind.shape)


def _floats(value: torch.Tensor) -> Any:
    if value.dtype is torch.float64:
        return value.tolist()

    def short(each: Any) -> Any:
        return [short(one) for one in each] if isinstance(each, list) else rounded(each)

    return short(value.float().tolist())


def _sizes(rank: int) -> tuple[str, ...]:
    """What the sizes of a variable are called."""
    return {
        0: (),
        1: ("units",),
        2: ("inputs", "units"),
        3: ("size", "channels", "filters"),
        4: ("size", "size", "channels", "filters"),
    }.get(rank, ("size",) * rank)


def _live(steps: list[Step], results: Sequence[Any]) -> list[Step]:
    """The steps that something takes, or that do something."""
    wanted = {key.step for each in results for key in keys(argument(each))}
    found = []
    for step in reversed(steps):
        if step.id in wanted or (step.stateful and step.variable is None):
            wanted.update(key.step for key in keys(step.expression))
            found.append(step)
    return found[::-1]
