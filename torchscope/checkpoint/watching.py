"""Checkpoints as another process writes them: one after the other, as they appear."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

from torchscope.checkpoint.paths import checkpoint_exists, get_checkpoint_state, latest_checkpoint


def checkpoints_iterator(
    checkpoint_dir: str | os.PathLike[str],
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], object] | None = None,
) -> Iterator[str]:
    """Gives a folder's latest checkpoint whenever there is a new one (tf.train.checkpoints_iterator).

    It looks each second, and only while it is waited for: what was written and followed by another
    one in the meantime is not given.

    >>> list(checkpoints_iterator("no/such/folder", timeout=0))
    []

    Args:
        checkpoint_dir: the folder, which need not be there yet.
        min_interval_secs: the least number of seconds from one checkpoint to the next.
        timeout: how many seconds to wait for the next one; without end by default.
        timeout_fn: is called after each wait, of no avail or not; where it gives something true the iterator
            ends. Without it, a wait of no avail is the end.

    Raises:
        CheckpointError: the state file is damaged, or leads out of the folder.
    """
    path = None
    while True:
        new = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if new is not None:
            path, given = new, time.monotonic()
            yield path
            time.sleep(max(0.0, given + min_interval_secs - time.monotonic()))
        elif timeout_fn is None:
            return
        if timeout_fn is not None and timeout_fn():
            return


def wait_for_new_checkpoint(
    checkpoint_dir: str | os.PathLike[str],
    last_checkpoint: str | None = None,
    seconds_to_sleep: float = 1,
    timeout: float | None = None,
) -> str | None:
    """Waits until a folder's latest checkpoint is another one; gives it, or None after the timeout.

    Answers to tf.contrib.training.wait_for_new_checkpoint.

    >>> wait_for_new_checkpoint("no/such/folder", timeout=0)

    Args:
        checkpoint_dir: the folder, which need not be there yet.
        last_checkpoint: the checkpoint that is known.
        seconds_to_sleep: how long to wait before it is looked again.
        timeout: how many seconds to wait; without end by default.

    Raises:
        CheckpointError: the state file is damaged, or leads out of the folder.
    """
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        path = _latest(checkpoint_dir)
        if path is not None and path != last_checkpoint:
            return path
        if end is not None and time.monotonic() + seconds_to_sleep > end:
            return None
        time.sleep(seconds_to_sleep)


def _latest(folder: str | os.PathLike[str]) -> str | None:
    """The latest checkpoint; None, without a warning, while its files are not there or not any more."""
    state = get_checkpoint_state(folder)
    if state is None or not checkpoint_exists(state.model_checkpoint_path):
        return None
    return latest_checkpoint(folder)
