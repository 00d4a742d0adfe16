"""The name table: which names a pass has used up, worked out when somebody asks.

TF1 makes a name unique whenever a scope is opened. `get_variable` does not need these names: it
goes by the full names that the model function wrote. So opening a scope by name only notes that it
was opened. Whoever needs names, such as `tf.Variable`, default_name or ``original_name_scope``,
resolves the name table first: all that was noted is then entered, in its order.

Each note refers to the one before it, and never to the pass, so that what a pass has collected is
freed when the pass is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, Protocol

from torchscope._core.names.default_names import Subscopes, numbered
from torchscope._core.names.unique_names import unique_name


class Named(Protocol):
    """A variable, as far as its name goes (store/records.py)."""

    requested: str


# Counters, and what they counted.
Counted = list[tuple[Subscopes, int, dict[str, Subscopes]]]


class Opening:
    """A note that a scope was opened by name: `variable_scope` is one.

    Attributes:
        _default: the default name that it was made of; only where it was, which saves the others time.
        _name: the name, relative to the scope around it.
        _under: the name scope around it.
        _outer: the variable scope around it.
        _claimed: how many variables the pass had claimed by then.
        _earlier: the note before this one, until it is resolved.
        _opened: the name scope that it opened, without the final slash; until that is worked out,
            the name table that can do so.
    """

    __slots__ = (
        "_claimed",
        "_default",
        "_earlier",
        "_name",
        "_opened",
        "_outer",
        "_under",
    )

    _claimed: int
    _default: str | None
    _earlier: Opening | None
    _name: str
    _opened: str | NameTable
    _outer: Any
    _under: NameScope

    @property
    def name_scope(self) -> str:
        """The name scope that it opened, without the final slash."""
        if isinstance(self._opened, NameTable):
            self._opened.resolve(self)
        opened = self._opened
        assert isinstance(opened, str)
        return opened


# A name scope without its final slash, or the note from which it can be worked out.
NameScope = str | Opening


def resolved(name_scope: NameScope) -> str:
    """A name scope without its final slash, worked out where it was only noted."""
    return name_scope.name_scope if isinstance(name_scope, Opening) else name_scope


class _InUse:
    """TF1's names in use, lower case, with their counts; and how many claims they account for."""

    __slots__ = ("claimed", "names")

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.claimed: int = 0


class _Noted:
    """What the notes say that was opened in one scope."""

    __slots__ = ("names", "numbers")

    def __init__(self) -> None:
        self.names: set[str] = set()
        # By default name, a number below which all are taken.
        self.numbers: dict[str, int] = {}


