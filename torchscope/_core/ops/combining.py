"""Several tensors made one: sums of lists, and polynomials."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.tensor_names import named
from torchscope._core.ops.arguments import as_tensor, of_dtype, shape_of, wanted
from torchscope._core.ops.arithmetic import add, multiply
from torchscope._core.values.conversion import as_dtype, chooses_dtypes, dtype_name, shape_text

_REAL = (
    *(torch.float32, torch.float64, torch.int32, torch.uint8, torch.int16, torch.int8),
    *(torch.int64, torch.bfloat16, torch.uint16, torch.float16, torch.uint32, torch.uint64),
)


def add_n(inputs: Any, name: str | None = None) -> Tensor:
    """The sum of a list of tensors (tf.add_n).

    >>> add_n([torch.ones(2), torch.ones(2), [1.0, 2.0]])
    tensor([3., 4.])

    Args:
        inputs: tensors of one dtype and shape, and what makes them.
        name: the name of the sum, for what is named after it; made unique.

    Raises:
        ValueError: there are none, one is None, or the shapes differ.
        TypeError: the dtypes differ, or are of bools.
    """
    what = (
        "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and "
        "shape."
    )
    if isinstance(inputs, Tensor):
        raise TypeError(f"Iterating over a tensor is not allowed: {what} Use tf.reduce_sum(x, 0).")
    given = list(inputs)
    if not given or any(each is None for each in given):
        raise ValueError(f"{what} Received: {given!r}")
    tensors = [as_tensor(each, given[0]) for each in given]
    first = tensors[0]
    if any(each.dtype != first.dtype for each in tensors) and not chooses_dtypes(first.device):
        names = ", ".join(dtype_name(each.dtype) for each in tensors)
        raise TypeError(
            f"Tensors in list passed to 'inputs' of 'AddN' Op have types [{names}] that don't all "
            "match. Convert them to one dtype."
        )
    if first.dtype == torch.bool:
        of_dtype(first, "inputs", _REAL)
    _check_shapes(tensors)
    return named(functools.reduce(torch.add, tensors), name)


def _check_shapes(tensors: list[Tensor]) -> None:
    first = tensors[0].shape
    for shape in (each.shape for each in tensors):
        shapes = f"The shapes are {shape_text(first)} and {shape_text(shape)}."
        if len(shape) != len(first):
            raise ValueError(
                f"Shapes must be equal rank, but are {len(first)} and {len(shape)}. {shapes}"
            )
        for axis, (size, other) in enumerate(zip(first, shape, strict=True)):
            if size != other:
                raise ValueError(
                    f"Dimension {axis} in both shapes must be equal, but are {size} and {other}. "
                    f"{shapes}"
                )


def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Tensor:
    """The sum of a list of tensors (tf.accumulate_n).

    >>> accumulate_n([torch.ones(2), torch.ones(2)], shape=[2])
    tensor([2., 2.])

    Args:
        inputs: as in `add_n`, in a list or a tuple.
        shape: their shape, which is checked.
        tensor_dtype: their dtype, which is checked.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are none, their dtypes or shapes differ, or the shape is another.
        TypeError: the dtype is another.
    """
    what = "inputs must be a list of at least one Tensor with the same dtype and shape"
    if not isinstance(inputs, list | tuple) or not inputs or any(each is None for each in inputs):
        raise ValueError(f"{what}. Received: {inputs!r}")
    tensors = [as_tensor(each, inputs[0]) for each in inputs]
    first = tensors[0]
    if any(each.dtype != first.dtype for each in tensors):
        names = ", ".join(dtype_name(each.dtype) for each in tensors)
        raise ValueError(f"{what}. The dtypes are {names}.")
    if tensor_dtype is not None and as_dtype(tensor_dtype) != first.dtype:
        raise TypeError(
            f"The `tensor_dtype` argument is <dtype: '{dtype_name(as_dtype(tensor_dtype))}'>, but "
            f"`input` is of type <dtype: '{dtype_name(first.dtype)}'>. These must be equal: convert "
            "the tensors, or leave the argument out."
        )
    expected = tuple(first.shape) if shape is None else shape_of(shape)
    for each in tensors:
        if tuple(each.shape) != expected:
            raise ValueError(
                f"Shapes {shape_text(expected)} and {shape_text(each.shape)} are not compatible."
            )
    return add_n(tensors)


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Tensor:
    """A tensor times a number (tf.scalar_mul).

    >>> scalar_mul(2, torch.tensor([1.0, 2.0]))
    tensor([2., 4.])

    Args:
        scalar: a number, or a tensor of rank 0 and of the dtype of `x`.
        x: a tensor, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: `scalar` has axes or another dtype, or is None.
        TypeError: `x` holds bools, or its dtype cannot hold the number.
    """
    tensor = as_tensor(wanted("x", x))
    if scalar is None:
        raise ValueError("None values not supported.")
    factor = as_tensor(scalar, tensor, tensor.dtype)
    if factor.ndim:
        raise ValueError(
            "The input scalar must be a 0-D value. Received a tensor of shape "
            f"{shape_text(factor.shape)}: tf.multiply takes any."
        )
    if factor.dtype != tensor.dtype and not chooses_dtypes(tensor.device):
        raise ValueError(
            f"scalar: Tensor conversion requested dtype {dtype_name(tensor.dtype)} for Tensor with "
            f"dtype {dtype_name(factor.dtype)}: convert one of them."
        )
    return multiply(factor, tensor)


def polyval(coeffs: Any, x: Any, name: str | None = None) -> Tensor:
    """A polynomial's value, by Horner's scheme (tf.math.polyval).

    >>> polyval([1.0, 2.0, 3.0], torch.tensor([0.0, 2.0]))
    tensor([ 3., 11.])

    Args:
        coeffs: a list of the coefficients, that of the highest power first.
        x: a tensor, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Returns:
        Zeros where there are no coefficients, and one alone as it is.

    Raises:
        ValueError: the coefficients are no list.
        TypeError: their dtype is not that of `x`.
    """
    if not isinstance(coeffs, list):
        raise ValueError(
            f"Argument coeffs must be list type. Received type {type(coeffs).__name__}."
        )
    variable = as_tensor(wanted("x", x))
    if not coeffs:
        return torch.zeros_like(variable)
    powers: Iterable[Tensor] = [as_tensor(each, variable) for each in coeffs]
    return functools.reduce(lambda value, each: add(each, multiply(value, variable)), powers)
