"""Parts of a model function that run several times, where TF1 built them once.

The body of a loop makes its variables on its first turn. On every other it asks for the same ones, under
the names that the first turn got: so each begins where the first began.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass


class Repetition:
    """What the pass is when the first turn begins, for the others to begin there too.

    What later turns put into collections is dropped: TF1 had what the body put there once.

    >>> import torchscope as ts
    >>> repetition = Repetition()
    >>> for _ in range(2):
    ...     with repetition.turn(), ts.variable_scope(None, default_name="cell"):
    ...         print(ts.get_variable("w", [2]).name)
    cell/w:0
    cell/w:0
    """

    def __init__(self) -> None:
        self._pass = passes.current()
        self._here: Pass | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A context for one turn.

        Raises:
            RuntimeError: from what asks, in a later turn, for a variable that the first did not make.
        """
        if self._here is None:
            self._here = self._pass.as_it_is()
            yield
            return
        pass_, again = self._pass, self._here.as_it_is()
        # Nothing is made, and so nothing was drawn.
        again.drawn = None
        again.outer = passes.active()
        again.readings, again.recomputed = pass_.readings, pass_.recomputed
        again.stand_ins = pass_.stand_ins
        passes.enter(again)
        try:
            yield
        finally:
            passes.leave(again)
