"""Summaries as TensorFlow wrote them before 1.0: under tags that are taken as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchscope._core.functions.collections import get_collection
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.summaries import noting
from torchscope._core.summaries.operation import SummaryOperation


def _under(tag: str, made: SummaryOperation, collections: Iterable[str] | None) -> SummaryOperation:
    """A summary under a tag of its own, in the collections."""
    made.show_as(tag)
    return noting.collected(made, collections)


def scalar_summary(
    tags: str, values: Any, collections: Iterable[str] | None = None, name: str | None = None
) -> SummaryOperation:
    """Notes a number (tf.scalar_summary); `tf.summary.scalar` is its newer form.

    >>> import torchscope.tf1 as tf
    >>> loss = tf.scalar_summary("a loss", 1.0)
    >>> loss.name, tf.Summary.FromString(loss.eval()).value[0].tag
    ('ScalarSummary', 'a loss')

    Args:
        tags: its tag, as it is: no name scope is put before it, and nothing makes it unique.
        values: the number.
        collections: where it is put; SUMMARIES by default.
        name: the name of the operation.

    Raises:
        TypeError: it is no real number, or there are several tags.
    """
    if not isinstance(tags, str):
        raise TypeError(
            f"tf.scalar_summary takes one tag, a string; these are {tags!r:.100}. Call it once for each, "
            "with its number."
        )
    return _under(tags, noting.scalar(name or "ScalarSummary", values, []), collections)


def histogram_summary(
    tag: str, values: Any, collections: Iterable[str] | None = None, name: str | None = None
) -> SummaryOperation:
    """Notes numbers (tf.histogram_summary); `tf.summary.histogram` is its newer form.

    >>> histogram_summary("weights", [1.0, 2.0]).name
    'HistogramSummary'

    Args:
        tag: as `scalar_summary` takes it.
        values: the numbers.
        collections: where it is put; SUMMARIES by default.
        name: the name of the operation.
    """
    return _under(tag, noting.histogram(name or "HistogramSummary", values, []), collections)


def image_summary(
    tag: str,
    tensor: Any,
    max_images: int = 3,
    collections: Iterable[str] | None = None,
    name: str | None = None,
) -> SummaryOperation:
    """Notes images (tf.image_summary); `tf.summary.image` is its newer form.

    >>> image_summary("digits", [[[[1.0]]]]).name
    'ImageSummary'

    Args:
        tag: as `scalar_summary` takes it.
        tensor: the images.
        max_images: how many of them are shown.
        collections: where it is put; SUMMARIES by default.
        name: the name of the operation.
    """
    made = noting.image(name or "ImageSummary", tensor, max_images, [])
    return _under(tag, made, collections)


def audio_summary(
    tag: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Iterable[str] | None = None,
    name: str | None = None,
) -> SummaryOperation:
    """Notes sounds (tf.audio_summary); `tf.summary.audio` is its newer form.

    >>> audio_summary("voice", [[0.0, 0.5]], 8000).name
    'AudioSummary'

    Args:
        tag: as `scalar_summary` takes it.
        tensor: the sounds.
        sample_rate: how many numbers are of one second.
        max_outputs: how many of them are kept.
        collections: where it is put; SUMMARIES by default.
        name: the name of the operation.
    """
    made = noting.audio(name or "AudioSummary", tensor, sample_rate, max_outputs, [])
    return _under(tag, made, collections)


def merge_summary(
    inputs: Iterable[Any], collections: Iterable[str] | None = None, name: str | None = None
) -> SummaryOperation:
    """Several summaries as one (tf.merge_summary); `tf.summary.merge` is its newer form.

    >>> merge_summary([scalar_summary("loss", 1.0)]).name
    'MergeSummary/MergeSummary'

    Args:
        inputs: the summaries.
        collections: where it is put; nowhere by default.
        name: the name of the name scope; 'MergeSummary' by default.
    """
    return noting.merged(inputs, collections, name, "MergeSummary")


def merge_all_summaries(key: str = GraphKeys.SUMMARIES) -> SummaryOperation | None:
    """All summaries of the pass as one (tf.merge_all_summaries); `tf.summary.merge_all` is its newer form.

    >>> print(merge_all_summaries())
    None

    Args:
        key: the collection that has them.
    """
    found = get_collection(key)
    return merge_summary(found) if found else None
