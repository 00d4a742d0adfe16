"""What TF1's training loops called around each run of a session.

Model functions make hooks, and files define classes of them. So they can be made; what they did stands in the
loop that calls the net.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple, NoReturn

from torchscope._core.ops.errors import UnimplementedError


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


class SessionRunValues(NamedTuple):
    """What a hook is told of a run (tf.train.SessionRunValues).

    >>> SessionRunValues(0.5).results
    0.5
    """

    results: Any
    options: Any = None
    run_metadata: Any = None


class CheckpointSaverListener:
    """What is told of each checkpoint, and does nothing of itself (tf.train.CheckpointSaverListener).

    Files define some beside their models. A loop of your own calls what of them it needs.

    >>> CheckpointSaverListener().before_save(None, 10)
    """

    def begin(self) -> None:
        """Called before the first run."""

    def before_save(self, session: Any, global_step_value: Any) -> None:
        """Called before a checkpoint is written."""

    def after_save(self, session: Any, global_step_value: Any) -> bool | None:
        """Called after a checkpoint was written; True to stop."""

    def end(self, session: Any, global_step_value: Any) -> None:
        """Called after the last run."""


class SecondOrStepTimer:
    """Tells when something is due again: after some seconds, or some steps (tf.train.SecondOrStepTimer).

    >>> timer = SecondOrStepTimer(every_steps=10)
    >>> timer.should_trigger_for_step(0), timer.update_last_triggered_step(0)
    (True, (None, None))
    >>> [step for step in range(12) if timer.should_trigger_for_step(step)]
    [10, 11]

    Args:
        every_secs: how many seconds are between.
        every_steps: how many steps are between.

    Raises:
        ValueError: both are given, or neither.
    """

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None) -> None:
        if every_secs is None and every_steps is None:
            raise ValueError("Either every_secs or every_steps should be provided.")
        if every_secs is not None and every_steps is not None:
            raise ValueError("Can not provide both every_secs and every_steps.")
        self._every_secs, self._every_steps = every_secs, every_steps
        self.reset()

    def reset(self) -> None:
        """Begins anew: it is due."""
        self._last: tuple[float, int] | None = None

    def should_trigger_for_step(self, step: int) -> bool:
        """Whether it is due at a step; a step at which it was done is over."""
        if self._last is None:
            return True
        at, last = self._last
        if step == last:
            return False
        if self._every_secs is not None:
            return time.time() >= at + self._every_secs
        return self._every_steps is not None and step >= last + self._every_steps

    def update_last_triggered_step(self, step: int) -> tuple[float | None, int | None]:
        """Notes that it was done at a step, and gives the seconds and the steps since the last time."""
        before, now = self._last, time.time()
        self._last = now, step
        return (None, None) if before is None else (now - before[0], step - before[1])

    def last_triggered_step(self) -> int | None:
        """The step at which it was done last; None before."""
        return None if self._last is None else self._last[1]


class _HookOfSessions(SessionRunHook):
    """A hook that model functions make, and only a session could run."""

    _write = ""

    def begin(self) -> None:
        self._refuse()

    def before_run(self, run_context: Any) -> SessionRunArgs | None:
        self._refuse()

    def after_run(self, run_context: Any, run_values: Any) -> None:
        self._refuse()

    def end(self, session: Any) -> None:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UnimplementedError(
            None,
            None,
            f"tf.train.{type(self).__name__} can be made, and not be run: there are no sessions for it to "
            f"hook into. Write into the loop what it did: {self._write}",
        )


class LoggingTensorHook(_HookOfSessions):
    """Can be made, and not be run: a loop prints (tf.train.LoggingTensorHook).

    >>> LoggingTensorHook(["loss"], every_n_iter=10).begin()
    Traceback (most recent call last):
    torchscope.tf1.errors.UnimplementedError: tf.train.LoggingTensorHook can be made, and not be run: ...

    Args:
        tensors: a dict of tensors, or a list.
        every_n_iter: a number of steps, more than 0.
        every_n_secs: seconds.
        at_end: whether at the end.
        formatter: a function that makes a text of the values.

    Raises:
        ValueError: not just one of `every_n_iter` and `every_n_secs` is given, and `at_end` not alone; or
            `every_n_iter` is not positive.
    """

    _write = "`if step % 100 == 0: tf.logging.info('loss = %s', loss.item())`."

    def __init__(
        self,
        tensors: Any,
        every_n_iter: int | None = None,
        every_n_secs: float | None = None,
        at_end: bool = False,
        formatter: Any = None,
    ) -> None:
        alone = at_end and every_n_iter is None and every_n_secs is None
        if not alone and (every_n_iter is None) == (every_n_secs is None):
            raise ValueError(
                "either at_end and/or exactly one of every_n_iter and every_n_secs must be provided."
            )
        if every_n_iter is not None and every_n_iter <= 0:
            raise ValueError(f"invalid every_n_iter={every_n_iter}.")


class StopAtStepHook(_HookOfSessions):
    """Can be made, and not be run: a loop ends (tf.train.StopAtStepHook).

    >>> StopAtStepHook()
    Traceback (most recent call last):
    ValueError: One of num_steps or last_step must be specified.

    Args:
        num_steps: how many steps.
        last_step: the step after which to stop.

    Raises:
        ValueError: both are given, or neither.
    """

    _write = "`for batch in itertools.islice(batches, num_steps):`."

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")


class CheckpointSaverHook(_HookOfSessions):
    """Can be made, and not be run: a loop saves (tf.train.CheckpointSaverHook).

    >>> CheckpointSaverHook("folder", save_steps=1000).after_run(None, None)
    Traceback (most recent call last):
    torchscope.tf1.errors.UnimplementedError: tf.train.CheckpointSaverHook can be made, and not be run: ...

    Args:
        checkpoint_dir: the folder.
        save_secs: seconds between two checkpoints.
        save_steps: steps between them.
        saver: a Saver.
        checkpoint_basename: the name of the files.
        scaffold: a Scaffold.
        listeners: what is told of checkpoints.

    Raises:
        ValueError: both a saver and a scaffold are given, or not just one of `save_secs` and `save_steps`.
    """

    _write = "`if step % 1000 == 0: saver.save(net, 'folder/model.ckpt', global_step=step)`."

    def __init__(
        self,
        checkpoint_dir: str,
        save_secs: float | None = None,
        save_steps: int | None = None,
        saver: Any = None,
        checkpoint_basename: str = "model.ckpt",
        scaffold: Any = None,
        listeners: Any = None,
    ) -> None:
        if saver is not None and scaffold is not None:
            raise ValueError("You cannot provide both saver and scaffold.")
        SecondOrStepTimer(save_secs, save_steps)


class StepCounterHook(_HookOfSessions):
    """Can be made, and not be run: a loop has a clock (tf.train.StepCounterHook).

    >>> StepCounterHook(every_n_steps=10).begin()
    Traceback (most recent call last):
    torchscope.tf1.errors.UnimplementedError: tf.train.StepCounterHook can be made, and not be run: ...

    Args:
        every_n_steps: steps between two notes.
        every_n_secs: seconds between them.
        output_dir: a folder.
        summary_writer: a writer of summaries.

    Raises:
        ValueError: not just one of `every_n_steps` and `every_n_secs` is given.
    """

    _write = "`steps / (time.perf_counter() - began)` are the steps of a second."

    def __init__(
        self,
        every_n_steps: int | None = 100,
        every_n_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: Any = None,
    ) -> None:
        if (every_n_steps is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_steps and every_n_secs should be provided.")


class NanTensorHook(_HookOfSessions):
    """Can be made, and not be run: a loop looks at its loss (tf.train.NanTensorHook).

    >>> NanTensorHook("loss").begin()
    Traceback (most recent call last):
    torchscope.tf1.errors.UnimplementedError: tf.train.NanTensorHook can be made, and not be run: ...

    Args:
        loss_tensor: the loss.
        fail_on_nan_loss: whether to fail, or to stop.
    """

    _write = "`if not torch.isfinite(loss): break`."

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True) -> None:
        pass


class SummarySaverHook(_HookOfSessions):
    """Can be made, and not be run: a loop writes (tf.train.SummarySaverHook).

    >>> SummarySaverHook(save_steps=10)
    Traceback (most recent call last):
    ValueError: Exactly one of scaffold or summary_op must be provided.

    Args:
        save_steps: steps between two summaries.
        save_secs: seconds between them.
        output_dir: a folder.
        summary_writer: a writer of summaries.
        scaffold: a Scaffold.
        summary_op: summaries.

    Raises:
        ValueError: not just one of `scaffold` and `summary_op` is given, or of `save_steps` and `save_secs`.
    """

    _write = "`if step % 100 == 0: writer.add_scalar('loss', loss, step)`."

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: Any = None,
        scaffold: Any = None,
        summary_op: Any = None,
    ) -> None:
        if (scaffold is None) == (summary_op is None):
            raise ValueError("Exactly one of scaffold or summary_op must be provided.")
        SecondOrStepTimer(save_secs, save_steps)
