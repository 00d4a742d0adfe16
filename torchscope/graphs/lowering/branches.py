"""TF1's branches (Switch, Merge) become calls of `cond`: each side is a graph of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torchscope.graphs import control
from torchscope.graphs.definitions import Node, Output
from torchscope.graphs.guards import Guard
from torchscope.graphs.loops import MERGE, SWITCH
from torchscope.graphs.lowering.block import Block, writes


def _needs_of_merge(block: Block, node: Node) -> Iterator[str]:
    """What the branches that end in a Merge take from around, as far as it can be told."""
    predicate, _ = _decided_by(block, node)
    entering = _branches_of(block, node.inputs, predicate)[1]
    yield from (*node.control, predicate.node, *(each.node for each in entering))


def _branches_of(
    block: Block, ends: Sequence[Output], predicate: Output
) -> tuple[set[str], list[Output]]:
    """The nodes in the branches that end in some tensors, and what they take from around."""
    guards, switches = block.space.guards, block.space.loops.switches
    inside: set[str] = set()
    entering: list[Output] = []
    stack = list(ends)
    while stack:
        output = stack.pop()
        each = block.space.nodes[output.node]
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


def _decided_by(block: Block, node: Node) -> tuple[Output, tuple[int, ...]]:
    """The predicate by which a Merge takes one of its inputs, and on which side of it each of them is."""
    if len(node.inputs) == 2:
        first, second = (block.space.guards.of(each) for each in node.inputs)
        for predicate, side in first:
            if (predicate, 1 - side) in second:
                return predicate, (side, 1 - side)
    raise block.part.error(
        f"The node {node.name!r} takes what comes first of {len(node.inputs)} tensors, and no predicate decides which."
    )


@writes(*MERGE, needs=_needs_of_merge)
def _write_merge(block: Block, node: Node) -> None:
    predicate, _ = _decided_by(block, node)
    together = _merged_with(block, node, predicate)
    which = block.value(predicate)
    awaited = _awaited_with(block, together, predicate)
    branches = {}
    for side in (1, 0):
        inner = Block(block.part, block.space, block)
        inner.guard = (predicate, side)
        results = []
        for each in together:
            its = _decided_by(block, each)[1]
            results.append(inner.value(each.inputs[its.index(side)]))
        for name in awaited:
            if _guard_to_open(block, name) == inner.guard:
                _run_guarded(inner, name)
        module = block.module(f"{node.name}/{bool(side)}", inner, results)
        branches[side] = (module, tuple(inner.captured()))
    block.ran.update(awaited)
    made = block.call(node.name, control.cond, (which, (branches[1], branches[0])), {})
    for place, each in enumerate(together):
        block.values[Output(each.name)] = block.item(made, place)
        its = _decided_by(block, each)[1]
        block.values[Output(each.name, 1)] = block.call(
            f"{each.name}/index", control.index, (which, its), {}
        )
        block.ran.add(each.name)


def _merged_with(block: Block, node: Node, predicate: Output) -> list[Node]:
    """The Merges that end the same branches, of which this is one: none of them needs another."""
    guards = block.space.guards.of_node(node.name)

    def fits(each: Node) -> bool:
        return (
            each.name not in block.ran
            and block.space.guards.of_node(each.name) == guards
            and _decided_by(block, each)[0] == predicate
        )

    # tf.cond makes them all in the scope that it opens.
    scope = node.name.rpartition("/")[0]
    together = list(filter(fits, block.part.merges[block.space.name, scope]))
    names = {each.name for each in together}
    if any(names & _branches_of(block, each.inputs, predicate)[0] for each in together):
        together = [node]
    # What may run only once, such as to pop from a stack, has all that takes it in one branch.
    once = _once(block, together, predicate)
    while once:
        more = [
            each
            for (space, _), merges in block.part.merges.items()
            for each in merges
            if space == block.space.name
            and each not in together
            and fits(each)
            and once & _once(block, [each], predicate)
        ]
        if not more:
            break
        together += more
        once = _once(block, together, predicate)
    return together


def _once(block: Block, merges: list[Node], predicate: Output) -> set[str]:
    """What is in the branches that end in Merges, and does more than to give a value."""
    found = set()
    for each in merges:
        for name in _branches_of(block, each.inputs, predicate)[0]:
            operation = block.part.operation(block.space.nodes[name])
            if operation is not None and operation.stateful:
                found.add(name)
    return found


def _awaited_with(block: Block, merges: list[Node], predicate: Output) -> list[str]:
    """What a ControlTrigger waits for, and is in the branches that end in Merges, or takes something of them."""
    awaited = block.part.awaited.get(block.space.name)
    if not awaited:
        return []
    ends = [end for each in merges for end in each.inputs]
    inside = _branches_of(block, ends, predicate)[0]
    found = []
    for name in awaited:
        guard = _guard_to_open(block, name)
        inputs = {each.node for each in block.space.nodes[name].inputs}
        if (
            guard is not None
            and guard[0] == predicate
            and inside & {name, *inputs}
            and block.space.loops.frame_of(name) == block.frame
        ):
            found.append(name)
    return found


@writes(*SWITCH, needs=lambda _block, _node: ())
def _write_switch(block: Block, node: Node) -> None:
    predicate = block.space.guards.predicate(node.inputs[1])
    for inner in _around(block):
        if inner.guard is not None and inner.guard[0] == predicate:
            take = block.capture if inner is block else block.value
            block.values[Output(node.name, inner.guard[1])] = take(node.inputs[0])
            return
    raise block.part.error(
        f"The node {node.name!r} gives a value on one of two sides, and what was asked for comes before they meet."
    )


def _around(block: Block) -> Iterator[Block]:
    """This block, and those of the same graph or function that it is in."""
    inner: Block | None = block
    while inner is not None and inner.space is block.space:
        yield inner
        inner = inner.parent


# What runs where a predicate is true, or false, and gives nothing


def _guard_to_open(block: Block, name: str) -> Guard | None:
    """The outermost predicate, and its side, that a node runs for and this block is not in yet."""
    guards = block.space.guards
    left = guards.of_node(name) - {each.guard for each in _around(block)}
    for guard in left:
        if not left & guards.of(guard[0]):
            return guard
    return None


def _needs_of_guarded(block: Block, name: str) -> list[str]:
    guard = _guard_to_open(block, name)
    if guard is None:
        return [name]
    entering = _branches_of(block, [Output(name)], guard[0])[1]
    return [each.node for each in (guard[0], *entering)]


def _run_guarded(block: Block, name: str) -> None:
    """Has a node run where its predicates are on its sides."""
    guard = _guard_to_open(block, name)
    if guard is None or name in block.ran:
        block.run(name)
        return
    which = block.value(guard[0])
    branches: list[Any] = []
    for side in (1, 0):
        inner = Block(block.part, block.space, block)
        inner.guard = (guard[0], side)
        if side == guard[1]:
            _run_guarded(inner, name)
        module = block.module(f"{name}/{bool(side)}", inner, [])
        branches.append((module, tuple(inner.captured())))
    block.call(name, control.cond, (which, tuple(branches)), {})


def _needs_of_trigger(block: Block, node: Node) -> Iterator[str]:
    for each in node.control:
        yield from _needs_of_guarded(block, each)


@writes("ControlTrigger", needs=_needs_of_trigger)
def _write_trigger(block: Block, node: Node) -> None:
    for each in node.control:
        _run_guarded(block, each)
    block.values[Output(node.name)] = None
