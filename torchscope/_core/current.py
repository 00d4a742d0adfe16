"""The thread's current pass, and the default one that it falls back to: the only global state of torchscope.

What is below the pass knows of it what `CurrentPass` says; what is above asks `passes.one_pass`, whose
functions of the same names these are.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any, Protocol

import torch
from torch import Tensor


class CurrentPass(Protocol):
    """What the tensors, the operations and the names of a pass ask of it (passes/one_pass.py)."""

    where: Any
    waiting: Any
    gathered: dict[int, list[Any]]
    stand_ins: dict[Any, tuple[Tensor, Tensor]]
    tensor_names: list[tuple[weakref.ref[Tensor], str]]
    entry: str | None
    drawn: Any
    recomputed: set[Any]

    @property
    def outer(self) -> CurrentPass | None:
        """The pass that this one interrupts, if any."""

    @property
    def store(self) -> Any:
        """The variables that it asks for."""

    @property
    def collected(self) -> Any:
        """What it put into collections."""

    @property
    def registry(self) -> Any:
        """What began it."""

    @property
    def readings(self) -> Any:
        """What autograd keeps of it, where it is to know."""

    @property
    def name_scope(self) -> str:
        """The current name scope, without the final slash."""

    @property
    def names(self) -> dict[str, int]:
        """TF1's names in use, lower case, with their counts."""

    def make_variable(self, **request: Any) -> Any:
        """Makes a variable of its own through the open variable_creator_scopes."""

    def fork(self) -> CurrentPass:
        """The same pass as another thread sees it."""


# Of each thread: `current`, its pass; `default` and `graph`, see `default()`; and `surroundings`, what scopes of
# arguments that are open outside of any pass give to functions, as text: None for nothing, False where
# that is not known. A plain threading.local: torch.compile traces getattr on it, and does not trace a ContextVar, a
# dict keyed by thread, or a subclass with __init__.
thread = threading.local()


def active() -> CurrentPass | None:
    """The pass that this thread is in, or None outside of every module's forward."""
    return getattr(thread, "current", None)


def enter(pass_: CurrentPass) -> None:
    """Makes `pass_` this thread's current pass."""
    thread.current = pass_


def leave(pass_: CurrentPass) -> None:
    """Ends `pass_`, and whatever was left open inside it, on this thread."""
    thread.current = pass_.outer


def current() -> CurrentPass:
    """The pass that a request belongs to: the thread's own, else the default registry's."""
    pass_: CurrentPass | None = getattr(thread, "current", None)
    if pass_ is not None:
        return pass_
    if in_backward():
        raise RuntimeError(
            "torchscope was asked during backward, when the pass is over: nobody knows any more in "
            "which scope. If torch.utils.checkpoint runs a function again there, call "
            "ts.recompute(function, *args) instead, which puts the pass back. A backward hook takes "
            "what it needs from forward, or from registry.variables."
        )
    return default()


def in_backward() -> bool:
    """Whether autograd's backward is running on this thread."""
    return not torch.compiler.is_dynamo_compiling() and torch._C._current_graph_task_id() >= 0


def default() -> CurrentPass:
    """This thread's view of the default registry's pass, which lasts until the next reset.

    What a graph of TF1's was in its `as_default()` stands in its place.
    """
    graph: CurrentPass | None = getattr(thread, "graph", None)
    if graph is not None:
        return graph
    view: CurrentPass | None = getattr(thread, "default", None)
    if view is None or view.registry is not _default.registry:
        view = thread.default = _default.fork()
    return view


def set_default(pass_: CurrentPass) -> None:
    """Makes `pass_` what every thread falls back to."""
    global _default
    _default = pass_
    thread.default = pass_


_default: CurrentPass
