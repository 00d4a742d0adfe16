"""Matrices taken apart: factors, eigenvalues, singular values, determinants."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, overload

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, of_dtype, wanted
from torchscope._core.values.conversion import as_dtype, shape_text

_FACTORED = (*(torch.float64, torch.float32, torch.float16, torch.complex64, torch.complex128),)


class Qr(NamedTuple):
    """What `qr` gives."""

    q: Tensor
    r: Tensor


class LogMatrixDeterminant(NamedTuple):
    """What `slogdet` gives."""

    sign: Tensor
    log_abs_determinant: Tensor


class Lu(NamedTuple):
    """What `lu` gives: both factors in one matrix, and the order of the rows."""

    lu: Tensor
    p: Tensor


def matrix_determinant(input: Any, name: str | None = None) -> Tensor:
    """The determinants of matrices (tf.matrix_determinant, tf.linalg.det).

    >>> matrix_determinant([[1.0, 2.0], [3.0, 4.0]])
    tensor(-2.)

    Args:
        input: (..., N, N).
        name: accepted for TF1 code; it has no effect.

    Returns:
        (...).

    Raises:
        ValueError: the matrices are not square.
        TypeError: the numbers are integers.
    """
    found: Tensor = torch.linalg.det(square_of(input))
    return found


def slogdet(input: Any, name: str | None = None) -> LogMatrixDeterminant:
    """Signs of determinants, and logarithms of their absolute values (tf.linalg.slogdet).

    >>> slogdet([[2.0, 1.0], [1.0, 2.0]]).log_abs_determinant
    tensor(1.0986)

    Arguments and errors are those of `matrix_determinant`.
    """
    return LogMatrixDeterminant(*torch.linalg.slogdet(square_of(input)))


def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """The logarithms of the determinants of positive definite matrices (tf.linalg.logdet).

    >>> logdet([[2.0, 1.0], [1.0, 2.0]])
    tensor(1.0986)

    Arguments and errors are those of `matrix_determinant`. What is not positive definite gives NaN.
    """
    diagonal = cholesky(matrix).diagonal(dim1=-2, dim2=-1).real
    return 2.0 * diagonal.log().sum(-1)


def cholesky(input: Any, name: str | None = None) -> Tensor:
    """The lower triangular factors of positive definite matrices (tf.cholesky, tf.linalg.cholesky).

    >>> cholesky([[4.0, 2.0], [2.0, 2.0]])
    tensor([[2., 0.],
            [1., 1.]])

    Args:
        input: (..., N, N), of which only the lower triangle is looked at.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., N, N): NaN where a matrix is not positive definite.

    Raises:
        ValueError: the matrices are not square.
        TypeError: the numbers are integers.
    """
    factor, failed = torch.linalg.cholesky_ex(square_of(input))
    factor = torch.where((failed == 0)[..., None, None], factor, torch.nan)
    return factor.tril()


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Qr:
    """Matrices as products of an orthogonal and a triangular one (tf.qr, tf.linalg.qr).

    >>> q, r = qr([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> q.shape, r.shape
    (torch.Size([3, 2]), torch.Size([2, 2]))

    Args:
        input: (..., N, M).
        full_matrices: whether the orthogonal ones are (..., N, N).
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: they are no matrices.
        TypeError: the numbers are integers.
    """
    mode = "complete" if full_matrices else "reduced"
    return Qr(*torch.linalg.qr(matrix_of(input), mode))


@overload
def svd(
    tensor: Any,
    full_matrices: bool = False,
    compute_uv: Literal[True] = True,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]: ...


@overload
def svd(
    tensor: Any,
    full_matrices: bool = False,
    *,
    compute_uv: Literal[False],
    name: str | None = None,
) -> Tensor: ...


def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """Singular values of matrices, and their vectors (tf.svd, tf.linalg.svd).

    >>> svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False)
    tensor([4., 3.])

    Args:
        tensor: (..., N, M).
        full_matrices: whether the vectors are of square matrices.
        compute_uv: whether the vectors are wanted.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The values s, the largest first, and u and v, of which the matrix is ``u diag(s) adjoint(v)``;
        or the values alone.

    Raises:
        ValueError: they are no matrices.
        TypeError: the numbers are integers.
    """
    matrix = matrix_of(tensor)
    if not compute_uv:
        return torch.linalg.svdvals(matrix)
    u, values, adjoint = torch.linalg.svd(matrix, full_matrices)
    return values, u, adjoint.mH


def self_adjoint_eig(tensor: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Eigenvalues and vectors of self-adjoint matrices (tf.self_adjoint_eig, tf.linalg.eigh).

    >>> self_adjoint_eig([[2.0, 0.0], [0.0, 1.0]])[0]
    tensor([1., 2.])

    Args:
        tensor: (..., N, N), of which only the lower triangle is looked at.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The values, the smallest first, and the vectors, as columns.

    Raises:
        ValueError: the matrices are not square.
        TypeError: the numbers are integers.
    """
    values, vectors = torch.linalg.eigh(_mirrored(square_of(tensor)))
    return values.to(vectors.dtype), vectors


def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> Tensor:
    """Eigenvalues of self-adjoint matrices (tf.self_adjoint_eigvals, tf.linalg.eigvalsh).

    >>> self_adjoint_eigvals([[2.0, 0.0], [0.0, 1.0]])
    tensor([1., 2.])

    Arguments and errors are those of `self_adjoint_eig`.
    """
    matrix = _mirrored(square_of(tensor))
    values: Tensor = torch.linalg.eigvalsh(matrix)
    return values.to(matrix.dtype)


def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The ranks of matrices (tf.linalg.matrix_rank).

    >>> matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    tensor(1, dtype=torch.int32)

    Args:
        a: (..., N, M).
        tol: singular values up to this count as 0.
        validate_args: accepted for TF1 code; the shape is checked always.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: they are no matrices.
        TypeError: the numbers are integers.
    """
    values = svd(a, compute_uv=False)
    if tol is None:
        size = max(as_tensor(a).shape[-2:])
        tol = torch.finfo(values.dtype).eps * size * values.amax(-1, keepdim=True)
    ranks: Tensor = (values > tol).sum(-1).to(torch.int32)
    return ranks


def lu(input: Any, output_idx_type: Any = torch.int32, name: str | None = None) -> Lu:
    """Matrices as products of triangular ones, with rows in another order (tf.linalg.lu).

    >>> lu([[0.0, 1.0], [2.0, 3.0]])
    Lu(lu=tensor([[2., 3.],
            [0., 1.]]), p=tensor([1, 0], dtype=torch.int32))

    Args:
        input: (..., N, N).
        output_idx_type: the dtype of the order: torch.int32 or int64.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The lower factor, without its diagonal of ones, and the upper one in one matrix; and which row
        of the input each row of the product is.

    Raises:
        ValueError: the matrices are not square.
        TypeError: the numbers are integers.
    """
    matrix = square_of(input)
    permutation, lower, upper = torch.linalg.lu(matrix)
    # The product of the factors is the input with its rows in this order.
    order = permutation.mT.real.argmax(-1)
    return Lu(lower.tril(-1) + upper, order.to(as_dtype(output_idx_type)))


def expm(input: Any, name: str | None = None) -> Tensor:
    """The exponentials of matrices (tf.linalg.expm).

    >>> expm([[0.0, 1.0], [0.0, 0.0]])
    tensor([[1., 1.],
            [0., 1.]])

    Arguments and errors are those of `matrix_determinant`.
    """
    found: Tensor = torch.linalg.matrix_exp(square_of(input))
    return found


def _mirrored(tensor: Tensor) -> Tensor:
    """The lower triangle on both sides, so that all of the gradient goes there, as in TF1."""
    return tensor.tril() + tensor.tril(-1).mH


def matrix_of(given: Any) -> Tensor:
    """The matrices that an argument stands for, of numbers that can be taken apart.

    >>> matrix_of([[1.0, 2.0]])
    tensor([[1., 2.]])

    Raises:
        ValueError: they are none.
        TypeError: the numbers are integers.
    """
    tensor = of_dtype(wanted("input", given), "input", _FACTORED)
    if tensor.ndim < 2:
        raise ValueError(
            f"Shape must be at least rank 2 but is rank {tensor.ndim}: {shape_text(tensor.shape)} is "
            "no matrix."
        )
    return tensor


def square_of(given: Any) -> Tensor:
    """The same, of which each must be square.

    >>> square_of([[1.0]])
    tensor([[1.]])

    Raises:
        ValueError: they are not.
        TypeError: the numbers are integers.
    """
    tensor = matrix_of(given)
    rows, columns = tensor.shape[-2:]
    if rows != columns:
        raise ValueError(
            f"Dimensions must be equal, but are {rows} and {columns}: a square matrix is wanted."
        )
    return tensor
