"""tf.linalg."""

from torchscope.nn import l2_normalize as l2_normalize
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
