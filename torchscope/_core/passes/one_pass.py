"""The pass: what one TF1 graph was to a model function, one forward call is here.

TF1 ran a model function once, to build a graph; PyTorch runs forward on every step. A `Pass`
holds what TF1 kept in the graph while it was being built, and what must start afresh on every
step: the variables claimed so far, the names in use, the open scopes, the collections. What lasts
from pass to pass (the variables themselves) is in the registry and the module tree.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol, cast

from torch import Tensor, nn

from torchscope._core import current as running
from torchscope._core.names.default_names import Subscopes
from torchscope._core.names.name_table import NameScope, NameTable, ResolvingPrefixes, resolved
from torchscope._core.passes.collected import Collected
from torchscope._core.passes.feeds import Feeds
from torchscope._core.passes.scopes import VariableScope
from torchscope._core.store.places import Slot
from torchscope._core.store.records import Record
from torchscope._core.store.saved_tensors import Experience, Readings
from torchscope._core.store.variable_store import VariableStore


class Registry(Protocol):
    """What a pass, and what is asked for in it, need of the registry that began it (modules/registry.py)."""

    store: VariableStore
    experience: Experience
    reuse_from_earlier_passes: bool
    collect_updates: bool

    @property
    def module(self) -> nn.Module:
        """The module that it is attached to."""

    @property
    def finalized(self) -> bool:
        """Whether no more variables may be made."""

    @property
    def _make_variable(self) -> Callable[..., Tensor]:
        """What makes a variable, or claims it: the last creator of every chain."""

    def _check_may_make(self, pass_: Pass, name: str, *, expected: bool) -> None:
        """Refuses a variable that may not be made any more, or warns of it."""

    def initialize_(self, variables: Iterable[Tensor | str] | None = None) -> None:
        """Gives variables their first values again."""


class Pass:
    """One pass over a registry.

    Attributes:
        registry: whose variables the pass asks for.
        store: that registry's variables.
        entry: the method that began it ('forward', ...), or None for ``registry.activate()``.
        claims: the variables asked for so far, in order, and how many requests each has had.
        replaced: what a creator put in the place of a variable, by full name.
        stand_ins: what stands for tensors that functional_call was given, and those.
        partitioned: the variables in pieces that this pass put together, by full name.
        collected: what the pass put into collections.
        scope: the current VariableScope.
        where: the current name scope, which may not be worked out yet.
        name_table: what was opened and claimed, for the names that follow from it.
        slots: where get_variable finds what exists, by full name: the variable store's, or none while a
            creator is to see every request.
        prefixes: the full names of scopes that may be opened by a note in the name table, with a slash.
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
        "claims",
        "collected",
        "creators",
        "drawn",
        "entry",
        "feeds",
        "gathered",
        "later",
        "name_table",
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
        "store",
        "tensor_names",
        "waiting",
        "where",
    )

    def __init__(
        self,
        registry: Registry,
        entry: str | None,
        scope: VariableScope,
        collected: Collected,
        outer: Pass | None = None,
    ) -> None:
        self.registry: Registry = registry
        self.store: VariableStore = registry.store
        self.entry: str | None = entry
        self.claims: dict[Record, int] = collected.claims
        self.replaced: dict[str, Any] = {}
        self.partitioned: dict[str, Any] = {}
        self.stand_ins: dict[Any, tuple[Tensor, Tensor]] = {}
        self.collected: Collected = collected
        self.scope: VariableScope = scope
        self.where: NameScope = ""
        self.name_table: NameTable = NameTable(collected.claims, scope)
        self.prefixes: dict[str, str] | ResolvingPrefixes = {}
        self.resolve_now_and_then()
        self.creators: tuple[Callable[..., Any], ...] = ()
        self.slots: dict[str, Slot] = self.store.slots
        self.states: dict[str, list[tuple[Any, Any]]] = {}
        self.numbered: dict[str, int] = {}
        self.feeds: Feeds | None = None
        self.outer: Pass | None = outer
        self.again: bool = False
        self.later: bool = False
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
        twin.name_table = self.name_table.fork(twin.scope)
        twin.resolve_now_and_then()
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
        twin.name_table = self.name_table.copy(twin.claims, self.scope, twin.scope)
        twin.resolve_now_and_then()
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

    def resolve_now_and_then(self) -> None:
        """Makes ready for a pass that may last for ever; one call of a module needs no such care."""
        self.prefixes = ResolvingPrefixes(self.store.prefixes, self.name_table)

    def send_through(self, creators: tuple[Callable[..., Any], ...]) -> None:
        """Sends the making of variables, and of all that are asked for, through these creators."""
        self.creators = creators
        self.slots = {} if creators else self.store.slots

    # Any: a creator may give anything in a variable's place.
    def make_variable(self, **request: Any) -> Any:
        """Makes a variable of its own, or claims the one that an earlier pass made here."""
        return self.create(partial(self.registry._make_variable, self), **request)

    # Any: a creator may give anything in a variable's place.
    def create(self, make: Callable[..., Any], **request: Any) -> Any:
        """Sends the making of a variable through the open variable_creator_scopes, the innermost first."""
        for creator in self.creators:
            make = partial(creator, make)
        return make(**request)

    # Any: of the kind that its owner keeps.
    def state_of(self, name: str, owner: Any) -> Any:
        """What belongs to this pass of a template or a layer of that name; None at first."""
        for each, state in self.states.get(name, ()):
            if each is owner:
                return state
        return None

    @property
    def name_scope(self) -> str:
        """The current name scope, without the final slash."""
        return resolved(self.where)

    @property
    def names(self) -> dict[str, int]:
        """TF1's names in use, lower case, with their counts."""
        return self.name_table.names()

    @property
    def here(self) -> Subscopes:
        """How often each variable scope was opened inside the current one."""
        return self.name_table.here(self.scope)


# The thread's current pass, for those who may know all of it.
thread = running.thread
active = cast("Callable[[], Pass | None]", running.active)
current = cast("Callable[[], Pass]", running.current)
default = cast("Callable[[], Pass]", running.default)
enter, leave = running.enter, running.leave
set_default, in_backward = running.set_default, running.in_backward
