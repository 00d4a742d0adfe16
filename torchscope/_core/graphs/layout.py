"""No change of layout between layers: permutations move down the graph until they cancel.

TF1's images are (N, H, W, C), and PyTorch's convolutions, pools and batch norms want (N, C, H, W). So
each layer permutes what it is given and permutes back what it gives: views, which cost a call each
in eager, and which the compiler takes for layouts that somebody wants. Here an operation on permuted
tensors becomes the same operation on the tensors before, permuted afterwards. What layer n permutes
back then meets what layer n + 1 permutes, and both go. The memory stays as it was: that of
PyTorch's channels_last format.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx

aten = torch.ops.aten

# Operations along dimensions that are their second argument.
_REDUCTIONS = {
    aten.mean.dim,
    aten.sum.dim_IntList,
    aten.amax.default,
    aten.amin.default,
}
# Operations along one dimension, which stays: it is their second argument.
_ALONG = {aten.softmax.int, aten.log_softmax.int, aten.slice.Tensor, aten.cumsum.default}


def lay_out(graph: fx.Graph) -> None:
    """Moves the permutations of a recorded graph down, and takes out those that cancel."""
    _Mover(graph).run()


def _args(node: fx.Node) -> Any:
    """The arguments of a node, of which PyTorch's types say little."""
    return node.args


def _rank(value: Any) -> int | None:
    """The number of dimensions of what a node gives, where that is a tensor."""
    if not isinstance(value, fx.Node):
        return None
    tensor = value.meta.get("val")
    return tensor.dim() if isinstance(tensor, Tensor) else None


def _inverse(dims: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(dims)), key=dims.__getitem__))


