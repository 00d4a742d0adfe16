"""Numbers that are put into a tensor at given places."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, of_dtype, operands, shape_of, wanted
from torchscope._core.ops.picking import INDICES, no_such_place, places_of
from torchscope._core.values.conversion import dtype_name


def scatter_nd(
    indices: Any, updates: Any, shape: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """Zeros, to which numbers are added at given places (tf.scatter_nd).

    >>> scatter_nd([[1], [3], [1]], [9.0, 10.0, 1.0], [4])
    tensor([ 0., 10.,  0., 10.])

    Args:
        indices: (..., K), the places along the first K axes.
        updates: what is added, (..., other axes). What goes to one place is added up.
        shape: that of the result.
        bad_indices_policy: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit, or, on the CPU, a place is not there.
        TypeError: the places are no integers.
    """
    added = as_tensor(wanted("updates", updates), indices)
    places = of_dtype(as_tensor(wanted("indices", indices), added), "indices", INDICES)
    if isinstance(shape, Tensor) and not isinstance(indices, Tensor):
        places = places.to(shape.dtype)
    sizes = shape_of(shape)
    if isinstance(shape, Tensor) and shape.dtype != places.dtype:
        raise TypeError(
            f"Input 'shape' of 'ScatterNd' Op has type {dtype_name(shape.dtype)} that does not match "
            f"type {dtype_name(places.dtype)} of argument 'indices'. Convert one of them."
        )
    zeros = torch.zeros(sizes, dtype=added.dtype, device=added.device)
    return _scattered("input", "add", zeros, places, added)


def tensor_scatter_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Tensor:
    """A tensor with other numbers at given places (tf.tensor_scatter_nd_update).

    >>> tensor_scatter_update([0.0, 1.0, 2.0], [[1]], [9.0])
    tensor([0., 9., 2.])

    Args:
        tensor: a tensor.
        indices: (..., K), the places along the first K axes, each once.
        updates: the numbers, (..., other axes).
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit, or, on the CPU, a place is not there.
        TypeError: the places are no integers, or the dtypes differ.
    """
    return _scattered("tensor", "set", *_operands("TensorScatterUpdate", tensor, indices, updates))


def tensor_scatter_add(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A tensor to which numbers are added at given places (tf.tensor_scatter_nd_add).

    >>> tensor_scatter_add([0.0, 1.0, 2.0], [[1], [1]], [9.0, 1.0])
    tensor([ 0., 11.,  2.])

    Args:
        tensor: a tensor.
        indices: (..., K), the places along the first K axes.
        updates: the numbers, (..., other axes).
        bad_indices_policy: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit, or, on the CPU, a place is not there.
        TypeError: the places are no integers, or the dtypes differ.
    """
    return _scattered("tensor", "add", *_operands("TensorScatterAdd", tensor, indices, updates))


