"""Systems of linear equations, and inverses."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, check_same_dtype, operands, wanted
from torchscope._core.ops.decompositions import matrix_of, square_of
from torchscope._core.values.conversion import dtype_name, shape_text


def matrix_inverse(input: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """The inverses of matrices (tf.matrix_inverse, tf.linalg.inv).

    >>> matrix_inverse([[1.0, 0.0], [0.0, 2.0]])
    tensor([[1.0000, 0.0000],
            [0.0000, 0.5000]])

    Args:
        input: (..., N, N).
        adjoint: whether to invert the transposed and conjugated matrices.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the matrices are not square, or one has no inverse.
        TypeError: the numbers are integers.
    """
    tensor = square_of(input)
    try:
        found: Tensor = torch.linalg.inv(tensor.mH if adjoint else tensor)
    except RuntimeError as error:
        raise ValueError(f"Input is not invertible. {error}") from None
    return found


def matrix_solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """The solutions of systems of linear equations (tf.matrix_solve, tf.linalg.solve).

    >>> matrix_solve([[1.0, 0.0], [0.0, 2.0]], [[3.0], [4.0]])
    tensor([[3.],
            [2.]])

    Args:
        matrix: (..., N, N).
        rhs: the right-hand sides, (..., N, K).
        adjoint: whether to take the transposed and conjugated matrices.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., N, K).

    Raises:
        ValueError: the shapes do not fit, or a matrix has no inverse.
        TypeError: the dtypes differ, or the numbers are integers.
    """
    tensor, right = _system("MatrixSolve", matrix, rhs)
    if tensor.ndim != right.ndim:
        raise ValueError(
            f"Shapes must be equal rank, but are {tensor.ndim - 2} and {right.ndim - 2}: the axes "
            "before the last two."
        )
    try:
        found: Tensor = torch.linalg.solve(tensor.mH if adjoint else tensor, right)
    except RuntimeError as error:
        raise ValueError(f"Input matrix is not invertible. {error}") from None
    return found


def matrix_triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """The solutions of triangular systems (tf.matrix_triangular_solve, tf.linalg.triangular_solve).

    >>> matrix_triangular_solve([[1.0, 0.0], [1.0, 2.0]], [[3.0], [4.0]])
    tensor([[3.0000],
            [0.5000]])

    Args:
        matrix: (..., N, N), of which the other triangle is not looked at.
        rhs: the right-hand sides, (..., N, K). The axes before the last two are broadcast.
        lower: whether the lower triangle is meant.
        adjoint: whether to take the transposed and conjugated matrices.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., N, K).

    Raises:
        ValueError: the shapes do not fit.
        TypeError: the dtypes differ, or the numbers are integers.
    """
    tensor, right = _system("MatrixTriangularSolve", matrix, rhs)
    found: Tensor = torch.linalg.solve_triangular(
        tensor.mH if adjoint else tensor, right, upper=lower == adjoint
    )
    return found


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """The solutions of systems whose matrices' factors are known (tf.cholesky_solve).

    >>> cholesky_solve([[2.0, 0.0], [1.0, 1.0]], [[4.0], [2.0]])
    tensor([[1.],
            [0.]])

    Args:
        chol: what `cholesky` gave, (..., N, N).
        rhs: the right-hand sides, (..., N, K).
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit.
        TypeError: the dtypes differ, or the numbers are integers.
    """
    tensor, right = _system("MatrixTriangularSolve", chol, rhs)
    return torch.cholesky_solve(right, tensor)


def matrix_solve_ls(
    matrix: Any,
    rhs: Any,
    l2_regularizer: float = 0.0,
    fast: bool = True,
    name: str | None = None,
) -> Tensor:
    """Least squares solutions (tf.matrix_solve_ls, tf.linalg.lstsq).

    >>> matrix_solve_ls([[1.0], [1.0]], [[2.0], [4.0]])
    tensor([[3.]])

    Args:
        matrix: (..., N, M), of full rank.
        rhs: the right-hand sides, (..., N, K).
        l2_regularizer: how much the squares of the solution count.
        fast: accepted for TF1 code; without it there is no regularizer.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., M, K). Of fewer equations than unknowns, the smallest solution.

    Raises:
        ValueError: the shapes do not fit.
        TypeError: the dtypes differ, or the numbers are integers.
    """
    tensor, right = operands("MatrixSolveLs", matrix=wanted("matrix", matrix), rhs=rhs)
    matrix_of(tensor)
    check_same_dtype("MatrixSolveLs", "matrix", tensor, "rhs", right)
    _check_rows(tensor, right)
    found: Tensor
    if not fast or not l2_regularizer:
        found = torch.linalg.pinv(tensor) @ right
        return found
    rows, columns = tensor.shape[-2:]
    # The normal equations, of the smaller side.
    small = tensor.mH @ tensor if rows >= columns else tensor @ tensor.mH
    small = small + l2_regularizer * torch.eye(
        min(rows, columns), dtype=tensor.dtype, device=tensor.device
    )
    if rows >= columns:
        found = torch.linalg.solve(small, tensor.mH @ right)
    else:
        found = tensor.mH @ torch.linalg.solve(small, right)
    return found


def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The pseudo-inverses of matrices (tf.linalg.pinv).

    >>> pinv([[2.0], [0.0]])
    tensor([[0.5000, 0.0000]])

    Args:
        a: (..., N, M).
        rcond: singular values below this part of the largest count as 0.
        validate_args: accepted for TF1 code; the shape is checked always.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., M, N).

    Raises:
        ValueError: they are no matrices.
        TypeError: the numbers are integers.
    """
    matrix = as_tensor(wanted("a", a))
    if not matrix.is_floating_point() and not matrix.is_complex():
        raise TypeError(
            f"Input `a` must have `float`-like `dtype` (saw {dtype_name(matrix.dtype)}). Convert it "
            "first: tf.cast(x, tf.float32)."
        )
    if matrix.ndim < 2:
        raise ValueError(
            f"Input `a` must have at least 2 dimensions (saw: {matrix.ndim}). It has shape "
            f"{shape_text(matrix.shape)}."
        )
    if rcond is None:
        rcond = 10.0 * max(matrix.shape[-2:]) * torch.finfo(matrix.dtype).eps
    found: Tensor = torch.linalg.pinv(matrix, rtol=rcond)
    return found


