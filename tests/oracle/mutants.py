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
from typing import Any

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from tqdm import tqdm

from oracle.mutations import CORE, MUTANTS, Functions, mutated
from oracle.observe import in_tensorflow
from oracle.test_cases import CASES

# Seconds of computing for one case, which takes some milliseconds.
LIMIT = 3


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
    functions, survivors, lines = Functions(), [], []
    for mutant in tqdm([None, *MUTANTS], unit=" mutants", leave=False):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copytree(
                CORE.parent, folder / "torchscope", ignore=shutil.ignore_patterns("__pycache__")
            )
            if mutant is not None:
                file, node = functions.place(mutant)
                changed = mutated(file.read_text(), node, mutant)
                (folder / "torchscope" / file.relative_to(CORE.parent)).write_text(changed)
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
