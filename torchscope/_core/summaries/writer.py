"""tf.summary.FileWriter: summaries and graphs into files that TensorBoard shows."""

from __future__ import annotations

import time
import warnings
import weakref
from typing import Any

from torch import Tensor

from torchscope._core.summaries.graphs import graph_message
from torchscope._core.summaries.operation import SummaryOperation
from torchscope._core.summaries.protocol import message, module_of_extra


class FileWriter:
    """Writes what TensorBoard shows (tf.summary.FileWriter, tf.train.SummaryWriter).

    >>> import tempfile, torch, torchscope as ts, torchscope.tf1 as tf
    >>> def model(x):
    ...     loss = tf.reduce_mean(x * tf.get_variable("w", [2]))
    ...     tf.summary.scalar("loss", loss)
    ...     return loss, tf.summary.merge_all()
    >>> net = ts.ScopedModule(model)
    >>> with tf.summary.FileWriter(tempfile.mkdtemp()) as writer:
    ...     for step in range(3):
    ...         loss, merged = net(torch.ones(4, 2))
    ...         writer.add_summary(merged, step)

    The files are TensorBoard's own `EventFileWriter`'s, which writes in a thread of its own. What a summary
    shows is computed by `add_summary`, which waits for the device.

    Args:
        logdir: the folder; it is made if it is not there. Each writer begins a file of its own.
        graph: what `add_graph` takes.
        max_queue: how many events wait to be written before `add_summary` waits too.
        flush_secs: how often the file is flushed, in seconds.
        graph_def: as `graph`: an older name.
        filename_suffix: what the file's name ends with.
        session: None: there are no sessions that write by themselves.

    Raises:
        ImportError: the extra `tensorboard` is not installed.
        ValueError: there is a session, or both `graph` and `graph_def`.
        TypeError: `graph` is no graph.
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ) -> None:
        if session is not None:
            raise ValueError(
                "A FileWriter of a session has the session write. Here the loop does: leave `session` "
                "out, and call add_summary(summary, step)."
            )
        self._arguments = (str(logdir), max_queue, flush_secs, filename_suffix or "")
        self._shown: set[str] = set()
        self._begin()
        if graph is not None or graph_def is not None:
            try:
                self.add_graph(graph, graph_def=graph_def)
            except BaseException:
                self.close()
                raise

    def _begin(self) -> None:
        files = module_of_extra(
            "tensorboard.summary.writer.event_file_writer", "tf.summary.FileWriter"
        )
        self._file = files.EventFileWriter(*self._arguments)
        # Scripts leave their writers open, and what still waits to be written is to be in the file.
        self._end = weakref.finalize(self, self._file.close)

    @property
    def _closed(self) -> bool:
        return not self._end.alive

    def __enter__(self) -> FileWriter:  # noqa: PYI034 - Python 3.10 has no Self
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def get_logdir(self) -> str:
        """The folder."""
        return self._arguments[0]

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Writes a summary.

        Args:
            summary: what the functions of tf.summary gave; a Summary message; or one as bytes.
            global_step: the step that it is of: a number, or a tensor or variable of one.

        Raises:
            TypeError: it is something else.
        """
        made = message("Summary")()
        if isinstance(summary, SummaryOperation):
            made.value.extend(summary.values())
        elif isinstance(summary, bytes | bytearray):
            made.MergeFromString(bytes(summary))
        elif hasattr(summary, "SerializeToString") and hasattr(summary, "value"):
            made.MergeFromString(summary.SerializeToString())
        else:
            raise TypeError(_no_summary(summary))
        for value in made.value:
            # How a tag is to be shown is said once.
            if value.tag in self._shown:
                value.ClearField("metadata")
            elif value.HasField("metadata"):
                self._shown.add(value.tag)
        self._add(global_step, summary=made)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Writes a graph, which TensorBoard draws by its name scopes.

        >>> import tempfile, torch, torchscope as ts, torchscope.tf1 as tf
        >>> net = ts.ScopedModule(lambda x: tf.layers.dense(x, 2))
        >>> with tf.summary.FileWriter(tempfile.mkdtemp()) as writer:
        ...     writer.add_graph(ts.graph(net, torch.ones(1, 3)))

        Args:
            graph: what `ts.graph(net, *inputs)` gave; or a GraphDef message.
            global_step: as `add_summary` takes it.
            graph_def: as `graph`: an older name.

        Raises:
            TypeError: it is something else. A net is no graph before it was recorded.
            ValueError: both are given.
        """
        if graph is not None and graph_def is not None:
            raise ValueError(
                "Please pass only graph, or graph_def (deprecated), but not both. They are two names of "
                "the same argument."
            )
        made = graph_message(graph_def if graph is None else graph)
        self._add(global_step, graph_def=made.SerializeToString())

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Writes a SessionLog message.

        Args:
            session_log: the message.
            global_step: as `add_summary` takes it.
        """
        log = message("SessionLog").FromString(session_log.SerializeToString())
        self._add(global_step, session_log=log)

    def add_event(self, event: Any) -> None:
        """Writes an Event message as it is.

        Args:
            event: the message.
        """
        if self._closed:
            warnings.warn(
                "Attempting to use a closed FileWriter. The operation will be a noop unless the FileWriter "
                "is explicitly reopened.",
                stacklevel=2,
            )
            return
        self._file.add_event(message("Event").FromString(event.SerializeToString()))

    def _add(self, step: Any, **what: Any) -> None:
        event = message("Event")(wall_time=time.time(), **what)
        if step is not None:
            event.step = int(step.item() if isinstance(step, Tensor) else step)
        self.add_event(event)

    def flush(self) -> None:
        """Waits until all that was added is in the file."""
        if not self._closed:
            self._file.flush()

    def close(self) -> None:
        """Flushes the file and closes it; so does the end of the program."""
        self._end()

    def reopen(self) -> None:
        """Begins another file in the same folder, if it was closed."""
        if self._closed:
            self._begin()


def _no_summary(value: Any) -> str:
    if value is None:
        return (
            "FileWriter.add_summary got None, which is what tf.summary.merge_all() gives where no summary "
            "was made. Call tf.summary.scalar and the like in the model function before merge_all()."
        )
    return (
        f"FileWriter.add_summary takes what tf.summary.scalar and the like gave, a tf.Summary, or its bytes; "
        f"this is a {type(value).__name__}: {value!r:.100}. Make a summary of a number: "
        "tf.Summary(value=[tf.Summary.Value(tag=name, simple_value=number)])."
    )
