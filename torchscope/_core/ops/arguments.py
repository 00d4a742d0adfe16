"""What functions with TF1's signatures ask of their arguments, and TF1's words for what is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops import known
from torchscope._core.ops.indexed_slices import IndexedSlices
from torchscope._core.ops.sizes import Sizes, tensor_of
from torchscope._core.values.conversion import (
    chooses_dtypes,
    convert_to_tensor,
    dtype_name,
    shape_text,
)
from torchscope._core.values.partitioners import PartitionedVariable
from torchscope._core.values.static_shapes import Dimension, TensorShape, integers_of

Axes = int | Sequence[int] | Tensor | None

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
COMPLEX_TOO = (
    *(torch.bfloat16, torch.float16, torch.float32, torch.float64),
    *(torch.complex64, torch.complex128),
)


def as_tensor(
    value: Any,
    beside: Any = None,
    dtype: torch.dtype | None = None,
    preferred: torch.dtype | None = None,
) -> Tensor:
    """The tensor that an argument stands for: itself, a variable in pieces, or numbers.

    >>> as_tensor([1.0, 2.0])
    tensor([1., 2.])

    Args:
        value: the argument.
        beside: another argument. If it is a tensor, numbers are put on its device, else on that of
            the net that runs.
        dtype: what numbers are to be.
        preferred: the same, where it can hold them.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, PartitionedVariable):
        return value.as_tensor()
    if isinstance(value, IndexedSlices):
        return value.to_dense()
    device = beside.device if isinstance(beside, Tensor) else device_of_the_net()
    if isinstance(value, Sizes):
        return tensor_of(list(value), dtype or value.dtype, device)
    if isinstance(value, TensorShape | Dimension):
        return tensor_of(integers_of(value), dtype or torch.int32, device)
    return convert_to_tensor(value, dtype, preferred, device)


def operands(operation: str, **given: Any) -> list[Tensor]:
    """The tensors that the arguments of one operation stand for, by their names, in TF1's order.

    As in TF1 the first one says of which dtype numbers after it are.

    >>> operands("Conv2D", input=torch.ones(1, dtype=torch.float64), filter=[1])
    [tensor([1.], dtype=torch.float64), tensor([1.], dtype=torch.float64)]

    Raises:
        TypeError: numbers cannot be of that dtype.
    """
    beside = next((value for value in given.values() if isinstance(value, Tensor)), None)
    found: list[Tensor] = []
    for name, value in given.items():
        if isinstance(value, Tensor):
            found.append(value)
            continue
        dtype = found[0].dtype if found else None
        try:
            found.append(as_tensor(wanted(name, value), beside, dtype))
        except TypeError as error:
            if dtype is None:
                raise
            raise TypeError(
                f"Expected {dtype_name(dtype)} passed to parameter '{name}' of op '{operation}', "
                f"got {value!r} of type '{type(value).__name__}' instead. Error: {error}"
            ) from None
    return found


def of_dtype(value: Any, parameter: str, allowed: Sequence[torch.dtype] = FLOATS) -> Tensor:
    """The tensor that an argument stands for, which must be of one of the `allowed` dtypes.

    >>> of_dtype(torch.ones(2, dtype=torch.int32), "features")
    Traceback (most recent call last):
    TypeError: Value passed to parameter 'features' has DataType int32 not in list of allowed ...

    Raises:
        TypeError: it is of another dtype.
    """
    tensor = value if isinstance(value, Tensor) else as_tensor(value)
    if tensor.dtype not in allowed:
        real = [dtype for dtype in allowed if not dtype.is_complex]
        raise TypeError(
            f"Value passed to parameter '{parameter}' has DataType {dtype_name(tensor.dtype)} not "
            f"in list of allowed values: {', '.join(map(dtype_name, allowed))}. It has shape "
            f"{shape_text(tensor.shape)}; convert it first: `{parameter}.to({(real or allowed)[-1]})`."
        )
    return tensor


def as_float32(number: float) -> float:
    """The nearest float32, which TF1 makes of numbers that are attributes of its operations.

    >>> as_float32(0.2)
    0.20000000298023224
    """
    mantissa, exponent = math.frexp(number)
    return math.ldexp(round(mantissa * 2**24), exponent - 24)


def numbers_of(value: Any, parameter: str) -> Any:
    """Integers that an argument says, one or nested lists of them, as Python's.

    >>> numbers_of(torch.tensor([1, 2]), "shape"), numbers_of(3, "axis")
    ([1, 2], 3)

    Raises:
        ValueError: it is None.
        TypeError: something else is among them.
    """
    if type(value) is int:
        return value
    wanted(parameter, value)
    found = known.of(value)
    if found is not None:
        return found
    if isinstance(value, Tensor) or hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str) or not isinstance(value, Iterable):
        if isinstance(value, bool | str) or not hasattr(value, "__index__"):
            name = {"bool": "bool", "float": "float32", "str": "string"}.get(type(value).__name__)
            raise TypeError(
                f"Value passed to parameter '{parameter}' has DataType "
                f"{name or type(value).__name__} not in list of allowed values: int32, int64. "
                f"Received: {value!r}"
            )
        return value if isinstance(value, int | torch.SymInt) else value.__index__()
    return [numbers_of(each, parameter) for each in value]


