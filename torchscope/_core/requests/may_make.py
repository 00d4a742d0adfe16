"""Where no variable may be made: where nobody would see it, or nobody expects it."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from torch import nn

from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass
from torchscope._core.pytorch import fakes, sharding, tracing
from torchscope._core.store import tree, wrapped
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.places import REGISTRY
from torchscope._core.store.records import Kind


def check_may_make(pass_: Pass, kind: Kind, name: str, collections: Any) -> None:
    """Refuses to make a variable where nobody would see it."""
    if fakes.are_recorded():
        raise RuntimeError(
            f"Variable {name} does not exist yet, and a call that is exported or recorded cannot make "
            "one. Call ts.build(net, *inputs) first, or the module itself. If each call asks for a "
            "variable of another name, it is no graph."
        )
    # What load_state_dict brought is in the tree already.
    comes_anew = pass_.store.preloaded_tensor(kind, name) is None
    if sharding.in_group() and comes_anew:
        wrapped.check_not_wrapped(pass_.store.module, name, running_modules(sys._getframe(1)))
    if pass_.again and not passes.in_backward():
        raise RuntimeError(
            f"Variable {name} does not exist, and is asked for in a later turn of a loop. TF1 builds "
            "the body of a loop once: it makes its variables in the first turn, and every other turn "
            "asks for the same."
        )
    if pass_.again:
        raise RuntimeError(
            f"Variable {name} does not exist, and is asked for during backward, where a "
            "checkpointed function runs again. It must ask for the same variables as in forward, "
            "where it did not ask for this one."
        )
    if comes_anew and (pass_.later or pass_.registry.finalized):
        # Measures are taken in evaluation alone, and their totals begin with 0 in any case.
        measures = GraphKeys.METRIC_VARIABLES in (collections or ())
        pass_.registry._check_may_make(pass_, name, expected=measures)
    if passes.active() is not None:
        return
    if tracing.traced_symbolically():
        raise tracing.refusal(f"What asks for the variable {name}")
    module = _running_module()
    if module is not None:
        raise RuntimeError(
            f"Variable {name} was asked for inside the forward of {type(module).__name__}, "
            "where no registry is active: no optimizer or state_dict would see it. Attach "
            "one in __init__, self.scopes = ts.ScopedParameterRegistry(self), or run the "
            "function as ts.ScopedModule(function)."
        )
    module = _running_elsewhere()
    if module is not None:
        raise RuntimeError(
            f"Variable {name} was asked for in the thread {threading.current_thread().name!r}, "
            f"which is in no pass, while another thread is in the forward of "
            f"{type(module).__name__}. A thread does not join the pass of the forward that "
            "started it: ask for the variables before it starts, and hand them to it. If this "
            "one belongs to no module, ask inside `with ts.get_default_registry().activate():`."
        )


def _running_module() -> nn.Module | None:
    """The innermost module, other than a scope, whose forward is on this thread's stack."""
    return next(running_modules(sys._getframe(1)), None)


def _running_elsewhere() -> nn.Module | None:
    """A module with a registry whose forward is on the stack of another thread.

    It may have started this thread. None in the main thread, which nobody started.
    """
    if threading.current_thread() is threading.main_thread():
        return None
    # The interpreter holds a lock while it lists the frames. A collection of garbage there can wait
    # for that lock, and so for ever: the finalizers of other libraries do.
    collects = gc.isenabled()
    gc.disable()
    try:
        frames = sys._current_frames()
    finally:
        if collects:
            gc.enable()
    for thread, frame in frames.items():
        if thread != threading.get_ident():
            for module in running_modules(frame):
                if REGISTRY in module.__dict__:
                    return module
    return None


def running_modules(frame: FrameType | None) -> Iterator[nn.Module]:
    """The modules, other than scopes, whose forward is on a stack, from the innermost outwards."""
    while frame is not None:
        if frame.f_code is nn.Module._call_impl.__code__:
            module: nn.Module = frame.f_locals["self"]
            if not isinstance(module, tree.ScopeModule):
                yield module
        frame = frame.f_back
