"""How far numbers are spread, and how long vectors and matrices are."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import (
    COMPLEX_TOO,
    Axes,
    as_tensor,
    axes_of,
    either,
    numbers_of,
    of_dtype,
    wanted,
)
from torchscope._core.ops.reducing import NUMBERS, asked, reduce_max, reduce_sum
from torchscope._core.values.conversion import dtype_name


def reduce_variance(
    input_tensor: Any, axis: Axes = None, keepdims: bool | None = False, name: str | None = None
) -> Tensor:
    """The variance over some axes: the mean of squared distances (tf.math.reduce_variance).

    >>> reduce_variance([[1.0, 3.0], [5.0, 5.0]], axis=1)
    tensor([1., 0.])

    Args:
        input_tensor: floats or complex numbers; of these it is real.
        axis: the axes; all by default.
        keepdims: whether they stay, with length 1.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: an axis is not there, or named twice.
        TypeError: the numbers are integers or bools, or an axis is no integer.
    """
    tensor = as_tensor(wanted("input_tensor", input_tensor))
    if not tensor.is_floating_point() and not tensor.is_complex():
        raise TypeError(
            "Input must be either real or complex. Received integer type <dtype: "
            f"'{dtype_name(tensor.dtype)}'>. Convert it first: tf.cast(x, tf.float32)."
        )
    axes = axes_of(axis, tensor.ndim)
    if not axes:
        return (tensor - tensor).abs().square()
    distance = tensor - tensor.mean(axes, keepdim=True)
    if distance.is_complex():
        return (distance.conj() * distance).real.mean(axes, keepdim=bool(keepdims))
    return distance.square().mean(axes, keepdim=bool(keepdims))


def reduce_std(
    input_tensor: Any, axis: Axes = None, keepdims: bool | None = False, name: str | None = None
) -> Tensor:
    """The standard deviation over some axes, the root of the variance (tf.math.reduce_std).

    >>> reduce_std([[1.0, 3.0], [5.0, 5.0]], axis=1)
    tensor([1., 0.])

    Arguments and errors are those of `reduce_variance`. Where it is 0 its gradient is NaN, as in TF1.
    """
    return reduce_variance(input_tensor, axis, keepdims).sqrt()


def reduce_euclidean_norm(
    input_tensor: Any, axis: Axes = None, keepdims: bool | None = False, name: str | None = None
) -> Tensor:
    """The root of the sum of squares over some axes (tf.math.reduce_euclidean_norm).

    >>> reduce_euclidean_norm([[3.0, 4.0], [0.0, 1.0]], axis=1)
    tensor([5., 1.])
    >>> reduce_euclidean_norm([3, 5])  # cut off
    tensor(5, dtype=torch.int32)

    Arguments and errors are those of `reduce_mean`.
    """
    tensor, axes, keep = asked(input_tensor, axis, keepdims, None, None, NUMBERS)
    squares = (tensor.conj() if tensor.is_complex() else tensor) * tensor
    total = squares.sum(axes, keep, dtype=tensor.dtype) if axes else squares
    # The root of an integer is a float to PyTorch.
    return total.sqrt() if tensor.dtype in COMPLEX_TOO else total.double().sqrt().to(tensor.dtype)


def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The length of vectors, or a norm of matrices (tf.norm, tf.linalg.norm).

    >>> norm([[3.0, 4.0], [0.0, 1.0]], axis=1)
    tensor([5., 1.])

    Args:
        tensor: floats or complex numbers.
        ord: 'euclidean', a positive number or infinity; of matrices 'euclidean', 'fro', 1, 2 or
            infinity.
        axis: the axis of the vectors, or two: the rows and the columns of matrices. By default all
            numbers are one vector.
        keepdims: whether the axes stay, with length 1.
        name: accepted for TF1 code; it has no effect.
        keep_dims: another name of `keepdims`.

    Raises:
        ValueError: there is no such norm or axis, or both names of an argument were given.
        TypeError: the numbers are integers.
    """
    keep = bool(either("keep_dims", keep_dims, "keepdims", keepdims))
    numbers = as_tensor(wanted("tensor", tensor))
    axes = None if axis is None else numbers_of(axis, "axis")
    if isinstance(axes, list):
        if len(axes) != 2 or axes[0] == axes[1]:
            raise ValueError(
                "'axis' must be None, an integer, or a tuple of 2 unique integers, got "
                f"{axis!r}: one axis of vectors, or two of matrices."
            )
        return _of_matrices(numbers, ord, axes, keep)
    if ord not in ("euclidean", 1, 2, torch.inf) and (
        isinstance(ord, str) or not isinstance(ord, int | float) or ord <= 0
    ):
        raise ValueError(
            f"'ord' must be a supported vector norm, got {ord}: 'euclidean', or a positive number."
        )
    if ord in ("euclidean", 2):
        return _euclidean(numbers, axes, keep)
    if ord in (1, torch.inf):
        found: Tensor = (reduce_sum if ord == 1 else reduce_max)(numbers.abs(), axes, keep)
        return found
    powers = of_dtype(numbers, "x", COMPLEX_TOO).abs().pow(ord)
    total: Tensor = reduce_sum(powers, axes, keep)
    return total.pow(1.0 / ord)


def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Numbers divided by their norm, and the norm (tf.linalg.normalize).

    >>> normalize([3.0, 4.0])
    (tensor([0.6000, 0.8000]), tensor([5.]))

    Args:
        tensor: floats or complex numbers.
        ord: as in `norm`.
        axis: as in `norm`.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The numbers, and the norm with its axes kept.

    Raises:
        ValueError: there is no such norm or axis.
        TypeError: the numbers are integers.
    """
    numbers = as_tensor(wanted("tensor", tensor))
    length = norm(numbers, ord, axis, keepdims=True)
    return numbers / length, length


def _euclidean(tensor: Tensor, axes: Any, keep: bool) -> Tensor:
    numbers = of_dtype(tensor, "x", COMPLEX_TOO)
    squares = (numbers.conj() if numbers.is_complex() else numbers) * numbers
    total: Tensor = reduce_sum(squares, axes, keep)
    return total.sqrt()


def _of_matrices(tensor: Tensor, ord: Any, axes: list[int], keep: bool) -> Tensor:
    rows, columns = axes_of(axes, tensor.ndim)
    if ord in ("euclidean", "fro"):
        return _euclidean(tensor, axes, keep)
    if ord == 2:
        # The axes of the matrices come last.
        values: Tensor = torch.linalg.svdvals(tensor.movedim((rows, columns), (-2, -1))).amax(-1)
        if not keep:
            return values
        return values.reshape(
            [1 if n in (rows, columns) else s for n, s in enumerate(tensor.shape)]
        )
    if ord not in (1, torch.inf):
        raise ValueError(
            "'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], got "
            f"{ord}: the axes are two, so the norm is of matrices."
        )
    first, second = (rows, columns) if ord == 1 else (columns, rows)
    sums = tensor.abs().sum(first, keepdim=True)
    largest = sums.amax(second, keepdim=True)
    return largest if keep else largest.squeeze([rows, columns])