def tensor_scatter_sub(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A tensor from which numbers are taken away at given places (tf.tensor_scatter_nd_sub).

    >>> tensor_scatter_sub([0.0, 1.0, 2.0], [[1]], [9.0])
    tensor([ 0., -8.,  2.])

    Args:
        tensor: a tensor.
        indices: (..., K), the places along the first K axes.
        updates: the numbers, (..., other axes).
        bad_indices_policy: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit, or, on the CPU, a place is not there.
        TypeError: the places are no integers, or the dtypes differ.
    """
    given, places, numbers = _operands("TensorScatterSub", tensor, indices, updates)
    return _scattered("tensor", "add", given, places, -numbers)


def tensor_scatter_min(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A tensor with the smaller numbers at given places (tf.tensor_scatter_nd_min).

    >>> tensor_scatter_min([0.0, 1.0, 2.0], [[1], [2]], [9.0, -1.0])
    tensor([ 0.,  1., -1.])

    Args:
        tensor: a tensor.
        indices: (..., K), the places along the first K axes.
        updates: the numbers, (..., other axes).
        bad_indices_policy: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit, or, on the CPU, a place is not there.
        TypeError: the places are no integers, or the dtypes differ.
    """
    return _scattered("tensor", "amin", *_operands("TensorScatterMin", tensor, indices, updates))


def tensor_scatter_max(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A tensor with the larger numbers at given places (tf.tensor_scatter_nd_max).

    >>> tensor_scatter_max([0.0, 1.0, 2.0], [[1], [2]], [9.0, -1.0])
    tensor([0., 9., 2.])

    Args:
        tensor: a tensor.
        indices: (..., K), the places along the first K axes.
        updates: the numbers, (..., other axes).
        bad_indices_policy: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit, or, on the CPU, a place is not there.
        TypeError: the places are no integers, or the dtypes differ.
    """
    return _scattered("tensor", "amax", *_operands("TensorScatterMax", tensor, indices, updates))


def _operands(
    operation: str, tensor: Any, indices: Any, updates: Any
) -> tuple[Tensor, Tensor, Tensor]:
    given, numbers = operands(operation, tensor=tensor, updates=updates)
    places = of_dtype(as_tensor(wanted("indices", indices), given), "indices", INDICES)
    if numbers.dtype != given.dtype:
        raise TypeError(
            f"Input 'updates' of '{operation}' Op has type {dtype_name(numbers.dtype)} that does not "
            f"match type {dtype_name(given.dtype)} of argument 'tensor'. Convert one of them."
        )
    return given, places, numbers


def check_fit(tensor: Tensor, indices: Tensor, updates: Tensor, what: str) -> None:
    """Refuses places or numbers whose shapes do not go with a tensor's.

    Raises:
        ValueError: they do not.
    """
    if indices.ndim < 1:
        raise ValueError("Shape must be at least rank 1 but is rank 0: indices are (..., K).")
    count, outer = indices.shape[-1], indices.ndim - 1
    shape, rank = tensor.shape, tensor.ndim
    texts = {
        name: "[" + ",".join(map(str, each)) + "]"
        for name, each in (("i", indices.shape), ("u", updates.shape), ("t", shape))
    }
    if indices.shape[:outer] != updates.shape[:outer]:
        raise ValueError(
            f"Dimensions [0,{outer}) of indices[shape={texts['i']}] must match dimensions "
            f"[0,{outer}) of updates[shape={texts['u']}]: there is an update for each place."
        )
    if count > rank or shape[count:] != updates.shape[outer:]:
        raise ValueError(
            f"Dimensions [{count},{rank}) of {what}[shape={texts['t']}] must match dimensions "
            f"[{outer},{updates.ndim}) of updates[shape={texts['u']}]: an update has the axes that "
            "no index is for."
        )


def _scattered(what: str, how: str, tensor: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """A tensor in which rows are set, or added, or compared."""
    check_fit(tensor, indices, updates, what)
    try:
        return write(tensor, indices, updates, how)
    except (IndexError, RuntimeError):
        raise no_such_place("shape", tensor.shape, indices) from None


def write(tensor: Tensor, indices: Tensor, updates: Tensor, how: str) -> Tensor:
    """A tensor with `updates` at places: 'set', 'add', 'prod', 'amin' or 'amax'.

    >>> write(torch.ones(2), torch.tensor([[1]]), torch.tensor([3.0]), "add")
    tensor([1., 4.])
    """
    count = indices.shape[-1]
    rest = tensor.shape[count:]
    rows = tensor.reshape((-1, *rest)) if count else tensor.unsqueeze(0)
    places = places_of(indices, tensor.shape[:count]).reshape(-1)
    numbers = updates.reshape((-1, *rest))
    if how == "set":
        made = rows.index_put((places,), numbers)
    elif how == "add" and tensor.dtype == torch.bool:
        return write(tensor.to(torch.int32), indices, updates.to(torch.int32), how) != 0
    elif how == "add":
        made = rows.index_put((places,), numbers, accumulate=True)
    else:
        spread = places.reshape((-1, *(1,) * len(rest))).expand(numbers.shape)
        made = rows.scatter_reduce(0, spread, numbers, how)
    return made.reshape(tensor.shape)
