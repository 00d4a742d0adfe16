"""tf.train.summary_iterator: what is in a file that TensorBoard shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torchscope._core.ops.errors import DataLossError, NotFoundError
from torchscope._core.summaries.protocol import message, module_of_extra


def summary_iterator(path: Any) -> Iterator[Any]:
    """The Event messages of a file (tf.train.summary_iterator).

    >>> import tempfile, pathlib, torchscope.tf1 as tf
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> with tf.summary.FileWriter(folder) as writer:
    ...     writer.add_summary(tf.summary.scalar("loss", 0.5), 7)
    >>> (file,) = folder.iterdir()
    >>> [(event.step, v.tag, v.simple_value) for event in tf.train.summary_iterator(file)
    ...  for v in event.summary.value]
    [(7, 'loss', 0.5)]

    Args:
        path: the file, not its folder.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: it ends in the middle of an event, or is no such file.
        ImportError: the extra `tensorboard` is not installed.
    """
    stub = "tensorboard.compat.tensorflow_stub"
    records = module_of_extra(f"{stub}.pywrap_tensorflow", "tf.train.summary_iterator")
    errors = module_of_extra(f"{stub}.errors", "tf.train.summary_iterator")
    event = message("Event")
    if not Path(path).is_file():
        raise NotFoundError(
            None,
            None,
            f"{path}; No such file or directory. Give a file of events: pathlib.Path(logdir).glob("
            "'events.out.tfevents.*') finds them.",
        )
    return _events(records.PyRecordReader_New(str(path)), event, errors, path)


def _events(reader: Any, event: Any, errors: Any, path: Any) -> Iterator[Any]:
    while True:
        try:
            reader.GetNext()
        except errors.OutOfRangeError:
            return
        except errors.DataLossError as error:
            raise DataLossError(
                None, None, f"corrupted record in {path}: {error}. What came before it is whole."
            ) from None
        yield event.FromString(reader.record())
