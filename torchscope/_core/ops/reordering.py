"""The same numbers in another order."""

from __future__ import annotations

from typing import Any, overload

import torch
from torch import Tensor

from torchscope._core.ops import known
from torchscope._core.ops.arguments import (
    as_tensor,
    check_rank,
    either,
    numbers_of,
    of_dtype,
    wanted,
)
from torchscope._core.ops.sizes import Sizes, row_of, standing_for
from torchscope._core.pytorch import fakes
from torchscope._core.values.conversion import shape_text

_INDICES = (torch.int32, torch.int64)


@overload
def transpose(
    a: Sizes, perm: Any = None, name: str | None = "transpose", conjugate: bool = False
) -> Sizes: ...


@overload
def transpose(
    a: Any, perm: Any = None, name: str | None = "transpose", conjugate: bool = False
) -> Tensor: ...


def transpose(
    a: Any, perm: Any = None, name: str | None = "transpose", conjugate: bool = False
) -> Any:
    """A tensor with its axes in another order (tf.transpose).

    >>> transpose([[1, 2, 3], [4, 5, 6]]).tolist()
    [[1, 4], [2, 5], [3, 6]]

    Args:
        a: a tensor.
        perm: which of its axes goes first, and so on: integers, or a tensor of them. Backwards by
            default.
        name: accepted for TF1 code; it has no effect.
        conjugate: whether complex numbers are conjugated.

    Raises:
        ValueError: an axis is missing or is not there.
        TypeError: one is no integer.
    """
    if not conjugate and isinstance(a, Tensor):
        kind = type(perm)
        if perm is None:
            return a.permute(*range(a.ndim - 1, -1, -1)) if a.ndim > 2 else a.t()
        if kind is list or kind is tuple:
            try:
                return a.permute(perm)
            except (RuntimeError, IndexError, TypeError):
                pass
    if type(a) is Sizes:
        return a
    tensor = as_tensor(a)
    order = list(range(tensor.ndim))[::-1] if perm is None else numbers_of(perm, "perm")
    if not isinstance(order, list):
        raise ValueError(f"Shape must be rank 1 but is rank 0: perm is a list. Received: {perm!r}")
    told = f"perm is {order}, and the tensor has shape {shape_text(tensor.shape)}."
    if len(order) != tensor.ndim:
        raise ValueError(f"Dimension must be {tensor.ndim} but is {len(order)}: {told}")
    for axis in order:
        if not -tensor.ndim <= axis < tensor.ndim:
            raise ValueError(f"perm dim {axis} is out of range of input rank {tensor.ndim}: {told}")
    missing = {*range(tensor.ndim)} - {axis % tensor.ndim for axis in order}
    if missing:
        text = ",".join(map(str, order))
        raise ValueError(f"{min(missing)} is missing from {{{text}}}. {told}")
    made = tensor.permute(order)
    return made.conj() if conjugate else made


@overload
def reverse(
    tensor: Sizes, axis: Any = None, name: str | None = None, dims: Any = None
) -> Sizes: ...


@overload
def reverse(tensor: Any, axis: Any = None, name: str | None = None, dims: Any = None) -> Tensor: ...


def reverse(tensor: Any, axis: Any = None, name: str | None = None, dims: Any = None) -> Any:
    """A tensor in the opposite order along some axes (tf.reverse).

    >>> reverse([[1, 2], [3, 4]], [1]).tolist()
    [[2, 1], [4, 3]]

    Args:
        tensor: a tensor.
        axis: the axes, integers or a tensor of them. A list of bools is read as the first versions
            of TF1 did: for each axis whether it is meant.
        name: accepted for TF1 code; it has no effect.
        dims: the name that `axis` had then.

    Raises:
        ValueError: an axis is not there, or named twice; or the axes are no list.
        TypeError: an axis is no integer.
    """
    axis = either("dims", dims, "axis", axis)
    told: Any = tensor if type(tensor) is Sizes else as_tensor(wanted("tensor", tensor))
    if isinstance(axis, Tensor) and axis.dtype == torch.bool:
        axis = axis.tolist()
    if isinstance(axis, list | tuple) and axis and all(isinstance(each, bool) for each in axis):
        rank = 1 if type(told) is Sizes else told.ndim
        if len(axis) != rank:
            raise ValueError(
                f"Dimension must be {rank} but is {len(axis)}: there is one bool for each axis. "
                f"Received: {axis!r}"
            )
        axis = [number for number, meant in enumerate(axis) if meant]
    return reverse_v2(told, axis)


