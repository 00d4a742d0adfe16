"""A part of a graph becomes a `torch.fx` graph: what some tensors are computed from, in an order that can be run.

TF1's loops and branches are nodes that pass on values or nothing (Switch, Merge, Enter, Exit, NextIteration). Here they
become what they were in the source: a call of `while_loop` or `cond` with graphs of their own, as TF2's are.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from torch import fx

from torchscope.graphs import control
from torchscope.graphs.attributes import Call
from torchscope.graphs.definitions import PLACEHOLDERS, Definition, Node, Output
from torchscope.graphs.guards import Guard
from torchscope.graphs.loops import ENTER, EXIT, MERGE, SWITCH, Loop
from torchscope.graphs.needed import Key, Part, Space
from torchscope.graphs.operations.table import Operation
from torchscope.graphs.structure import CALLS, CASES, IFS, STRUCTURE, VARIABLES, WHILES

# How deep loops, branches and functions may be in each other.
_DEEP = 64
# By which gradient_override_map and custom_gradient name a function of Python's.
_OVERRIDDEN = "_gradient_op_type"


class Lowered(NamedTuple):
    """A part of a graph that can be run.

    Args:
        module: takes the feeds, then the constants, then the variables; gives a tuple of the fetches.
        constants: the constants that it takes.
        variables: the variables.
        assigns: whether it changes a variable.
        overridden: the nodes whose gradients were computed by a function of TensorFlow's Python.
    """

    module: fx.GraphModule
    constants: tuple[Key, ...]
    variables: tuple[Key, ...]
    assigns: bool
    overridden: tuple[str, ...]


def lower(
    definition: Definition,
    feeds: Sequence[Output],
    fetches: Sequence[Output],
    own: dict[str, Operation] | None = None,
) -> Lowered:
    """What is computed when some tensors are fetched.

    Args:
        definition: the graph.
        feeds: tensors that are given, and not computed.
        fetches: tensors to give.
        own: operations that the table does not have, or has otherwise, by type.

    Raises:
        GraphError: the graph goes in circles, or needs an operation that there is not: all such are listed.
    """
    part = Part(definition, own or {})
    part.look_through([each.node for each in fetches], feeds)
    block = _Block(part, part.graph, None)
    for each in feeds:
        block.values[each] = block.placeholder(str(each))
    results = [block.value(each) for each in fetches]
    constants: dict[Key, fx.Node] = {}
    variables: dict[Key, fx.Node] = {}
    for key, made in block.from_outside.items():
        node = part.node(key)
        (variables if node.op in VARIABLES else constants)[key] = made
    block.order([*constants.values(), *variables.values()])
    return Lowered(
        block.finish(results),
        tuple(constants),
        tuple(variables),
        part.assigns,
        tuple(part.overridden),
    )


class _Block:
    """A graph of torch.fx that is being written: that of the part, of a branch, or of a loop's body or condition."""

    def __init__(self, part: Part, space: Space, parent: _Block | None) -> None:
        self._part = part
        self._space = space
        self._parent = parent
        self._deep: int = parent._deep + 1 if parent else 0
        if self._deep > _DEEP:
            raise part.error(
                f"Functions, branches and loops are in each other more than {_DEEP} deep."
            )
        self._graph = fx.Graph()
        self._modules: dict[str, fx.GraphModule] = {}
        self._last: fx.Node | None = None
        # Nodes of several functions may have one name.
        self._arguments: set[str] = set()
        # What it has of the graph around, and what that is there.
        self.from_outside: dict[Any, fx.Node] = {}
        self._captured: dict[Any, Any] = {}
        self.values: dict[Output, Any] = {}
        # What gives several values, which are taken out of it when they are asked for.
        self._several: dict[str, Any] = {}
        # What the graph around has run.
        self._borrowed: set[str] = set()
        self._ran: set[str] = set()
        self._begun: set[str] = set()
        # The predicate and the side, if this is a branch.
        self._guard: Any = None
        # The loop whose body this is, or is in.
        self._frame: str = parent._frame if parent and parent._space is space else ""

    # What it takes

    def placeholder(self, name: str) -> fx.Node:
        """Another argument of the graph."""
        argument = name = _identifier(name)
        while argument in self._arguments:
            argument = f"{name}_{len(self._arguments)}"
        self._arguments.add(argument)
        with self._graph.inserting_after(self._last):
            made = self._graph.placeholder(argument)
        self._last = made
        return made

    def order(self, last: list[fx.Node]) -> None:
        """Puts some of the placeholders after all others, in their order."""
        for each in last:
            if self._last is not None and self._last is not each:
                self._last.append(each)
            self._last = each

    def _outer(self, name: str) -> Any:
        """A constant or a variable, which the outermost graph is called with."""
        return self._outer_of(Key(self._space.name, name))

    def _outer_of(self, key: Key) -> Any:
        if key not in self.from_outside:
            if self._parent is not None:
                self._captured[key] = self._parent._outer_of(key)
            self.from_outside[key] = self.placeholder(key.node)
        return self.from_outside[key]

    def capture(self, output: Output) -> Any:
        """A tensor of the graph around."""
        assert self._parent is not None
        if output not in self.from_outside:
            self._captured[output] = self._parent.value(output)
            self.from_outside[output] = self.placeholder(str(output))
        return self.from_outside[output]

    def captured(self) -> list[Any]:
        """What the graph around has to give it, in the order in which it takes it."""
        return list(self._captured.values())

    # What it computes

    def value(self, output: Output) -> Any:
        """The tensor, as a node of this graph, after all that it is computed from."""
        if output not in self.values:
            self.run(output.node)
        if output not in self.values:
            if output.node in self._borrowed:
                self.values[output] = self.capture(output)
                return self.values[output]
            if output.node not in self._several:
                raise self._part.error(
                    f"The graph has no tensor '{output}': the node {output.node!r} does not give so many."
                )
            several = self._several[output.node]
            self.values[output] = self._item(several, output.place)
        return self.values[output]

    def run(self, name: str) -> None:
        """Has a node run, after what it needs."""
        stack = [name]
        while stack:
            current = stack[-1]
            if current in self._ran or Output(current) in self.values:
                stack.pop()
                continue
            node = self._space.nodes.get(current)
            if node is None:
                raise self._part.error(f"The graph has no node {current!r}.")
            if self._is_outside(node):
                assert self._parent is not None
                self._parent.run(current)
                self._borrowed.add(current)
            elif current in self._begun:
                self._emit(node)
            else:
                self._begun.add(current)
                for each in self._needs(node):
                    if each in self._ran or Output(each) in self.values:
                        continue
                    if each in self._begun:
                        raise self._part.error(
                            f"The graph goes in a circle, through the nodes {current!r} and {each!r}."
                        )
                    stack.append(each)
                continue
            self._ran.add(current)
            stack.pop()

    def _is_outside(self, node: Node) -> bool:
        """Whether a branch finds the node in the graph around: it is not guarded by what the branch is."""
        if self._guard is None:
            return False
        if node.op in SWITCH and self._guard[0] == self._space.guards.predicate(node.inputs[1]):
            return False
        return self._guard not in self._space.guards.of_node(node.name)

    def _needs(self, node: Node) -> list[str]:
        """The nodes that are to run before one, in this block."""
        found = list(node.control)
        if node.op == "ControlTrigger":
            return [need for each in node.control for need in self._needs_of_guarded(each)]
        if node.op in EXIT:
            loop = self._loop_left_by(node)
            found += [each.start.node for each in loop.variables]
            found += [each.node for each in loop.invariants.values()]
        elif node.op in MERGE:
            found += [each.node for each in self._entering(node)]
        elif node.op in SWITCH:
            return []
        elif node.op not in ENTER:
            found += [each.node for each in node.inputs if each not in self.values]
        return found

    def _emit(self, node: Node) -> None:
        functions = self._part.definition.functions
        if node.op in STRUCTURE or node.op in functions:
            _STRUCTURES.get(node.op, _Block._emit_call)(self, node)
            return
        operation = self._part.operation(node)
        assert operation is not None
        inputs = tuple(self.value(each) for each in node.inputs)
        attributes = {
            name: node.attributes[name] for name in operation.attributes if name in node.attributes
        }
        if not self._fits(operation, len(inputs), attributes):
            raise self._part.error(
                f"The node {node.name!r} is no {node.op}: it has {len(inputs)} inputs, and of attributes "
                f"{', '.join(node.attributes) or 'none'}."
            )
        if _OVERRIDDEN in node.attributes:
            self._part.overridden.append(node.name)
        function = operation.function
        if node.op == "ReadVariableOp" and self._part.assigns:
            function = control.snapshot
        if function is control.identity:
            # It changes nothing, and is left out.
            self.values[Output(node.name)] = inputs[0]
            return
        made = self._call(node.name, function, inputs, attributes)
        made.meta["stateful"] = operation.stateful
        made.meta["node"] = node
        if operation.single or not operation.outputs:
            self.values[Output(node.name)] = made
        elif not operation.outputs:
            # Whoever asks for what it gives has it run.
            self.values[Output(node.name)] = None
        else:
            self._several[node.name] = made

    @staticmethod
    def _fits(operation: Operation, inputs: int, attributes: dict[str, Any]) -> bool:
        """Whether there are as many inputs as the operation takes, and all attributes that it must have."""
        most = inputs if operation.most is None else operation.most
        return operation.least <= inputs <= most and attributes.keys() >= set(operation.required)

    def _call(
        self, name: str, function: Any, inputs: tuple[Any, ...], attributes: dict[str, Any]
    ) -> fx.Node:
        made = self._graph.create_node(
            "call_function", function, inputs, attributes, name=_identifier(name)
        )
        made.meta["name"] = name
        made.meta["stateful"] = bool(inputs) and function in control.CALLS
        return made

    def _item(self, several: fx.Node, place: int) -> fx.Node:
        """One of the values that a node gives."""
        made = self._graph.call_function(operator.getitem, (several, place))
        made.meta["name"] = several.meta["name"]
        return made

    # What stands for values

    def _emit_outer(self, node: Node) -> None:
        self.values[Output(node.name)] = self._outer(node.name)

    def _emit_placeholder(self, node: Node) -> None:
        kind = node.attributes.get("dtype")
        raise self._part.error(
            f"You must feed a value for placeholder tensor {node.name!r} with dtype"
            f" {str(kind).removeprefix('torch.')}: feeds={{'{node.name}:0': value}}."
        )

    def _emit_same(self, node: Node) -> None:
        self.values[Output(node.name)] = self.value(node.inputs[0])

    # Functions

    def _emit_call(self, node: Node) -> None:
        space = self._part.function(self._called(node, "f") if node.op in CALLS else node.op)
        inner = _Block(self._part, space, self)
        arguments = [self.value(each) for each in node.inputs]
        inner.begin(arguments)
        self._several[node.name] = self._call(
            node.name,
            control.call,
            (self._module(node.name, inner, inner.ends()), *arguments, *inner.captured()),
            {},
        )
        if not space.outputs:
            self.values[Output(node.name)] = None

    def _called(self, node: Node, attribute: str) -> str:
        """The function that an attribute of a node names."""
        said = node.attributes.get(attribute)
        if not isinstance(said, Call):
            raise self._part.error(
                f"The node {node.name!r} says nothing of the function {attribute!r} that it calls."
            )
        return said.name

    def begin(self, arguments: Sequence[Any]) -> None:
        """Has the arguments of a function be placeholders."""
        if len(arguments) != len(self._space.inputs):
            raise self._part.error(
                f"The function {self._space.name!r} takes {len(self._space.inputs)} arguments, and is given"
                f" {len(arguments)}."
            )
        for name in self._space.inputs:
            self.values[Output(name)] = self.placeholder(name)

    def ends(self) -> list[Any]:
        """What a function gives, after all that it does."""
        for each in self._space.control:
            self.run(each)
        return [self.value(each) for each in self._space.outputs]

    def _module(self, name: str, block: _Block, results: Sequence[Any]) -> fx.Node:
        """A block as a module of this graph."""
        attribute = f"{_identifier(name)}_{len(self._modules)}"
        self._modules[attribute] = block.finish(results)
        return self._graph.create_node("get_attr", attribute)

    def _emit_if(self, node: Node) -> None:
        names = ("then_branch", "else_branch")
        self._choose(node, control.cond, [self._called(node, each) for each in names])

    def _emit_case(self, node: Node) -> None:
        branches = node.attributes.get("branches") or []
        self._choose(node, control.case, [each.name for each in branches if isinstance(each, Call)])

    def _choose(self, node: Node, function: Callable[..., Any], names: Sequence[str]) -> None:
        """A call of one of some functions, by what the first input says."""
        if not node.inputs or not names:
            raise self._part.error(f"The node {node.name!r} has nothing to choose of, or by.")
        which, *arguments = [self.value(each) for each in node.inputs]
        branches = []
        for name in names:
            block = _Block(self._part, self._part.function(name), self)
            block.begin(arguments)
            module = self._module(f"{node.name}/{name}", block, block.ends())
            branches.append((module, (*arguments, *block.captured())))
        self._several[node.name] = self._call(node.name, function, (which, tuple(branches)), {})

    def _emit_while(self, node: Node) -> None:
        state = tuple(self.value(each) for each in node.inputs)
        parts: list[Any] = []
        for attribute in ("cond", "body"):
            space = self._part.function(self._called(node, attribute))
            block = _Block(self._part, space, self)
            block.begin(state)
            results = block.ends()
            parts += [
                self._module(f"{node.name}/{attribute}", block, results),
                tuple(block.captured()),
            ]
        self._several[node.name] = self._call(node.name, control.while_loop, (state, *parts), {})

    # TF1's loops

    def _loop_left_by(self, node: Node) -> Loop:
        """The loop that an Exit leaves, with those of its variables that may have to run."""
        loop = self._space.loops.left_by(node.name)
        seen, space = self._part.seen, self._space.name
        return loop._replace(
            variables=tuple(each for each in loop.variables if (space, each.merge) in seen),
            invariants={
                name: each for name, each in loop.invariants.items() if (space, name) in seen
            },
        )

    def _emit_exit(self, node: Node) -> None:
        loop = self._loop_left_by(node)
        state = tuple(self.value(each.start) for each in loop.variables)
        parts: list[Any] = []
        for attribute, results in (
            ("cond", [loop.condition]),
            ("body", [each.following for each in loop.variables]),
        ):
            block = _Block(self._part, self._space, self)
            block._frame = loop.frame
            for each in loop.variables:
                made = block.placeholder(each.merge)
                block.values[Output(each.merge)] = made
                if attribute == "body" and each.switch:
                    block.values[Output(each.switch, 1)] = made
                    # What waits for it needs no value.
                    block._ran.add(each.switch)
            if attribute == "body":
                block._ran.add(loop.going)
            values = [block.value(each) for each in results]
            if attribute == "body":
                for each in loop.variables:
                    for name in each.after:
                        block.run(name)
            parts += [
                self._module(f"{loop.going}/{attribute}", block, values),
                tuple(block.captured()),
            ]
        made = self._call(loop.going, control.while_loop, (state, *parts), {})
        for place, each in enumerate(loop.variables):
            for name in each.exits:
                self.values[Output(name)] = self._item(made, place)
                self._ran.add(name)

    def _emit_enter(self, node: Node) -> None:
        if self._parent is None:
            raise self._part.error(
                f"The node {node.name!r} is in a loop, of which no tensor can be had from outside."
            )
        self.values[Output(node.name)] = self.capture(node.inputs[0])

    # TF1's branches

    def _entering(self, node: Node) -> list[Output]:
        """What the branches that end in a Merge take from around, as far as it can be told."""
        predicate, _ = self._decided_by(node)
        return [predicate, *self._branches_of(node.inputs, predicate)[1]]

    def _branches_of(
        self, ends: Sequence[Output], predicate: Output
    ) -> tuple[set[str], list[Output]]:
        """The nodes in the branches that end in some tensors, and what they take from around."""
        guards, switches = self._space.guards, self._space.loops.switches
        inside: set[str] = set()
        entering: list[Output] = []
        stack = list(ends)
        while stack:
            output = stack.pop()
            each = self._space.nodes[output.node]
            if each.name in inside:
                continue
            switch = each.op in SWITCH and each.name not in switches
            if switch and guards.predicate(each.inputs[1]) == predicate:
                inside.add(each.name)
                # In a loop of a branch, a Switch of the same predicate takes what is in the branch already.
                within = any(predicate == guarded for guarded, _ in guards.of(each.inputs[0]))
                (stack if within else entering).append(each.inputs[0])
            elif each.op == "ControlTrigger" or any(
                predicate == guarded for guarded, _ in guards.of_node(each.name)
            ):
                inside.add(each.name)
                stack += [*each.inputs, *map(Output, each.control)]
            else:
                entering.append(output)
        return inside, entering

    def _decided_by(self, node: Node) -> tuple[Output, tuple[int, ...]]:
        """The predicate by which a Merge takes one of its inputs, and on which side of it each of them is."""
        if len(node.inputs) == 2:
            first, second = (self._space.guards.of(each) for each in node.inputs)
            for predicate, side in first:
                if (predicate, 1 - side) in second:
                    return predicate, (side, 1 - side)
        raise self._part.error(
            f"The node {node.name!r} takes what comes first of {len(node.inputs)} tensors, and no predicate decides which."
        )

    def _emit_merge(self, node: Node) -> None:
        predicate, _ = self._decided_by(node)
        together = self._merged_with(node, predicate)
        which = self.value(predicate)
        awaited = self._awaited_with(together, predicate)
        branches = {}
        for side in (1, 0):
            block = _Block(self._part, self._space, self)
            block._guard = (predicate, side)
            results = []
            for each in together:
                its = self._decided_by(each)[1]
                results.append(block.value(each.inputs[its.index(side)]))
            for name in awaited:
                if self._guard_to_open(name) == block._guard:
                    block._run_guarded(name)
            module = self._module(f"{node.name}/{bool(side)}", block, results)
            branches[side] = (module, tuple(block.captured()))
        self._ran.update(awaited)
        made = self._call(node.name, control.cond, (which, (branches[1], branches[0])), {})
        for place, each in enumerate(together):
            self.values[Output(each.name)] = self._item(made, place)
            its = self._decided_by(each)[1]
            self.values[Output(each.name, 1)] = self._call(
                f"{each.name}/index", control.index, (which, its), {}
            )
            self._ran.add(each.name)

    def _merged_with(self, node: Node, predicate: Output) -> list[Node]:
        """The Merges that end the same branches, of which this is one: none of them needs another."""
        guards = self._space.guards.of_node(node.name)

        def fits(each: Node) -> bool:
            return (
                each.name not in self._ran
                and self._space.guards.of_node(each.name) == guards
                and self._decided_by(each)[0] == predicate
            )

        # tf.cond makes them all in the scope that it opens.
        scope = node.name.rpartition("/")[0]
        together = list(filter(fits, self._part.merges[self._space.name, scope]))
        names = {each.name for each in together}
        if any(names & self._branches_of(each.inputs, predicate)[0] for each in together):
            together = [node]
        # What may run only once, such as to pop from a stack, has all that takes it in one branch.
        once = self._once(together, predicate)
        while once:
            more = [
                each
                for (space, _), merges in self._part.merges.items()
                for each in merges
                if space == self._space.name
                and each not in together
                and fits(each)
                and once & self._once([each], predicate)
            ]
            if not more:
                break
            together += more
            once = self._once(together, predicate)
        return together

    def _once(self, merges: list[Node], predicate: Output) -> set[str]:
        """What is in the branches that end in Merges, and does more than to give a value."""
        found = set()
        for each in merges:
            for name in self._branches_of(each.inputs, predicate)[0]:
                operation = self._part.operation(self._space.nodes[name])
                if operation is not None and operation.stateful:
                    found.add(name)
        return found

    def _awaited_with(self, merges: list[Node], predicate: Output) -> list[str]:
        """What a ControlTrigger waits for, and is in the branches that end in Merges, or takes something of them."""
        awaited = self._part.awaited.get(self._space.name)
        if not awaited:
            return []
        ends = [end for each in merges for end in each.inputs]
        inside = self._branches_of(ends, predicate)[0]
        found = []
        for name in awaited:
            guard = self._guard_to_open(name)
            inputs = {each.node for each in self._space.nodes[name].inputs}
            if (
                guard is not None
                and guard[0] == predicate
                and inside & {name, *inputs}
                and self._space.loops.frame_of(name) == self._frame
            ):
                found.append(name)
        return found

    def _emit_switch(self, node: Node) -> None:
        predicate = self._space.guards.predicate(node.inputs[1])
        for block in self._around():
            if block._guard is not None and block._guard[0] == predicate:
                take = self.capture if block is self else self.value
                self.values[Output(node.name, block._guard[1])] = take(node.inputs[0])
                return
        raise self._part.error(
            f"The node {node.name!r} gives a value on one of two sides, and what was asked for comes before they meet."
        )

    def _around(self) -> Iterator[_Block]:
        """This block, and those of the same graph or function that it is in."""
        block: _Block | None = self
        while block is not None and block._space is self._space:
            yield block
            block = block._parent

    # What runs where a predicate is true, or false, and gives nothing

    def _guard_to_open(self, name: str) -> Guard | None:
        """The outermost predicate, and its side, that a node runs for and this block is not in yet."""
        guards = self._space.guards
        left = guards.of_node(name) - {each._guard for each in self._around()}
        for guard in left:
            if not left & guards.of(guard[0]):
                return guard
        return None

    def _needs_of_guarded(self, name: str) -> list[str]:
        guard = self._guard_to_open(name)
        if guard is None:
            return [name]
        entering = self._branches_of([Output(name)], guard[0])[1]
        return [each.node for each in (guard[0], *entering)]

    def _run_guarded(self, name: str) -> None:
        """Has a node run where its predicates are on its sides."""
        guard = self._guard_to_open(name)
        if guard is None or name in self._ran:
            self.run(name)
            return
        which = self.value(guard[0])
        branches: list[Any] = []
        for side in (1, 0):
            block = _Block(self._part, self._space, self)
            block._guard = (guard[0], side)
            if side == guard[1]:
                block._run_guarded(name)
            module = self._module(f"{name}/{bool(side)}", block, [])
            branches.append((module, tuple(block.captured())))
        self._call(name, control.cond, (which, tuple(branches)), {})

    def _emit_trigger(self, node: Node) -> None:
        for each in node.control:
            self._run_guarded(each)
        self.values[Output(node.name)] = None

    def finish(self, results: Sequence[Any]) -> fx.GraphModule:
        """The graph as a module that gives some values, in a tuple."""
        self._graph.output(tuple(results))
        # What only had to run before something else, and does nothing.
        self._graph.eliminate_dead_code(_is_impure)
        return fx.GraphModule(self._modules, self._graph)