def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The matrices that `lu` took apart (tf.linalg.lu_reconstruct).

    >>> lu_reconstruct([[2.0, 3.0], [0.0, 1.0]], [1, 0])
    tensor([[0., 1.],
            [2., 3.]])

    Args:
        lower_upper: (..., N, N), what `lu` gave.
        perm: (..., N), likewise.
        validate_args: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the matrices are not square.
        TypeError: the numbers are integers.
    """
    factors, order = square_of(lower_upper), as_tensor(perm).long()
    one = torch.eye(factors.shape[-1], dtype=factors.dtype, device=factors.device)
    product = (factors.tril(-1) + one) @ factors.triu()
    return product.gather(-2, order.argsort(-1)[..., None].expand(product.shape))


def lu_solve(
    lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The solutions of systems whose matrices `lu` took apart (tf.linalg.lu_solve).

    >>> lu_solve([[2.0, 3.0], [0.0, 1.0]], [1, 0], [[1.0], [5.0]])
    tensor([[1.],
            [1.]])

    Args:
        lower_upper: (..., N, N), what `lu` gave.
        perm: (..., N), likewise.
        rhs: the right-hand sides, (..., N, K).
        validate_args: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit.
        TypeError: the dtypes differ, or the numbers are integers.
    """
    factors, right = _system("MatrixTriangularSolve", lower_upper, rhs)
    order = as_tensor(perm).long()[..., None]
    right = right.gather(-2, order.expand(right.shape))
    middle = torch.linalg.solve_triangular(factors, right, upper=False, unitriangular=True)
    found: Tensor = torch.linalg.solve_triangular(factors, middle, upper=True)
    return found


def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The inverses of matrices that `lu` took apart (tf.linalg.lu_matrix_inverse).

    >>> lu_matrix_inverse([[2.0, 0.0], [0.0, 4.0]], [0, 1])
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])

    Arguments and errors are those of `lu_reconstruct`.
    """
    factors = square_of(lower_upper)
    one = torch.eye(factors.shape[-1], dtype=factors.dtype, device=factors.device)
    return lu_solve(factors, perm, one.expand(factors.shape))


def _system(operation: str, matrix: Any, rhs: Any) -> tuple[Tensor, Tensor]:
    """Square matrices, and right-hand sides that go with them."""
    tensor, right = operands(operation, matrix=wanted("matrix", matrix), rhs=wanted("rhs", rhs))
    check_same_dtype(operation, "matrix", tensor, "rhs", right)
    square_of(tensor)
    _check_rows(tensor, right)
    return tensor, right


def _check_rows(tensor: Tensor, right: Tensor) -> None:
    if right.ndim < 2:
        raise ValueError(
            f"Shape must be at least rank 2 but is rank {right.ndim}: right-hand sides are columns."
        )
    if tensor.shape[-2] != right.shape[-2]:
        raise ValueError(
            f"Dimensions must be equal, but are {tensor.shape[-2]} and {right.shape[-2]}: the "
            f"shapes are {shape_text(tensor.shape)} and {shape_text(right.shape)}."
        )
