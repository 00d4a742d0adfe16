"""tf.summary: what model functions note of their tensors. Nobody runs it here, and so it computes nothing.

In a graph a summary is computed when it is fetched. What TensorBoard shows is written by the loop that calls
the net: ``writer.add_scalar('loss', loss, step)`` of a torch.utils.tensorboard.SummaryWriter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import torch

from torchscope.collections import GraphKeys, add_to_collections, get_collection
from torchscope.conversion import dtype_name
from torchscope.name_scopes import name_scope
from torchscope.operation import Operation
from torchscope.tf1.missing import missing as _missing

_NO_TAG = re.compile(r"[^-/\w.]")


def _noted(
    name: str, type: str, collections: Iterable[str] | None, family: str | None = None
) -> Operation:
    """An operation under this name, in the collections."""
    tag = _cleaned(name) if family is None else f"{_cleaned(family)}/{_cleaned(name)}"
    with name_scope(tag, type) as scope:
        at_root = Operation.named(None, type, None, type) if not scope else None
    made = at_root or Operation(scope.rstrip("/"), None, type)
    add_to_collections([GraphKeys.SUMMARIES] if collections is None else collections, made)
    return made


def _cleaned(name: str) -> str:
    """A name with nothing that TF1 forbids in names of operations."""
    return _NO_TAG.sub("_", name).lstrip("/")


def _numbers(values: Any) -> None:
    """Refuses what no summary is made of."""
    if isinstance(values, str | bytes):
        raise TypeError(
            "Value passed to parameter 'values' has DataType string not in list of allowed values: float32, "
            "float64, int32, uint8, int16, int8, int64, bfloat16, uint16, float16, uint32, uint64. A "
            f"summary is of numbers, tf.summary.text of texts. Received: {values!r}"
        )


def scalar(
    name: str, tensor: Any, collections: Iterable[str] | None = None, family: str | None = None
) -> Operation:
    """Notes a number (tf.summary.scalar).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.scalar("loss", tf.constant(1.0)), tf.get_collection("summaries")
    (<tf.Operation 'loss' type=ScalarSummary>, [<tf.Operation 'loss' type=ScalarSummary>])

    Args:
        name: its name; what TF1 forbids in names becomes an underscore.
        tensor: the number.
        collections: where it is put; SUMMARIES by default.
        family: what stands before its name.

    Raises:
        TypeError: it is a text.
    """
    _numbers(tensor)
    return _noted(name, "ScalarSummary", collections, family)


def histogram(
    name: str, values: Any, collections: Iterable[str] | None = None, family: str | None = None
) -> Operation:
    """Notes numbers (tf.summary.histogram).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.histogram("weights", tf.zeros([3]), family="layer").name
    'layer/weights'

    Args:
        name: as `scalar` takes it.
        values: the numbers.
        collections: as `scalar` takes them.
        family: as `scalar` takes it.

    Raises:
        TypeError: it is a text.
    """
    _numbers(values)
    return _noted(name, "HistogramSummary", collections, family)


def image(
    name: str,
    tensor: Any,
    max_outputs: int = 3,
    collections: Iterable[str] | None = None,
    family: str | None = None,
) -> Operation:
    """Notes images (tf.summary.image).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.image("digits", tf.zeros([8, 28, 28, 1])).type
    'ImageSummary'

    Args:
        name: as `scalar` takes it.
        tensor: images.
        max_outputs: how many of them would be shown.
        collections: as `scalar` takes them.
        family: as `scalar` takes it.

    Raises:
        TypeError: it is a text.
    """
    _numbers(tensor)
    return _noted(name, "ImageSummary", collections, family)


def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Iterable[str] | None = None,
    family: str | None = None,
) -> Operation:
    """Notes sounds (tf.summary.audio).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.audio("voice", tf.zeros([1, 16000]), 16000).type
    'AudioSummaryV2'

    Args:
        name: as `scalar` takes it.
        tensor: sounds.
        sample_rate: how many numbers are of one second.
        max_outputs: how many of them would be kept.
        collections: as `scalar` takes them.
        family: as `scalar` takes it.

    Raises:
        TypeError: it is a text.
    """
    _numbers(tensor)
    return _noted(name, "AudioSummaryV2", collections, family)


def text(name: str, tensor: Any, collections: Iterable[str] | None = None) -> Operation:
    """Notes a text (tf.summary.text).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.text("said", "hello").type
    'TensorSummaryV2'

    Args:
        name: as `scalar` takes it.
        tensor: the text: torch's tensors hold none, and so it is Python's or numpy's.
        collections: as `scalar` takes them.

    Raises:
        ValueError: it is a tensor.
    """
    if isinstance(tensor, torch.Tensor):
        raise ValueError(
            f"Expected tensor {name} to have dtype string, got {dtype_name(tensor.dtype)}. "
            "tf.summary.histogram and tf.summary.scalar are of numbers."
        )
    return _noted(name, "TensorSummaryV2", collections)


def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: Any = None,
    collections: Iterable[str] | None = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Operation:
    """Notes a tensor (tf.summary.tensor_summary).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.tensor_summary("state", tf.zeros([2])).name
    'state'

    Args:
        name: as `scalar` takes it.
        tensor: the tensor.
        summary_description: it has no effect, as have `summary_metadata` and `display_name`.
        collections: as `scalar` takes them.
        summary_metadata: see above.
        family: as `scalar` takes it.
        display_name: see above.
    """
    return _noted(name, "TensorSummaryV2", collections, family)


def merge(
    inputs: Iterable[Any], collections: Iterable[str] | None = None, name: str | None = None
) -> Operation:
    """Notes several summaries as one (tf.summary.merge).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.merge([tf.summary.scalar("loss", 1.0)]).name
    'Merge/MergeSummary'

    Args:
        inputs: what the other functions gave.
        collections: where it is put; nowhere by default.
        name: the name of the name scope; 'Merge' by default.

    Raises:
        ValueError: there are none.
        TypeError: it is not a list.
    """
    if not list(inputs):
        raise ValueError(
            "List argument 'inputs' to 'MergeSummary' Op with length 0 shorter than minimum length 1. "
            "Merge the summaries that tf.summary.scalar and the like gave."
        )
    with name_scope(name, "Merge"):
        made = Operation.named(name, "MergeSummary", None, "MergeSummary")
    add_to_collections(collections or (), made)
    return made


def merge_all(
    key: str = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Operation | None:
    """Notes all summaries of the pass as one; None if there are none (tf.summary.merge_all).

    >>> import torchscope.tf1 as tf
    >>> print(tf.summary.merge_all())
    None

    Args:
        key: the collection that has them.
        scope: what their names begin with.
        name: as `merge` takes it.
    """
    found = get_collection(key, scope)
    return merge(found, name=name) if found else None


def __getattr__(name: str) -> Any:
    raise _missing(__name__, name)
