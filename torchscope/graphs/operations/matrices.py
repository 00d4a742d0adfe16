"""Matrices: diagonals, products, factors, and what solves systems. Types whose names begin with Batch are of old files.

Of what is not unique it gives what PyTorch does: the signs of singular vectors and eigenvectors may be others than
TensorFlow's, and so may the order of eigenvalues of matrices that are not self-adjoint.
"""

from __future__ import annotations

import string
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op

# Diagonals

op("Diag")(tf.diag)
op("DiagPart")(tf.diag_part)


@op("MatrixBandPart", "BatchMatrixBandPart")
def _band_part(input: Any, num_lower: Any, num_upper: Any) -> Any:
    matrix = tf.convert_to_tensor(input)
    row = torch.arange(matrix.shape[-2], device=matrix.device)[:, None]
    above = torch.arange(matrix.shape[-1], device=matrix.device) - row
    # The numbers may be tensors: nobody waits for them.
    lower, upper = tf.convert_to_tensor(num_lower), tf.convert_to_tensor(num_upper)
    kept = ((lower < 0) | (-above <= lower)) & ((upper < 0) | (above <= upper))
    return torch.where(kept, matrix, torch.zeros_like(matrix))


@op("MatrixDiag", "BatchMatrixDiag")
def _matrix_diag(diagonal: Any) -> Any:
    return tf.matrix_diag(diagonal)


@op("MatrixDiagPart", "BatchMatrixDiagPart")
def _matrix_diag_part(input: Any) -> Any:
    return tf.matrix_diag_part(input)


@op("MatrixSetDiag", "BatchMatrixSetDiag")
def _matrix_set_diag(input: Any, diagonal: Any) -> Any:
    return tf.matrix_set_diag(input, diagonal)


@op("MatrixDiagV2")
def _matrix_diag_v2(diagonal: Any, k: Any, num_rows: Any, num_cols: Any, padding_value: Any) -> Any:
    return _matrix_diag_v3(diagonal, k, num_rows, num_cols, padding_value, align="LEFT_LEFT")


@op("MatrixDiagV3")
def _matrix_diag_v3(
    diagonal: Any,
    k: Any,
    num_rows: Any,
    num_cols: Any,
    padding_value: Any,
    *,
    align: str = "RIGHT_LEFT",
) -> Any:
    return tf.matrix_diag(
        diagonal,
        k=k,
        num_rows=num_rows,
        num_cols=num_cols,
        padding_value=padding_value,
        align=align,
    )


@op("MatrixDiagPartV2")
def _matrix_diag_part_v2(input: Any, k: Any, padding_value: Any) -> Any:
    return _matrix_diag_part_v3(input, k, padding_value, align="LEFT_LEFT")


@op("MatrixDiagPartV3")
def _matrix_diag_part_v3(
    input: Any, k: Any, padding_value: Any, *, align: str = "RIGHT_LEFT"
) -> Any:
    return tf.matrix_diag_part(input, k=k, padding_value=padding_value, align=align)


@op("MatrixSetDiagV2")
def _matrix_set_diag_v2(input: Any, diagonal: Any, k: Any) -> Any:
    return _matrix_set_diag_v3(input, diagonal, k, align="LEFT_LEFT")


@op("MatrixSetDiagV3")
def _matrix_set_diag_v3(input: Any, diagonal: Any, k: Any, *, align: str = "RIGHT_LEFT") -> Any:
    return tf.matrix_set_diag(input, diagonal, k=k, align=align)


# Products


@op("MatMul")
def _matmul(a: Any, b: Any, *, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    return tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)


@op("SparseMatMul")
def _matmul_of_many_zeros(
    a: Any,
    b: Any,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
) -> Any:
    # What it says of zeros is only about speed. It computes in float32, whatever it is given.
    return _matmul(a.float(), b.float(), transpose_a=transpose_a, transpose_b=transpose_b)


@op("BatchMatMul", "BatchMatMulV2")
def _batch_matmul(x: Any, y: Any, *, adj_x: bool = False, adj_y: bool = False) -> Any:
    return tf.matmul(x, y, adjoint_a=adj_x, adjoint_b=adj_y)


@op("BatchMatMulV3")
def _batch_matmul_v3(
    x: Any,
    y: Any,
    *,
    Tout: Any,  # noqa: N803 - TensorFlow's name
    adj_x: bool = False,
    adj_y: bool = False,
) -> Any:
    x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    return _batch_matmul(x.to(Tout), y.to(Tout), adj_x=adj_x, adj_y=adj_y)


