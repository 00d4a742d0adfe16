"""Elements of a tensor by their numbers, or by whether they are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops import gathered, known
from torchscope._core.ops.arguments import as_tensor, numbers_of, of_dtype, wanted
from torchscope._core.ops.sizes import Sizes, row_of, standing_for
from torchscope._core.pytorch import fakes
from torchscope._core.values.conversion import shape_text

INDICES = (torch.int16, torch.int32, torch.int64)

# What no axis is long enough for. PyTorch counts negative numbers from the end, and TF1 refuses them.
_NOWHERE = 2**62


@overload
def gather(
    params: Sequence[int],
    indices: int,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: Any = 0,
) -> int: ...


@overload
def gather(
    params: Sequence[int],
    indices: Sequence[int],
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: Any = 0,
) -> Sizes: ...


@overload
def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: Any = 0,
) -> Tensor: ...


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: Any = 0,
) -> Any:
    """The parts of a tensor along an axis that have given numbers (tf.gather).

    >>> gather([[1.0, 2.0], [3.0, 4.0]], [1, 1, 0])
    tensor([[3., 4.],
            [3., 4.],
            [1., 2.]])

    Args:
        params: a tensor.
        indices: the numbers, of any shape.
        validate_indices: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.
        axis: the axis; by default the first after the batches.
        batch_dims: how many of the first axes are of batches, for each of which there are indices.

    Returns:
        The parts: in the shape of `params`, that of `indices` takes the place of the axis. Of
        `Sizes` integers, or `Sizes`.

    Raises:
        ValueError: there is no such axis, the batches do not fit, or, on the CPU, a number is out
            of range.
        TypeError: the numbers are no integers.
    """
    wanted("params", params)
    wanted("indices", indices)
    if not isinstance(params, Tensor) and axis in (None, 0, -1) and not batch_dims:
        found = _integers(params, indices)
        if found is not None:
            return found
    tensor = as_tensor(params)
    numbers = of_dtype(as_tensor(indices, tensor), "indices", INDICES)
    batches = numbers_of(batch_dims, "batch_dims")
    batches = batches + numbers.ndim if batches < 0 else batches
    where = batches if axis is None else numbers_of(axis, "axis")
    if isinstance(where, list):
        raise ValueError(f"Shape must be rank 0 but is rank 1: the axis is {axis!r}, not a number.")
    rank = tensor.ndim
    if not -rank <= where < rank or batches > rank:
        least = where + 1 if where >= 0 else -where
        raise ValueError(
            f"Shape must be at least rank {max(least, batches + 1)} but is rank {rank}: axis "
            f"{where} of a tensor with shape {shape_text(tensor.shape)}."
        )
    where %= rank
    if batches:
        return _gather_batches(tensor, numbers, where, batches)
    if type(indices) is int and 0 <= indices < tensor.shape[where]:
        return tensor.select(where, indices)
    return take(tensor, numbers, where)


def _integers(params: Any, indices: Any) -> Any:
    """What is picked of integers by integers, if all are known."""
    numbers, places = row_of(params), known.of(indices)
    if numbers is None or places is None or any(isinstance(each, list) for each in _listed(places)):
        return None
    count = len(numbers)
    for place, each in enumerate(_listed(places)):
        if not 0 <= each < count:
            where = f"[{place}]" if isinstance(places, list) else ""
            raise ValueError(
                f"indices{where} = {each} is not in [0, {count}): the tensor has shape ({count},)."
            )
    if not isinstance(places, list):
        return numbers[places]
    return standing_for([numbers[each] for each in places], params) if places else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def take(tensor: Tensor, indices: Tensor, axis: int = 0, own: Tensor | None = None) -> Tensor:
    """The parts of a tensor along an axis that have given numbers, of any shape.

    >>> take(torch.tensor([[1.0], [2.0]]), torch.tensor([1, 1]))
    tensor([[2.],
            [2.]])

    Args:
        tensor: the tensor.
        indices: the numbers.
        axis: the axis.
        own: for which of the numbers the parts are used; None for all.

    Raises:
        ValueError: on the CPU, a number is out of range.
    """
    if indices.dtype == torch.int16:
        indices = indices.to(torch.int32)
    length = tensor.shape[axis]
    if type(length) is int and not length and indices.numel() and not indices.is_meta:
        raise out_of_range(tensor, indices, axis)
    try:
        if axis == 0 and tensor.ndim == 2:
            parts = F.embedding(indices, tensor)
        else:
            parts = tensor.index_select(axis, indices.reshape(-1))
    except (IndexError, RuntimeError) as error:
        if "out of" not in str(error):
            raise
        raise out_of_range(tensor, indices, axis) from None
    if indices.ndim != 1:
        parts = parts.reshape((*tensor.shape[:axis], *indices.shape, *tensor.shape[axis + 1 :]))
    if axis == 0 and tensor.is_leaf and tensor.requires_grad:
        gathered.note(tensor, indices, parts, own)
    return parts


def out_of_range(tensor: Tensor, indices: Tensor, axis: int = 0) -> ValueError:
    """TF1's words for the first number that is none of an axis.

    >>> out_of_range(torch.ones(2), torch.tensor([5]))
    ValueError('indices[0] = 5 is not in [0, 2): along axis 0 of the shape (2,).')
    """
    length = tensor.shape[axis]
    outside = (indices < 0) | (indices >= length)
    where = outside.nonzero()[0].tolist()
    place = f"[{','.join(map(str, where))}]" if where else ""
    return ValueError(
        f"indices{place} = {indices[outside][0].item()} is not in [0, {length}): along axis {axis} "
        f"of the shape {shape_text(tensor.shape)}."
    )


def _gather_batches(tensor: Tensor, indices: Tensor, axis: int, batches: int) -> Tensor:
    """What each batch's numbers pick of it."""
    if batches > indices.ndim:
        raise ValueError(
            f"batch_dims ({batches}) must be less than or equal to rank(indices) ({indices.ndim}): "
            f"they have shape {shape_text(indices.shape)}."
        )
    if axis < batches:
        raise ValueError(
            f"batch_dims ({batches}) must be less than or equal to axis ({axis}): the axis comes "
            "after the batches."
        )
    for place in range(batches):
        if tensor.shape[place] != indices.shape[place]:
            raise ValueError(
                f"params.shape[{place}]: {tensor.shape[place]} should be equal to "
                f"indices.shape[{place}]: {indices.shape[place]}: they are of the same batches."
            )
    # The axis goes behind the batches; what was between comes after what the numbers pick.
    moved = tensor.movedim(axis, batches)
    try:
        places = (*of_batches(moved, batches, indices.ndim), positive(indices))
        picked = moved[places]
    except IndexError:
        raise out_of_range(tensor, indices, axis) from None
    picks = list(range(batches, indices.ndim))
    between = list(range(indices.ndim, indices.ndim + axis - batches))
    return picked.movedim(picks, [each + len(between) for each in picks]) if between else picked