@overload
def reverse_v2(tensor: Sizes, axis: Any, name: str | None = None) -> Sizes: ...


@overload
def reverse_v2(tensor: Any, axis: Any, name: str | None = None) -> Tensor: ...


def reverse_v2(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """A tensor in the opposite order along some axes (tf.reverse_v2).

    >>> reverse_v2([1, 2, 3], [0])
    Sizes([3, 2, 1])

    Args:
        tensor: a tensor.
        axis: the axes, integers or a tensor of them.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The tensor, or `Sizes` of what are sizes.

    Raises:
        ValueError: an axis is not there, or named twice; or the axes are no list.
        TypeError: an axis is no integer.
    """
    sizes = row_of(tensor)
    axes = numbers_of(axis, "axis")
    if not isinstance(axes, list):
        raise ValueError(
            f"Shape must be rank 1 but is rank 0: axis is a list of axes. Received: {axis!r}"
        )
    given = as_tensor(wanted("tensor", tensor))
    rank, seen = given.ndim, set()
    for place, each in enumerate(axes):
        if not -rank <= each < rank:
            raise ValueError(
                f"'axis'[{place}] = {each} is out of valid range [0, {rank - 1}]. The tensor has "
                f"shape {shape_text(given.shape)}."
            )
        if each % rank in seen:
            raise ValueError(f"axis {each % rank} specified more than once. The axes are {axes}.")
        seen.add(each % rank)
    if sizes is not None:
        return standing_for(sizes[::-1] if axes else sizes, tensor)
    made = given.flip(sorted(seen))
    numbers = known.of(given) if rank == 1 and not given.is_floating_point() else None
    return made if numbers is None else known.note(made, numbers[::-1] if axes else numbers)


def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Tensor:
    """A tensor whose elements went on along some axes, the last ones to the beginning (tf.roll).

    >>> roll([1, 2, 3, 4], 1, 0).tolist()
    [4, 1, 2, 3]

    Args:
        input: a tensor.
        shift: how many places, an integer or one for each axis, or a tensor of them.
        axis: the axis, or as many as shifts.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there is no such axis, or there are more or fewer shifts than axes.
        TypeError: a shift or an axis is no integer.
    """
    tensor = as_tensor(wanted("input", input))
    if tensor.ndim == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0: a number has no axis.")
    shifts, axes = _shifts(shift), numbers_of(axis, "axis")
    depth, other = (int(isinstance(each, list)) for each in (shifts, axes))
    if depth != other:
        raise ValueError(
            f"Shapes must be equal rank, but are {depth} and {other}: shift is {shift!r}, axis is "
            f"{axis!r}."
        )
    if not depth:
        shifts, axes = [shifts], [axes]
    if any(isinstance(each, list) for each in (*shifts, *axes)):
        raise ValueError(f"Shape must be at most rank 1 but is rank 2: shift is {shift!r}.")
    if len(shifts) != len(axes):
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {len(shifts)} and {len(axes)}. "
            f"Shapes are [{len(shifts)}] and [{len(axes)}]."
        )
    for each in axes:
        if not -tensor.ndim <= each < tensor.ndim:
            raise ValueError(
                f"axis {each} is out of range: the tensor has shape {shape_text(tensor.shape)}."
            )
    if not any(isinstance(each, Tensor) for each in shifts):
        return tensor.roll(shifts, axes)
    for places, where in zip(shifts, axes, strict=True):
        # Of a shift that only the device knows nobody asks it.
        length = tensor.shape[where]
        index = torch.arange(length, device=tensor.device)
        index = index if length == 0 else (index - places).remainder(length)
        tensor = tensor.index_select(where, index)
    return tensor


def _shifts(shift: Any) -> Any:
    """Numbers where they are known, and else tensors of one, in a list or not."""
    if isinstance(shift, Tensor) and known.of(shift) is None:
        shift = of_dtype(shift, "shift", _INDICES)
        return shift if shift.ndim == 0 else list(shift.unbind())
    if isinstance(shift, list | tuple):
        return [_shifts(each) for each in shift]
    return numbers_of(shift, "shift")


