"""An optimizer that was made before the variables were: noticed when it first steps.

``torch.optim.SGD(net.parameters())`` takes what parameters there are. Those of a net that has not run
yet are its own alone, and what its first pass makes would never be trained, without a word. So after
a first pass the steps of optimizers are looked at, until the next pass begins. An optimizer that was
made in the right order is one of a later pass, and is never looked at.
"""

from __future__ import annotations

import gc
import sys
import warnings
import weakref
from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.hooks import RemovableHandle

from torchscope._core.passes.collected import Collected
from torchscope._core.store.variable_store import VariableStore


class Registry(Protocol):
    """What is asked of the registry whose pass it was (modules/registry.py)."""

    store: VariableStore
    _last: Collected | None

    @property
    def module(self) -> nn.Module:
        """The module that it is attached to."""


_OF_OPTIMIZERS = register_optimizer_step_pre_hook.__code__.co_filename


def look_at_the_next_step(
    registry: Registry, collected: Collected, entry: str, outermost: nn.Module
) -> None:
    """Warns of the first step of an optimizer that does not hold what a first pass made.

    Nothing is kept alive, and nothing is left when the next pass begins: then the registry lets go
    of what the first one has collected.

    Args:
        registry: whose pass it was.
        collected: what the pass has collected.
        entry: the method that began it.
        outermost: the module that ran around it, or the registry's own.
    """
    if not any(record.trainable and record.entry == entry for record in collected.claims):
        return
    watch = _Watch(registry, entry, outermost)
    handle = register_optimizer_step_pre_hook(watch.before_a_step)
    watch.collected = weakref.ref(collected, lambda _: _let_go(handle))
    _remove_what_stayed(handle)


def _let_go(handle: RemovableHandle) -> None:
    """Removes the hook, unless PyTorch is looking at the hooks: Python may collect a net at any time.

    PyTorch goes over them in each step, and Dynamo writes down which there are and looks at them again
    when it has traced. A hook that stays has nothing to look at any more, and goes with the next first pass.
    """
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == _OF_OPTIMIZERS:
            return
        if frame.f_globals.get("__name__") == "torch._dynamo.convert_frame":
            return
        frame = frame.f_back  # type: ignore[assignment]
    handle.remove()


def _remove_what_stayed(handle: RemovableHandle) -> None:
    """Removes those hooks beside this one that were not let go of when their net was collected."""
    hooks = handle.hooks_dict_ref() or {}
    # A list of the keys is made without new objects, for which Python might collect a net, whose hook goes then.
    for key in list(hooks):
        watch = getattr(hooks.get(key), "__self__", None)
        if isinstance(watch, _Watch) and watch.is_over():
            hooks.pop(key, None)


class _Watch:
    """What is looked at before each step: of each optimizer once."""

    def __init__(self, registry: Registry, entry: str, outermost: nn.Module) -> None:
        self.registry = weakref.ref(registry)
        self.outermost = weakref.ref(outermost)
        self.entry = entry
        self.collected: weakref.ref[Collected] | None = None
        self.seen: weakref.WeakSet[Optimizer] = weakref.WeakSet()

    def is_over(self) -> bool:
        """Whether there is nothing to look at any more."""
        return self.collected is not None and self.collected() is None

    def before_a_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """The hook: it changes nothing."""
        if torch.compiler.is_dynamo_compiling() or optimizer in self.seen:
            return
        self.seen.add(optimizer)
        registry, outermost = self.registry(), self.outermost()
        collected = None if self.collected is None else self.collected()
        if registry is None or outermost is None or collected is None:
            return
        if registry._last is not collected:
            return
        made = {
            record.name: registry.store.variable_of(record)
            for record in registry.store.records
            if record.trainable and record.entry == self.entry and registry.store.is_stored(record)
        }
        held = _held(optimizer)
        if any(id(variable) in held for variable in made.values()):
            return
        if held and held.isdisjoint(map(id, outermost.parameters())):
            # It trains another net.
            return
        missing = {name: v for name, v in made.items() if v.grad is not None}
        if missing:
            others = {key for other in _optimizers() for key in _held(other)}
            missing = {name: v for name, v in missing.items() if id(v) not in others}
        if missing:
            warnings.warn(_does_not_hold(optimizer, registry.module, list(missing)), stacklevel=3)


def _held(optimizer: Optimizer) -> set[int]:
    """The parameters of an optimizer, by id."""
    return {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}


def _optimizers() -> Iterator[Optimizer]:
    """All optimizers that there are: each variable may be another's to train."""
    for each in gc.get_objects():
        if issubclass(type(each), Optimizer) and hasattr(each, "param_groups"):
            yield each


def _does_not_hold(optimizer: Optimizer, module: nn.Module, names: list[str]) -> str:
    what = f"a variable of {type(module).__name__} that has a gradient"
    if len(names) > 1:
        what = f"{len(names)} variables of {type(module).__name__} that have gradients"
    more = "" if len(names) <= 10 else ", ..."
    return (
        f"This {type(optimizer).__name__} does not hold {what}: {', '.join(names[:10])}{more}. It was "
        "made before the first pass made them, so its steps leave them as they are. Make the net "
        "whole before its optimizer, by ts.build(net, *inputs) or ts.ScopedModule(function, "
        "example_inputs=(...)); or hand over what is missing, which registry.variables has by name: "
        "optimizer.add_param_group({'params': [...]})."
    )