def of_batches(tensor: Tensor, batches: int, rank: int) -> tuple[Tensor, ...]:
    """For each axis of batches their numbers, shaped to go with indices of a rank.

    >>> [each.tolist() for each in of_batches(torch.ones(2, 3), 1, 2)]
    [[[0], [1]]]
    """
    return tuple(
        torch.arange(tensor.shape[axis], device=tensor.device).reshape(
            [-1 if other == axis else 1 for other in range(rank)]
        )
        for axis in range(batches)
    )


def positive(indices: Tensor) -> Tensor:
    """The numbers, none of which counts from the end: such leads out of every tensor.

    >>> positive(torch.tensor([1, -1])).tolist()
    [1, 4611686018427387904]
    """
    indices = indices.to(torch.int64)
    return indices.masked_fill(indices < 0, _NOWHERE)


def gather_nd(
    params: Any,
    indices: Any,
    name: str | None = None,
    batch_dims: Any = 0,
    bad_indices_policy: str = "",
) -> Tensor:
    """The parts of a tensor that have given numbers along its first axes (tf.gather_nd).

    >>> gather_nd([[1.0, 2.0], [3.0, 4.0]], [[1, 0], [0, 1]])
    tensor([3., 2.])

    Args:
        params: a tensor.
        indices: (..., K), one number for each of the first K axes.
        name: accepted for TF1 code; it has no effect.
        batch_dims: how many axes before these are of batches, for each of which there are indices.
        bad_indices_policy: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are more numbers than axes, the batches do not fit, or, on the CPU, a
            number is out of range.
        TypeError: the numbers are no integers.
    """
    tensor = as_tensor(wanted("params", params))
    numbers = of_dtype(as_tensor(wanted("indices", indices), tensor), "indices", INDICES)
    batches = numbers_of(batch_dims, "batch_dims")
    if numbers.ndim < 1:
        raise ValueError("Shape must be at least rank 1 but is rank 0: indices are (..., K).")
    count = numbers.shape[-1]
    if count + batches > tensor.ndim:
        texts = (",".join(map(str, each.shape)) for each in (numbers, tensor))
        raise ValueError(
            "indices.shape[-1] must be <= params.rank, but saw indices shape: "
            f"[{'] and params shape: ['.join(texts)}]"
        )
    if batches >= numbers.ndim or tensor.shape[:batches] != numbers.shape[:batches]:
        raise ValueError(
            f"Cannot pick of {batches} axes of batches: params have shape "
            f"{shape_text(tensor.shape)}, indices {shape_text(numbers.shape)}."
        )
    if not count:
        rest = tensor.shape[batches:]
        around = numbers.shape[:-1]
        shaped = tensor.reshape((*around[:batches], *(1,) * (len(around) - batches), *rest))
        return shaped.expand((*around, *rest))
    try:
        places = tuple(map(positive, numbers.unbind(-1)))
        return tensor[of_batches(tensor, batches, numbers.ndim - 1) + places]
    except IndexError:
        raise no_such_place("param shape", tensor.shape[batches:], numbers) from None


