"""Parts of a tensor from one place to another along each axis."""

from __future__ import annotations

from typing import Any, overload

import torch
from torch import Tensor

from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, numbers_of, of_dtype, wanted
from torchscope._core.ops.sizes import Sizes
from torchscope._core.values.conversion import shape_text

_INDICES = (torch.int32, torch.int64)


@overload
def slice_of(input_: Sizes, begin: Any, size: Any, name: str | None = None) -> Sizes: ...


@overload
def slice_of(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor: ...


def slice_of(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """The part of a tensor that begins at a place and has a size (tf.slice).

    >>> slice_of([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0, 1], [2, -1])
    tensor([[2., 3.],
            [5., 6.]])

    Args:
        input_: a tensor.
        begin: where it begins along each axis: integers, or tensors of them.
        size: how long it is along each axis; -1 for all that is left.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The part, or `Sizes` of sizes.

    Raises:
        ValueError: there are more or fewer numbers than axes, or the part is not inside.
        TypeError: a number is no integer.
    """
    tensor: Any = input_ if type(input_) is Sizes else as_tensor(wanted("input", input_))
    shape = [len(tensor)] if type(tensor) is Sizes else list(tensor.shape)
    starts = _starts(begin)
    if any(isinstance(each, float) for each in (size if isinstance(size, list | tuple) else ())):
        number = next(each for each in size if isinstance(each, float))
        raise TypeError(
            f"Expected int32 passed to parameter 'size' of op 'Slice', got {size!r} of type "
            f"'{type(size).__name__}' instead. Error: Expected int32, but got {number} of type "
            "'float'."
        )
    lengths: Any = numbers_of(size, "size")
    _check_lists(starts, lengths, shape)
    kept: list[slice] = []
    for axis, (first, length, whole) in enumerate(zip(starts, lengths, shape, strict=True)):
        left = type(length) is int and length == -1
        if isinstance(first, Tensor) and not left:
            # Where only the device knows where it begins, nobody asks it.
            places = torch.arange(length, device=tensor.device) + first
            tensor = _picked(tensor, axis, places, whole)
            kept.append(slice(None))
            continue
        start: Any = int(first) if isinstance(first, Tensor) else first
        if start < 0:
            raise ValueError(f"Expected begin[{axis}] in [0, {whole}], but got {start}.")
        if left:
            if start > whole:
                raise ValueError(
                    f"Negative dimension size caused by subtracting {start} from {whole}: axis "
                    f"{axis} is {whole} long, and the part begins at {start}."
                )
            kept.append(slice(start, None))
            continue
        if length < 0:
            raise ValueError(
                f"Invalid value in tensor used for shape: {length}. size[{axis}] is at least 0, or "
                "-1 for all that is left."
            )
        if start + length > whole:
            raise ValueError(
                f"Expected size[{axis}] in [0, {whole - start}], but got {length}. It begins at "
                f"{start} of {shape_text(shape)}."
            )
        kept.append(slice(start, start + length))
    return tensor[kept[0]] if type(tensor) is Sizes else _noted(tensor[tuple(kept)], tensor, kept)


def _noted(part: Tensor, whole: Tensor, kept: list[slice]) -> Tensor:
    """The part, of which is known what is known of the whole."""
    if whole.ndim != 1 or whole.is_floating_point():
        return part
    numbers = known.of(whole)
    return part if numbers is None else known.note(part, numbers[kept[0]])


def _starts(begin: Any) -> Any:
    """Integers where they are known, and else tensors of one."""
    wanted("begin", begin)
    if isinstance(begin, Tensor) and known.of(begin) is None:
        begin = of_dtype(begin, "begin", _INDICES)
        return list(begin.unbind()) if begin.ndim == 1 else begin
    if isinstance(begin, list | tuple) and any(isinstance(each, Tensor) for each in begin):
        return [
            of_dtype(each, "begin", _INDICES)
            if isinstance(each, Tensor) and known.of(each) is None
            else numbers_of(each, "begin")
            for each in begin
        ]
    if isinstance(begin, list | tuple) and not begin:
        of_dtype(torch.empty(0), "begin", _INDICES)
    return numbers_of(begin, "begin")


def _check_lists(starts: Any, lengths: Any, shape: list[int]) -> None:
    if not isinstance(starts, list) or not isinstance(lengths, list):
        raise ValueError("Shape must be rank 1 but is rank 0: begin and size are lists.")
    if len(starts) != len(lengths):
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {len(starts)} and {len(lengths)}. "
            f"Shapes are [{len(starts)}] and [{len(lengths)}]."
        )
    if len(starts) != len(shape):
        raise ValueError(
            f"Shape must be rank {len(starts)} but is rank {len(shape)}: there is one number for "
            f"each axis of {shape_text(shape)}."
        )


def _picked(tensor: Tensor, axis: int, places: Tensor, whole: int) -> Tensor:
    try:
        return tensor.index_select(axis, places)
    except (IndexError, RuntimeError):
        raise ValueError(
            f"Expected begin[{axis}] and size[{axis}] in [0, {whole}], but the part has the places "
            f"{places.tolist()}."
        ) from None


@overload
# Any: one of the sizes, or some: it is a mask that says which.
def strided_slice(
    input_: Sizes,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Any: ...


@overload
def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Tensor: ...


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Any:
    """What `x[begin:end:stride, ...]` says of a tensor (tf.strided_slice).

    >>> strided_slice([1.0, 2.0, 3.0, 4.0], [-1], [0], [-2])
    tensor([4., 2.])

    Args:
        input_: a tensor.
        begin: the first place of each entry: integers, or a tensor of them.
        end: the place behind the last one.
        strides: the steps, which may be negative; 1 by default.
        begin_mask: bits that say of which entries `begin` is left out.
        end_mask: the same of `end`.
        ellipsis_mask: which entry is `...`.
        new_axis_mask: which ones are new axes of length 1.
        shrink_axis_mask: which ones are one place, so that the axis goes.
        var: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The part; of `Sizes` an integer or `Sizes`.

    Raises:
        ValueError: the lists differ in length, there are more entries than axes, a place is not
            there, or a stride is 0.
        TypeError: a number is no integer.
    """
    starts, ends = _list(begin, "begin"), _list(end, "end")
    steps = [1] * len(starts) if strides is None else _list(strides, "strides")
    for other in (ends, steps):
        if len(other) != len(starts):
            raise ValueError(
                f"Dimension 0 in both shapes must be equal, but are {len(starts)} and {len(other)}. "
                f"Shapes are [{len(starts)}] and [{len(other)}]."
            )
    whole: Any = input_ if type(input_) is Sizes else as_tensor(wanted("input", input_))
    shape = (len(whole),) if type(whole) is Sizes else whole.shape
    count = len(starts)
    entries = [
        _Entry(
            starts[place] if not begin_mask >> place & 1 else None,
            ends[place] if not end_mask >> place & 1 else None,
            steps[place],
            ellipsis=bool(ellipsis_mask >> place & 1),
            new=bool(new_axis_mask >> place & 1),
            one=bool(shrink_axis_mask >> place & 1),
        )
        for place in range(count)
    ]
    if sum(entry.ellipsis for entry in entries) > 1:
        raise ValueError("Multiple ellipses in slice spec not allowed: ellipsis_mask has one bit.")
    taken = sum(not entry.ellipsis and not (entry.new) for entry in entries)
    if taken > len(shape):
        raise ValueError(
            f"Index out of range using input dim {len(shape)}; input has only {len(shape)} dims: "
            f"its shape is {shape_text(shape)}."
        )
    keys: list[Any] = []
    axis, flipped = 0, []
    for place, entry in enumerate(entries):
        if entry.ellipsis:
            keys.append(...)
            axis += len(shape) - taken
        elif entry.new:
            keys.append(None)
        else:
            keys.append(entry.key(place, axis, shape[axis]))
            if entry.step < 0:
                flipped.append(axis)
            axis += 1
    if type(whole) is Sizes:
        mirrored = whole[::-1] if flipped else whole
        return mirrored[keys[0]] if len(keys) == 1 else as_tensor(mirrored)[tuple(keys)]
    return (whole.flip(flipped) if flipped else whole)[tuple(keys)]


class _Entry:
    """One place, or the places from one to another, of what `x[...]` says."""

    def __init__(
        self, start: Any, end: Any, step: int, *, ellipsis: bool, new: bool, one: bool
    ) -> None:
        self.start, self.end, self.step = start, end, step
        self.ellipsis, self.new, self.one = ellipsis, new and not ellipsis, one

    def key(self, place: int, axis: int, length: int) -> Any:
        """What PyTorch is asked for, of an axis that is mirrored where the step is negative."""
        if self.step == 0:
            raise ValueError(
                f"strides[{place}] must be non-zero: no step leads from place to place."
            )
        if self.one:
            if self.step < 0:
                raise ValueError("only stride 1 allowed on non-range indexing. It is one place.")
            start = 0 if self.start is None else self.start
            if not -length <= start < length:
                start = start + length if start < 0 else start
                raise ValueError(
                    f"slice index {start} of dimension {axis} out of bounds. It is {length} long."
                )
            return start
        if self.step > 0:
            return slice(self.start, self.end, self.step)
        return slice(
            self._mirrored(self.start, length), self._mirrored(self.end, length), -self.step
        )

    @staticmethod
    def _mirrored(place: Any, length: int) -> Any:
        if place is None:
            return None
        place = place + length if place < 0 else place
        return length - 1 - min(max(place, -1), length - 1)


def _list(value: Any, parameter: str) -> list[Any]:
    wanted(parameter, value)
    try:
        found = numbers_of(value, parameter)
    except TypeError as error:
        raise TypeError(str(error).replace("values: int32", "values: int16, int32")) from None
    if not isinstance(found, list):
        raise ValueError(f"Shape must be rank 1 but is rank 0: {parameter} is a list: {value!r}.")
    return found
