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
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from torchscope.ledger import Ledger, NameScope, SettlingPrefixes, Subscopes, settled

if TYPE_CHECKING:
    from torch import Tensor

    from torchscope.collections import Collected
    from torchscope.placeholders import Feeds
    from torchscope.readings import Readings
    from torchscope.registry import ScopedParameterRegistry
    from torchscope.scopes import VariableScope


class Pass:
    """One pass over a registry.

    Attributes:
        registry: whose variables the pass asks for.
        catalogue: that registry's variables.
        entry: the method that began it ('forward', ...), or None for ``registry.activate()``.
        claims: the variables asked for so far, in order, and how many requests each has had.
        replaced: what a creator put in the place of a variable, by full name.
        stand_ins: what stands for tensors that functional_call was given, and those.
        partitioned: the variables in pieces that this pass put together, by full name.
        collected: what the pass put into collections.
        scope: the current VariableScope.
        where: the current name scope, which may not be worked out yet.
        ledger: what was opened and claimed, for the names that follow from it.
        slots: where get_variable finds what exists, by full name: the catalogue's, or none while a
            creator is to see every request.
        prefixes: the full names of scopes that may be opened by a note in the ledger, with a slash.
        creators: the open variable_creator_scopes, outermost first.
        states: what belongs to this pass of each template and layer, which may outlive it: by name
            first, since torch.compile cannot make a dict whose keys are objects made inside it.
        numbered: how many layers were made without a name, by what they are called.
        feeds: what the placeholders are given, if anything is.
        outer: the pass that this one interrupts, if any.
        again: whether it runs again what a pass has run, during backward or in a loop: nothing is made
            then.
        later: whether a pass of its entry was complete before it began: then it is to make nothing.
        waiting: what the open blocks of control_dependencies have not run yet.
        gathered: the rows that were gathered of each variable, by its id.
        backwards: gradients that may be asked for, of what the pass has computed.
        readings: what autograd keeps of it, where the pass is to know.
        recomputed: the variables that checkpointed functions have asked for.
        tensor_names: tensors, and the names that TF1 would have given them, where these are known.
        drawn: while a function is checkpointed, what puts the random numbers where they were after
            each variable was made; None otherwise.
    """

    __slots__ = (
        "__weakref__",
        "again",
        "backwards",
        "catalogue",
        "claims",
        "collected",
        "creators",
        "drawn",
        "entry",
        "feeds",
        "gathered",
        "later",
        "ledger",
        "numbered",
        "outer",
        "partitioned",
        "prefixes",
        "readings",
        "recomputed",
        "registry",
        "replaced",
        "scope",
        "slots",
        "stand_ins",
        "states",
        "tensor_names",
        "waiting",
        "where",
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
        self.stand_ins: dict[Any, tuple[Tensor, Tensor]] = {}
        self.collected = collected
        self.scope = scope
        self.where: NameScope = ""
        self.ledger = Ledger(collected.claims, scope)
        self.prefixes: dict[str, str] | SettlingPrefixes = {}
        self.settle_now_and_then()
        self.creators: tuple[Callable[..., Any], ...] = ()
        self.slots = self.catalogue.slots
        self.states: dict[str, list[tuple[Any, Any]]] = {}
        self.numbered: dict[str, int] = {}
        self.feeds: Feeds | None = None
        self.outer = outer
        self.again = False
        self.later = False
        self.backwards: Any = None
        self.gathered: dict[int, list[Any]] = {}
        self.waiting: Any = None
        self.readings: Readings | None = None
        self.recomputed: set[Any] = set()
        self.tensor_names: list[tuple[weakref.ref[Tensor], str]] = []
        self.drawn: dict[Any, Callable[[], None]] | None = None

    def fork(self) -> Pass:
        """The same pass as another thread sees it: its claims and names, at its own root scope."""
        twin = Pass(self.registry, self.entry, type(self.scope)(False), self.collected)
        twin.ledger = self.ledger.fork(twin.scope)
        twin.settle_now_and_then()
        twin.replaced, twin.partitioned = self.replaced, self.partitioned
        twin.states, twin.numbered, twin.feeds = self.states, self.numbered, self.feeds
        twin.tensor_names = self.tensor_names
        return twin

    def as_it_is(self) -> Pass:
        """A copy that is at the same point, for what is to run again from here.

        Neither notices what happens to the other.
        """
        twin = Pass(self.registry, self.entry, copy.copy(self.scope), self.collected.copy())
        twin.replaced, twin.partitioned = self.replaced.copy(), self.partitioned.copy()
        twin.ledger = self.ledger.copy(twin.claims, self.scope, twin.scope)
        twin.settle_now_and_then()
        twin.where = self.name_scope
        twin.send_through(self.creators)
        twin.states = {
            name: [(each, copy.copy(state)) for each, state in states]
            for name, states in self.states.items()
        }
        twin.numbered = self.numbered.copy()
        twin.tensor_names = self.tensor_names.copy()
        twin.feeds = self.feeds.copy() if self.feeds is not None else None
        twin.gathered = self.gathered
        twin.again, twin.drawn = True, self.drawn
        return twin

    def settle_now_and_then(self) -> None:
        """Makes ready for a pass that may last for ever; one call of a module needs no such care."""
        self.prefixes = SettlingPrefixes(self.catalogue.prefixes, self.ledger)

    def send_through(self, creators: tuple[Callable[..., Any], ...]) -> None:
        """Sends the making of variables, and of all that are asked for, through these creators."""
        self.creators = creators
        self.slots = {} if creators else self.catalogue.slots

    def state_of(self, name: str, owner: Any) -> Any:
        """What belongs to this pass of a template or a layer of that name; None at first."""
        for each, state in self.states.get(name, ()):
            if each is owner:
                return state
        return None

    @property
    def name_scope(self) -> str:
        """The current name scope, without the final slash."""
        return settled(self.where)

    @property
    def names(self) -> dict[str, int]:
        """TF1's names in use, lower case, with their counts."""
        return self.ledger.names()

    @property
    def here(self) -> Subscopes:
        """How often each variable scope was opened inside the current one."""
        return self.ledger.here(self.scope)


# Of each thread: `current`, its pass; `default` and `graph`, see `default()`; and `surroundings`, what scopes of
# arguments that are open outside of any pass give to functions, as text: None for nothing, False where
# that is not known. A plain threading.local: torch.compile traces getattr on it, and does not trace a ContextVar, a
# dict keyed by thread, or a subclass with __init__.
thread = threading.local()


def active() -> Pass | None:
    """The pass that this thread is in, or None outside of every module's forward."""
    return getattr(thread, "current", None)


def enter(pass_: Pass) -> None:
    """Makes `pass_` this thread's current pass."""
    thread.current = pass_


def leave(pass_: Pass) -> None:
    """Ends `pass_`, and whatever was left open inside it, on this thread."""
    thread.current = pass_.outer


def current() -> Pass:
    """The pass that a request belongs to: the thread's own, else the default registry's."""
    pass_: Pass | None = getattr(thread, "current", None)
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


def default() -> Pass:
    """This thread's view of the default registry's pass, which lasts until the next reset.

    What a graph of TF1's was in its `as_default()` stands in its place.
    """
    graph: Pass | None = getattr(thread, "graph", None)
    if graph is not None:
        return graph
    view: Pass | None = getattr(thread, "default", None)
    if view is None or view.registry is not _default.registry:
        view = thread.default = _default.fork()
    return view


def set_default(pass_: Pass) -> None:
    """Makes `pass_` what every thread falls back to."""
    global _default
    _default = pass_
    thread.default = pass_


_default: Pass
