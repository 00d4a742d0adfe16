"""What TF1's training loops called around each run of a session: classes to inherit from, that do nothing."""

from __future__ import annotations

from typing import Any, NamedTuple


class SessionRunArgs(NamedTuple):
    """What a hook asks to be computed with a run (tf.train.SessionRunArgs).

    >>> SessionRunArgs(["loss"]).fetches
    ['loss']
    """

    fetches: Any
    feed_dict: Any = None
    options: Any = None


class SessionRunHook:
    """A hook of a training loop, that does nothing of itself (tf.train.SessionRunHook).

    Files define some beside their models. A loop of your own calls what of them it needs.

    >>> class Counts(SessionRunHook):
    ...     def before_run(self, run_context):
    ...         return SessionRunArgs("loss")
    >>> hook = Counts()
    >>> hook.begin(), hook.before_run(None).fetches, hook.end(None)
    (None, 'loss', None)
    """

    def begin(self) -> None:
        """Called before the first run."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Called when there is a session."""

    def before_run(self, run_context: Any) -> SessionRunArgs | None:
        """Called before each run."""

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Called after each run."""

    def end(self, session: Any) -> None:
        """Called after the last run."""
