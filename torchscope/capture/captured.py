"""What one call of a net did, made ready to be done again: operations, and what they leave behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, fx, nn
from torch.utils._pytree import tree_leaves

from torchscope.build import build, needs_values
from torchscope.capture.functions import call_directly
from torchscope.capture.layout import lay_out
from torchscope.capture.needless import drop_needless
from torchscope.capture.products import multiply_directly
from torchscope.capture.reach import reachable
from torchscope.capture.recording import Inputs, Recording, record
from torchscope.capture.regions import outline
from torchscope.capture.reusing import reuse_memory
from torchscope.capture.standing import Change, Standing
from torchscope.capture.writes import keep_what_was_read
from torchscope.catalogue import REGISTRY
from torchscope.collections import Collected
from torchscope.variables import Variable

if TYPE_CHECKING:
    from torchscope.registry import ScopedParameterRegistry


_PASSES = (
    keep_what_was_read,
    drop_needless,
    lay_out,
    multiply_directly,
    outline,
    reuse_memory,
    call_directly,
)
# What stands for itself on every call.
_PLAIN = (
    *(Tensor, int, float, complex, str, bytes, type(None), torch.SymInt, torch.SymFloat),
    *(torch.SymBool, torch.dtype, torch.device, Enum, FunctionType, type),
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
    collections: list[tuple[ScopedParameterRegistry, Collected]]
    left: list[Change]

    @property
    def graph(self) -> fx.Graph:
        """The operations."""
        return self.recording.graph


def capture(net: nn.Module, function: Callable[..., Any], inputs: Inputs) -> Captured:
    """Records a call of a net, after a pass that makes the variables.

    Args:
        net: the net.
        function: what is called: the net, or an entry of it.
        inputs: with what.

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
        if needs_values(error) or (error.__cause__ and needs_values(error.__cause__)):
            raise RuntimeError(
                f"The forward of this {type(net).__name__} needs the values of tensors "
                f"({type(error).__name__}: {str(error).partition(chr(10))[0]}). A graph is built from "
                "shapes alone: it has no branches that depend on values. Choose with torch.where, or call the net itself."
            ) from error
        raise
    _check_owners(net, captured.recording)
    for improve in _PASSES:
        improve(captured.graph)
    return captured


def _recorded(
    net: nn.Module, roots: list[nn.Module], function: Callable[..., Any], inputs: Inputs
) -> Captured:
    """The call as it was recorded, after a pass that makes the variables if there was none."""
    registries = [m.__dict__[REGISTRY] for root in roots for m in root.modules() if _has_one(m)]
    if all(registry.has_run for registry in registries):
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
    registries: list[ScopedParameterRegistry],
    function: Callable[..., Any],
    inputs: Inputs,
) -> Captured:
    left: list[Change] = []
    standing, last = Standing(roots), [registry._last for registry in registries]

    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        left[:] = standing.changes()
        _check_result(net, result)
        _check_left(net, left)
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


def _check_left(net: nn.Module, left: list[Change]) -> None:
    """Refuses what later calls could not leave, since they run no Python.

    Raises:
        RuntimeError: it is there.
    """
    changed = [change.name for change in left if not change.can_be_made_again()]
    if changed:
        raise RuntimeError(
            f"The forward of this {type(net).__name__} changes {', '.join(changed)}. A graph is "
            "made of one call, and later calls run no Python: that would stay as the first call "
            "left it. Return what it keeps, or make a variable of it."
        )


def _check_result(net: nn.Module, result: Any) -> None:
    """Refuses a result that may hold tensors where nobody finds them.

    Raises:
        TypeError: it may.
    """
    for leaf in tree_leaves(result):
        if not isinstance(leaf, _PLAIN):
            raise TypeError(
                f"The forward of this {type(net).__name__} returns a {type(leaf).__qualname__}. A "
                "graph gives tensors, numbers and strings, in lists, tuples and dicts. Return those, "
                "or register the class with torch.utils._pytree."
            )


def _check_owners(net: nn.Module, recording: Recording) -> None:
    """Refuses what reads tensors of modules that nobody can look up again.

    Raises:
        RuntimeError: it does.
    """
    for constant in recording.constants.values():
        if isinstance(constant, nn.Parameter | Variable):
            raise RuntimeError(
                f"The forward of this {type(net).__name__} reads {_what(constant)}, which is in no "
                "module that a graph could look it up in. Make its module a submodule, or hand "
                "the tensor in as an argument."
            )


def _what(constant: Any) -> str:
    if isinstance(constant, Variable):
        return f"variable {constant.name}"
    return f"a parameter of shape {tuple(constant.shape)}"


def _collected(registry: ScopedParameterRegistry) -> Collected:
    """What the last pass has collected."""
    return registry._last or Collected()
