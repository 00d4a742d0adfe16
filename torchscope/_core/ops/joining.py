"""Tensors put together, and taken apart again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import torch
from torch import Tensor

from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, check_same_dtype, either, numbers_of, wanted
from torchscope._core.ops.sizes import Sizes, integers_of, row_of, standing_for
from torchscope._core.values.conversion import chooses_dtypes, dtype_name, shape_text


@overload
def concat(
    values: Sequence[Sequence[int]],
    axis: Any = None,
    name: str | None = None,
    concat_dim: Any = None,
) -> Sizes: ...


@overload
def concat(
    values: Any, axis: Any = None, name: str | None = None, concat_dim: Any = None
) -> Tensor: ...


def concat(values: Any, axis: Any = None, name: str | None = None, concat_dim: Any = None) -> Any:
    """Tensors one after the other along an axis (tf.concat).

    >>> concat([[1.0], [2.0, 3.0]], 0)
    tensor([1., 2., 3.])
    >>> concat(0, [[1.0], [2.0, 3.0]])  # the order of TF 0.x
    tensor([1., 2., 3.])

    Args:
        values: tensors of one dtype, and what makes them; or one, which is given back.
        axis: the axis.
        name: accepted for TF1 code; it has no effect.
        concat_dim: another name of `axis`.

    Returns:
        The tensor, or `Sizes` of what are sizes.

    Raises:
        TypeError: the dtypes differ, or the axis is no integer.
        ValueError: there are no values, the shapes do not fit, or there is no such axis.
    """
    if type(axis) is int and (tensors := _alike(values)):
        try:
            return torch.cat(tensors, axis)
        except (RuntimeError, IndexError):
            return _concatenated(values, axis)
    axis = either("concat_dim", concat_dim, "axis", axis)
    if isinstance(axis, list | tuple) and not isinstance(values, list | tuple):
        values, axis = axis, values
    where = numbers_of(axis, "axis")
    if isinstance(where, list):
        raise ValueError(f"Shape must be rank 0 but is rank 1: the axis is {axis!r}, not a number.")
    if not isinstance(values, list | tuple):
        return as_tensor(values)
    if where in (0, -1) and (numbers := _integers(values)):
        return standing_for(numbers, *values)
    return _concatenated(values, where)


def _alike(values: Any) -> Any:
    """The values, where they are tensors that only need to be put together; else nothing."""
    if (type(values) is not list and type(values) is not tuple) or not values:
        return None
    first = values[0]
    if not isinstance(first, Tensor):
        return None
    dtype, rank = first.dtype, first.ndim
    if not dtype.is_floating_point:
        return None
    for each in values:
        if each is first:
            continue
        # To torch.cat, what has the shape (0,) fits all.
        if not isinstance(each, Tensor) or each.dtype is not dtype or each.ndim != rank:
            return None
    return values


def _integers(values: Sequence[Any]) -> list[Any] | None:
    """All integers of several rows, if all are known without a tensor."""
    numbers: list[Any] = []
    sized = any(type(each) is Sizes for each in values)
    for each in values:
        row = [] if isinstance(each, list | tuple) and not each else row_of(each)
        if row is None and sized:
            # Beside what `tf.shape` gives, numpy's integers are integers.
            row = row_of(_without_numpy(each))
        if row is None:
            return None
        numbers += row
    return numbers


def _without_numpy(value: Any) -> Any:
    """Arrays and numbers of numpy's as Python's, also in a list; all else as it is."""
    if isinstance(value, list | tuple):
        return [_without_numpy(each) for each in value]
    asked = None if isinstance(value, Tensor) else getattr(value, "tolist", None)
    return value if asked is None else asked()


def _concatenated(values: Sequence[Any], where: int) -> Tensor:
    if not values:
        raise ValueError(
            "List argument 'values' to 'ConcatV2' Op with length 0 shorter than minimum length 2."
        )
    tensors = of_one_dtype("values", "ConcatV2", values)
    first = tensors[0]
    if len(tensors) == 1:
        return first
    shapes = f"the shapes are {', '.join(shape_text(each.shape) for each in tensors)}."
    if first.ndim == 0:
        raise ValueError(f"Can't concatenate scalars (use tf.stack instead): {shapes}")
    least = where + 1 if where >= 0 else -where
    if first.ndim < least:
        raise ValueError(
            f"Shape must be at least rank {least} but is rank {first.ndim}: there is no axis "
            f"{where}; {shapes}"
        )
    where %= first.ndim
    for each in tensors:
        if each.ndim != first.ndim:
            raise ValueError(f"Shape must be rank {first.ndim} but is rank {each.ndim}: {shapes}")
        for other, (size, own) in enumerate(zip(first.shape, each.shape, strict=True)):
            if other != where and size != own:
                # TF1 counts without the axis.
                raise ValueError(
                    f"Dimension {other - (other > where)} in both shapes must be equal, but are "
                    f"{size} and {own}: along axis {where}, {shapes}"
                )
    made = torch.cat(tensors, dim=where)
    if not first.is_floating_point():
        numbers = [known.of(each) for each in values]
        if all(isinstance(each, list) for each in numbers):
            known.note(made, _joined(numbers, where))
    return made


def _joined(parts: Sequence[list[Any]], where: int) -> list[Any]:
    """Nested lists, one behind the other along an axis."""
    if where == 0:
        return [each for part in parts for each in part]
    return [_joined(rows, where - 1) for rows in zip(*parts, strict=True)]


def of_one_dtype(parameter: str, operation: str, values: Sequence[Any]) -> list[Tensor]:
    """What a list holds as tensors; the first that is a tensor says of which dtype numbers are.

    >>> of_one_dtype("values", "Pack", [[1], torch.tensor([2.5])])
    [tensor([1.]), tensor([2.5000])]

    Raises:
        TypeError: they are of several dtypes.
    """
    beside = next((each for each in values if isinstance(each, Tensor)), None)
    dtype = None if beside is None else beside.dtype
    try:
        tensors = [as_tensor(each, beside, dtype) for each in values]
        first = tensors[0]
        if all(each.dtype == first.dtype for each in tensors) or chooses_dtypes(first.device):
            return tensors
    except (TypeError, ValueError):
        pass
    # What they are by themselves.
    names = [
        "<NOT CONVERTIBLE TO TENSOR>" if each is None else dtype_name(as_tensor(each).dtype)
        for each in values
    ]
    raise TypeError(
        f"Tensors in list passed to '{parameter}' of '{operation}' Op have types "
        f"[{', '.join(names)}] that don't all match. Convert them to one dtype."
    )


@overload
def stack(values: Sequence[int], axis: Any = 0, name: str | None = "stack") -> Sizes: ...


@overload
def stack(values: Any, axis: Any = 0, name: str | None = "stack") -> Tensor: ...


def stack(values: Any, axis: Any = 0, name: str | None = "stack") -> Any:
    """Tensors of one shape along a new axis (tf.stack, tf.pack).

    >>> stack([[1.0, 2.0], [3.0, 4.0]], axis=1)
    tensor([[1., 3.],
            [2., 4.]])

    Args:
        values: a list of tensors of one dtype, and of what makes them.
        axis: where the axis is to be in the result.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The tensor, or `Sizes` of integers.

    Raises:
        TypeError: the dtypes differ, or it is no list.
        ValueError: the shapes differ, or there is no such axis.
    """
    if type(axis) is int and (tensors := _alike(values)):
        try:
            return torch.stack(tensors, axis)
        except (RuntimeError, IndexError):
            pass
    where = numbers_of(axis, "axis")
    if not isinstance(values, list | tuple):
        if where == 0:
            return as_tensor(wanted("values", values))
        raise TypeError(
            f"Expected list for 'values' argument to 'pack' Op, not {values!r}. tf.transpose "
            "moves the axes of one tensor."
        )
    if not values:
        return as_tensor([])
    numbers = row_of(values)
    if numbers is not None and where in (0, -1):
        return standing_for(numbers, values)
    if where == 0 and not any(isinstance(e, Tensor) or hasattr(e, "astype") for e in values):
        # A list of numbers is one tensor, in which integers go among floats.
        try:
            nested = integers_of(values)
            return as_tensor(list(values)) if nested is None else standing_for(nested, *values)
        except (TypeError, ValueError):
            pass
    return _stacked(values, where, "Pack")


def _stacked(values: Sequence[Any], where: int, operation: str) -> Tensor:
    tensors = of_one_dtype("values", operation, values)
    first = tensors[0]
    for each in tensors:
        if each.ndim != first.ndim:
            raise ValueError(
                f"Shapes must be equal rank, but are {first.ndim} and {each.ndim}: they are "
                f"{', '.join(shape_text(each.shape) for each in tensors)}."
            )
        for axis, (size, own) in enumerate(zip(first.shape, each.shape, strict=True)):
            if size != own:
                texts = (",".join(map(str, t.shape)) for t in (first, each))
                raise ValueError(
                    f"Dimension {axis} in both shapes must be equal, but are {size} and {own}. "
                    f"Shapes are [{'] and ['.join(texts)}]."
                )
    rank = first.ndim + 1
    if not -rank <= where < rank:
        raise ValueError(
            f"Argument `axis` = {where} not in range [{-rank}, {rank}): the tensors have shape "
            f"{shape_text(first.shape)}."
        )
    made = torch.stack(tensors, where)
    if where in (0, -1) and first.ndim == 0 and not first.is_floating_point():
        numbers = known.of(list(values))
        if numbers is not None:
            known.note(made, numbers)
    return made


@overload
def parallel_stack(values: Sequence[int], name: str | None = "parallel_stack") -> Sizes: ...


@overload
def parallel_stack(values: Any, name: str | None = "parallel_stack") -> Tensor: ...


def parallel_stack(values: Any, name: str | None = "parallel_stack") -> Any:
    """Tensors of one shape along a new first axis: `stack` (tf.parallel_stack).

    >>> parallel_stack([[1.0], [2.0]])
    tensor([[1.],
            [2.]])

    Args:
        values: a list of tensors of one dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        IndexError: there are none.
        TypeError: the dtypes differ.
        ValueError: the shapes differ.
    """
    if not values:
        raise IndexError("list index out of range: there is no tensor in values.")
    return stack(values)


def unstack(value: Any, num: Any = None, axis: Any = 0, name: str | None = "unstack") -> list[Any]:
    """The parts of a tensor along an axis, which they have no more (tf.unstack, tf.unpack).

    >>> unstack([[1.0, 2.0], [3.0, 4.0]], axis=1)
    [tensor([1., 3.]), tensor([2., 4.])]

    Args:
        value: a tensor.
        num: how many there are; it need not be given.
        axis: the axis.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The tensors, or integers of `Sizes`.

    Raises:
        ValueError: there is no such axis, or it is of another length.
        TypeError: the axis is no integer.
    """
    where = numbers_of(axis, "axis")
    numbers = row_of(value)
    if numbers is not None and where in (0, -1) and num in (None, len(numbers)):
        return numbers
    tensor = as_tensor(wanted("value", value))
    rank = tensor.ndim
    if not -rank <= where < rank:
        raise ValueError(
            f"Argument `axis` = {where} not in range [{-rank}, {rank}): the tensor has shape "
            f"{shape_text(tensor.shape)}."
        )
    if num is not None and (count := numbers_of(num, "num")) != tensor.shape[where]:
        raise ValueError(
            f"Dimension must be {count} but is {tensor.shape[where]}: along axis {where} of "
            f"{shape_text(tensor.shape)}."
        )
    parts = list(tensor.unbind(where))
    noted = None if rank != 1 or tensor.is_floating_point() else known.of(tensor)
    return parts if noted is None else list(map(known.note, parts, noted))


def split(
    value: Any = None,
    num_or_size_splits: Any = None,
    axis: Any = None,
    num: Any = None,
    name: str | None = "split",
    split_dim: Any = None,
    num_split: Any = None,
) -> list[Any]:
    """Parts of a tensor, cut along an axis (tf.split).

    >>> split([1.0, 2.0, 3.0], [1, 2])
    [tensor([1.]), tensor([2., 3.])]
    >>> split(0, 3, torch.tensor([1.0, 2.0, 3.0]))  # the order of TF 0.x
    [tensor([1.]), tensor([2.]), tensor([3.])]

    Args:
        value: a tensor.
        num_or_size_splits: how many parts of one length, or the lengths, of which one may be -1:
            what is left.
        axis: the axis; 0 by default.
        num: accepted for TF1 code; how many parts there are, is known here.
        name: accepted for TF1 code; it has no effect.
        split_dim: another name of `axis`.
        num_split: another name of `num_or_size_splits`.

    Raises:
        ValueError: there is no such axis, or the lengths do not make up its length.
        TypeError: a length is no integer.
    """
    axis = either("split_dim", split_dim, "axis", axis)
    parts = either("num_split", num_split, "num_or_size_splits", num_or_size_splits)
    if type(value) is int and axis is not None and type(axis) is not int:
        value, axis = axis, value
    tensor: Any = value if type(value) is Sizes else as_tensor(wanted("value", value))
    rank = 1 if type(tensor) is Sizes else tensor.ndim
    where = _axis_of_split(axis, rank)
    length = len(tensor) if type(tensor) is Sizes else tensor.shape[where]
    if _is_integer(parts):
        parts = numbers_of(parts, "num_split")
        if parts < 1:
            raise ValueError(f"Attr 'num_split' of 'Split' Op passed {parts} less than minimum 1.")
        if length % parts:
            raise ValueError(
                f"Dimension size must be evenly divisible by {parts} but is {length}: axis {where} "
                "is cut into parts of one length. A list of lengths cuts it otherwise."
            )
        sizes: Any = [length // parts] * parts
    else:
        sizes = _sizes_of_split(parts, length)
        if num is not None and num != len(sizes):
            raise ValueError(
                f"Length of size_splits should be equal to num_outputs: there are {len(sizes)} "
                f"lengths, and num={num}."
            )
    if type(tensor) is Sizes:
        ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
        return [tensor[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    return list(tensor.split(sizes, where))


def split_v(
    value: Any,
    size_splits: Any,
    split_dim: Any = 0,
    num: Any = None,
    name: str | None = "split_v",
) -> list[Any]:
    """Parts of a tensor of given lengths: `split` (tf.split_v of TF 0.12).

    >>> split_v([1.0, 2.0, 3.0], [1, 2])
    [tensor([1.]), tensor([2., 3.])]

    Args:
        value: a tensor.
        size_splits: the lengths, or how many.
        split_dim: the axis.
        num: accepted for TF1 code.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `split`.
        TypeError: as in `split`.
    """
    return split(value, size_splits, split_dim, num)


def _is_integer(value: Any) -> bool:
    """Whether it is one integer, of Python, numpy or a recording."""
    if type(value) is int or isinstance(value, torch.SymInt):
        return True
    return hasattr(value, "__index__") and not isinstance(value, Tensor) and not value.ndim


def _axis_of_split(axis: Any, rank: int) -> int:
    if axis is None:
        axis = 0
    if isinstance(axis, float):
        raise TypeError(
            f"Expected int32 passed to parameter 'split_dim' of op 'Split', got {axis} of type "
            f"'float' instead. Error: Expected int32, but got {axis} of type 'float'."
        )
    where: Any = numbers_of(axis, "split_dim")
    if isinstance(where, list):
        raise ValueError(f"Input must be scalar but has rank 1: the axis is {axis!r}.")
    if not -rank <= where < rank:
        raise ValueError(
            f"Dimension size, given by scalar input {where} must be in range [-{rank}, {rank}): it "
            f"is the axis of a tensor of rank {rank}."
        )
    return where % rank  # type: ignore[no-any-return]


def _sizes_of_split(parts: Any, length: int) -> list[int]:
    """The lengths of the parts."""
    if parts is None:
        raise ValueError("None values not supported. Give a number of parts, or their lengths.")
    if not isinstance(parts, list | tuple) and not getattr(parts, "ndim", 0):
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument "
            f"provided: {parts}"
        )
    try:
        sizes: list[int] = numbers_of(parts, "size_splits")
    except TypeError as error:
        raise TypeError(str(error).replace("values: int32", "values: int8, int32")) from None
    rest = [place for place, size in enumerate(sizes) if type(size) is int and size == -1]
    if len(rest) > 1:
        raise ValueError(f"size_splits can only have one -1: they are {sizes}.")
    if rest:
        sizes = list(sizes)
        sizes[rest[0]] = length - sum(size for size in sizes if size != -1)
    for place, size in enumerate(sizes):
        if size < 0:
            raise ValueError(
                f"Split size at index {place} must be >= 0. Got: {size}. Give lengths that make up "
                f"the axis, which is {length} long."
            )
    if sum(sizes) != length:
        text = ",".join(map(str, sizes))
        raise ValueError(
            f"can't split axis of size {length} into pieces of size [{text}]: they must make it up."
        )
    return sizes


def meshgrid(*args: Any, **kwargs: Any) -> list[Tensor]:
    """The coordinates of the points of a grid (tf.meshgrid).

    >>> meshgrid([1, 2], [3, 4, 5])[1].tolist()
    [[3, 3], [4, 4], [5, 5]]

    Args:
        args: the coordinates along each axis, of one dtype.
        kwargs: `indexing`, 'xy' by default, where the first two axes of the results are exchanged,
            or 'ij'; `name` has no effect.

    Raises:
        ValueError: `indexing` is something else.
        TypeError: the dtypes differ, or there is another argument.
    """
    indexing = kwargs.pop("indexing", "xy")
    kwargs.pop("name", None)
    if kwargs:
        raise TypeError(
            f"{next(iter(kwargs))!r} is an invalid keyword argument for this function. It takes "
            "indexing and name."
        )
    if indexing not in {"xy", "ij"}:
        raise ValueError(
            f"Argument `indexing` parameter must be either 'xy' or 'ij', got {indexing!r}"
        )
    beside = next((each for each in args if isinstance(each, Tensor)), None)
    lines = [as_tensor(wanted("x", each), beside).reshape(-1) for each in args]
    for each in lines[1:]:
        check_same_dtype("Mul", "x", each, "y", lines[0])
    if len(lines) < 2:
        return lines
    return list(torch.meshgrid(*lines, indexing=indexing))
