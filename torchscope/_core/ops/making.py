"""Tensors made of values, or filled with one, or of numbers in a row."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope._core.initializers.determined import Constant
from torchscope._core.operations.devices import device_of_the_net, on_device_of_the_net
from torchscope._core.ops import known
from torchscope._core.ops.arguments import (
    as_float32,
    as_tensor,
    checked_axis,
    either,
    numbers_of,
    shape_of,
    wanted,
)
from torchscope._core.ops.indexed_slices import IndexedSlices
from torchscope._core.ops.sizes import Sizes
from torchscope._core.values import conversion
from torchscope._core.values.conversion import as_dtype, dtype_name
from torchscope._core.values.static_shapes import Dimension, TensorShape, integers_of

# What a range is made of: of two, the later one.
_OF_RANGES = (torch.int32, torch.int64, torch.float32, torch.float64)


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
) -> Tensor:
    """The tensor that a value is, or is made into (tf.convert_to_tensor).

    >>> convert_to_tensor([23, 42], "float64")
    tensor([23., 42.], dtype=torch.float64)

    Args:
        value: a tensor, which is given back, a numpy array, a number, or nested lists of these.
        dtype: what to make of it; by default the dtype of an array, int32 for Python integers and
            float32 for Python floats.
        name: accepted for TF1 code; it has no effect.
        preferred_dtype: as `dtype`, where it can hold the value.
        dtype_hint: another name of it.

    Returns:
        The tensor, on the device of the net that runs if it was made.

    Raises:
        ValueError: the value is None, a tensor of another dtype, or lists of different lengths.
        TypeError: it is no number and holds none, or the dtype cannot hold it.
    """
    preferred = either("dtype_hint", dtype_hint, "preferred_dtype", preferred_dtype)
    if isinstance(value, Tensor) and dtype is None:
        return value
    return _noted(
        conversion.convert_to_tensor(
            value if isinstance(value, Tensor) or value is None else of_pieces(value),
            None if dtype is None else as_dtype(dtype),
            None if preferred is None else as_dtype(preferred),
            device_of_the_net(),
        ),
        value,
    )


def of_pieces(value: Any) -> Any:
    """A variable in pieces as a tensor, a shape as integers; anything else as it is."""
    if isinstance(value, TensorShape | Dimension):
        return integers_of(value)
    return value.as_tensor() if hasattr(value, "as_tensor") else value


def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str | None = None,
    verify_shape: bool = False,
) -> Tensor:
    """A tensor with the given values (tf.constant).

    >>> constant([23, 42])
    tensor([23, 42], dtype=torch.int32)

    Args:
        value: a number, nested sequences of numbers, or a numpy array.
        dtype: by default int32 for Python integers and float32 for Python floats.
        shape: the shape to fill; a value that is too short is filled up with its last number.
        name: accepted for TF1 code; it has no effect.
        verify_shape: refuses a value that has not that shape.

    Returns:
        The tensor, on the device of the net that runs.

    Raises:
        TypeError: the value is no number and holds none, is a tensor, or has not the shape.
        ValueError: there are more numbers than the shape takes, or the value is None.
    """
    if isinstance(value, Tensor):
        raise TypeError(
            "Expected any non-tensor type, but got a tensor instead. A tensor is what it is; "
            "tf.identity copies it, and x.detach() takes it out of the graph."
        )
    device = device_of_the_net()
    tensor = conversion.convert_to_tensor(
        value, None if dtype is None else as_dtype(dtype), device=device
    )
    if shape is None:
        return _noted(tensor, value)
    with on_device_of_the_net():
        filled = Constant(tensor, verify_shape=verify_shape)(shape_of(shape), tensor.dtype)
    whole = tensor.dtype in (torch.int32, torch.int64) and type(value) is int
    return _repeated(filled, value) if whole else filled


def _noted(tensor: Tensor, value: Any) -> Tensor:
    """A tensor of whole numbers with a note of those that it was made of."""
    if isinstance(value, Tensor) or tensor.dtype not in (torch.int32, torch.int64):
        return tensor
    if hasattr(value, "tolist") and tensor.numel() <= known.MOST:
        value = value.tolist()
    found = known.of(list(value) if isinstance(value, range) else value)
    return tensor if found is None else known.note(tensor, found)


def convert_to_tensor_or_indexed_slices(
    value: Any, dtype: Any = None, name: str | None = None
) -> Tensor | IndexedSlices:
    """`IndexedSlices` as they are, anything else as a tensor (tf.convert_to_tensor_or_indexed_slices).

    >>> convert_to_tensor_or_indexed_slices([1.0, 2.0])
    tensor([1., 2.])

    Args:
        value: what it is made of.
        dtype: what to make of it.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the value is None, a tensor of another dtype, or lists of different lengths.
        TypeError: it is no number and holds none, or the dtype cannot hold it.
    """
    if isinstance(value, IndexedSlices):
        return value
    return convert_to_tensor(value, dtype)


def is_tensor(x: Any) -> bool:
    """Whether something is a tensor, a variable or what `shape` gives (tf.is_tensor).

    >>> is_tensor(torch.ones(1)), is_tensor([1.0])
    (True, False)

    Args:
        x: anything.
    """
    return isinstance(x, Tensor | Sizes)


def zeros(shape: Any, dtype: Any = torch.float32, name: str | None = None) -> Tensor:
    """Zeros of a shape (tf.zeros).

    >>> zeros([2], torch.int32)
    tensor([0, 0], dtype=torch.int32)

    Args:
        shape: its dimensions, integers or a tensor of them; one number is a shape of one dimension.
        dtype: any dtype; False is the zero of torch.bool.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shape is None, or a dimension is negative.
        TypeError: a dimension is no integer.
    """
    sizes = _sizes(shape)
    return _repeated(torch.zeros(sizes, dtype=as_dtype(dtype), device=device_of_the_net()), 0)


def ones(shape: Any, dtype: Any = torch.float32, name: str | None = None) -> Tensor:
    """Ones of a shape (tf.ones).

    >>> ones([2], torch.bool)
    tensor([True, True])

    Args:
        shape: its dimensions, integers or a tensor of them; one number is a shape of one dimension.
        dtype: any dtype; True is the one of torch.bool.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shape is None, or a dimension is negative.
        TypeError: a dimension is no integer.
    """
    sizes = _sizes(shape)
    return _repeated(torch.ones(sizes, dtype=as_dtype(dtype), device=device_of_the_net()), 1)


def fill(dims: Any, value: Any, name: str | None = None) -> Tensor:
    """One number in all places of a shape (tf.fill).

    >>> fill([2, 2], 5)
    tensor([[5, 5],
            [5, 5]], dtype=torch.int32)

    Args:
        dims: the dimensions, integers or a tensor of them.
        value: the number, or a tensor of one, through which gradients flow.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The tensor, of the dtype of `value`.

    Raises:
        ValueError: the shape is one number, or the value is not; or one is None, or a dimension is
            negative.
        TypeError: a dimension is no integer.
    """
    sizes = _filled(numbers_of(dims, "dims"))
    if type(value) is float:
        return torch.full(sizes, value, dtype=torch.float32, device=device_of_the_net())
    tensor = as_tensor(wanted("value", value))
    if tensor.ndim:
        raise ValueError(
            f"Shape must be rank 0 but is rank {tensor.ndim}: what is filled in is one number. "
            "tf.tile repeats a tensor."
        )
    return _repeated(tensor.expand(sizes).clone(), known.of(value))


def _sizes(shape: Any) -> Any:
    if isinstance(shape, list | tuple):
        for each in shape:
            if type(each) is not int or each < 0:
                break
        else:
            return shape
    if shape is None:
        raise ValueError("None values not supported. Give a shape: a list of dimensions.")
    found = numbers_of(shape, "dims")
    return _filled(found if isinstance(found, list) else [found])


def _filled(dims: Any) -> list[int]:
    """The dimensions of what is to be filled."""
    if not isinstance(dims, list) or any(isinstance(each, list) for each in dims):
        raise ValueError(
            f"Shape must be rank 1 but is rank {2 if isinstance(dims, list) else 0}: a shape is a "
            f"list of dimensions. Received: {dims!r}"
        )
    if any(each < 0 for each in dims):
        raise ValueError(f"Fill dimensions must be >= 0: the shape is {dims}.")
    return dims


def _repeated(tensor: Tensor, number: Any) -> Tensor:
    """A new tensor of one number with a note of it, if it is a whole one."""
    dtype = tensor.dtype
    if dtype is torch.float32 or dtype not in (torch.int32, torch.int64) or number is None:
        return tensor
    if not all(type(each) is int for each in tensor.shape) or tensor.numel() > known.MOST:
        return tensor
    numbers = number
    for size in reversed(tensor.shape):
        numbers = [numbers] * size
    return known.note(tensor, numbers)


def zeros_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Zeros of the shape, dtype and device of a tensor (tf.zeros_like).

    >>> zeros_like([1.5, 2.5])
    tensor([0., 0.])

    Args:
        tensor: a tensor, or what makes one.
        dtype: another dtype.
        name: accepted for TF1 code; it has no effect.
        optimize: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the tensor is None.
        TypeError: it is no number and holds none.
    """
    like = tensor if isinstance(tensor, Tensor) else as_tensor(tensor)
    return torch.zeros_like(like, dtype=None if dtype is None else as_dtype(dtype))


