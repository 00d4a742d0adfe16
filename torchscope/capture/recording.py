"""A net's forward as a list of operations: its Python runs once, on shapes without values.

It runs natively, as always, while PyTorch notes each operation that it is asked for. What the
operations read of the net are inputs of the graph here, by their keys: so whoever calls it says
which tensors those are now.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv, StatelessSymbolicContext
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from torchscope.fakes import no_autocast_cache


class Recording(NamedTuple):
    """What one call did.

    Attributes:
        graph: the operations. Its placeholders are the tensors of `keys`, then the inputs; of
            inputs that are no tensors there is none.
        keys: the state_dict keys of the tensors that it reads.
        constants: the tensors that the call made of numbers of its own, by the targets of the
            nodes that read them.
        results: how its outputs make up what the call returned.
        fits: whether it is right for inputs of other sizes, where only sizes that may vary do.
    """

    graph: fx.Graph
    keys: list[str]
    constants: dict[str, Tensor]
    results: TreeSpec
    fits: Callable[[list[Tensor]], bool]


def record(
    net: nn.Module,
    function: Callable[..., Any],
    inputs: list[Any],
    structure: TreeSpec,
    varying: AbstractSet[tuple[int, int]] = frozenset(),
) -> Recording:
    """Notes what ``function(*args, **kwargs)`` does, which calls `net`.

    Args:
        net: the root of the tree whose parameters and buffers it reads.
        function: what is called.
        inputs: the leaves of ``(args, kwargs)``. Only shapes, dtypes and devices of tensors count.
        structure: how the leaves make up ``(args, kwargs)``.
        varying: the dimensions that may have other sizes later: the number of an input, and of the
            dimension.
    """
    shapes = ShapeEnv()
    mode = FakeTensorMode(shape_env=shapes, allow_non_fake_inputs=True)
    state = {key: _fake_state(mode, t) for key, t in _state(net)}
    leaves = [_fake_input(mode, leaf, number, varying) for number, leaf in enumerate(inputs)]
    places = [number for number, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
    results: TreeSpec | None = None

    def run(tensors: list[Tensor], given: list[Tensor]) -> list[Any]:
        nonlocal results
        filled = list(leaves)
        for place, tensor in zip(places, given, strict=True):
            filled[place] = tensor
        args, kwargs = tree_unflatten(filled, structure)
        called = torch.func.functional_call(
            _Over(net, function),
            {f"net.{k}": t for k, t in zip(state, tensors, strict=True)},
            (args, kwargs),
        )
        outputs, results = tree_flatten(called)
        return outputs

    with no_autocast_cache(), mode:
        traced = make_fx(run, pre_dispatch=True)(
            list(state.values()), [leaves[place] for place in places]
        )
    assert results is not None
    graph, keys = traced.graph, []
    for node, key in zip(list(graph.nodes), state, strict=False):
        assert node.op == "placeholder"
        if node.users:
            keys.append(key)
        else:
            graph.erase_node(node)
    constants = {
        node.target: getattr(traced, node.target) for node in graph.nodes if node.op == "get_attr"
    }
    graph.set_codegen(fx.graph.CodeGen())
    assumed = shapes.produce_guards_expression(
        [leaves[place] for place in places], ignore_static=False
    )

    def fits(tensors: list[Tensor]) -> bool:
        return assumed is None or shapes.evaluate_guards_expression(assumed, tensors)

    return Recording(graph, keys, constants, results, fits)


class _Over(nn.Module):
    """A function of a module, as the forward of a module over it."""

    def __init__(self, net: nn.Module, function: Callable[..., Any]) -> None:
        super().__init__()
        self.net = net
        self._function = function

    def forward(self, args: Any, kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


def _state(net: nn.Module) -> list[tuple[str, Tensor]]:
    return [*net.named_parameters(), *net.named_buffers()]


def _fake_state(mode: FakeTensorMode, tensor: Tensor) -> Tensor:
    fake = mode.from_tensor(tensor.detach().as_subclass(Tensor), static_shapes=True)
    return nn.Parameter(fake, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else fake


def _fake_input(
    mode: FakeTensorMode, leaf: Any, number: int, varying: AbstractSet[tuple[int, int]]
) -> Any:
    if not isinstance(leaf, Tensor):
        return leaf
    sizes = [
        DimDynamic.DYNAMIC if (number, dim) in varying else DimDynamic.STATIC
        for dim in range(leaf.dim())
    ]
    context: Any = StatelessSymbolicContext(dynamic_sizes=sizes)
    fake = mode.from_tensor(leaf.detach(), symbolic_context=context)
    return fake.requires_grad_(leaf.requires_grad)
