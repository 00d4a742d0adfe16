"""Values written to variables: all of them, once nothing is left that could be known to go wrong.

Keeping the old values, to put them back, would take the memory of a second net. So what can be wrong
is looked for first, and then the writing itself is short, and no interrupt comes between. What is
left, a disk that fails or a file that someone writes to meanwhile, says how far it came.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torchscope.checkpoint.sources import Source


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Ctrl-C waits until the block is done. Pressed again, it does not wait any more."""
    handler = signal.getsignal(signal.SIGINT)
    # Python tells of signals in the main thread alone, and there alone they can be waited for.
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    came: list[Any] = []

    def wait(number: int, frame: Any) -> None:
        came.append(frame)
        if len(came) > 1:
            handler(number, frame)

    signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if len(came) == 1:
            handler(signal.SIGINT, came[0])


def write(fills: Sequence[tuple[str, Callable[[], Any]]], source: Source) -> None:
    """Fills variables, each by its function.

    Args:
        fills: the names of the variables, and what fills them.
        source: what they are filled from, for the error.

    Raises:
        CheckpointError: one could not be written; it says which, and how many were before it.
    """
    done = 0
    try:
        for done, (_, fill) in enumerate(fills):  # noqa: B007 - said in the error
            fill()
    except Exception as error:
        name = fills[done][0]
        raise source.fail(
            f"{name} could not be written: {error} All had been checked before, so {done} of"
            f" {len(fills)} variables have their new values, {name} perhaps some of its own, and the"
            " others their old ones. Restore again before the net is used."
        ) from error