def ones_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Ones of the shape, dtype and device of a tensor (tf.ones_like).

    >>> ones_like([1.5, 2.5], torch.int32)
    tensor([1, 1], dtype=torch.int32)

    Args:
        tensor: a tensor, or what makes one.
        dtype: another dtype.
        name: accepted for TF1 code; it has no effect.
        optimize: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the tensor is None.
        TypeError: it is no number and holds none.
    """
    like = tensor if isinstance(tensor, Tensor) else as_tensor(tensor)
    return _repeated(torch.ones_like(like, dtype=None if dtype is None else as_dtype(dtype)), 1)


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = torch.float32,
    name: str | None = None,
) -> Tensor:
    """The identity matrix, or a batch of it (tf.eye).

    >>> eye(2, 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])

    Args:
        num_rows: how many rows, an integer or a tensor of one.
        num_columns: how many columns; as many by default.
        batch_shape: the dimensions before them.
        dtype: any dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: a number is no integer.
        ValueError: a number is negative.
    """
    columns = num_rows if num_columns is None else num_columns
    try:
        sizes = [numbers_of(num_rows, "num_rows"), numbers_of(columns, "num_columns")]
    except (TypeError, ValueError):
        sizes = [[]]
    if any(isinstance(each, list) for each in sizes):
        raise TypeError(
            "Arguments `num_rows` and `num_columns` must be positive integer values. Received: "
            f"num_rows={num_rows}, num_columns={columns}"
        )
    rows, columns = _filled(sizes)
    batch = () if batch_shape is None else shape_of(batch_shape)
    matrix = torch.eye(rows, columns, dtype=as_dtype(dtype), device=device_of_the_net())
    return matrix.expand(*batch, rows, columns).clone() if batch else matrix


def number_range(
    start: Any,
    limit: Any = None,
    delta: Any = 1,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """Numbers from the first to before the limit (tf.range).

    >>> number_range(3)
    tensor([0, 1, 2], dtype=torch.int32)
    >>> number_range(2.0, 3.0, 0.5)
    tensor([2.0000, 2.5000])

    Args:
        start: the first number; if it is the only one, it is the limit, and 0 the first.
        limit: what no number reaches.
        delta: how far they are apart; below 0 they fall.
        dtype: their dtype; by default that of the arguments: of int32, int64, float32 and float64
            the last that is among them.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: an argument is more than one number, the distance is 0, or the limit lies on the
            other side.
        TypeError: the dtype cannot hold an argument.
    """
    if limit is None:
        start, limit = 0, start
    given = [start, limit, delta]
    if any(each is None for each in given):
        raise ValueError("None values not supported.")
    wished = None if dtype is None else as_dtype(dtype)
    if all(isinstance(each, int | torch.SymInt) and not isinstance(each, bool) for each in given):
        numbers, dtype_ = given, torch.int32 if wished is None else wished
    else:
        numbers, dtype_ = _of_a_range(given, wished)
    device = device_of_the_net()
    if not dtype_.is_floating_point:
        try:
            made = torch.arange(*numbers, dtype=dtype_, device=device)
        except RuntimeError:
            _check_range(*numbers)
            raise
        if all(type(each) is int for each in numbers) and made.numel() <= known.MOST:
            known.note(made, list(range(*numbers)))
        return made
    first, end, step = numbers
    _check_range(first, end, step)
    # As many as the arithmetic of the dtype says.
    count: Any = (end - first) / step
    if isinstance(count, float):
        count = math.ceil(abs(count if dtype_ == torch.float64 else as_float32(count)))
    else:
        count = math.ceil(count)
    row: Tensor = torch.arange(count, dtype=dtype_, device=device) * step + first
    return row


def _of_a_range(given: list[Any], wished: torch.dtype | None) -> tuple[list[Any], torch.dtype]:
    """The arguments of a range as Python's numbers, and its dtype."""
    # Numbers stay on the CPU, where nobody waits for them.
    tensors = [
        each
        if isinstance(each, Tensor)
        else conversion.convert_to_tensor(each, wished, device=torch.device("cpu"))
        for each in given
    ]
    for each in tensors:
        if each.ndim:
            raise ValueError(
                f"Shape must be rank 0 but is rank {each.ndim}: a range is made of three numbers. "
                f"Received: {given}"
            )
        if wished is None and each.dtype not in _OF_RANGES:
            raise TypeError(
                f"A range of {dtype_name(each.dtype)} is none to TF1: its numbers are int32, int64, "
                "float32 or float64. Give the dtype."
            )
    dtype = wished or max((each.dtype for each in tensors), key=_OF_RANGES.index)
    numbers: list[Any] = []
    for value, tensor in zip(given, tensors, strict=True):
        number = value if isinstance(value, float) else known.of(value)
        number = tensor.item() if number is None else number
        if not dtype.is_floating_point:
            numbers.append(int(number) if isinstance(number, float) else number)
        elif isinstance(number, int | float):
            numbers.append(float(number) if dtype == torch.float64 else as_float32(number))
        else:
            numbers.append(number)
    return numbers, dtype