@op("Einsum")
def _einsum(*inputs: Any, equation: str) -> Any:
    left, _, result = equation.replace(" ", "").partition("->")
    # A label that comes twice is a diagonal, which gradients ask for: the second one gets another name.
    once, named, twice = "", "", ""
    for label in result:
        if label != "." and label in once:
            twice += label
            named += next(each for each in string.ascii_letters if each not in left + named)
        else:
            once, named = once + label, named + label
    found = tf.einsum(f"{left}->{once}", *inputs)
    fresh = [label for label in named if label not in once]
    for label, other in zip(twice, fresh, strict=True):
        behind = len(once.partition(label)[2].replace(".", ""))
        place = -1 - behind if "." not in once.partition(label)[2] else once.index(label)
        one = torch.eye(found.shape[place], dtype=found.dtype, device=found.device)
        found = tf.einsum(f"{once},{label}{other}->{once}{other}", found, one)
        once += other
    return tf.einsum(f"{once}->{named}", found) if once != named else found


op("Cross")(tf.cross)


@op("TridiagonalMatMul")
def _tridiagonal_matmul(superdiag: Any, maindiag: Any, subdiag: Any, rhs: Any) -> Any:
    above, middle, below = (each.mT for each in (superdiag, maindiag, subdiag))
    none = torch.zeros_like(rhs[..., :1, :])
    following = torch.cat([rhs[..., 1:, :], none], -2)
    preceding = torch.cat([none, rhs[..., :-1, :]], -2)
    return above * following + middle * rhs + below * preceding


# Systems


@op("MatrixInverse", "BatchMatrixInverse")
def _inverse(input: Any, *, adjoint: bool = False) -> Any:
    return tf.matrix_inverse(input, adjoint)


@op("MatrixSolve", "BatchMatrixSolve")
def _solve(matrix: Any, rhs: Any, *, adjoint: bool = False) -> Any:
    return tf.matrix_solve(matrix, rhs, adjoint)


@op("MatrixTriangularSolve", "BatchMatrixTriangularSolve")
def _triangular_solve(matrix: Any, rhs: Any, *, lower: bool = True, adjoint: bool = False) -> Any:
    return tf.matrix_triangular_solve(matrix, rhs, lower, adjoint)


@op("BandedTriangularSolve")
def _banded_triangular_solve(
    matrix: Any, rhs: Any, *, lower: bool = True, adjoint: bool = False
) -> Any:
    bands, size = matrix.shape[-2:]
    k = (1 - bands, 0) if lower else (0, bands - 1)
    dense = tf.matrix_diag(matrix, k=k, num_rows=size, num_cols=size, align="LEFT_RIGHT")
    return tf.matrix_triangular_solve(dense, rhs, lower, adjoint)


@op("TridiagonalSolve")
def _tridiagonal_solve(
    diagonals: Any, rhs: Any, *, partial_pivoting: bool = True, perturb_singular: bool = False
) -> Any:
    # Rows are exchanged always, and a singular matrix is refused always.
    size = diagonals.shape[-1]
    above, middle, below = diagonals.unbind(-2)
    dense = middle.diag_embed()
    if size > 1:
        dense = dense + above[..., :-1].diag_embed(1) + below[..., 1:].diag_embed(-1)
    return tf.matrix_solve(dense, rhs)


@op("MatrixSolveLs", "BatchMatrixSolveLs")
def _least_squares(matrix: Any, rhs: Any, l2_regularizer: Any, *, fast: bool = True) -> Any:
    rows, columns = matrix.shape[-2:]
    if not fast:
        # Without a regularizer, as there.
        return torch.linalg.pinv(matrix) @ rhs
    small = matrix.mH @ matrix if rows >= columns else matrix @ matrix.mH
    one = torch.eye(min(rows, columns), dtype=matrix.dtype, device=matrix.device)
    small = small + tf.cast(l2_regularizer, matrix.dtype).to(matrix.device) * one
    if rows >= columns:
        return tf.matrix_solve(small, matrix.mH @ rhs)
    return matrix.mH @ tf.matrix_solve(small, rhs)


# Factors

