"""tf.linalg: matrices."""

from torchscope._core.ops.clipping import global_norm
from torchscope._core.ops.decompositions import (
    cholesky,
    expm,
    logdet,
    lu,
    matrix_rank,
    qr,
    slogdet,
    svd,
)
from torchscope._core.ops.decompositions import matrix_determinant as det
from torchscope._core.ops.decompositions import self_adjoint_eig as eigh
from torchscope._core.ops.decompositions import self_adjoint_eigvals as eigvalsh
from torchscope._core.ops.making import eye
from torchscope._core.ops.matrices import adjoint, matrix_transpose, trace
from torchscope._core.ops.matrices import diag as tensor_diag
from torchscope._core.ops.matrices import diag_part as tensor_diag_part
from torchscope._core.ops.matrices import matrix_band_part as band_part
from torchscope._core.ops.matrices import matrix_diag as diag
from torchscope._core.ops.matrices import matrix_diag_part as diag_part
from torchscope._core.ops.matrices import matrix_set_diag as set_diag
from torchscope._core.ops.matrices import matrix_transpose as transpose
from torchscope._core.ops.norms import norm, normalize
from torchscope._core.ops.products import cross, einsum, matmul, matvec, tensordot
from torchscope._core.ops.solving import (
    cholesky_solve,
    lu_matrix_inverse,
    lu_reconstruct,
    lu_solve,
    pinv,
)
from torchscope._core.ops.solving import matrix_inverse as inv
from torchscope._core.ops.solving import matrix_solve as solve
from torchscope._core.ops.solving import matrix_solve_ls as lstsq
from torchscope._core.ops.solving import matrix_triangular_solve as triangular_solve
from torchscope.nn import l2_normalize

__all__ = [
    "adjoint",
    "band_part",
    "cholesky",
    "cholesky_solve",
    "cross",
    "det",
    "diag",
    "diag_part",
    "eigh",
    "eigvalsh",
    "einsum",
    "expm",
    "eye",
    "global_norm",
    "inv",
    "l2_normalize",
    "logdet",
    "lstsq",
    "lu",
    "lu_matrix_inverse",
    "lu_reconstruct",
    "lu_solve",
    "matmul",
    "matrix_rank",
    "matrix_transpose",
    "matvec",
    "norm",
    "normalize",
    "pinv",
    "qr",
    "set_diag",
    "slogdet",
    "solve",
    "svd",
    "tensor_diag",
    "tensor_diag_part",
    "tensordot",
    "trace",
    "transpose",
    "triangular_solve",
]


def __dir__() -> list[str]:
    return __all__
