"""Breaks torchscope on purpose, and shows which of the oracle's cases notice.

``python tests/oracle/mutants.py`` patches a copy of the package in one place at a time, runs every
case against what TensorFlow answered, and fails where a mutant survives. One with which a case runs
for ever is stopped there, and is caught.
"""

from __future__ import annotations

import importlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).parent.parent
PACKAGE = TESTS.parent / "torchscope"
sys.path.insert(0, str(TESTS))

from tqdm import tqdm

from oracle.observe import in_tensorflow
from oracle.test_cases import CASES


class Mutant(NamedTuple):
    """A change of one place in one file."""

    what: str
    file: str
    old: str
    new: str


# Seconds of computing for one case, which takes some milliseconds.
LIMIT = 3

MUTANTS = (
    Mutant("unique names keep their case", "naming.py", "base = name.lower()", "base = name"),
    Mutant("unique names begin at 2", "naming.py", "count = in_use.get(base, 0)", "count = in_use.get(base, 0) and in_use[base] + 1"),
    Mutant("unique names do not count on", "naming.py", "        count += 1\n", "        pass\n"),
    Mutant("default names do not count on", "ledger.py", "            number += 1\n        numbers", "            pass\n        numbers"),
    Mutant("any name is valid at the root", "naming.py", "if not _ROOT_NAME.fullmatch(name)", "if not name"),
    Mutant("any name is valid inside", "naming.py", "elif not _SCOPE_NAME.fullmatch(name)", "elif False"),
    Mutant("absolute name scopes are relative", "name_scopes.py", 'if name.endswith("/"):', "if False:"),
    Mutant("an empty name scope stays", "name_scopes.py", 'pass_.where = ""\n', "pass\n"),
    Mutant("a name scope is not left", "name_scopes.py", "self._pass.where = self._outer", "pass"),
    Mutant("reuse is not inherited", "scopes.py", "            self._reuse or outer._reuse,\n", "            self._reuse,\n"),
    Mutant("reuse is not inherited where scopes are noted", "scopes.py", "scope._reuse = self._reuse or outer._reuse", "scope._reuse = self._reuse"),
    Mutant("notes are read backwards", "ledger.py", "for note in reversed(notes):", "for note in notes:"),
    Mutant("notes are settled twice", "ledger.py", "while note is not None and isinstance(note._opened, Ledger):", "while note is not None:"),
    Mutant("noted scopes stay open", "ledger.py", "            self.close_down_to(note._outer)\n", "            pass\n"),
    Mutant("noted scopes keep their counters", "ledger.py", "            if isinstance(closed, Opening) or closed._prefix:\n                counters.inside = {}", "            pass"),
    Mutant("names do not account for claims", "ledger.py", "if in_use.claimed < claimed:", "if False:"),
    Mutant("claims come after all notes", "ledger.py", "            self._account_for(note._claimed)\n", "            pass\n"),
    Mutant("a claim is accounted for twice", "ledger.py", "[record] = 1\n        self._in_use.claimed = len(self.claims)\n", "[record] = 1\n"),
    Mutant("settling stops at the notes", "ledger.py", "            self._account_for(len(self.claims))\n", "            pass\n"),
    Mutant("a noted scope does not leave its name scope", "scopes.py", "        pass_.where = self._under\n", "        pass\n"),
    Mutant("a scope entered again forgets reuse", "scopes.py", "self._reuse or scope._reuse,", "self._reuse,"),
    Mutant("reuse=False ends reuse", "scopes.py", "if reuse is False:\n            reuse = None\n        elif", "if"),
    Mutant("reuse_variables does nothing", "scopes.py", "        self._reuse = True\n", "        pass\n"),
    Mutant("a scope opens no name scope", "scopes.py", "        if self._special.auxiliary_name_scope:\n            return", "        if False:\n            return"),
    Mutant("a scope entered again opens no name scope", "scopes.py", "if name and self._special.auxiliary_name_scope:", "if False:"),
    Mutant("a scope entered again takes a new name scope", "scopes.py", "            scope.original_name_scope,\n        )\n        root", "            f'{pass_.name_scope}/',\n        )\n        root"),
    Mutant(
        "default names are not made unique",
        "ledger.py",
        "while self.count(numbered(default, number)):",
        "while False:",
    ),
    Mutant(
        "default names are not made unique among scopes that were noted",
        "ledger.py",
        "while name in noted.names or",
        "while",
    ),
    Mutant(
        "slashes do not keep default names from being told by notes",
        "ledger.py",
        'if "/" in note._name:',
        "if False:",
    ),
    Mutant(
        "scopes that are entered again do not keep default names from being told by notes",
        "scopes.py",
        "        pass_.ledger.tangled = True\n        return again",
        "        return again",
    ),
    Mutant("closing a scope keeps its counters", "scopes.py", "        elif self._scope._prefix:\n            here.inside = {}", "        elif False:\n            pass"),
    Mutant("leaving a scope entered again keeps its counters", "scopes.py", "            pass_.ledger.count_as_before(self._kept)", "            pass"),
    Mutant("entering does not count", "ledger.py", "        counters.opened += 1", "        counters.opened += 0"),
    Mutant("default_name allows reuse", "scopes.py", "        if self._reuse:\n            raise", "        if False:\n            raise"),
    Mutant("constraints are inherited", "scopes.py", 'changes.setdefault("constraint", None)', "pass"),
    Mutant("the outer getter runs first", "scopes.py", 'changes["custom_getter"], settings.custom_getter\n', 'settings.custom_getter, changes["custom_getter"]\n'),
    Mutant("a second request shares", "sharing.py", "        if not reuse:\n            raise errors.already_exists(name, record.made_at, outside=passes.active() is None)", "        if False:\n            pass"),
    Mutant("reuse makes what is missing", "sharing.py", "    elif reuse is not True:\n        return None", "    elif True:\n        return None"),
    Mutant("shapes are not compared", "sharing.py", "    if shape is not None and not (\n        len(shape)", "    if False and not (\n        len(shape)"),
    Mutant("dtypes are not compared", "sharing.py", "    if dtype != found_dtype:", "    if False:"),
    Mutant("the scope's dtype is ignored", "getters.py", "asked = settings.dtype if dtype is None else dtype\n    first", "asked = torch.float32 if dtype is None else dtype\n    first"),
    Mutant("the scope's regularizer is ignored", "getters.py", "    regularizer = settings.regularizer if regularizer is None else regularizer\n", ""),
    Mutant("a value may come with a shape", "sharing.py", "    if shape is not None and initializer is not None and not callable(initializer):", "    if False:"),
    Mutant("local variables are global", "getters.py", "collections=[*(collections or []), GraphKeys.LOCAL_VARIABLES]", "collections=collections"),
    Mutant("pieces forget the whole", "pieces.py", "    pass_.partitioned[name] = whole", "    pass"),
    Mutant("creators run from the outside in", "variables.py", "for creator in pass_.creators:", "for creator in reversed(pass_.creators):"),
    Mutant("creators outlive their scope", "variables.py", "        pass_.send_through(outer)", "        pass"),
    Mutant("get_variable takes no name", "creation.py", "    unique_name(full, names)\n", "    if requested is None:\n        unique_name(full, names)\n"),
    Mutant("what is made at once takes no name", "creation.py", "_unique_name(name, pass_.ledger.names(), catalogue.names)", "unique_name(name, catalogue.names)"),
    Mutant("name scopes reach getters", "getters.py", 'where, pass_.where = pass_.where, ""', "where = pass_.where"),
    Mutant("name scopes reach initializers", "creation.py", 'where, pass_.where = pass_.where, f"{op_name}/Initializer"', "where = pass_.where"),
    Mutant("any name may be a scope's own", "creation.py", 'other = catalogue.find(Kind.GOT, f"{name}/")', "other = None"),
    Mutant("nothing is claimed", "ledger.py", "        self.claims[record] = 1\n", "        pass\n"),
    Mutant("every variable is trainable", "catalogue.py", "    if trainable:\n        keys.setdefault", "    if True:\n        keys.setdefault"),
    Mutant("collections that are given are ignored", "catalogue.py", "keys = dict.fromkeys(asked)", "keys = dict.fromkeys(GLOBAL)"),
    Mutant("a collection is filtered anywhere in the name", "collections.py", "pattern.match(p.name)", "pattern.search(p.name)"),
    Mutant("a collection forgets what was added", "collections.py", "            self._append(key, _Item(value, where), catalogue)", "            pass"),
    Mutant("a pass sees what it has not claimed yet", "catalogue.py", "for record in self.records if record.entry != entry]", "for record in self.records]"),
    Mutant("what was put into a collection is there before it is put there", "records.py", "(entry is None or by != entry)", "True"),
    Mutant("losses are counted as variables", "collections.py", "        return _Loss(record)", "        return _Member(record)"),
    Mutant("the first pieces are no larger", "partitioners.py", "size[axis] = each + (number < left)", "size[axis] = each + (number >= count - left)"),
    Mutant("a template shares before its first call", "templates.py", "reuse=state.called or None", "reuse=True"),
    Mutant("a template never shares", "templates.py", "reuse=state.called or None", "reuse=None"),
    Mutant("a template that opens its scope at once inherits its dtype", "scopes.py", "dtype=torch.float32, auxiliary_name_scope=False", "auxiliary_name_scope=False"),
)  # fmt: skip


