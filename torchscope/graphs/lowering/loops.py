"""TF1's loops (Enter, Merge, Switch, Exit, NextIteration) become calls of `while_loop`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torchscope.graphs import control
from torchscope.graphs.definitions import Node, Output
from torchscope.graphs.errors import GraphError
from torchscope.graphs.loops import ENTER, EXIT, Loop
from torchscope.graphs.lowering.block import Block, writes


def _loop_left_by(block: Block, node: Node) -> Loop:
    """The loop that an Exit leaves, with those of its variables that may have to run."""
    loop = block.space.loops.left_by(node.name)
    seen, space = block.part.seen, block.space.name
    return loop._replace(
        variables=tuple(each for each in loop.variables if (space, each.merge) in seen),
        invariants={name: each for name, each in loop.invariants.items() if (space, name) in seen},
    )


def _needs_of_exit(block: Block, node: Node) -> Iterator[str]:
    yield from node.control
    loop = _loop_left_by(block, node)
    yield from (each.start.node for each in loop.variables)
    yield from (each.node for each in loop.invariants.values())


@writes(*EXIT, needs=_needs_of_exit)
def _write_exit(block: Block, node: Node) -> None:
    loop = _loop_left_by(block, node)
    state = tuple(block.value(each.start) for each in loop.variables)
    parts: list[Any] = []
    for attribute, results in (
        ("cond", [loop.condition]),
        ("body", [each.following for each in loop.variables]),
    ):
        inner = Block(block.part, block.space, block)
        inner.frame = loop.frame
        for each in loop.variables:
            made = inner.placeholder(each.merge)
            inner.values[Output(each.merge)] = made
            if attribute == "body" and each.switch:
                inner.values[Output(each.switch, 1)] = made
                # What waits for it needs no value.
                inner.ran.add(each.switch)
        if attribute == "body":
            inner.ran.add(loop.going)
        values = [inner.value(each) for each in results]
        if attribute == "body":
            for each in loop.variables:
                for name in each.after:
                    inner.run(name)
        parts += [
            block.module(f"{loop.going}/{attribute}", inner, values),
            tuple(inner.captured()),
        ]
    made = block.call(loop.going, control.while_loop, (state, *parts), {})
    for place, each in enumerate(loop.variables):
        for name in each.exits:
            block.values[Output(name)] = block.item(made, place)
            block.ran.add(name)


@writes(*ENTER, needs=lambda _, node: node.control)
def _write_enter(block: Block, node: Node) -> None:
    if block.parent is None:
        raise _inside(block, node)
    block.values[Output(node.name)] = block.capture(node.inputs[0])


@writes("NextIteration", "RefNextIteration", needs=lambda _block, _node: ())
def _write_next_iteration(block: Block, node: Node) -> None:
    raise _inside(block, node)


def _inside(block: Block, node: Node) -> GraphError:
    return block.part.error(
        f"The node {node.name!r} is in a loop, of which no tensor can be had from outside."
    )
