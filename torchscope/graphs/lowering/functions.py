"""Calls of the functions of a graph's library: TF2's branches and loops among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torchscope.graphs import control
from torchscope.graphs.attributes import Call
from torchscope.graphs.definitions import Node, Output
from torchscope.graphs.lowering.block import Block, writes
from torchscope.graphs.structure import CALLS, CASES, IFS, WHILES


@writes(*CALLS)
def _write_call(block: Block, node: Node) -> None:
    space = block.part.function(_called(block, node, "f") if node.op in CALLS else node.op)
    inner = Block(block.part, space, block)
    arguments = [block.value(each) for each in node.inputs]
    inner.begin(arguments)
    block.several[node.name] = block.call(
        node.name,
        control.call,
        (block.module(node.name, inner, inner.ends()), *arguments, *inner.captured()),
        {},
    )
    if not space.outputs:
        block.values[Output(node.name)] = None


def _called(block: Block, node: Node, attribute: str) -> str:
    """The function that an attribute of a node names."""
    said = node.attributes.get(attribute)
    if not isinstance(said, Call):
        raise block.part.error(
            f"The node {node.name!r} says nothing of the function {attribute!r} that it calls."
        )
    return said.name


@writes(*IFS)
def _write_if(block: Block, node: Node) -> None:
    names = ("then_branch", "else_branch")
    _choose(block, node, control.cond, [_called(block, node, each) for each in names])


@writes(*CASES)
def _write_case(block: Block, node: Node) -> None:
    branches = node.attributes.get("branches") or []
    _choose(block, node, control.case, [each.name for each in branches if isinstance(each, Call)])


def _choose(block: Block, node: Node, function: Callable[..., Any], names: Sequence[str]) -> None:
    """A call of one of some functions, by what the first input says."""
    if not node.inputs or not names:
        raise block.part.error(f"The node {node.name!r} has nothing to choose of, or by.")
    which, *arguments = [block.value(each) for each in node.inputs]
    branches = []
    for name in names:
        inner = Block(block.part, block.part.function(name), block)
        inner.begin(arguments)
        module = block.module(f"{node.name}/{name}", inner, inner.ends())
        branches.append((module, (*arguments, *inner.captured())))
    block.several[node.name] = block.call(node.name, function, (which, tuple(branches)), {})


@writes(*WHILES)
def _write_while(block: Block, node: Node) -> None:
    state = tuple(block.value(each) for each in node.inputs)
    parts: list[Any] = []
    for attribute in ("cond", "body"):
        space = block.part.function(_called(block, node, attribute))
        inner = Block(block.part, space, block)
        inner.begin(state)
        results = inner.ends()
        parts += [
            block.module(f"{node.name}/{attribute}", inner, results),
            tuple(inner.captured()),
        ]
    block.several[node.name] = block.call(node.name, control.while_loop, (state, *parts), {})