class Endless(BaseException):
    """A case computes for longer than any case takes. Not an Exception, which a case may catch."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Ends what is inside with Endless once it has computed for so long."""

    def stop(*_: object) -> None:
        raise Endless

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def noticed(folder: Path, answers: dict[str, Any]) -> list[str]:
    """The cases in which the package in `folder` does not do what TensorFlow does.

    If one of them does not end, it is the last.
    """
    for name in [n for n in sys.modules if n.partition(".")[0] == "torchscope"]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        observe = importlib.reload(sys.modules["oracle.observe"])
        assert Path(observe.ts.__file__).is_relative_to(folder)
        differ = []
        for case in CASES:
            passes = 0 if hasattr(case.values[0], "once") else 2
            try:
                with limited(LIMIT):
                    seen = [observe.in_torchscope(case.values[0])]
                    seen += observe.in_passes(case.values[0], passes)
            except Endless:
                return [*differ, f"{case.id}, which does not end"]
            if any(vars(s) != vars(answers[case.id]) for s in seen):
                differ.append(str(case.id))
        return differ
    finally:
        sys.path.remove(str(folder))


def main() -> None:
    """Prints, for each mutant, how many cases noticed it; exits with 1 if one survived."""
    answers = {str(case.id): in_tensorflow(case.values[0]) for case in CASES}
    survivors, lines = [], []
    for mutant in tqdm([None, *MUTANTS], unit=" mutants", leave=False):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copytree(
                PACKAGE, folder / "torchscope", ignore=shutil.ignore_patterns("__pycache__")
            )
            if mutant is not None:
                file = folder / "torchscope" / mutant.file
                source = file.read_text()
                assert source.count(mutant.old) == 1, f"{mutant.what}: its text is not there once"
                file.write_text(source.replace(mutant.old, mutant.new))
            caught = noticed(folder, answers)
        if mutant is None:
            assert not caught, f"without any change these cases disagree: {caught}"
            continue
        endless = caught and caught[-1].endswith("does not end")
        shown = caught[-1 if endless else 0] if caught else "none"
        lines.append(f"{len(caught):4}  {mutant.what}  ({shown})")
        if not caught:
            survivors.append(mutant.what)
    print("cases that notice, and what was broken", *lines, sep="\n")
    print(
        f"{len(MUTANTS) - len(survivors)} of {len(MUTANTS)} mutants caught by {len(CASES)} cases."
    )
    if survivors:
        sys.exit(f"Survived: {'; '.join(survivors)}")


if __name__ == "__main__":
    main()
