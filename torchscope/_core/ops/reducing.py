"""Numbers of many numbers: sums, means, the largest and whether all are so."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any, overload

import torch
from torch import Tensor

from torchscope._core.operations.tensor_names import named
from torchscope._core.ops import known
from torchscope._core.ops.arguments import (
    FLOATS,
    Axes,
    as_tensor,
    axes_of,
    either,
    of_dtype,
    wanted,
)
from torchscope._core.ops.sizes import Sizes, tensor_of
from torchscope._core.values.conversion import dtype_name

ORDERED = (
    *(torch.float32, torch.float64, torch.int32, torch.uint8, torch.int16, torch.int8),
    *(torch.int64, torch.bfloat16, torch.uint16, torch.float16, torch.uint32, torch.uint64),
)
NUMBERS = (
    *(torch.float32, torch.float64, torch.int32, torch.uint8, torch.int16, torch.int8),
    *(torch.complex64, torch.int64, torch.bfloat16, torch.uint16, torch.complex128),
    *(torch.float16, torch.uint32, torch.uint64),
)


@overload
def reduce_sum(
    input_tensor: Sizes,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> int: ...


@overload
def reduce_sum(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor: ...


def reduce_sum(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Any:
    """The sum over some axes (tf.reduce_sum).

    >>> reduce_sum([[1.0, 3.0], [5.0, 7.0]], axis=1)
    tensor([ 4., 12.])

    Arguments and errors are those of `reduce_mean`. The sum of sizes is a Python integer; other
    integers keep their dtype, and wrap as in TF1.
    """
    if name is not None:
        arguments = (axis, keepdims, None, reduction_indices, keep_dims)
        return named(reduce_sum(input_tensor, *arguments), name)
    if (
        isinstance(input_tensor, Tensor)
        and input_tensor.is_floating_point()
        and keepdims is None
        and (axis is None or (type(axis) is int and input_tensor.ndim))
        and reduction_indices is None
        and keep_dims is None
    ):
        # What most models ask for, without more ado.
        try:
            return input_tensor.sum() if axis is None else input_tensor.sum(axis)
        except IndexError:
            pass
    if not isinstance(input_tensor, Tensor) or not input_tensor.is_floating_point():
        number = _of_integers(
            operator.add, input_tensor, axis, reduction_indices, keepdims, keep_dims
        )
        if number is not None:
            return number
    tensor, axes, keep = asked(input_tensor, axis, keepdims, reduction_indices, keep_dims, NUMBERS)
    if not axes:
        return tensor.clone()
    if tensor.is_floating_point():
        return tensor.sum(axes, keep)
    return tensor.sum(axes, keep, dtype=tensor.dtype)


def reduce_mean(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The mean over some axes (tf.reduce_mean).

    >>> reduce_mean([[1.0, 3.0], [5.0, 7.0]], axis=1)
    tensor([2., 6.])
    >>> reduce_mean([1, -4])  # cut off towards 0
    tensor(-1, dtype=torch.int32)

    Args:
        input_tensor: a tensor of numbers. The mean of integers is an integer.
        axis: the axes; all by default.
        keepdims: whether they stay, with length 1.
        name: its name, for what is named after it; made unique.
        reduction_indices: another name of `axis`.
        keep_dims: another name of `keepdims`.

    Raises:
        ValueError: an axis is not there, or named twice; or an argument has both of its names.
        TypeError: the numbers are bools, or an axis is no integer.
    """
    if name is not None:
        arguments = (axis, keepdims, None, reduction_indices, keep_dims)
        return named(reduce_mean(input_tensor, *arguments), name)
    if (
        isinstance(input_tensor, Tensor)
        and input_tensor.is_floating_point()
        and keepdims is None
        and (axis is None or (type(axis) is int and input_tensor.ndim))
        and reduction_indices is None
        and keep_dims is None
    ):
        # What most models ask for, without more ado.
        try:
            return input_tensor.mean() if axis is None else input_tensor.mean(axis)
        except IndexError:
            pass
    tensor, axes, keep = asked(input_tensor, axis, keepdims, reduction_indices, keep_dims, NUMBERS)
    if not axes:
        # To PyTorch no axes are all of them.
        return tensor.clone()
    if tensor.is_floating_point() or tensor.is_complex():
        return tensor.mean(axes, keepdim=keep)
    count = math.prod(tensor.shape[each] for each in axes)
    total = tensor.sum(axes, keepdim=keep, dtype=torch.int64)
    # The mean of no integers is 0 to TF1.
    return total.div(max(count, 1), rounding_mode="trunc").to(tensor.dtype)


