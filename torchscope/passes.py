"""The pass: what one TF1 graph was to a model function, one forward call is here.

TF1 ran a model function once, to build a graph; PyTorch runs forward on every step. A `Pass`
holds what TF1 kept in the graph while it was being built, and what must start afresh on every
step: the variables claimed so far, the names in use, the open scopes, the collections. What lasts
from pass to pass (the variables themselves) is in the registry and the module tree.

The thread's current pass, and the default registry's that it falls back to, are the only global
state of torchscope.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torchscope.collections import Collected
    from torchscope.registry import ScopedParameterRegistry
    from torchscope.scopes import VariableScope


class Subscopes:
    """How often a variable scope was opened, and what was opened inside it.

    TF1 keeps one counter for each full name and sets to zero all that lie under a scope when that
    scope closes. Here the counters are a tree, so that closing a scope drops its branch at once.
    """

    __slots__ = ("inside", "opened")

    def __init__(self) -> None:
        self.opened = 0
        self.inside: dict[str, Subscopes] = {}

    def at(self, name: str) -> Subscopes:
        """The counter of the scope `name`, relative to this one."""
        node = self
        for component in name.split("/"):
            below = node.inside.get(component)
            if below is None:
                below = node.inside[component] = Subscopes()
            node = below
        return node

    def count(self, name: str) -> int:
        """How often `name` was opened here; unlike `at` it makes no counter."""
        node: Subscopes | None = self
        for component in name.split("/"):
            node = node.inside.get(component) if node is not None else None
        return node.opened if node is not None else 0

    def copy(self) -> Subscopes:
        """A copy of the whole tree."""
        twin = Subscopes()
        twin.opened = self.opened
        twin.inside = {component: node.copy() for component, node in self.inside.items()}
        return twin


class Pass:
    """One pass over a registry.

    Attributes:
        registry: whose variables the pass asks for.
        catalogue: that registry's variables.
        entry: the method that began it ('forward', ...), or None for ``registry.activate()``.
        claims: the variables asked for so far, in order, and how many requests each has had.
        replaced: what a creator put in the place of a variable, by full name.
        partitioned: the variables in pieces that this pass put together, by full name.
        names: TF1's names in use, lower case, with their counts.
        collected: what the pass put into collections.
        scope: the current VariableScope.
        name_scope: the current name scope, without the final slash.
        subscopes: how often each variable scope was opened, for default_name.
        here: the counters of the current scope, somewhere in `subscopes`.
        creators: the open variable_creator_scopes, outermost first.
        templates: the scope of each template that was called.
        outer: the pass that this one interrupts, if any.
        again: whether it runs again, during backward, what a pass has run: nothing is made then.
        drawn: while a function is checkpointed, what puts the random numbers where they were after
            each variable was made; None otherwise.
    """

    __slots__ = (
        "again",
        "catalogue",
        "claims",
        "collected",
        "creators",
        "drawn",
        "entry",
        "here",
        "name_scope",
        "names",
        "outer",
        "partitioned",
        "registry",
        "replaced",
        "scope",
        "subscopes",
        "templates",
    )

    def __init__(
        self,
        registry: ScopedParameterRegistry,
        entry: str | None,
        scope: VariableScope,
        collected: Collected,
        outer: Pass | None = None,
    ) -> None:
        self.registry = registry
        self.catalogue = registry.catalogue
        self.entry = entry
        self.claims = collected.claims
        self.replaced: dict[str, Any] = {}
        self.partitioned: dict[str, Any] = {}
        self.names: dict[str, int] = {}
        self.collected = collected
        self.scope = scope
        self.name_scope = ""
        self.subscopes = self.here = Subscopes()
        self.creators: tuple[Callable[..., Any], ...] = ()
        self.templates: dict[Any, Any] = {}
        self.outer = outer
        self.again = False
        self.drawn: dict[Any, Callable[[], None]] | None = None

    def fork(self) -> Pass:
        """The same pass as another thread sees it: its claims and names, at its own root scope."""
        twin = Pass(self.registry, self.entry, type(self.scope)(False), self.collected)
        twin.names, twin.replaced, twin.templates = self.names, self.replaced, self.templates
        twin.partitioned = self.partitioned
        return twin

    def as_it_is(self) -> Pass:
        """A copy that is at the same point, for what is to run again from here during backward.

        Neither notices what happens to the other.
        """
        twin = Pass(self.registry, self.entry, copy.copy(self.scope), self.collected.copy())
        twin.replaced, twin.partitioned = self.replaced.copy(), self.partitioned.copy()
        twin.names, twin.name_scope = self.names.copy(), self.name_scope
        twin.subscopes = twin.here = self.subscopes.copy()
        if self.scope.name:
            twin.here = twin.subscopes.at(self.scope.name)
        twin.creators = self.creators
        twin.templates = {each: copy.copy(state) for each, state in self.templates.items()}
        twin.again, twin.drawn = True, self.drawn
        return twin


# A plain threading.local: torch.compile traces getattr on it, and does not trace a ContextVar, a
# dict keyed by thread, or a subclass with __init__.
_thread = threading.local()


def active() -> Pass | None:
    """The pass that this thread is in, or None outside of every module's forward."""
    return getattr(_thread, "current", None)


def enter(pass_: Pass) -> None:
    """Makes `pass_` this thread's current pass."""
    _thread.current = pass_


def leave(pass_: Pass) -> None:
    """Ends `pass_`, and whatever was left open inside it, on this thread."""
    _thread.current = pass_.outer


def current() -> Pass:
    """The pass that a request belongs to: the thread's own, else the default registry's."""
    pass_: Pass | None = getattr(_thread, "current", None)
    if pass_ is not None:
        return pass_
    if in_backward():
        raise RuntimeError(
            "torchscope was asked during backward, when the pass is over: nobody knows any more in "
            "which scope. If torch.utils.checkpoint runs a function again there, call "
            "ts.checkpoint(function, *args) instead, which puts the pass back. A backward hook takes "
            "what it needs from forward, or from registry.variables."
        )
    return default()


def in_backward() -> bool:
    """Whether autograd's backward is running on this thread."""
    return not torch.compiler.is_compiling() and torch._C._current_graph_task_id() >= 0


def default() -> Pass:
    """This thread's view of the default registry's pass, which lasts until the next reset."""
    view: Pass | None = getattr(_thread, "default", None)
    if view is None or view.registry is not _default.registry:
        view = _thread.default = _default.fork()
    return view


def set_default(pass_: Pass) -> None:
    """Makes `pass_` what every thread falls back to, and forgets what this thread left open."""
    global _default
    _default = pass_
    _thread.default = pass_
    _thread.current = None


_default: Pass
