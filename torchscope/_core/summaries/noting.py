"""What a model function calls to note something: scalar, histogram, image, audio, text, and their merging."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.functions.collections import add_to_collections, get_collection
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.operations.operation import Operation
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.summaries.histograms import histogram_values
from torchscope._core.summaries.images import image_values
from torchscope._core.summaries.operation import Kind, SummaryOperation
from torchscope._core.summaries.scalars import scalar_values
from torchscope._core.summaries.sounds import sound_values
from torchscope._core.summaries.tensors import Metadata, tensor_values, text_values
from torchscope._core.values.conversion import dtype_name

_NO_TAG = re.compile(r"[^-/\w.]")
# Numbers are kept where they are: nothing goes to a device to be noted.
_HERE = torch.empty(0, device="cpu")
_REAL = (
    *("float32", "float64", "int32", "uint8", "int16", "int8", "int64", "bfloat16", "uint16"),
    *("float16", "uint32", "uint64"),
)
_OF_IMAGES = ("uint8", "float32", "float16", "float64")


def _cleaned(name: str) -> str:
    """A name with nothing that TF1 forbids in names of operations."""
    return _NO_TAG.sub("_", name).lstrip("/")


def _noted(
    name: str,
    type: str,
    collections: Iterable[str] | None,
    family: str | None,
    values: Callable[..., list[Any]],
    tensors: list[Tensor],
    *settings: Any,
) -> SummaryOperation:
    """A summary under this name, in the collections."""
    base = _cleaned(name) if family is None else f"{_cleaned(family)}/{_cleaned(name)}"
    with name_scope(base, type) as scope:
        full = scope.rstrip("/")
        tag = full if family is None else f"{_cleaned(family)}/{full}"
        named = full or Operation.named(None, type, None, type).name
    kind = Kind(named, tag, values, settings, len(tensors))
    return collected(SummaryOperation(named, type, [kind], tensors), collections)


def collected(made: SummaryOperation, collections: Iterable[str] | None) -> SummaryOperation:
    """A summary, once it is in the collections; in SUMMARIES by default."""
    add_to_collections([GraphKeys.SUMMARIES] if collections is None else collections, made)
    return made


def _numbers(value: Any, parameter: str, allowed: tuple[str, ...]) -> Tensor:
    """The tensor that a summary is of.

    Raises:
        TypeError: it is of another dtype.
    """
    tensor = None if _is_text(value) else as_tensor(value, _HERE)
    given = "string" if tensor is None else dtype_name(tensor.dtype)
    if tensor is None or given not in allowed:
        raise TypeError(
            f"Value passed to parameter '{parameter}' has DataType {given} not in list of allowed values: "
            f"{', '.join(allowed)}. Convert it first: tf.cast(x, tf.float32); tf.summary.text is for texts."
        )
    return tensor


def _is_text(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_is_text, value))
    return isinstance(value, str | bytes) or getattr(
        getattr(value, "dtype", None), "kind", None
    ) in ("O", "S", "U")


def scalar(
    name: str, tensor: Any, collections: Iterable[str] | None = None, family: str | None = None
) -> SummaryOperation:
    """Notes a number (tf.summary.scalar).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.scalar("loss", tf.constant(1.0)), tf.get_collection("summaries")
    (<tf.Operation 'loss' type=ScalarSummary>, [<tf.Operation 'loss' type=ScalarSummary>])

    It holds the tensor, and reads it when it is written (`FileWriter.add_summary`). The tag under which
    TensorBoard shows it is its name with the name scopes around it, unique in the pass:

    >>> with tf.name_scope("train"):
    ...     [tf.summary.scalar("loss", 1.0).name for _ in range(2)]
    ['train/loss', 'train/loss_1']

    Args:
        name: its name; what TF1 forbids in names becomes an underscore.
        tensor: the number, of shape () and any real dtype. It is shown as a float32.
        collections: where it is put; SUMMARIES by default.
        family: what stands before its tag, so that TensorBoard shows those of a family together.

    Raises:
        TypeError: it is no real number.
    """
    number = _numbers(tensor, "values", _REAL)
    return _noted(name, "ScalarSummary", collections, family, scalar_values, [number])


def histogram(
    name: str, values: Any, collections: Iterable[str] | None = None, family: str | None = None
) -> SummaryOperation:
    """Notes numbers, of which a histogram is shown (tf.summary.histogram).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.histogram("weights", tf.zeros([3]), family="layer").name
    'layer/weights'

    Of a variable it keeps a copy, since loops train before they write: what is shown is the value that the
    forward saw. Of any other tensor it keeps the tensor; if that is written to in place before the summary is
    written, writing fails.

    Args:
        name: as `scalar` takes it.
        values: the numbers, of any shape and real dtype.
        collections: as `scalar` takes them.
        family: as `scalar` takes it.

    Raises:
        TypeError: they are no real numbers.
    """
    numbers = _numbers(values, "values", _REAL)
    return _noted(name, "HistogramSummary", collections, family, histogram_values, [numbers])


def image(
    name: str,
    tensor: Any,
    max_outputs: int = 3,
    collections: Iterable[str] | None = None,
    family: str | None = None,
) -> SummaryOperation:
    """Notes images (tf.summary.image).

    >>> import torchscope.tf1 as tf
    >>> digits = tf.summary.image("digits", tf.zeros([8, 28, 28, 1]))
    >>> [value.tag for value in tf.Summary.FromString(digits.eval()).value]
    ['digits/image/0', 'digits/image/1', 'digits/image/2']

    Args:
        name: as `scalar` takes it.
        tensor: images of shape (N, H, W, C), of 1, 3 or 4 channels. uint8 is shown as it is. Floats, and
            integers that are no tensor, are scaled, each image for itself: so that its largest is 255, or, if some are negative, so
            that 0 is 128. A pixel that holds no number is red.
        max_outputs: how many of them are shown.
        collections: as `scalar` takes them.
        family: as `scalar` takes it.

    Raises:
        TypeError: they are neither uint8 nor float16, float32 or float64.
        ValueError: `max_outputs` is less than 1.
    """
    most = _at_least_one("max_images", "ImageSummary", max_outputs)
    images = tensor if _is_text(tensor) else as_tensor(tensor, _HERE)
    if images is not tensor and images.dtype in (torch.int32, torch.int64):
        # TF1 makes floats of integers that are no tensor yet, and scales these.
        images = images.to(torch.float32)
    images = _numbers(images, "tensor", _OF_IMAGES)
    return _noted(name, "ImageSummary", collections, family, image_values, [images], most)


def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Iterable[str] | None = None,
    family: str | None = None,
) -> SummaryOperation:
    """Notes sounds (tf.summary.audio).

    >>> import torchscope.tf1 as tf
    >>> voice = tf.summary.audio("voice", tf.zeros([1, 16000]), 16000, max_outputs=1)
    >>> [value.tag for value in tf.Summary.FromString(voice.eval()).value]
    ['voice/audio']

    Args:
        name: as `scalar` takes it.
        tensor: sounds of shape (N, T) or (N, T, channels), float32, from -1 to 1.
        sample_rate: how many numbers are of one second.
        max_outputs: how many of them are kept.
        collections: as `scalar` takes them.
        family: as `scalar` takes it.

    Raises:
        TypeError: they are not float32.
        ValueError: `max_outputs` is less than 1.
    """
    most = _at_least_one("max_outputs", "AudioSummaryV2", max_outputs)
    sounds = None if _is_text(tensor) else as_tensor(tensor, _HERE)
    if sounds is not None and not isinstance(tensor, Tensor) and not sounds.is_complex():
        sounds = sounds.to(torch.float32)
    if sounds is None or sounds.dtype != torch.float32:
        given = "string" if sounds is None else dtype_name(sounds.dtype)
        raise TypeError(
            f"Input 'tensor' of 'AudioSummaryV2' Op has type {given} that does not match expected type of "
            "float32. Convert it first: tf.cast(x, tf.float32)."
        )
    rate = as_tensor(sample_rate, _HERE).to(torch.float32)
    return _noted(name, "AudioSummaryV2", collections, family, sound_values, [sounds, rate], most)


def _at_least_one(parameter: str, type: str, value: int) -> int:
    if value < 1:
        raise ValueError(
            f"Attr '{parameter}' of '{type}' Op passed {value} less than minimum 1. It is how many are "
            "shown; leave the summary out if none are."
        )
    return value


def text(name: str, tensor: Any, collections: Iterable[str] | None = None) -> SummaryOperation:
    """Notes a text, which TensorBoard shows as Markdown (tf.summary.text).

    >>> import torchscope.tf1 as tf
    >>> said = tf.summary.text("said", "hello")
    >>> tf.Summary.FromString(said.eval()).value[0].tensor.string_val
    [b'hello']

    Args:
        name: as `scalar` takes it.
        tensor: the text, or nested lists of texts, which become a table: torch's tensors hold none, and so
            they are Python's or numpy's.
        collections: as `scalar` takes them.

    Raises:
        ValueError: it is a tensor, or numbers.
    """
    if not _is_text(tensor):
        given = as_tensor(tensor, _HERE).dtype
        raise ValueError(
            f"Expected tensor {name} to have dtype string, got {dtype_name(given)}. "
            "tf.summary.histogram and tf.summary.scalar are of numbers."
        )
    return _texts(name, tensor, collections, None, Metadata("text"))


def _texts(
    name: str,
    value: Any,
    collections: Iterable[str] | None,
    family: str | None,
    metadata: Metadata,
) -> SummaryOperation:
    nested = value.tolist() if hasattr(value, "tolist") else value
    shape, texts = _flat(nested)
    settings = (shape, texts, metadata)
    return _noted(name, "TensorSummaryV2", collections, family, text_values, [], *settings)


def _flat(nested: Any) -> tuple[tuple[int, ...], tuple[bytes, ...]]:
    """The shape of nested lists of texts, and the texts.

    Raises:
        ValueError: the lists differ in length.
    """
    if isinstance(nested, str | bytes):
        return (), (nested.encode() if isinstance(nested, str) else nested,)
    parts = [_flat(each) for each in nested]
    inner = {shape for shape, _ in parts}
    if len(inner) > 1:
        raise ValueError(
            "setting an array element with a sequence. The requested array has an inhomogeneous shape: "
            f"the lists in {nested!r} differ in length. Make them alike, with '' where there is nothing."
        )
    return (len(parts), *next(iter(inner), ())), tuple(text for _, texts in parts for text in texts)


def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: str | None = None,
    collections: Iterable[str] | None = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> SummaryOperation:
    """Notes a tensor as it is, for a plugin of TensorBoard's (tf.summary.tensor_summary).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.tensor_summary("state", tf.zeros([2])).name
    'state'

    Args:
        name: as `scalar` takes it.
        tensor: the tensor, of any shape and dtype, or texts.
        summary_description: what is shown beside it.
        collections: as `scalar` takes them.
        summary_metadata: a `tf.SummaryMetadata`, which says the plugin that is to show it.
        family: as `scalar` takes it.
        display_name: the name that is shown.
    """
    given = b"" if summary_metadata is None else summary_metadata.SerializeToString()
    metadata = Metadata(None, display_name, summary_description, given)
    if _is_text(tensor):
        return _texts(name, tensor, collections, family, metadata)
    value = as_tensor(tensor, _HERE)
    return _noted(name, "TensorSummaryV2", collections, family, tensor_values, [value], metadata)


def merge(
    inputs: Iterable[Any], collections: Iterable[str] | None = None, name: str | None = None
) -> SummaryOperation:
    """Several summaries as one (tf.summary.merge).

    >>> import torchscope.tf1 as tf
    >>> tf.summary.merge([tf.summary.scalar("loss", 1.0)]).name
    'Merge/MergeSummary'

    A net returns it, and `FileWriter.add_summary` writes it.

    Args:
        inputs: what the other functions gave.
        collections: where it is put; nowhere by default.
        name: the name of the name scope; 'Merge' by default.

    Raises:
        ValueError: there are none.
        TypeError: it is not a list, or something in it is no summary.
    """
    return merged(inputs, collections, name, "Merge")


def merged(
    inputs: Iterable[Any], collections: Iterable[str] | None, name: str | None, default: str
) -> SummaryOperation:
    """What `merge` gives, in a name scope of this name by default."""
    summaries = list(inputs)
    if not summaries:
        raise ValueError(
            "List argument 'inputs' to 'MergeSummary' Op with length 0 shorter than minimum length 1. "
            "Merge the summaries that tf.summary.scalar and the like gave."
        )
    for each in summaries:
        if not isinstance(each, SummaryOperation):
            raise TypeError(
                f"tf.summary.merge takes what tf.summary.scalar and the like gave; this is a "
                f"{type(each).__name__}: {each!r:.100}. Make a summary of it, "
                "tf.summary.scalar(name, tensor)."
            )
    name = None if name is None else _cleaned(name)
    with name_scope(name, default):
        full = Operation.named(name, "MergeSummary", None).name
    made = SummaryOperation.merged(full, "MergeSummary", summaries)
    add_to_collections(collections or (), made)
    return made


def merge_all(
    key: str = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> SummaryOperation | None:
    """All summaries of the pass as one; None if there are none (tf.summary.merge_all).

    >>> import torchscope.tf1 as tf
    >>> print(tf.summary.merge_all())
    None

    What a branch that was not taken has noted is not among them. Of what the body of a loop notes, that of the first
    turn is, as in any collection. TF1 refuses to run both.

    Args:
        key: the collection that has them.
        scope: what their names begin with.
        name: as `merge` takes it.
    """
    found = get_collection(key, scope)
    return merge(found, name=name) if found else None
