"""What is found at places and put there: scattered and stitched numbers, the largest ones, what occurs once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, numbers_of
from torchscope._core.ops.sizes import Sizes
from torchscope.graphs.operations.table import op

op("Where")(tf.where)
op("UnravelIndex")(tf.unravel_index)


@op("ScatterNd")
def _scatter_nd(indices: Any, updates: Any, shape: Any, *, bad_indices_policy: str = "") -> Any:
    return tf.scatter_nd(indices, updates, shape)


@op("TensorScatterUpdate")
def _tensor_scatter_update(tensor: Any, indices: Any, updates: Any) -> Any:
    return tf.tensor_scatter_nd_update(tensor, indices, updates)


@op("TensorScatterAdd", "ScatterNdNonAliasingAdd")
def _tensor_scatter_add(tensor: Any, indices: Any, updates: Any) -> Any:
    return tf.tensor_scatter_nd_add(tensor, indices, updates)


@op("TensorScatterSub")
def _tensor_scatter_sub(tensor: Any, indices: Any, updates: Any) -> Any:
    return tf.tensor_scatter_nd_sub(tensor, indices, updates)


@op("TensorScatterMin")
def _tensor_scatter_min(tensor: Any, indices: Any, updates: Any) -> Any:
    return tf.tensor_scatter_nd_min(tensor, indices, updates)


@op("TensorScatterMax")
def _tensor_scatter_max(tensor: Any, indices: Any, updates: Any) -> Any:
    return tf.tensor_scatter_nd_max(tensor, indices, updates)


# These change what they are given in TensorFlow. Here it stays as it was.


@op("InplaceUpdate")
def _inplace_update(x: Any, i: Any, v: Any) -> Any:
    return x.index_put(_rows(x, i), v)


@op("InplaceAdd")
def _inplace_add(x: Any, i: Any, v: Any) -> Any:
    return x.index_put(_rows(x, i), v, accumulate=True)


@op("InplaceSub")
def _inplace_sub(x: Any, i: Any, v: Any) -> Any:
    return x.index_put(_rows(x, i), -v, accumulate=True)


def _rows(x: Tensor, i: Any) -> tuple[Tensor]:
    # TensorFlow takes the remainder of a place that is not there.
    return (as_tensor(i, x).long() % max(len(x), 1),)


@op("DynamicPartition", outputs=("outputs*",))
def _dynamic_partition(data: Any, partitions: Any, *, num_partitions: int) -> Any:
    return tf.dynamic_partition(data, partitions, num_partitions)


@op("DynamicStitch", "ParallelDynamicStitch")
def _dynamic_stitch(*inputs: Any) -> Any:
    half = len(inputs) // 2
    places, data = known.of(inputs[:half]), known.of(inputs[half:])
    if places is None or data is None:
        return tf.dynamic_stitch(list(inputs[:half]), list(inputs[half:]))
    # Sizes of which some are replaced: the gradients of sums ask for it.
    found: dict[int, Any] = {}
    for each, numbers in zip(places, data, strict=True):
        one = not isinstance(each, list)
        found.update([(each, numbers)] if one else zip(each, numbers, strict=True))
    made = [found.get(place, 0) for place in range(max(found, default=-1) + 1)]
    return Sizes(made, getattr(inputs[half], "dtype", torch.int32))


@op("Unique", outputs=("y", "idx"))
def _unique(x: Any, *, out_idx: Any = torch.int32) -> Any:
    return tf.unique(x, out_idx)


@op("UniqueWithCounts", outputs=("y", "idx", "count"))
def _unique_with_counts(x: Any, *, out_idx: Any = torch.int32) -> Any:
    return tf.unique_with_counts(x, out_idx)


@op("UniqueV2", outputs=("y", "idx"))
def _unique_v2(x: Any, axis: Any, *, out_idx: Any = torch.int32) -> Any:
    return _unique_with_counts_v2(x, axis, out_idx=out_idx)[:2]


@op("UniqueWithCountsV2", outputs=("y", "idx", "count"))
def _unique_with_counts_v2(x: Any, axis: Any, *, out_idx: Any = torch.int32) -> Any:
    axes = numbers_of(axis, "axis")
    if not axes:
        return tf.unique_with_counts(x, out_idx)
    given = as_tensor(x)
    values, inverse, counts = torch.unique(
        given, dim=axes[0], return_inverse=True, return_counts=True
    )
    # In the order in which they come first.
    last = given.shape[axes[0]]
    first = torch.full_like(counts, last).scatter_reduce(
        0, inverse, torch.arange(last, device=given.device), "amin"
    )
    order = first.argsort()
    return (
        values.index_select(axes[0], order),
        order.argsort()[inverse].to(out_idx),
        counts[order].to(out_idx),
    )


@op("ListDiff", outputs=("out", "idx"))
def _list_diff(x: Any, y: Any, *, out_idx: Any = torch.int32) -> Any:
    numbers, gone = known.of(x), known.of(y)
    if numbers is not None and gone is not None:
        left = [(number, place) for place, number in enumerate(numbers) if number not in gone]
        return Sizes([each[0] for each in left], x.dtype), Sizes(
            [each[1] for each in left], out_idx
        )
    return tf.setdiff1d(x, y, out_idx)


@op("LowerBound")
def _lower_bound(sorted_inputs: Any, values: Any, *, out_type: Any = torch.int32) -> Any:
    return tf.searchsorted(sorted_inputs, values, "left", out_type)


@op("UpperBound")
def _upper_bound(sorted_inputs: Any, values: Any, *, out_type: Any = torch.int32) -> Any:
    return tf.searchsorted(sorted_inputs, values, "right", out_type)


@op("TopKV2", outputs=("values", "indices"))
def _top_k_v2(input: Any, k: Any, *, sorted: bool = True, index_type: Any = torch.int32) -> Any:
    return tf.nn.top_k(input, k, sorted, index_type=index_type)


@op("TopK", outputs=("values", "indices"))
def _top_k(input: Any, *, k: int, sorted: bool = True) -> Any:
    return tf.nn.top_k(input, k, sorted)


@op("ApproxTopK", outputs=("values", "indices"))
def _approximate_top_k(
    input: Any,
    *,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.949999988079071,
    is_max_k: bool = True,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> Any:
    """The exact ones, as TensorFlow's CPU has them."""
    found = input.topk(k, reduction_dimension, largest=is_max_k)
    return found.values, found.indices.to(torch.int32)


@op("InTopKV2")
def _in_top_k_v2(predictions: Any, targets: Any, k: Any) -> Any:
    return tf.nn.in_top_k(predictions, as_tensor(targets, predictions), numbers_of(k, "k"))


@op("InTopK")
def _in_top_k(predictions: Any, targets: Any, *, k: int) -> Any:
    return _in_top_k_v2(predictions, targets, k)


@op("NthElement")
def _nth_element(input: Any, n: Any, *, reverse: bool = False) -> Any:
    given = as_tensor(input)
    number = numbers_of(n, "n")
    place = given.shape[-1] - number if reverse else number + 1
    found = given.kthvalue(place, -1).values
    if not given.is_floating_point():
        return found
    # As in TensorFlow, equal ones share the gradient.
    same = given == found.detach().unsqueeze(-1)
    return torch.where(same, given, 0).sum(-1) / same.sum(-1)