# How each part of a graph's structure is written; all others are calls of functions.
_STRUCTURES: dict[str, Callable[[_Block, Node], None]] = {
    **dict.fromkeys(VARIABLES | {"Const"}, _Block._emit_outer),
    **dict.fromkeys(PLACEHOLDERS, _Block._emit_placeholder),
    **dict.fromkeys(["PlaceholderWithDefault", "LoopCond"], _Block._emit_same),
    **dict.fromkeys(IFS, _Block._emit_if),
    **dict.fromkeys(WHILES, _Block._emit_while),
    **dict.fromkeys(CASES, _Block._emit_case),
    **dict.fromkeys(EXIT, _Block._emit_exit),
    **dict.fromkeys(ENTER, _Block._emit_enter),
    **dict.fromkeys(MERGE, _Block._emit_merge),
    **dict.fromkeys(SWITCH, _Block._emit_switch),
    "ControlTrigger": _Block._emit_trigger,
}


def _identifier(name: str) -> str:
    """A name that Python allows."""
    text = re.sub(r"\W", "_", name)
    return f"_{text}" if text[:1].isdigit() else text


def _is_impure(node: fx.Node) -> bool:
    """Whether a node has to run though nobody takes what it gives."""
    return node.op in {"placeholder", "output"} or node.meta.get("stateful", False)
