"""tf.linalg: matrices."""

from torchscope.ops.making import eye as eye
"""tf.linalg."""

from torchscope.nn import l2_normalize as l2_normalize
from torchscope.ops.decompositions import cholesky as cholesky
from torchscope.ops.decompositions import expm as expm
from torchscope.ops.decompositions import logdet as logdet
from torchscope.ops.decompositions import lu as lu
from torchscope.ops.decompositions import matrix_determinant as det
from torchscope.ops.decompositions import matrix_rank as matrix_rank
from torchscope.ops.decompositions import qr as qr
from torchscope.ops.decompositions import self_adjoint_eig as eigh
from torchscope.ops.decompositions import self_adjoint_eigvals as eigvalsh
from torchscope.ops.decompositions import slogdet as slogdet
from torchscope.ops.decompositions import svd as svd
from torchscope.ops.matrices import adjoint as adjoint
from torchscope.ops.matrices import diag as tensor_diag
from torchscope.ops.matrices import diag_part as tensor_diag_part
from torchscope.ops.matrices import matrix_band_part as band_part
from torchscope.ops.matrices import matrix_diag as diag
from torchscope.ops.matrices import matrix_diag_part as diag_part
from torchscope.ops.matrices import matrix_set_diag as set_diag
from torchscope.ops.matrices import matrix_transpose as matrix_transpose
from torchscope.ops.matrices import matrix_transpose as transpose
from torchscope.ops.matrices import trace as trace
from torchscope.ops.norms import norm as norm
from torchscope.ops.norms import normalize as normalize
from torchscope.ops.products import cross as cross
from torchscope.ops.products import einsum as einsum
from torchscope.ops.products import matmul as matmul
from torchscope.ops.products import matvec as matvec
from torchscope.ops.products import tensordot as tensordot
from torchscope.ops.solving import cholesky_solve as cholesky_solve
from torchscope.ops.solving import lu_matrix_inverse as lu_matrix_inverse
from torchscope.ops.solving import lu_reconstruct as lu_reconstruct
from torchscope.ops.solving import lu_solve as lu_solve
from torchscope.ops.solving import matrix_inverse as inv
from torchscope.ops.solving import matrix_solve as solve
from torchscope.ops.solving import matrix_solve_ls as lstsq
from torchscope.ops.solving import matrix_triangular_solve as triangular_solve
from torchscope.ops.solving import pinv as pinv
from torchscope.ops.reordering import matrix_transpose as matrix_transpose
from torchscope.ops.reordering import matrix_transpose as transpose
"""tf.linalg: matrices and vectors."""

from torchscope.ops.combining import cross as cross