op("Cholesky", "BatchCholesky")(tf.cholesky)
op("MatrixDeterminant", "BatchMatrixDeterminant")(tf.matrix_determinant)
op("LogMatrixDeterminant", outputs=("sign", "log_abs_determinant"))(tf.linalg.slogdet)
op("MatrixExponential")(tf.linalg.expm)


@op("CholeskyGrad", "BatchCholeskyGrad")
def _cholesky_grad(l: Any, grad: Any) -> Any:  # noqa: E741 - TensorFlow's name
    factor = l.tril()
    middle = (factor.mH @ grad.tril()).tril()
    middle = middle - 0.5 * middle.diagonal(dim1=-2, dim2=-1).diag_embed()
    left = torch.linalg.solve_triangular(factor.mH, middle, upper=True)
    found = torch.linalg.solve_triangular(factor, left, upper=False, left=False)
    return 0.5 * (found + found.mH)


@op("Qr", outputs=("q", "r"))
def _qr(input: Any, *, full_matrices: bool = False) -> Any:
    return tf.qr(input, full_matrices)


@op("Svd", "BatchSvd", outputs=("s", "u", "v"))
def _svd(input: Any, *, compute_uv: bool = True, full_matrices: bool = False) -> Any:
    if compute_uv:
        values, *vectors = tf.svd(input, full_matrices)
        return values.to(input.dtype), *vectors
    none = input.new_zeros(())
    return tf.svd(input, compute_uv=False).to(input.dtype), none, none


@op("SelfAdjointEigV2", "BatchSelfAdjointEigV2", outputs=("e", "v"))
def _self_adjoint_eig_v2(input: Any, *, compute_v: bool = True) -> Any:
    if compute_v:
        return tf.self_adjoint_eig(input)
    return tf.self_adjoint_eigvals(input), input.new_zeros(())


@op("SelfAdjointEig", "BatchSelfAdjointEig")
def _self_adjoint_eig(input: Any) -> Any:
    """The values as a row above the vectors."""
    values, vectors = tf.self_adjoint_eig(input)
    return torch.cat([values[..., None, :], vectors], -2)


@op("Eig", outputs=("e", "v"))
def _eig(input: Any, *, Tout: Any, compute_v: bool = True) -> Any:  # noqa: N803
    if compute_v:
        values, vectors = torch.linalg.eig(input)
        return values.to(Tout), vectors.to(Tout)
    return torch.linalg.eigvals(input).to(Tout), input.new_zeros((), dtype=Tout)


@op("Lu", outputs=("lu", "p"))
def _lu(input: Any, *, output_idx_type: Any = torch.int32) -> Any:
    return tf.linalg.lu(input, output_idx_type)


# Functions of matrices


class _SquareRoot(torch.autograd.Function):
    """The principal square root, with the gradient that solves Sylvester's equation."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor) -> Tensor:
        wide = torch.complex128 if matrix.dtype in _WIDE else torch.complex64
        values, vectors = torch.linalg.eig(matrix.to(wide))
        found = torch.linalg.solve(vectors, vectors * values.sqrt()[..., None, :], left=False)
        root: Tensor = found if matrix.is_complex() else found.real
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (root,) = ctx.saved_tensors
        return _sylvester(root.mH, gradients[0])


_WIDE = (torch.float64, torch.complex128)


def _sylvester(root: Tensor, right: Tensor) -> Tensor:
    """The X of which ``root @ X + X @ root`` is the right side."""
    size = root.shape[-1]
    one = torch.eye(size, dtype=root.dtype, device=root.device)
    left = torch.einsum("...ik,jl->...ijkl", root, one)
    both = left + torch.einsum("ik,...lj->...ijkl", one, root)
    both = both.reshape(*root.shape[:-2], size * size, size * size)
    column = right.reshape(*right.shape[:-2], size * size, 1)
    found: Tensor = torch.linalg.solve(both, column)
    return found.reshape(right.shape)


@op("MatrixSquareRoot")
def _square_root(input: Any) -> Any:
    """Of matrices that have a basis of eigenvectors."""
    found: Tensor = _SquareRoot.apply(input)  # type: ignore[no-untyped-call]
    return found


@op("MatrixLogarithm")
def _logarithm(input: Any) -> Any:
    """The same."""
    values, vectors = torch.linalg.eig(input)
    return torch.linalg.solve(vectors, vectors * values.log()[..., None, :], left=False)
