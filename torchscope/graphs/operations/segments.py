"""Rows that belong together, made one, by the number of their segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op

op("SegmentSum")(tf.segment_sum)
op("SegmentMean")(tf.segment_mean)
op("SegmentProd")(tf.segment_prod)
op("SegmentMax")(tf.segment_max)
op("SegmentMin")(tf.segment_min)
op("UnsortedSegmentSum")(tf.unsorted_segment_sum)
op("UnsortedSegmentProd")(tf.unsorted_segment_prod)
op("UnsortedSegmentMax")(tf.unsorted_segment_max)
op("UnsortedSegmentMin")(tf.unsorted_segment_min)
# TensorFlow has these on no CPU: it compiles them, to functions that take the segments in any order.
op("SegmentSumV2")(tf.unsorted_segment_sum)
op("SegmentProdV2")(tf.unsorted_segment_prod)
op("SegmentMaxV2")(tf.unsorted_segment_max)
op("SegmentMinV2")(tf.unsorted_segment_min)


def _picked(reduce: Callable[..., Any]) -> Callable[..., Any]:
    def function(
        data: Any,
        indices: Any,
        segment_ids: Any,
        num_segments: Any = None,
        *,
        sparse_gradient: bool = False,
    ) -> Any:
        return reduce(data, indices, segment_ids, num_segments=num_segments)

    return function


for _kind, _reduce in (
    ("Sum", tf.sparse_segment_sum),
    ("Mean", tf.sparse_segment_mean),
    ("SqrtN", tf.sparse_segment_sqrt_n),
):
    _function = _picked(_reduce)
    op(f"SparseSegment{_kind}", f"SparseSegment{_kind}WithNumSegments")(_function)


def _shared(kind: str, grad: Tensor, ids: Tensor) -> Tensor:
    """What each picked row gets of its segment's gradient."""
    ids = ids.long()
    rows = grad.index_select(0, ids)
    if kind == "Sum":
        return rows
    counts = grad.new_zeros(grad.shape[0]).index_add(0, ids, grad.new_ones(ids.shape))
    share = counts.reciprocal() if kind == "Mean" else counts.rsqrt()
    return rows * share[ids].reshape(-1, *[1] * (rows.ndim - 1))


def _gradient(kind: str) -> Callable[..., Any]:
    def function(grad: Any, indices: Any, segment_ids: Any, output_dim0: Any) -> Any:
        rows = _shared(kind, grad, tf.convert_to_tensor(segment_ids))
        places = tf.convert_to_tensor(indices).long()
        return rows.new_zeros(int(output_dim0), *rows.shape[1:]).index_add(0, places, rows)

    return function


def _gradient_v2(kind: str) -> Callable[..., Any]:
    def function(grad: Any, indices: Any, segment_ids: Any, dense_output_dim0: Any) -> Any:
        rows = _shared(kind, grad, tf.convert_to_tensor(segment_ids))
        picked, places = torch.unique(tf.convert_to_tensor(indices), return_inverse=True)
        sums = rows.new_zeros(picked.shape[0], *rows.shape[1:]).index_add(0, places, rows)
        return sums, picked

    return function


for _kind in ("Sum", "Mean", "SqrtN"):
    op(f"SparseSegment{_kind}Grad")(_gradient(_kind))
    op(f"SparseSegment{_kind}GradV2", outputs=("output", "sorted_unique_indices"))(
        _gradient_v2(_kind)
    )
