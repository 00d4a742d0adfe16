"""The ledger: which names a pass has used up, worked out when somebody asks.

TF1 makes a name unique whenever a scope is opened. `get_variable` does not need these names: it
goes by the full names that the model function wrote. So opening a scope by name only notes that it
was opened. Whoever needs names, such as `tf.Variable`, default_name or ``original_name_scope``,
settles the ledger first: all that was noted is then entered, in its order.

Each note refers to the one before it, and never to the pass, so that what a pass has collected is
freed when the pass is.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from torchscope.naming import unique_name

if TYPE_CHECKING:
    from torchscope.records import Record


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

    def copy(self, twins: dict[Subscopes, Subscopes] | None = None) -> Subscopes:
        """A copy of the whole tree; `twins` gets the copy of each counter."""
        twin = Subscopes()
        twin.opened = self.opened
        twin.inside = {component: node.copy(twins) for component, node in self.inside.items()}
        if twins is not None:
            twins[self] = twin
        return twin


class Opening:
    """A note that a scope was opened by name: `variable_scope` is one.

    Attributes:
        _name: the name, relative to the scope around it.
        _under: the name scope around it.
        _outer: the variable scope around it.
        _claimed: how many variables the pass had claimed by then.
        _earlier: the note before this one, until it is settled.
        _opened: the name scope that it opened, without the final slash; until that is worked out,
            the ledger that can do so.
    """

    __slots__ = (
        "_claimed",
        "_earlier",
        "_name",
        "_opened",
        "_outer",
        "_under",
    )

    _claimed: int
    _earlier: Opening | None
    _name: str
    _opened: str | Ledger
    _outer: Any
    _under: NameScope

    @property
    def name_scope(self) -> str:
        """The name scope that it opened, without the final slash."""
        if isinstance(self._opened, Ledger):
            self._opened.settle(self)
        opened = self._opened
        assert isinstance(opened, str)
        return opened


# A name scope without its final slash, or the note from which it can be worked out.
NameScope = str | Opening


def settled(name_scope: NameScope) -> str:
    """A name scope without its final slash, worked out where it was only noted."""
    return name_scope.name_scope if isinstance(name_scope, Opening) else name_scope


class _InUse:
    """TF1's names in use, lower case, with their counts; and how many claims they account for."""

    __slots__ = ("claimed", "names")

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.claimed = 0


class Ledger:
    """What a pass has opened and claimed.

    Attributes:
        claims: the variables asked for so far, in order, and how many requests each has had.
        latest: the last note.
    """

    __slots__ = ("_in_use", "_open", "claims", "latest")

    def __init__(self, claims: dict[Record, int], root: Any, in_use: _InUse | None = None) -> None:
        self.claims = claims
        self.latest: Opening | None = None
        self._in_use = _InUse() if in_use is None else in_use
        # The open variable scopes, or their notes; and the counters of what was opened inside each.
        self._open: list[tuple[Any, Subscopes]] = [(root, Subscopes())]

    def fork(self, root: Any) -> Ledger:
        """The same names and claims, at a root scope of its own."""
        return Ledger(self.claims, root, self._in_use)

    def copy(self, claims: dict[Record, int], scope: Any, twin_scope: Any) -> Ledger:
        """A ledger of the same names that goes its own way.

        Args:
            claims: the claims of the copy.
            scope: the innermost scope that is open.
            twin_scope: what stands for it in the copy.
        """
        self.here(scope)
        twin = Ledger(claims, None)
        twin._in_use.names = self._in_use.names.copy()
        twin._in_use.claimed = self._in_use.claimed
        twins: dict[Subscopes, Subscopes] = {}
        self._open[0][1].copy(twins)
        twin._open = [
            (twin_scope if each is scope else each, twins.get(counters) or counters.copy())
            for each, counters in self._open
        ]
        return twin

    def close(self) -> None:
        """Lets go of the notes when the pass is over; scopes that somebody kept keep theirs."""
        self.latest = None
        del self._open[1:]

    def settle(self, last: Opening | None = None) -> None:
        """Enters all that was noted: up to `last`, or, by default, all there is."""
        notes = []
        note = self.latest if last is None else last
        while note is not None and isinstance(note._opened, Ledger):
            notes.append(note)
            note = note._earlier
        for note in reversed(notes):
            self._account_for(note._claimed)
            outer = settled(note._under)
            note._opened = unique_name(
                f"{outer}/{note._name}" if outer else note._name, self._in_use.names
            )
            self.close_down_to(note._outer)
            self.enter(note, self._open[-1][1].at(note._name))
            note._earlier = None
        if last is None:
            self._account_for(len(self.claims))

    def _account_for(self, claimed: int) -> None:
        """Marks the names of the first `claimed` variables as in use."""
        in_use = self._in_use
        if in_use.claimed < claimed:
            for record in islice(self.claims, in_use.claimed, claimed):
                unique_name(record.requested, in_use.names)
            in_use.claimed = claimed

    def names(self) -> dict[str, int]:
        """TF1's names in use, lower case, with their counts."""
        latest = self.latest
        noted = latest is not None and isinstance(latest._opened, Ledger)
        if noted or self._in_use.claimed < len(self.claims):
            self.settle()
        return self._in_use.names

    def claim(self, record: Record) -> None:
        """Claims a variable whose name is in use for another reason, or is in nobody's way."""
        self.names()
        self.claims[record] = 1
        self._in_use.claimed = len(self.claims)

    def take_back(self, records: list[Record]) -> None:
        """Gives claims back, and the names that they used up."""
        names = self.names()
        for record in records:
            del self.claims[record]
            base = record.requested.lower()
            count = names.pop(base, 1) - 1
            if count:
                names[base] = count
        self._in_use.claimed = len(self.claims)

    # Variable scopes

    def here(self, scope: Any) -> Subscopes:
        """The counters of what was opened inside `scope`, the innermost that is open."""
        self.settle()
        self.close_down_to(scope)
        return self._open[-1][1]

    def at_root(self, scope: Any) -> Subscopes:
        """The counters at the root, when `scope` is the innermost that is open."""
        self.here(scope)
        return self._open[0][1]

    def enter(self, scope: Any, counters: Subscopes) -> None:
        """Opens a variable scope whose counters are `counters`."""
        counters.opened += 1
        self._open.append((scope, counters))

    def leave(self) -> None:
        """Closes the innermost scope, whose counters its own exit has seen to."""
        self._open.pop()

    def close_down_to(self, scope: Any) -> None:
        """Closes the scopes inside `scope`: what was opened in them is forgotten, as in TF1."""
        opened = scope._name_scope
        if isinstance(opened, Opening):
            # It was noted, and stands here as its note.
            scope = opened
        while len(self._open) > 1 and self._open[-1][0] is not scope:
            closed, counters = self._open.pop()
            if isinstance(closed, Opening) or closed._prefix:
                counters.inside = {}


class SettlingPrefixes:
    """The scopes that a note may open, in a pass that may last for ever.

    It settles the ledger now and then, so that the notes do not pile up.
    """

    NOTES = 1000

    __slots__ = ("_ledger", "_left", "_prefixes")

    def __init__(self, prefixes: dict[str, str], ledger: Ledger) -> None:
        self._prefixes = prefixes
        self._ledger = ledger
        self._left = self.NOTES

    def get(self, name: str) -> str | None:
        """The full name of a scope with a slash, if a note may open it."""
        self._left -= 1
        if self._left < 0:
            self._left = self.NOTES
            self._ledger.settle()
        return self._prefixes.get(name)
