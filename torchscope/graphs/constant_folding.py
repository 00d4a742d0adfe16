"""Constant folding: which tensors of a graph are computed from constants alone, and so need to be computed only once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core.ops.sizes import Sizes
from torchscope._core.pytorch import fakes
from torchscope.graphs import control
from torchscope.graphs.definitions import Definition, Node, Output
from torchscope.graphs.needed import needed
from torchscope.graphs.operations.table import TABLE, Operation

# What is larger is computed each time: a net is not to take much more memory than its file.
_BYTES = 1 << 20


class Constant(NamedTuple):
    """What is constant of what some tensors are computed from.

    Args:
        tensors: what is computed from constants alone, and goes into something that is not.
        fetched: whether each of what is fetched is constant.
    """

    tensors: tuple[Output, ...]
    fetched: tuple[bool, ...]


def constant(
    definition: Definition,
    feeds: Sequence[Output],
    fetches: Sequence[Output],
    variables: Container[str],
    own: Container[str],
) -> Constant:
    """What is computed from constants alone when some tensors are fetched.

    Args:
        definition: the graph.
        feeds: the tensors that are given.
        fetches: those to give.
        variables: the constants that are variables, and may change.
        own: types of nodes that a user computes.
    """
    nodes = definition.nodes
    seen = {
        key.node
        for key in needed(definition, feeds, [each.node for each in fetches]).nodes
        if not key.function
    }
    fed = {each.node for each in feeds}
    takers: dict[str, list[str]] = defaultdict(list)
    waiting: dict[str, int] = {}
    stack: list[str] = []
    for name in seen - fed:
        node = nodes[name]
        if node.control:
            # It may be in a branch or a loop.
            continue
        if node.op == "Const" and name not in variables:
            stack.append(name)
        elif node.op not in own and _computes(node, TABLE.get(node.op)):
            sources = {each.node for each in node.inputs}
            waiting[name] = len(sources)
            for each in sources:
                takers[each].append(name)
    found = set(stack)
    while stack:
        for taker in takers[stack.pop()]:
            waiting[taker] -= 1
            if not waiting[taker]:
                found.add(taker)
                stack.append(taker)
    taken = (
        _computed(nodes, each)
        for name in nodes
        if name in seen and name not in found and name not in fed
        for each in nodes[name].inputs
        if each.node in found
    )
    tensors = dict.fromkeys(each for each in taken if nodes[each.node].op != "Const")
    return Constant(tuple(tensors), tuple(each.node in found for each in fetches))


def _computes(node: Node, operation: Operation | None) -> bool:
    """Whether a node gives what its inputs tell, and does nothing else."""
    return bool(
        node.inputs and operation is not None and operation.outputs and not operation.stateful
    )


def _computed(nodes: dict[str, Node], output: Output) -> Output:
    """The tensor that is computed, without what only passes it on."""
    while (operation := TABLE.get(nodes[output.node].op)) is not None:
        if operation.function is not control.identity:
            break
        output = nodes[output.node].inputs[0]
    return output


def is_kept(value: Any) -> bool:
    """Whether a value is one to keep: a tensor that is not large, or numbers."""
    if isinstance(value, Tensor):
        return value.numel() * value.element_size() <= _BYTES
    return isinstance(value, Sizes | int | float)


def can_compute() -> bool:
    """Whether tensors are what they seem now: not fake, not traced, not cast, in no transform of torch.func."""
    return not (
        torch.compiler.is_compiling()
        or fakes.are_used()
        or fakes.are_recorded()
        or torch._C._are_functorch_transforms_active()
        or torch.is_autocast_enabled("cpu")
        or torch.is_autocast_enabled("cuda")
    )