class NameTable:
    """What a pass has opened and claimed.

    Attributes:
        claims: the variables asked for so far, in order, and how many requests each has had.
        latest: the last note.
        tangled: whether a scope was entered of which the notes do not tell what was opened inside: one
            that was entered again, or one whose name has a slash.
    """

    __slots__ = ("_in_use", "_noted", "_open", "_read", "claims", "latest", "tangled")

    def __init__(self, claims: dict[Any, int], root: Any, in_use: _InUse | None = None) -> None:
        self.claims: dict[Any, int] = claims
        self.latest: Opening | None = None
        self.tangled: bool = False
        self._in_use = _InUse() if in_use is None else in_use
        # What the notes say that is not resolved yet, by the scope around; and up to which they were read.
        self._noted: dict[Any, _Noted] = {}
        self._read: Opening | None = None
        # The open variable scopes, or their notes; and the counters of what was opened inside each.
        self._open: list[tuple[Any, Subscopes]] = [(root, Subscopes())]

    def fork(self, root: Any) -> NameTable:
        """The same names and claims, at a root scope of its own."""
        return NameTable(self.claims, root, self._in_use)

    def copy(self, claims: dict[Any, int], scope: Any, twin_scope: Any) -> NameTable:
        """A name table of the same names that goes its own way.

        Args:
            claims: the claims of the copy.
            scope: the innermost scope that is open.
            twin_scope: what stands for it in the copy.
        """
        self.here(scope)
        twin = NameTable(claims, None)
        twin._in_use.names = self._in_use.names.copy()
        twin._in_use.claimed = self._in_use.claimed
        twin.tangled = self.tangled
        twins: dict[Subscopes, Subscopes] = {}
        self._open[0][1].copy(twins)
        twin._open = [
            (twin_scope if each is scope else each, twins.get(counters) or counters.copy())
            for each, counters in self._open
        ]
        return twin

    def close(self) -> None:
        """Lets go of the notes when the pass is over; scopes that somebody kept keep theirs."""
        self.latest = self._read = None
        self._noted = {}
        del self._open[1:]

    def resolve(self, last: Opening | None = None) -> None:
        """Enters all that was noted: up to `last`, or, by default, all there is."""
        notes = []
        note = self.latest if last is None else last
        while note is not None and isinstance(note._opened, NameTable):
            notes.append(note)
            note = note._earlier
        if notes:
            self._noted, self._read = {}, None
        for note in reversed(notes):
            self._account_for(note._claimed)
            outer = resolved(note._under)
            wanted = getattr(note, "_default", None) or note._name
            note._opened = unique_name(f"{outer}/{wanted}" if outer else wanted, self._in_use.names)
            self.close_down_to(note._outer)
            self.tangled = self.tangled or "/" in note._name
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
        noted = latest is not None and isinstance(latest._opened, NameTable)
        if noted or self._in_use.claimed < len(self.claims):
            self.resolve()
        return self._in_use.names

    def claim(self, record: Named) -> None:
        """Claims a variable whose name is in use for another reason, or is in nobody's way."""
        self.names()
        self.claims[record] = 1
        self._in_use.claimed = len(self.claims)

    def take_back(self, records: Sequence[Named]) -> None:
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
        self.resolve()
        self.close_down_to(scope)
        return self._open[-1][1]

    def default_name(self, scope: Any, default: Any) -> str | None:
        """The name that a scope of a default name takes in `scope`, the innermost that is open.

        Nothing is resolved for it: it is told by the notes, and by what was resolved before. None is
        where these do not tell it.
        """
        latest = note = self.latest
        while note is not None and note is not self._read and isinstance(note._opened, NameTable):
            noted = self._noted.get(note._outer)
            if noted is None:
                noted = self._noted[note._outer] = _Noted()
            noted.names.add(note._name)
            if "/" in note._name:
                self.tangled = True
            note = note._earlier
        self._read = latest
        if self.tangled or "/" in default:
            return None
        number, counters = 0, None
        opened = scope._name_scope
        if not isinstance(opened, Opening) or not isinstance(opened._opened, NameTable):
            # It was opened before the first note that is not resolved: what was opened in it is counted.
            counters = self._counters_of(opened if isinstance(opened, Opening) else scope)
            if counters is None:
                return None
            if counters.inside:
                number = counters.free_number(default)
            else:
                counters = None
        noted = self._noted.get(scope)
        if noted is not None:
            number = max(number, noted.numbers.get(default, 0))
            name = numbered(default, number)
            while name in noted.names or (counters is not None and counters.count(name)):
                number += 1
                name = numbered(default, number)
            noted.numbers[default] = number
            return name
        return numbered(default, number)

    def _counters_of(self, opened: Any) -> Subscopes | None:
        """The counters of the innermost resolved scope; None where another one is the innermost."""
        if self._open[-1][0] is not opened and (
            self.latest is None or not isinstance(self.latest._opened, NameTable)
        ):
            self._close_down_to(opened)
        return self._open[-1][1] if self._open[-1][0] is opened else None

    def at_root(self, scope: Any) -> Subscopes:
        """The counters at the root, when `scope` is the innermost that is open."""
        self.here(scope)
        return self._open[0][1]

    def enter(self, scope: Any, counters: Subscopes) -> None:
        """Opens a variable scope whose counters are `counters`."""
        counters.opened += 1
        self._open.append((scope, counters))

    def counted(self) -> Counted:
        """What is counted of all scopes, to come back to it."""
        found: Counted = []
        left = [self._open[0][1]]
        while left:
            node = left.pop()
            found.append((node, node.opened, dict(node.inside)))
            left += node.inside.values()
        return found

    def count_as_before(self, counted: Counted) -> None:
        """Forgets what was opened since."""
        for node, opened, inside in counted:
            node.opened, node.inside = opened, inside

    def leave(self) -> None:
        """Closes the innermost scope, whose counters its own exit has seen to."""
        self._open.pop()

    def close_down_to(self, scope: Any) -> None:
        """Closes the scopes inside `scope`: what was opened in them is forgotten, as in TF1."""
        opened = scope._name_scope
        # What was noted stands here as its note.
        self._close_down_to(opened if isinstance(opened, Opening) else scope)

    def _close_down_to(self, scope: Any) -> None:
        while len(self._open) > 1 and self._open[-1][0] is not scope:
            closed, counters = self._open.pop()
            if isinstance(closed, Opening) or closed._prefix:
                counters.inside = {}


class ResolvingPrefixes:
    """The scopes that a note may open, in a pass that may last for ever.

    It resolves the name table now and then, so that the notes do not pile up.
    """

    NOTES = 1000

    __slots__ = ("_left", "_name_table", "_prefixes")

    def __init__(self, prefixes: dict[str, str], name_table: NameTable) -> None:
        self._prefixes = prefixes
        self._name_table = name_table
        self._left = self.NOTES

    def get(self, name: str) -> str | None:
        """The full name of a scope with a slash, if a note may open it."""
        self._left -= 1
        if self._left < 0:
            self._left = self.NOTES
            self._name_table.resolve()
        return self._prefixes.get(name)
