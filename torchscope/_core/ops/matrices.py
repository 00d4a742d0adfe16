"""Matrices turned, and their diagonals: taken, set, and made into matrices."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, numbers_of, of_dtype, operands, wanted
from torchscope._core.values.conversion import dtype_name, shape_text

_DIAGONAL = (
    *(torch.bfloat16, torch.float16, torch.float32, torch.float64, torch.int32, torch.int64),
    *(torch.complex64, torch.complex128),
)
_ALIGNMENTS = ("RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT")


def matrix_transpose(
    a: Any, name: str | None = "matrix_transpose", conjugate: bool = False
) -> Tensor:
    """Matrices with rows for columns (tf.matrix_transpose, tf.linalg.transpose).

    >>> matrix_transpose([[1, 2, 3]]).shape
    torch.Size([3, 1])

    Args:
        a: (..., N, M).
        name: accepted for TF1 code; it has no effect.
        conjugate: whether complex numbers are conjugated.

    Returns:
        (..., M, N).

    Raises:
        ValueError: it is no matrix.
    """
    tensor = as_tensor(wanted("a", a))
    if tensor.ndim < 2:
        raise ValueError(
            "Argument `a` should be a (batch) matrix with rank >= 2. It has shape "
            f"{shape_text(tensor.shape)}."
        )
    return tensor.mH.resolve_conj() if conjugate else tensor.mT


def adjoint(matrix: Any, name: str | None = None) -> Tensor:
    """Matrices with rows for columns, conjugated (tf.linalg.adjoint).

    >>> adjoint([[1j, 2.0]]).shape
    torch.Size([2, 1])

    Args:
        matrix: (..., N, M).
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: it is no matrix.
    """
    return matrix_transpose(matrix, conjugate=True)


def trace(x: Any, name: str | None = None) -> Tensor:
    """The sums of the diagonals of matrices (tf.trace, tf.linalg.trace).

    >>> trace([[1, 2], [3, 4]])
    tensor(5, dtype=torch.int32)

    Args:
        x: (..., N, M).
        name: accepted for TF1 code; it has no effect.

    Returns:
        (...).

    Raises:
        ValueError: it is no matrix.
    """
    tensor = _matrices(as_tensor(wanted("x", x)))
    return tensor.diagonal(dim1=-2, dim2=-1).sum(-1, dtype=tensor.dtype)


def matrix_band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Tensor:
    """Matrices with 0 outside of a band around the diagonal (tf.matrix_band_part).

    >>> matrix_band_part([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 0, 1)
    tensor([[1, 2, 0],
            [0, 5, 6],
            [0, 0, 9]], dtype=torch.int32)

    Args:
        input: (..., N, M).
        num_lower: how many diagonals below the main one are kept; all by a negative number.
        num_upper: how many above it.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: it is no matrix, or there are not so many diagonals.
        TypeError: a number of diagonals is no integer.
    """
    tensor = _matrices(as_tensor(wanted("input", input)))
    counts = []
    for which, given, size, axis in (
        ("num_lower", num_lower, tensor.shape[-2], "rows"),
        ("num_upper", num_upper, tensor.shape[-1], "columns"),
    ):
        count = numbers_of(given, which)
        if isinstance(count, list):
            raise ValueError(f"{which} must be scalar, got shape [{len(count)}]: {given!r}.")
        if count > size:
            raise ValueError(
                f"{which} must be negative or less or equal to number of {axis} ({size}) got: {count}"
            )
        counts.append(count)
    lower, upper = counts
    band = tensor if upper < 0 else tensor.tril(upper)
    return band.clone() if lower < 0 and upper < 0 else band if lower < 0 else band.triu(-lower)


def diag(diagonal: Any, name: str | None = None) -> Tensor:
    """A tensor of twice the rank with the given numbers on its diagonal (tf.diag).

    >>> diag([1, 2])
    tensor([[1, 0],
            [0, 2]], dtype=torch.int32)

    Args:
        diagonal: of shape (A, B, ...).
        name: accepted for TF1 code; it has no effect.

    Returns:
        (A, B, ..., A, B, ...).

    Raises:
        ValueError: it is a single number.
        TypeError: the numbers are of a dtype that TF1 does not take.
    """
    tensor = of_dtype(wanted("diagonal", diagonal), "diagonal", _DIAGONAL)
    if not tensor.ndim:
        raise ValueError("Shape must be at least rank 1 but is rank 0: one number is no diagonal.")
    return tensor.reshape(-1).diag_embed().reshape(*tensor.shape, *tensor.shape)


def diag_part(input: Any, name: str | None = None) -> Tensor:
    """The diagonal of a tensor whose shape comes twice (tf.diag_part).

    >>> diag_part([[1, 2], [3, 4]])
    tensor([1, 4], dtype=torch.int32)

    Args:
        input: of shape (A, B, ..., A, B, ...).
        name: accepted for TF1 code; it has no effect.

    Returns:
        (A, B, ...).

    Raises:
        ValueError: the shape is another.
        TypeError: the numbers are of a dtype that TF1 does not take.
    """
    tensor = of_dtype(wanted("input", input), "input", _DIAGONAL)
    half, odd = divmod(tensor.ndim, 2)
    if odd or not half:
        raise ValueError(
            f"Input must have even and non-zero rank, input rank is {tensor.ndim}: its shape is "
            f"{shape_text(tensor.shape)}."
        )
    shape = tensor.shape[:half]
    for one, other in zip(shape, tensor.shape[half:], strict=True):
        if one != other:
            raise ValueError(
                f"Dimensions must be equal, but are {one} and {other}: the shape is "
                f"{shape_text(tensor.shape)}."
            )
    size = math.prod(shape)
    return tensor.reshape(size, size).diagonal().reshape(shape)


def matrix_diag(
    diagonal: Any,
    name: str | None = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Matrices with given diagonals (tf.matrix_diag, tf.linalg.diag).

    >>> matrix_diag([1, 2], k=1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]], dtype=torch.int32)

    Args:
        diagonal: (..., L), or (..., D, L) where `k` says several diagonals, the highest first.
        name: accepted for TF1 code; it has no effect.
        k: which diagonal, 0 the main one, higher ones positive; or the lowest and the highest.
        num_rows: how many rows there are; by default as few as there can be.
        num_cols: how many columns; likewise.
        padding_value: what is elsewhere.
        align: on which side diagonals above, and below, the main one stand that are shorter.

    Returns:
        (..., rows, columns).

    Raises:
        ValueError: the shapes do not fit.
        TypeError: the padding is of another dtype, or `k` is no integer.
    """
    tensor, padding = operands(
        "MatrixDiagV3", diagonal=wanted("diagonal", diagonal), padding_value=padding_value
    )
    lowest, highest = _band(k)
    least = 1 if lowest == highest else 2
    if tensor.ndim < least:
        raise ValueError(
            f"Shape must be at least rank {least} but is rank {tensor.ndim}: of the diagonals."
        )
    _check_order(lowest, highest)
    rows, columns = numbers_of(num_rows, "num_rows"), numbers_of(num_cols, "num_cols")
    if least == 1:
        tensor = tensor.unsqueeze(-2)
    elif tensor.shape[-2] != highest - lowest + 1:
        raise ValueError(
            "The number of rows of `diagonal` doesn't match the number of diagonals implied from "
            f"`d_lower` and `d_upper`: {tensor.shape[-2]} and {highest - lowest + 1}."
        )
    length = tensor.shape[-1]
    height, width = length - min(highest, 0), length + max(lowest, 0)
    if rows == -1 and columns == -1:
        rows = columns = max(height, width)
    rows = height if rows == -1 else rows
    columns = width if columns == -1 else columns
    for which, size, fewest in (("num_rows", rows, height), ("num_cols", columns, width)):
        if size < fewest:
            raise ValueError(f"{which} is too small: {size}, but the diagonals need {fewest}.")
    if rows != height and columns != width:
        raise ValueError(
            "num_rows and num_cols are not consistent with lower_diag_index, upper_diag_index, and "
            "the length of the given diagonals."
        )
    inside, values = _spread(tensor, lowest, highest, rows, columns, align)
    return torch.where(inside, values, padding)


def matrix_diag_part(
    input: Any,
    name: str | None = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """The diagonals of matrices (tf.matrix_diag_part, tf.linalg.diag_part).

    >>> matrix_diag_part([[1, 2, 3], [4, 5, 6]], k=(-1, 0))
    tensor([[1, 5],
            [4, 0]], dtype=torch.int32)

    Args:
        input: (..., N, M).
        name: accepted for TF1 code; it has no effect.
        k: as in `matrix_diag`.
        padding_value: what fills up diagonals that are shorter.
        align: as in `matrix_diag`.

    Returns:
        (..., L), or (..., D, L) where `k` says several diagonals, the highest first.

    Raises:
        ValueError: it is no matrix, or has no such diagonal.
        TypeError: the padding is of another dtype, or `k` is no integer.
    """
    tensor, padding = operands(
        "MatrixDiagPartV3", input=wanted("input", input), padding_value=padding_value
    )
    _matrices(tensor)
    lowest, highest = _band(k)
    _check_inside(lowest, highest, tensor)
    if lowest == highest:
        return tensor.diagonal(lowest, -2, -1)
    _check_order(lowest, highest)
    rows, columns = tensor.shape[-2:]
    most = min(rows + min(highest, 0), columns - max(lowest, 0))
    # Of each diagonal, the highest first: how long it is, and where it begins.
    above = torch.arange(highest, lowest - 1, -1, device=tensor.device)[:, None]
    length, offset = _lengths(above, rows, columns, most, align)
    place = torch.arange(most, device=tensor.device) - offset
    inside = (place >= 0) & (place < length)
    row = (place - above.clamp(max=0)).clamp(0, max(rows - 1, 0))
    column = (place + above.clamp(min=0)).clamp(0, max(columns - 1, 0))
    return torch.where(inside, tensor[..., row, column], padding)


def matrix_set_diag(
    input: Any,
    diagonal: Any,
    name: str | None = "set_diag",
    k: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Matrices with other diagonals (tf.matrix_set_diag, tf.linalg.set_diag).

    >>> matrix_set_diag([[1, 2], [3, 4]], [8, 9])
    tensor([[8, 2],
            [3, 9]], dtype=torch.int32)

    Args:
        input: (..., N, M).
        diagonal: (..., L), or (..., D, L) where `k` says several diagonals, the highest first.
        name: accepted for TF1 code; it has no effect.
        k: as in `matrix_diag`.
        align: as in `matrix_diag`.

    Raises:
        ValueError: it is no matrix, has no such diagonal, or the diagonals are of another shape.
        TypeError: the dtypes differ, or `k` is no integer.
    """
    tensor, other = operands("MatrixSetDiagV3", input=wanted("input", input), diagonal=diagonal)
    if tensor.dtype != other.dtype:
        raise TypeError(
            f"Input 'diagonal' of 'MatrixSetDiagV3' Op has type {dtype_name(other.dtype)} that does "
            f"not match type {dtype_name(tensor.dtype)} of argument 'input'. Convert one of them."
        )
    _matrices(tensor)
    lowest, highest = _band(k)
    _check_inside(lowest, highest, tensor)
    _check_order(lowest, highest)
    rows, columns = tensor.shape[-2:]
    length = min(rows + min(highest, 0), columns - max(lowest, 0))
    wide = [] if lowest == highest else [highest - lowest + 1]
    shape = [*tensor.shape[:-2], *wide, length]
    if other.ndim != len(shape):
        raise ValueError(
            f"Shape must be rank {len(shape)} but is rank {other.ndim}: the diagonals have shape "
            f"{shape_text(shape)}."
        )
    if list(other.shape) != shape:
        raise ValueError(
            f"Expected diagonal to have shape {shape_text(shape)}, but got "
            f"{shape_text(other.shape)}: the matrices have shape {shape_text(tensor.shape)}."
        )
    if lowest == highest:
        return torch.diagonal_scatter(tensor, other, lowest, -2, -1)
    inside, values = _spread(other, lowest, highest, rows, columns, align)
    return torch.where(inside, values, tensor)


def _matrices(tensor: Tensor) -> Tensor:
    if tensor.ndim < 2:
        raise ValueError(
            f"Shape must be at least rank 2 but is rank {tensor.ndim}: {shape_text(tensor.shape)} is "
            "no matrix."
        )
    return tensor


def _band(k: Any) -> tuple[int, int]:
    """The lowest and the highest diagonal."""
    found = numbers_of(k, "k")
    if not isinstance(found, list):
        return found, found
    if len(found) not in (1, 2):
        raise ValueError(f"diag_index must be a scalar or a vector of 1 or 2, received {k!r}.")
    return found[0], found[-1]


def _check_order(lowest: int, highest: int) -> None:
    if lowest > highest:
        raise ValueError(
            f"lower_diag_index is greater than upper_diag_index: {lowest} and {highest}."
        )


def _check_inside(lowest: int, highest: int, tensor: Tensor) -> None:
    rows, columns = tensor.shape[-2:]
    for which, each in (("lower_diag_index", lowest), ("upper_diag_index", highest)):
        if each and not -rows < each < columns:
            raise ValueError(
                f"{which} is out of bound: {each} for the shape {shape_text(tensor.shape)}."
            )


def _lengths(
    above: Tensor, rows: int, columns: int, most: int, align: str
) -> tuple[Tensor, Tensor]:
    """How long diagonals are, and how many places before them are filled up."""
    if align not in _ALIGNMENTS:
        raise ValueError(f"align must be one of {', '.join(_ALIGNMENTS)}. Received: {align!r}.")
    upper, lower = (side == "LEFT" for side in align.split("_"))
    length = torch.minimum(rows + above.clamp(max=0), columns - above.clamp(min=0))
    left = ((above >= 0) & upper) | ((above <= 0) & lower)
    return length, torch.where(left, 0, most - length)


def _spread(
    diagonals: Tensor, lowest: int, highest: int, rows: int, columns: int, align: str
) -> tuple[Tensor, Tensor]:
    """Where a matrix has the diagonals, and their numbers there."""
    row = torch.arange(rows, device=diagonals.device)[:, None]
    column = torch.arange(columns, device=diagonals.device)
    above, most = column - row, diagonals.shape[-1]
    _, offset = _lengths(above, rows, columns, most, align)
    inside = (above >= lowest) & (above <= highest)
    which = (highest - above).clamp(0, highest - lowest)
    place = (column - above.clamp(min=0) + offset).clamp(0, max(most - 1, 0))
    return inside, diagonals[..., which, place]
