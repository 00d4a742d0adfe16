"""What one call of a net did, made ready to be done again: operations, and what they leave behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, fx, nn

from torchscope._core.graphs.checkpointed_regions import outline
from torchscope._core.graphs.closures import reachable
from torchscope._core.graphs.dead_code import drop_needless
from torchscope._core.graphs.functions import call_directly
from torchscope._core.graphs.in_place_writes import hide_copies, keep_what_was_read
from torchscope._core.graphs.layout import lay_out
from torchscope._core.graphs.lstms import keep_lstms_whole
from torchscope._core.graphs.memory_reuse import reuse_memory
from torchscope._core.graphs.module_state import Change, Standing
from torchscope._core.graphs.products import multiply_directly
from torchscope._core.graphs.recording import Inputs, Recording, record
from torchscope._core.graphs.refusing import check_left, check_owners, check_result, check_values
from torchscope._core.passes.collected import Collected
from torchscope._core.running.build import build
from torchscope._core.store.places import REGISTRY


class Registry(Protocol):
    """What a recording asks of the registries in its net (modules/registry.py)."""

    has_run: bool
    _last: Collected | None


_TO_RUN = (
    keep_what_was_read,
    drop_needless,
    lay_out,
    multiply_directly,
    outline,
    reuse_memory,
    call_directly,
)
_TO_COMPILE = (
    keep_what_was_read,
    drop_needless,
    lay_out,
    multiply_directly,
    keep_lstms_whole,
    outline,
    reuse_memory,
    hide_copies,
    call_directly,
)


class Captured(NamedTuple):
    """One call of a net.

    Attributes:
        roots: the net, and the other modules that it reached.
        recording: its operations, with no change of layout between them. What they give is what
            the call returned, and a list of the tensors in the collections of each registry.
        collections: the registries among them, and what each had collected.
        left: the attributes that it has set to tensors.
    """

    roots: list[nn.Module]
    recording: Recording
    collections: list[tuple[Registry, Collected]]
    left: list[Change]

    @property
    def graph(self) -> fx.Graph:
        """The operations."""
        return self.recording.graph


def capture(
    net: nn.Module, function: Callable[..., Any], inputs: Inputs, *, to_compile: bool = False
) -> Captured:
    """Records a call of a net, after a pass that makes the variables.

    Args:
        net: the net.
        function: what is called: the net, or an entry of it.
        inputs: with what.
        to_compile: whether torch.compile is to have the graph.

    Raises:
        RuntimeError: the call needs values of tensors, or changes an attribute of a module. What
            the model function itself raises is raised as it is.
    """
    roots = reachable(net)
    before = Standing(roots)
    try:
        captured = _recorded(net, roots, function, inputs)
    except Exception as error:
        before.put_back()
        check_values(net, error)
        raise
    check_owners(net, captured.recording.constants.values())
    for improve in _TO_COMPILE if to_compile else _TO_RUN:
        improve(captured.graph)
    return captured


def _recorded(
    net: nn.Module, roots: list[nn.Module], function: Callable[..., Any], inputs: Inputs
) -> Captured:
    """The call as it was recorded, after a pass that makes the variables if there was none."""
    registries = [m.__dict__[REGISTRY] for root in roots for m in root.modules() if _has_one(m)]
    if registries and all(registry.has_run for registry in registries):
        # It may be one that makes something, after all.
        with suppress(Exception):
            return _record(net, roots, registries, function, inputs)
    if any(map(_has_one, net.modules())):
        standing = Standing(roots)
        args, kwargs = inputs.with_unknown([_example(each) for each in inputs.unknown])
        build(function, *args, **kwargs)
        standing.put_back(fakes=True)
    return _record(net, roots, registries, function, inputs)


def _record(
    net: nn.Module,
    roots: list[nn.Module],
    registries: list[Registry],
    function: Callable[..., Any],
    inputs: Inputs,
) -> Captured:
    left: list[Change] = []
    standing, last = Standing(roots), [registry._last for registry in registries]

    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        left[:] = standing.changes()
        check_result(net, result)
        check_left(net, left)
        tensors = [_collected(registry).tensors() for registry in registries]
        return result, tensors, [change.value for change in left]

    try:
        recording = record(roots, call, inputs)
        collections = [(each, _collected(each)) for each in registries]
    finally:
        # What they have collected since is of tensors without values, and so is what is left.
        standing.put_back()
        for registry, before in zip(registries, last, strict=True):
            registry._last = before
    return Captured(roots, recording, collections, left)


def _has_one(module: nn.Module) -> bool:
    return REGISTRY in module.__dict__


def _example(unknown: Any) -> Any:
    """A tensor or a number that is like one of which sizes may vary."""
    if not isinstance(unknown, Tensor):
        return _number(unknown)
    size, stride = map(_number, unknown.shape), map(_number, unknown.stride())
    return torch.empty_strided(
        tuple(size),
        tuple(stride),
        dtype=unknown.dtype,
        device="meta",
        requires_grad=unknown.requires_grad,
    )


def _number(number: Any) -> Any:
    return number.node.hint if hasattr(number, "node") else number


def _collected(registry: Registry) -> Collected:
    """What the last pass has collected."""
    return registry._last or Collected()