def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: Any = None,
    batch_axis: Any = None,
    name: str | None = None,
    seq_dim: Any = None,
    batch_dim: Any = None,
) -> Tensor:
    """Sequences of different lengths, each in the opposite order, and what is behind as it is.

    Answers to tf.reverse_sequence.

    >>> reverse_sequence([[1, 2, 3, 0], [4, 5, 0, 0]], [3, 2], seq_axis=1).tolist()
    [[3, 2, 1, 0], [5, 4, 0, 0]]

    Args:
        input: a tensor.
        seq_lengths: the lengths, as many as the batch axis is long.
        seq_axis: the axis along which the sequences run.
        batch_axis: the axis of the sequences; 0 by default.
        name: accepted for TF1 code; it has no effect.
        seq_dim: another name of `seq_axis`.
        batch_dim: another name of `batch_axis`.

    Raises:
        ValueError: an axis is not there, there are more or fewer lengths than sequences, or, on the
            CPU, one is longer than the axis or negative.
        TypeError: the lengths are no integers.
    """
    seq_axis = either("seq_dim", seq_dim, "seq_axis", seq_axis)
    batch_axis = either("batch_dim", batch_dim, "batch_axis", batch_axis)
    tensor = as_tensor(wanted("input", input))
    lengths = of_dtype(
        as_tensor(wanted("seq_lengths", seq_lengths), tensor), "seq_lengths", _INDICES
    )
    if seq_axis is None:
        raise TypeError("Expected int for argument 'seq_dim' not None.")
    along, batch = numbers_of(seq_axis, "seq_dim"), numbers_of(batch_axis or 0, "batch_dim")
    check_rank("seq_lengths", lengths, 1)
    for what, axis in (("batch_dim", batch), ("seq_dim", along)):
        told = f"The tensor has shape {shape_text(tensor.shape)}."
        if axis >= tensor.ndim:
            raise ValueError(f"{what} must be < input rank: {axis} vs. {tensor.ndim}. {told}")
        if axis < 0:
            raise ValueError(f"{what} must be >=0, got {axis}. {told}")
    if along == batch:
        raise ValueError(f"batch_dim == seq_dim == {along}: they are two axes.")
    if lengths.shape[0] != tensor.shape[batch]:
        raise ValueError(
            f"Dimensions must be equal, but are {tensor.shape[batch]} and {lengths.shape[0]}: there "
            "is one length for each sequence."
        )
    places = [1] * tensor.ndim
    places[along] = tensor.shape[along]
    position = torch.arange(tensor.shape[along], device=tensor.device).reshape(places)
    places = [1] * tensor.ndim
    places[batch] = tensor.shape[batch]
    length = lengths.to(torch.int64).reshape(places)
    # What no length can be leads out of the tensor, and is refused there.
    index = torch.where(position < length, length - 1 - position, position + length.clamp(max=0))
    try:
        return tensor.gather(along, index.expand(tensor.shape))
    except RuntimeError:
        for place, number in enumerate(lengths.tolist()):
            if not 0 <= number <= tensor.shape[along]:
                sign = f"> input.dims({along})" if number > 0 else "< 0"
                raise ValueError(
                    f"seq_lens({place}) {sign}: it is {number}, and the tensor has shape "
                    f"{shape_text(tensor.shape)}."
                ) from None
        raise


def invert_permutation(x: Any, name: str | None = None) -> Tensor:
    """Where each number is in a permutation (tf.invert_permutation).

    >>> invert_permutation([2, 0, 1]).tolist()
    [1, 2, 0]

    Args:
        x: the numbers 0, 1, ... in any order.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: it is not of rank 1, or, on the CPU, it is no permutation.
        TypeError: the numbers are no integers.
    """
    tensor = of_dtype(wanted("x", x), "x", _INDICES)
    check_rank("x", tensor, 1)
    count = tensor.shape[0]
    places = torch.arange(count, dtype=tensor.dtype, device=tensor.device)
    # Where no number says what to write, there stays what no index can be.
    nowhere = torch.full_like(tensor, count)
    try:
        made = nowhere.scatter(0, tensor.to(torch.int64), places)
    except RuntimeError:
        for number in tensor.tolist():
            if not 0 <= number < count:
                raise ValueError(
                    f"{number} is not between 0 and {count}: a permutation has each number once."
                ) from None
        raise
    if made.is_cpu and fakes.has_values(made) and (made == count).any():
        numbers = tensor.tolist()
        twice = next(each for place, each in enumerate(numbers) if each in numbers[:place])
        raise ValueError(f"{twice} is duplicated in the input. It has {numbers}.")
    return made