def places_of(indices: Tensor, shape: Any) -> Tensor:
    """The places (..., K) along K axes as places in a tensor that is flat along these.

    >>> places_of(torch.tensor([[1, 0], [0, 2]]), [2, 3])
    tensor([3, 2])

    A place outside of the shape becomes one that no tensor has, on whatever device it is.
    """
    numbers = indices.to(torch.int64)
    flat = torch.zeros(indices.shape[:-1], dtype=torch.int64, device=indices.device)
    outside = torch.zeros_like(flat, dtype=torch.bool)
    for size, each in zip(shape, numbers.unbind(-1), strict=True):
        outside = outside | (each < 0) | (each >= size)
        flat = flat * size + each
    return flat.masked_fill(outside, _NOWHERE)


def no_such_place(what: str, shape: Any, indices: Tensor) -> ValueError:
    """TF1's words for the first of several numbers that lead out of a shape.

    >>> no_such_place("shape", [2, 3], torch.tensor([[0, 3]]))
    ValueError('indices[0] = [0, 3] does not index into shape [2,3].')
    """
    for place, row in enumerate(indices.reshape(-1, indices.shape[-1]).tolist()):
        if any(not 0 <= each < size for each, size in zip(row, shape, strict=False)):
            text = ",".join(map(str, shape))
            return ValueError(f"indices[{place}] = {row} does not index into {what} [{text}].")
    return ValueError(f"indices {shape_text(indices.shape)} do not go with {what} {list(shape)}.")


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Tensor:
    """What each batch's numbers pick of it (tf.batch_gather).

    >>> batch_gather([[1.0, 2.0], [3.0, 4.0]], [[1], [0]])
    tensor([[2.],
            [3.]])

    Args:
        params: a tensor.
        indices: the numbers; all axes but the last are of batches.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the batches do not fit, or, on the CPU, a number is out of range.
        TypeError: the numbers are no integers.
    """
    tensor = as_tensor(wanted("params", params))
    numbers = as_tensor(wanted("indices", indices), tensor)
    batches = numbers.ndim - 1
    if batches < 0:
        raise ValueError("batch_gather requires indices to be at least a vector.")
    return gather(tensor, numbers, axis=batches, batch_dims=batches)


def boolean_mask(
    tensor: Any, mask: Any, name: str | None = "boolean_mask", axis: Any = None
) -> Tensor:
    """The elements of a tensor where a mask is true (tf.boolean_mask).

    >>> boolean_mask([1.0, 2.0, 3.0], [True, False, True])
    tensor([1., 3.])

    Args:
        tensor: a tensor.
        mask: bools, whose shape is a part of the tensor's.
        name: accepted for TF1 code; it has no effect.
        axis: where that part begins; 0 by default.

    Returns:
        The elements, along one axis in the place of those of the mask.

    Raises:
        ValueError: the shapes do not fit, or the mask is one bool.
    """
    given = as_tensor(wanted("tensor", tensor))
    chosen = as_tensor(wanted("mask", mask), given).to(torch.bool)
    where = 0 if axis is None else numbers_of(axis, "axis")
    where = where + given.ndim if where < 0 else where
    if chosen.ndim == 0:
        raise ValueError("mask cannot be scalar. It has a bool for each element.")
    part = given.shape[where : where + chosen.ndim]
    if part != chosen.shape:
        raise ValueError(
            f"Shapes {shape_text(part)} and {shape_text(chosen.shape)} are incompatible: the mask "
            f"goes with the axes from {where} on of {shape_text(given.shape)}."
        )
    return given[(slice(None),) * where + (chosen,)]


def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Tensor:
    """Numbers along each axis of what numbers say of a flat tensor (tf.unravel_index).

    >>> unravel_index([0, 5], [2, 3]).tolist()
    [[0, 1], [0, 2]]

    Args:
        indices: one number or several.
        dims: the shape of the tensor.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (rank,) or (rank, number of indices).

    Raises:
        ValueError: a size is 0, or, on the CPU, a number is too large.
        TypeError: the numbers are no integers.
    """
    numbers = of_dtype(wanted("indices", indices), "indices", INDICES[1:])
    sizes = numbers_of(dims, "dims")
    if not isinstance(sizes, list) or any(isinstance(each, list) for each in sizes):
        rank = 2 if isinstance(sizes, list) else 0
        raise ValueError(f"Shape must be rank 1 but is rank {rank}: dims are {dims!r}.")
    if 0 in sizes:
        raise ValueError(
            "Input dims cannot contain a dim of zero, but dims contains zero at index "
            f"{sizes.index(0)}: {sizes}."
        )
    if numbers.ndim > 1:
        raise ValueError(
            f"The indices can only be scalar or vector, got shape {shape_text(numbers.shape)}."
        )
    places, rest = [], numbers
    for size in reversed(sizes):
        places.append(rest.remainder(size))
        rest = rest.div(size, rounding_mode="floor")
    if numbers.is_cpu and fakes.has_values(numbers) and rest.any():
        raise ValueError(f"index is out of bound as with dims: they are {sizes}.")
    return torch.stack(places[::-1])