@overload
def reduce_max(
    input_tensor: Sizes,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> int: ...


@overload
def reduce_max(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor: ...


def reduce_max(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Any:
    """The largest number over some axes (tf.reduce_max).

    >>> reduce_max([[1.0, 3.0], [5.0, 7.0]], axis=0)
    tensor([5., 7.])

    Arguments and errors are those of `reduce_mean`; complex numbers are refused too. Numbers that are
    equally large share the gradient. Of no numbers it is the smallest that there is.
    """
    if not isinstance(input_tensor, Tensor) or not input_tensor.is_floating_point():
        number = _of_integers(
            torch.sym_max, input_tensor, axis, reduction_indices, keepdims, keep_dims
        )
        if number is not None:
            return number
    tensor, axes, keep = asked(input_tensor, axis, keepdims, reduction_indices, keep_dims, ORDERED)
    return _extreme(torch.amax, tensor, axes, keep, least=True)


@overload
def reduce_min(
    input_tensor: Sizes,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> int: ...


@overload
def reduce_min(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor: ...


def reduce_min(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Any:
    """The smallest number over some axes (tf.reduce_min).

    >>> reduce_min([[1.0, 3.0], [5.0, 7.0]], axis=0)
    tensor([1., 3.])

    As `reduce_max`. Of no numbers it is the largest that there is.
    """
    if not isinstance(input_tensor, Tensor) or not input_tensor.is_floating_point():
        number = _of_integers(
            torch.sym_min, input_tensor, axis, reduction_indices, keepdims, keep_dims
        )
        if number is not None:
            return number
    tensor, axes, keep = asked(input_tensor, axis, keepdims, reduction_indices, keep_dims, ORDERED)
    return _extreme(torch.amin, tensor, axes, keep, least=False)


@overload
def reduce_prod(
    input_tensor: Sizes,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> int: ...


@overload
def reduce_prod(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor: ...


def reduce_prod(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Any:
    """The product over some axes (tf.reduce_prod).

    >>> reduce_prod([[1.0, 3.0], [5.0, 7.0]], axis=1)
    tensor([ 3., 35.])
    >>> reduce_prod(Sizes([2, 3, 4])[1:])
    12

    Arguments and errors are those of `reduce_mean`. The product of sizes is a Python integer; other
    integers keep their dtype, and wrap as in TF1.
    """
    if not isinstance(input_tensor, Tensor) or not input_tensor.is_floating_point():
        number = _of_integers(
            operator.mul, input_tensor, axis, reduction_indices, keepdims, keep_dims
        )
        if number is not None:
            return number
    tensor, axes, keep = asked(input_tensor, axis, keepdims, reduction_indices, keep_dims, NUMBERS)
    if not axes:
        return tensor.clone()
    if len(axes) == 1:
        return tensor.prod(axes[0], keep, dtype=tensor.dtype)
    rest = [each for each in range(tensor.ndim) if each not in axes]
    sizes = [tensor.shape[each] for each in rest]
    flat = tensor.permute(*rest, *axes).reshape(
        *sizes, math.prod(tensor.shape[each] for each in axes)
    )
    product = flat.prod(-1, dtype=tensor.dtype)
    if not keep:
        return product
    return product.reshape([1 if n in axes else size for n, size in enumerate(tensor.shape)])


def reduce_all(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Whether all are true over some axes (tf.reduce_all).

    >>> reduce_all([[True, False], [True, True]], axis=1)
    tensor([False,  True])

    Arguments and errors are those of `reduce_mean`, of bools alone.
    """
    tensor = _bools("All", input_tensor)
    tensor, axes, keep = asked(tensor, axis, keepdims, reduction_indices, keep_dims, (torch.bool,))
    return tensor.all(axes, keep) if axes else tensor.clone()


def reduce_any(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Whether any is true over some axes (tf.reduce_any).

    >>> reduce_any([[True, False], [False, False]], axis=1)
    tensor([ True, False])

    Arguments and errors are those of `reduce_mean`, of bools alone.
    """
    tensor = _bools("Any", input_tensor)
    tensor, axes, keep = asked(tensor, axis, keepdims, reduction_indices, keep_dims, (torch.bool,))
    return tensor.any(axes, keep) if axes else tensor.clone()


def reduce_logsumexp(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The logarithm of the sum of exponentials over some axes (tf.reduce_logsumexp).

    >>> reduce_logsumexp([[0.0, 0.0, 0.0], [1000.0, 0.0, 0.0]], axis=1)
    tensor([   1.0986, 1000.0000])

    Arguments and errors are those of `reduce_mean`, of floats alone.
    """
    tensor, axes, keep = asked(
        input_tensor, axis, keepdims, reduction_indices, keep_dims, FLOATS, "x"
    )
    return tensor.logsumexp(axes, keep) if axes else tensor.clone()


def asked(
    given: Any,
    axis: Axes,
    keepdims: bool | None,
    reduction_indices: Axes,
    keep_dims: bool | None,
    allowed: tuple[torch.dtype, ...],
    parameter: str = "input",
) -> tuple[Tensor, list[int], bool]:
    """The tensor to reduce, its axes and whether they stay, of both generations of names.

    >>> asked(torch.ones(2, 3), -1, None, None, True, NUMBERS)[1:]
    ([1], True)
    """
    if reduction_indices is not None:
        axis = either("reduction_indices", reduction_indices, "axis", axis)
    if keep_dims is not None:
        keepdims = either("keep_dims", keep_dims, "keepdims", keepdims)
    tensor = given
    if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or FLOATS[0] not in allowed:
        tensor = of_dtype(given, parameter, allowed)
    rank = tensor.ndim
    if type(axis) is int and -rank <= axis < rank:
        return tensor, [axis % rank], bool(keepdims)
    return tensor, axes_of(axis, rank), bool(keepdims)


def _of_integers(
    combine: Callable[[Any, Any], Any],
    given: Any,
    axis: Any,
    reduction_indices: Any,
    keepdims: Any,
    keep_dims: Any,
) -> Any:
    """What a list of integers that are known gives: an integer, or None where it is for a tensor."""
    if isinstance(given, Tensor) and (given.ndim != 1 or given.is_floating_point()):
        return None
    if keepdims or keep_dims or not isinstance(given, Tensor | Sizes | list | tuple):
        return None
    numbers = known.of(given)
    axes = axis if reduction_indices is None else reduction_indices
    if not numbers or isinstance(numbers[0], list) or not isinstance(axes, int | list | None):
        return None
    if axes not in (None, 0, -1, [0], [-1]):
        return None
    number = functools.reduce(combine, numbers)
    return tensor_of(number, given.dtype, given.device) if isinstance(given, Tensor) else number


def _extreme(
    reduce: Callable[..., Tensor], tensor: Tensor, axes: list[int], keep: bool, *, least: bool
) -> Tensor:
    if not axes:
        return tensor.clone()
    try:
        return reduce(tensor, axes, keep)
    except (RuntimeError, IndexError):
        if tensor.numel():
            raise
    if tensor.is_floating_point():
        number: Any = -math.inf if least else math.inf
    else:
        limits = torch.iinfo(tensor.dtype)
        number = limits.min if least else limits.max
    # So PyTorch finds the shape.
    return torch.full_like(tensor.sum(axes, keep), number, dtype=tensor.dtype)


def _bools(operation: str, given: Any) -> Tensor:
    if isinstance(given, Tensor):
        if given.dtype != torch.bool:
            raise TypeError(
                f"Input 'input' of '{operation}' Op has type {dtype_name(given.dtype)} that does not "
                "match expected type of bool. Compare it first: `x != 0`."
            )
        return given
    try:
        return as_tensor(wanted("input", given), dtype=torch.bool)
    except TypeError as error:
        raise TypeError(
            f"Expected bool passed to parameter 'input' of op '{operation}', got {given!r} of type "
            f"'{type(given).__name__}' instead. Error: {error}"
        ) from None
