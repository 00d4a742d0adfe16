"""A part of a graph becomes a `torch.fx` graph: what some tensors are computed from, in an order that can be run.

TF1's loops and branches are nodes that pass on values or nothing (Switch, Merge, Enter, Exit, NextIteration). Here they
become what they were in the source: a call of `while_loop` or `cond` with graphs of their own, as TF2's are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import fx

from torchscope.graphs.definitions import Definition, Output
from torchscope.graphs.lowering import branches, functions, loops  # noqa: F401 - each says how it writes its nodes
from torchscope.graphs.lowering.block import Block
from torchscope.graphs.needed import Key, Part
from torchscope.graphs.operations.table import Operation
from torchscope.graphs.structure import VARIABLES


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
    block = Block(part, part.graph, None)
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