def _check_range(start: Any, limit: Any, delta: Any) -> None:
    if delta == 0:
        raise ValueError("Requires delta != 0: the numbers of a range differ.")
    if (limit - start) * delta < 0:
        sign, than = ("<=", ">") if delta > 0 else (">=", "<")
        raise ValueError(f"Requires start {sign} limit when delta {than} 0: {start}/{limit}")


def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Tensor:
    """Numbers at equal distances, with both ends (tf.linspace, tf.lin_space).

    >>> linspace(0.0, 1.0, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])

    Args:
        start: the first number, or a tensor of them.
        stop: the last, of the same dtype. Integers are taken as float64.
        num: how many, an integer or a tensor of one.
        name: accepted for TF1 code; it has no effect.
        axis: where the new axis is put, if the ends are tensors.

    Raises:
        TypeError: the number is no integer, or `stop` cannot be of the dtype of `start`.
        ValueError: the number is negative, an end is None or of another dtype, or the axis is not
            there.
    """
    first = convert_to_tensor(start)
    try:
        last = convert_to_tensor(stop, first.dtype)
    except ValueError as error:
        message = f"stop: {error}" if isinstance(stop, Tensor) else str(error)
        raise ValueError(message) from None
    if num is None:
        raise ValueError("None values not supported.")
    count = numbers_of(num, "num")
    if isinstance(count, list):
        raise ValueError(f"Shape must be rank 0 but is rank 1: how many is one number, not {num}.")
    if count < 0:
        raise ValueError(f"Requires start <= limit when delta > 0: 1/{count}. `num` is negative.")
    if not first.is_floating_point() and not first.is_complex():
        first, last = first.double(), last.double()
    first, last = torch.broadcast_tensors(first, last)  # type: ignore[no-untyped-call]
    ahead = first.unsqueeze(0)
    where = checked_axis(axis, ahead) % ahead.ndim
    shares = torch.arange(count, dtype=first.dtype, device=first.device)
    shares = shares.reshape(-1, *[1] * first.ndim)
    numbers = torch.where(
        (shares == count - 1) & (shares > 0),
        last,
        first + shares * ((last - first) / max(count - 1, 1)),
    )
    return numbers.movedim(0, where) if where else numbers