def shape_of(shape: Any) -> tuple[int, ...]:
    """The dimensions of what is to be made, of integers or of a tensor of them.

    >>> shape_of(torch.tensor([2, 3]))
    (2, 3)

    Raises:
        ValueError: it is one number, or None, or a dimension is negative.
        TypeError: a dimension is no integer.
    """
    if isinstance(shape, list | tuple):
        for each in shape:
            if type(each) is not int or each < 0:
                break
        else:
            return tuple(shape)
    found = numbers_of(shape, "shape")
    depth = (
        0 if not isinstance(found, list) else 2 if any(isinstance(f, list) for f in found) else 1
    )
    if depth != 1:
        raise ValueError(
            f"Shape must be rank 1 but is rank {depth}: a shape is a list of dimensions. Received: "
            f"shape={shape!r}"
        )
    for size in found:
        if size < 0:
            raise ValueError(f"Dimension {size} must be >= 0: the shape is {shape_text(found)}.")
    return tuple(found)


def axes_of(axes: Axes, rank: int) -> list[int]:
    """The axes that are meant, counted from the first: all of them by None.

    >>> axes_of(-1, 3), axes_of([0, 1], 3), axes_of(None, 2)
    ([2], [0, 1], [0, 1])

    Raises:
        ValueError: one is not there, or named twice; or they are a tensor in a compiled graph.
        TypeError: one is no integer.
    """
    if axes is None:
        return list(range(rank))
    if isinstance(axes, Tensor) and torch.compiler.is_dynamo_compiling():
        raise ValueError(
            "The axes are a tensor, whose values a compiled graph knows only when it runs, and they "
            "decide the shape of the result. Give them as integers."
        )
    # A bool is an axis to TF1: 0 or 1.
    given = numbers_of(int(axes) if isinstance(axes, bool) else axes, "reduction_indices")
    found = []
    for axis in given if isinstance(given, list) else [given]:
        if isinstance(axis, list):
            raise ValueError(f"Shape must be at most rank 1 but is rank 2: the axes are {axes!r}.")
        if not -rank <= axis < rank:
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {rank} dimensions: the axes are "
                f"{axes}."
            )
        found.append(axis % rank)
    if len(set(found)) != len(found):
        raise ValueError(f"Invalid reduction arguments: Axes contains duplicate dimension: {axes}")
    return found


def checked_axis(axis: Any, tensor: Tensor) -> int:
    """`axis` where it is one of the tensor's.

    >>> checked_axis(-1, torch.ones(2, 3))
    -1

    Raises:
        ValueError: it is not.
        TypeError: it is no integer.
    """
    rank = tensor.ndim
    if not isinstance(axis, int):
        raise TypeError(f"An axis is an integer. Received: {axis!r}")
    if rank == 0 and axis == -1:
        raise ValueError(
            "Shape must be at least rank 1 but is rank 0: a number has no axis to work along."
        )
    if not -rank <= axis < rank:
        raise ValueError(
            f"`dim` must be in the range [{-rank}, {rank}) where {rank} is the number of "
            f"dimensions in the input. Received: dim={axis} for the shape "
            f"{shape_text(tensor.shape)}"
        )
    return axis


def check_same_dtype(
    operation: str, first_name: str, first: Tensor, second_name: str, second: Tensor
) -> None:
    """Refuses two operands of different dtypes, which TF1 never converts.

    >>> check_same_dtype("Mul", "x", torch.ones(1), "y", torch.ones(1))

    Raises:
        TypeError: they differ, and not because of autocast.
    """
    if first.dtype != second.dtype and not chooses_dtypes(first.device):
        raise TypeError(
            f"Input '{second_name}' of '{operation}' Op has type {dtype_name(second.dtype)} that "
            f"does not match type {dtype_name(first.dtype)} of argument '{first_name}'. The shapes "
            f"are {shape_text(second.shape)} and {shape_text(first.shape)}; convert one of them."
        )


def either(name: str, value: Any, other_name: str, other: Any) -> Any:
    """The value of an argument that TF1 knows under two names.

    >>> either("dim", None, "axis", 1)
    1

    Raises:
        ValueError: both were given.
    """
    if value is None:
        return other
    if other is not None:
        raise ValueError(f"Cannot specify both '{name}' and '{other_name}'.")
    return value


# Any: it is what was given.
def wanted(name: str, value: Any) -> Any:
    """The value, which must be one.

    Raises:
        ValueError: it is None.
    """
    if value is None:
        raise ValueError(
            f"Tried to convert '{name}' to a tensor and failed. Error: None values not supported."
        )
    return value


def check_rank(what: str, tensor: Tensor, rank: int) -> None:
    """Refuses a tensor of another rank; `what` says in the message what it is.

    Raises:
        ValueError: the rank is another.
    """
    if tensor.ndim != rank:
        raise ValueError(
            f"Shape must be rank {rank} but is rank {tensor.ndim}: {what} has shape "
            f"{shape_text(tensor.shape)}."
        )


def check_broadcast(*named: tuple[str, Tensor | None], remedy: str = "") -> None:
    """Refuses shapes that cannot be brought to one, each with its name; `remedy` says what to do.

    >>> check_broadcast(("x", torch.ones(2, 3)), ("mean", torch.ones(3)))

    Raises:
        ValueError: they cannot.
    """
    seen: list[int] = []
    for _, tensor in named:
        shape = [] if tensor is None else list(tensor.shape)[::-1]
        for axis, (a, b) in enumerate(zip(seen, shape, strict=False)):
            if a != b and 1 not in (a, b):
                shapes = ", ".join(f"{n} {shape_text(t.shape)}" for n, t in named if t is not None)
                raise ValueError(
                    f"Dimensions must be equal, but are {b} and {a}: the shapes are {shapes}.{remedy}"
                )
            seen[axis] = max(a, b)
        seen += shape[len(seen) :]