class _Mover:
    """One way down a graph."""

    def __init__(self, graph: fx.Graph) -> None:
        self.graph = graph
        # Of a node that permutes: what it permutes, and how. And the other way round.
        self.permutes: dict[fx.Node, tuple[fx.Node, tuple[int, ...]]] = {}
        self.permuted: dict[tuple[fx.Node, tuple[int, ...]], fx.Node] = {}

    def run(self) -> None:
        for node in list(self.graph.nodes):
            if node.op != "call_function":
                continue
            dims = self._as_permutation(node)
            new = None
            if dims is not None:
                new = self._permute(node, _args(node)[0], dims)
            else:
                move = self._rule(node)
                if move is not None:
                    new = move(node)
            if new is not None and new is not node:
                node.replace_all_uses_with(new)
                self.graph.erase_node(node)
        for node in reversed(list(self.graph.nodes)):
            if node in self.permutes and not node.users:
                self.graph.erase_node(node)

    def _as_permutation(self, node: fx.Node) -> tuple[int, ...] | None:
        """How a node permutes the dimensions of its first argument, if that is all that it does."""
        rank = _rank(_args(node)[0]) if _args(node) else None
        if rank is None:
            return None
        dims = list(range(rank))
        if node.target is aten.permute.default:
            return tuple(dim % rank for dim in _args(node)[1])
        if node.target is aten.movedim.int:
            dims.insert(_args(node)[2] % rank, dims.pop(_args(node)[1] % rank))
            return tuple(dims)
        if node.target is aten.transpose.int and rank:
            a, b = _args(node)[1] % rank, _args(node)[2] % rank
            dims[a], dims[b] = b, a
            return tuple(dims)
        if node.target is aten.t.default:
            return tuple(reversed(dims))
        return None

    def _permute(self, at: fx.Node, source: fx.Node, dims: tuple[int, ...]) -> fx.Node:
        """A node before `at` that permutes `source`, or the node that it comes to."""
        if source in self.permutes:
            source, first = self.permutes[source]
            dims = tuple(first[dim] for dim in dims)
        if dims == tuple(range(len(dims))):
            return source
        known = self.permuted.get((source, dims))
        if known is not None:
            return known
        with self.graph.inserting_before(at):
            new = self._call(aten.permute.default, (source, list(dims)), {})
        new.meta["val"] = source.meta["val"].permute(dims)
        self.permutes[new] = source, dims
        self.permuted[source, dims] = new
        return new

    def _call(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> fx.Node:
        return self.graph.call_function(target, args, kwargs)

    def _again(self, node: fx.Node, args: tuple[Any, ...], back: tuple[int, ...]) -> fx.Node:
        """The operation of a node on other arguments, and its result permuted by `back`."""
        with self.graph.inserting_before(node):
            new = self._call(node.target, args, node.kwargs)
        new.meta = dict(node.meta)
        new.meta["val"] = node.meta["val"].permute(_inverse(back))
        return self._permute(node, new, back)

    def _rule(self, node: fx.Node) -> Callable[[fx.Node], fx.Node | None] | None:
        target: Any = node.target
        if not isinstance(node.meta.get("val"), Tensor) or not hasattr(target, "tags"):
            return None
        # PyTorch before 2.13 does not say it of leaky_relu.
        pointwise = torch.Tag.pointwise in target.tags or target is aten.leaky_relu.default
        if pointwise and not target._schema.is_mutable:
            return self._pointwise
        if not _args(node) or _args(node)[0] not in self.permutes:
            return self._concatenated if target is aten.cat.default else None
        if target in _REDUCTIONS:
            return self._reduced
        if target in _ALONG:
            return self._along
        if target is aten.pad.default or target is aten.constant_pad_nd.default:
            return self._padded
        return None

    def _pointwise(self, node: fx.Node) -> fx.Node | None:
        rank = node.meta["val"].dim()
        if any(isinstance(v, fx.Node) for v in node.kwargs.values()):
            return None
        dims = self._agreed([a for a in _args(node) if _rank(a) == rank])
        if dims is None:
            return None
        args = tuple(self._turned(node, a, rank, _inverse(dims)) for a in _args(node))
        return self._again(node, args, dims)

    def _agreed(self, tensors: list[fx.Node]) -> tuple[int, ...] | None:
        """How an operation's result is to be permuted, for tensors that are permuted, if they agree."""
        permuted = [each for each in tensors if each in self.permutes]
        if not permuted:
            return None
        dims = self.permutes[permuted[0]][1]
        others = [each for each in tensors if not self._comes_free(each, dims)]
        # To permute one more is worth it where images go on to the next layer.
        return dims if not others or (len(others) <= len(permuted) and len(dims) > 3) else None

    def _comes_free(self, tensor: fx.Node, dims: tuple[int, ...]) -> bool:
        """Whether a tensor is one that is permuted so, or takes no further operation to be."""
        source = self.permutes.get(tensor)
        return (
            (source is not None and source[1] == dims)
            or (tensor, _inverse(dims)) in self.permuted
            or any(size == 1 for size in tensor.meta["val"].shape)
        )

    def _turned(self, at: fx.Node, argument: Any, rank: int, dims: tuple[int, ...]) -> Any:
        """An argument of a pointwise operation, as the operation before the permutation takes it."""
        given = _rank(argument)
        if not given:
            return argument
        if given == 1:
            # Of the dimensions, it has the last one alone.
            return self._along_one(at, argument, dims.index(rank - 1) - rank)
        while given < rank:
            with self.graph.inserting_before(at):
                wider = self._call(aten.unsqueeze.default, (argument, 0), {})
            wider.meta["val"] = argument.meta["val"].unsqueeze(0)
            argument, given = wider, given + 1
        return self._permute(at, argument, dims)

    def _along_one(self, at: fx.Node, vector: fx.Node, dim: int) -> fx.Node:
        """A vector along another dimension than the last, counted from the last."""
        if dim == -1:
            return vector
        shape = [-1] + [1] * (-1 - dim)
        with self.graph.inserting_before(at):
            new = self._call(aten.reshape.default, (vector, shape), {})
        new.meta["val"] = vector.meta["val"].reshape(shape)
        return new

    def _reduced(self, node: fx.Node) -> fx.Node | None:
        source, dims = self.permutes[_args(node)[0]]
        rank = len(dims)
        over = _args(node)[1] if len(_args(node)) > 1 else None
        if not over or "dim" in node.kwargs:
            return None
        over = [over] if isinstance(over, int) else over
        over = {dims[dim % rank] for dim in over}
        keep = _args(node)[2] if len(_args(node)) > 2 else node.kwargs.get("keepdim", False)
        args = (source, sorted(over), *_args(node)[2:])
        left = [dim for dim in dims if keep or dim not in over]
        return self._again(node, args, tuple(sorted(left).index(dim) for dim in left))

    def _along(self, node: fx.Node) -> fx.Node | None:
        source, dims = self.permutes[_args(node)[0]]
        dim = _args(node)[1] if len(_args(node)) > 1 else 0
        return self._again(node, (source, dims[dim % len(dims)], *_args(node)[2:]), dims)

    def _concatenated(self, node: fx.Node) -> fx.Node | None:
        tensors = _args(node)[0]
        if len({_rank(each) for each in tensors}) > 1:
            # What is empty may have another rank.
            return None
        dims = self._agreed(tensors)
        if dims is None:
            return None
        dim = _args(node)[1] if len(_args(node)) > 1 else 0
        sources = [self._permute(node, each, _inverse(dims)) for each in tensors]
        return self._again(node, (sources, dims[dim % len(dims)]), dims)

    def _padded(self, node: fx.Node) -> fx.Node | None:
        source, dims = self.permutes[_args(node)[0]]
        rank, given = len(dims), _args(node)[1]
        if node.target is aten.pad.default and (_args(node)[2:] or ("constant",))[0] != "constant":
            # The other modes pad the last dimensions only.
            return None
        # They come in pairs, the last dimension first.
        pads = [0] * (2 * rank)
        for pair in range(len(given) // 2):
            dim = dims[rank - 1 - pair]
            at = 2 * (rank - 1 - dim)
            pads[at : at + 2] = given[2 * pair : 2 * pair + 2]
        return self._again(node, (source, pads, *_args(node)[2:]), dims)
