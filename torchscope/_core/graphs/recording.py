"""A net's forward as a list of operations: its Python runs once, on shapes without values.

It runs natively, as always, while PyTorch notes each operation that it is asked for. What the
operations read of the net are inputs of the graph here, by their keys: so whoever calls it says
which tensors those are now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import is_traceable_wrapper_subclass
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from torchscope._core.graphs.listing import NAME, NotedScopes
from torchscope._core.pytorch.fakes import no_autocast_cache, no_saving_hooks, uncompiled


class Inputs(NamedTuple):
    """What a net is called with while its call is recorded.

    Attributes:
        mode: the fake mode.
        leaves: the leaves of ``(args, kwargs)``; the tensors among them are fake.
        structure: how they make up ``(args, kwargs)``.
    """

    mode: FakeTensorMode
    leaves: list[Any]
    structure: TreeSpec

    @property
    def unknown(self) -> list[Any]:
        """The leaves that are inputs of the graph: tensors, and numbers that may be others later."""
        return [leaf for leaf in self.leaves if is_unknown(leaf)]

    def with_unknown(self, unknown: list[Any]) -> Any:
        """``(args, kwargs)`` with others in the place of `unknown`."""
        others = iter(unknown)
        leaves = [next(others) if is_unknown(leaf) else leaf for leaf in self.leaves]
        return tree_unflatten(leaves, self.structure)

    def fed(self) -> list[str | None]:
        """The names of the placeholders that `unknown` are fed to, where they are fed by name."""
        _, keywords = tree_unflatten(list(range(len(self.leaves))), self.structure)
        feeds = keywords.get("feeds")
        feeds = feeds if isinstance(feeds, dict) else {}
        names = {n: k.removesuffix(":0") for k, n in feeds.items() if isinstance(n, int)}
        return [names.get(n) for n, leaf in enumerate(self.leaves) if is_unknown(leaf)]


def is_unknown(leaf: Any) -> bool:
    """Whether a leaf is an input of the graph."""
    return isinstance(leaf, Tensor | torch.SymInt | torch.SymFloat | torch.SymBool)


def without_values(
    inputs: list[Any], structure: TreeSpec, varying: AbstractSet[tuple[int, int]] = frozenset()
) -> Inputs:
    """Inputs of which only shapes, dtypes and devices are left.

    Args:
        inputs: the leaves of ``(args, kwargs)``.
        structure: how the leaves make up ``(args, kwargs)``.
        varying: the dimensions that may have other sizes later: the number of an input, and of the
            dimension.
    """
    # It brings SymPy, which takes longer to import than all of this package.
    from torch.fx.experimental.symbolic_shapes import (  # noqa: PLC0415
        DimDynamic,
        ShapeEnv,
        StatelessSymbolicContext,
    )

    mode = FakeTensorMode(shape_env=ShapeEnv(), allow_non_fake_inputs=True)

    def fake(number: int, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        sizes = [
            DimDynamic.DYNAMIC if (number, dim) in varying else DimDynamic.STATIC
            for dim in range(leaf.dim())
        ]
        context: Any = StatelessSymbolicContext(dynamic_sizes=sizes)
        made = mode.from_tensor(leaf.detach(), symbolic_context=context)
        return made.requires_grad_(leaf.requires_grad)

    leaves = [fake(number, leaf) for number, leaf in enumerate(inputs)]
    return Inputs(mode, leaves, structure)


class Recording(NamedTuple):
    """What one call did.

    Attributes:
        graph: the operations. Its placeholders are the tensors of `read`, then the inputs; of
            inputs that are known there is none.
        read: the tensors that it reads of modules: the number of the root, and the key below it.
        constants: the tensors that the call made of numbers of its own, by the targets of the
            nodes that read them.
        results: how its outputs make up what the call returned.
    """

    graph: fx.Graph
    read: list[tuple[int, str]]
    constants: dict[str, Tensor]
    results: TreeSpec


def record(roots: list[nn.Module], function: Callable[..., Any], inputs: Inputs) -> Recording:
    """Notes what ``function(*args, **kwargs)`` does.

    Args:
        roots: the modules whose parameters and buffers it may read.
        function: what is called.
        inputs: what it is called with.
    """
    mode = inputs.mode
    over = _Over(roots, function)
    state = {key: _fake_state(mode, t) for key, t in _state(over)}
    results: TreeSpec | None = None

    def run(tensors: list[Tensor], given: list[Any]) -> list[Any]:
        nonlocal results
        with NotedScopes(roots):
            called = torch.func.functional_call(
                over, dict(zip(state, tensors, strict=True)), inputs.with_unknown(given)
            )
        outputs, results = tree_flatten(called)
        return outputs

    with (
        no_autocast_cache(),
        no_saving_hooks(),
        uncompiled(),
        _real_tensors_allowed(mode),
        mode,
    ):
        traced = make_fx(run, pre_dispatch=True)(list(state.values()), inputs.unknown)
    assert results is not None
    graph, read = traced.graph, []
    nodes = list(graph.nodes)
    for node, name in zip(nodes[len(state) :], inputs.fed(), strict=False):
        if name is not None:
            node.meta[NAME] = name
    for node, key in zip(nodes, state, strict=False):
        assert node.op == "placeholder"
        if node.users:
            root, _, below = key.partition(".")
            read.append((int(root), below))
        else:
            graph.erase_node(node)
    constants = {
        node.target: getattr(traced, node.target) for node in graph.nodes if node.op == "get_attr"
    }
    graph.set_codegen(fx.graph.CodeGen())
    return Recording(graph, read, constants, results)


@contextmanager
def _real_tensors_allowed(mode: FakeTensorMode) -> Iterator[None]:
    """A context in which operations may read real tensors, which are constants then."""
    before = mode.allow_non_fake_inputs
    mode.allow_non_fake_inputs = True
    try:
        yield
    finally:
        mode.allow_non_fake_inputs = before


class _Over(nn.Module):
    """A function of modules, as the forward of a module over them."""

    def __init__(self, roots: list[nn.Module], function: Callable[..., Any]) -> None:
        super().__init__()
        for number, root in enumerate(roots):
            self.add_module(str(number), root)
        self._function = function

    def forward(self, args: Any, kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


def _state(net: nn.Module) -> list[tuple[str, Tensor]]:
    return [*net.named_parameters(), *net.named_buffers()]


def _fake_state(mode: FakeTensorMode, tensor: Tensor) -> Tensor:
    if is_traceable_wrapper_subclass(tensor):
        raise RuntimeError(
            f"A tensor of shape {tuple(tensor.shape)} that is to be read is a {type(tensor).__name__}, "
            "such as fully_shard makes, and what a module does with those is no part of a graph. Shard "
            "the graph, fully_shard(ts.graph(net, *inputs)), and not the net in it."
        )
    if tensor.layout is torch.strided and not tensor.is_quantized:
        # A tenth of the time of `from_tensor`, which takes care of all that a tensor can be.
        with mode:
            fake: Tensor = torch.empty_strided(
                tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device
            )
    else:
        fake = mode.from_tensor(tensor.detach().as_subclass(Tensor), static_shapes=True)
    return nn.Parameter(fake, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else fake
