"""Batch norms of a graph go into the kernels before them, for inference: there is less to compute.

What is multiplied goes into the kernel, and what is added into the offset. The batch norm's other variables become such
that it changes nothing, so the variables together still belong to the graph as it was: a checkpoint of them gives the
same numbers there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from torchscope.graphs.definitions import Definition, Node, Output

_NORMS = frozenset(["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"])
# The convolutions that are followed, and along which axis of the kernel their outputs lie.
_CONVOLUTIONS = {"Conv2D": -1, "Conv3D": -1}
_SUMS = ("Add", "AddV2")
_SAME = frozenset(["Identity", "ReadVariableOp"])


class Fold(NamedTuple):
    """A batch norm, and what it is folded into.

    Args:
        norm: the node that gives what is normalized.
        before: what it normalizes: a convolution, or the sum of one and a bias.
        kernel: the variable that is multiplied.
        bias: the variable that is added before, if any.
        offset: the tensor that is added.
        gamma: the variable that it multiplies with, if any.
        variables: beta, mean and variance.
        epsilon: what is added to the variance.
    """

    norm: str
    before: Output
    kernel: str
    bias: str | None
    offset: Output
    gamma: str | None
    variables: tuple[str, str, str]
    epsilon: float

    @property
    def own(self) -> list[str]:
        """The variables that say whether it is folded: the batch norm's but for beta, which may be trained on."""
        _, mean, variance = self.variables
        return [mean, variance, *([] if self.gamma is None else [self.gamma])]


class _Norm(NamedTuple):
    """A batch norm of inference: what it takes, each with the node that takes it."""

    node: Node
    x: tuple[Output, str]
    gamma: tuple[Output, str] | None
    beta: tuple[Output, str]
    mean: tuple[Output, str]
    variance: tuple[Output, str]
    epsilon: float


def _norm(
    node: Node, nodes: Mapping[str, Node], number: Callable[[str], float | None]
) -> _Norm | None:
    """The batch norm that ends in a node, if one does."""
    if node.op in _NORMS and len(node.inputs) == 5:
        if node.attributes.get("is_training", True):
            return None
        x, gamma, beta, mean, variance = ((each, node.name) for each in node.inputs)
        epsilon = node.attributes.get("epsilon", 0.0001)
        return _Norm(node, x, gamma, beta, mean, variance, epsilon)
    if node.op not in _SUMS or len(node.inputs) != 2:
        return None
    return _written_out(node, nodes, number)


def _written_out(
    node: Node, nodes: Mapping[str, Node], number: Callable[[str], float | None]
) -> _Norm | None:
    """The batch norm of `tf.nn.batch_normalization`: x * f + (beta - mean * f), where f is gamma / sqrt(variance + e)."""

    def made(output: Output, *ops: str) -> Node | None:
        found = nodes[output.node]
        return (
            found
            if found.op in ops and len(found.inputs) == (1 if ops == ("Rsqrt",) else 2)
            else None
        )

    product, difference = (made(each, "Mul", "Sub") for each in node.inputs)
    if product is None or difference is None or (product.op, difference.op) != ("Mul", "Sub"):
        return None
    shifted = made(difference.inputs[1], "Mul")
    if shifted is None or shifted.inputs[1] != product.inputs[1]:
        return None
    factor, gamma = nodes[product.inputs[1].node], None
    if factor.op == "Mul" and len(factor.inputs) == 2:
        gamma = factor.inputs[1], factor.name
        factor = nodes[factor.inputs[0].node]
    total = made(factor.inputs[0], *_SUMS) if factor.op == "Rsqrt" else None
    epsilon = None if total is None else number(total.inputs[1].node)
    if total is None or epsilon is None:
        return None
    return _Norm(
        node,
        (product.inputs[0], product.name),
        gamma,
        (difference.inputs[0], difference.name),
        (shifted.inputs[0], shifted.name),
        (total.inputs[0], total.name),
        epsilon,
    )


def folds(
    definition: Definition,
    variables: Mapping[str, Tensor],
    number: Callable[[str], float | None],
) -> list[Fold]:
    """The batch norms that can be folded: all that takes part belongs to one of them alone.

    Args:
        definition: the graph.
        variables: its variables, by their nodes.
        number: the number that a constant holds, by its node; None for what holds none.
    """
    nodes = definition.nodes
    takers: dict[str, set[str]] = defaultdict(set)
    for node in nodes.values():
        # What sets variables, saves and trains them is not what computes with them.
        if node.op.startswith(("Assign", "Save", "Apply", "ResourceApply", "VarIs", "IsVar")):
            continue
        for each in node.inputs:
            takers[each.node].add(node.name)

    def variable(taken: tuple[Output, str]) -> str | None:
        """The variable that a tensor is, if nobody else computes with it."""
        name, taker = taken[0].node, taken[1]
        while takers[name] == {taker}:
            if name in variables:
                return name
            if nodes[name].op not in _SAME:
                return None
            taker, name = name, nodes[name].inputs[0].node
        return None

    found = []
    for node in nodes.values():
        norm = _norm(node, nodes, number)
        if norm is None:
            continue
        (before, user), bias = norm.x, None
        if nodes[before.node].op in {"BiasAdd", "BiasAddV1"} and takers[before.node] == {user}:
            user = before.node
            bias = variable((nodes[user].inputs[1], user))
            if bias is None:
                continue
            before = nodes[user].inputs[0]
        convolution = nodes[before.node]
        if convolution.op not in _CONVOLUTIONS or takers[convolution.name] != {user}:
            continue
        kernel = variable((convolution.inputs[1], convolution.name))
        gamma = None if norm.gamma is None else variable(norm.gamma)
        beta, mean, variance = map(variable, (norm.beta, norm.mean, norm.variance))
        if kernel is None or beta is None or mean is None or variance is None:
            continue
        if norm.gamma is None or gamma is not None:
            own = beta, mean, variance
            found.append(
                Fold(node.name, norm.x[0], kernel, bias, norm.beta[0], gamma, own, norm.epsilon)
            )
    return found


def without(definition: Definition, folded: list[Fold]) -> Definition:
    """The graph in which batch norms that were folded only add an offset."""
    nodes = dict(definition.nodes)
    for fold in folded:
        node = nodes[fold.norm]
        kept = {key: said for key, said in node.attributes.items() if key in {"data_format", "T"}}
        nodes[fold.norm] = node._replace(
            op="BiasAdd", inputs=(fold.before, fold.offset), attributes=kept
        )
    return definition._replace(nodes=nodes)


@torch.no_grad()
def fold(each: Fold, variables: Mapping[str, Tensor]) -> None:
    """Has the variables of a batch norm go into those before it."""
    beta, mean, variance = (variables[name] for name in each.variables)
    kernel = variables[each.kernel]
    # In float64: what is folded once is computed with for ever.
    factor = (variance.double() + each.epsilon).rsqrt()
    if each.gamma is not None:
        gamma = variables[each.gamma]
        factor = factor * gamma.double()
        gamma.fill_(1)
    offset = -mean.double()
    if each.bias is not None:
        bias = variables[each.bias]
        offset = offset + bias.double()
        bias.zero_()
    kernel.copy_(kernel.double() * factor)
    beta.copy_(beta.double() + offset * factor)
    mean.zero_()
    variance.fill_(1 - each.epsilon)
