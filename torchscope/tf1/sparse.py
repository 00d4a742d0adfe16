"""tf.sparse: sparse tensors, and what is made of them."""

from torchscope._core.ops.segments import sparse_segment_mean as segment_mean
from torchscope._core.ops.segments import sparse_segment_sqrt_n as segment_sqrt_n
from torchscope._core.ops.segments import sparse_segment_sum as segment_sum
from torchscope._core.ops.sparse.arranging import expand_dims
from torchscope._core.ops.sparse.arranging import sparse_concat as concat
from torchscope._core.ops.sparse.arranging import sparse_fill_empty_rows as fill_empty_rows
from torchscope._core.ops.sparse.arranging import sparse_reorder as reorder
from torchscope._core.ops.sparse.arranging import sparse_reset_shape as reset_shape
from torchscope._core.ops.sparse.arranging import sparse_reshape as reshape
from torchscope._core.ops.sparse.arranging import sparse_retain as retain
from torchscope._core.ops.sparse.arranging import sparse_slice as slice  # noqa: A004 - TF1's name
from torchscope._core.ops.sparse.arranging import sparse_split as split
from torchscope._core.ops.sparse.arranging import sparse_transpose as transpose
from torchscope._core.ops.sparse.computing import sparse_add as add
from torchscope._core.ops.sparse.computing import sparse_maximum as maximum
from torchscope._core.ops.sparse.computing import sparse_minimum as minimum
from torchscope._core.ops.sparse.computing import sparse_softmax as softmax
from torchscope._core.ops.sparse.densifying import sparse_reduce_max as reduce_max
from torchscope._core.ops.sparse.densifying import sparse_reduce_sum as reduce_sum
from torchscope._core.ops.sparse.densifying import sparse_tensor_dense_matmul as matmul
from torchscope._core.ops.sparse.densifying import sparse_tensor_dense_matmul as sparse_dense_matmul
from torchscope._core.ops.sparse.densifying import sparse_tensor_to_dense as to_dense
from torchscope._core.ops.sparse.making import eye, from_dense
from torchscope._core.ops.sparse.making import sparse_reduce_max_sparse as reduce_max_sparse
from torchscope._core.ops.sparse.making import sparse_reduce_sum_sparse as reduce_sum_sparse
from torchscope._core.ops.sparse.tensor import SparseTensor

__all__ = [
    "SparseTensor",
    "add",
    "concat",
    "expand_dims",
    "eye",
    "fill_empty_rows",
    "from_dense",
    "matmul",
    "maximum",
    "minimum",
    "reduce_max",
    "reduce_max_sparse",
    "reduce_sum",
    "reduce_sum_sparse",
    "reorder",
    "reset_shape",
    "reshape",
    "retain",
    "segment_mean",
    "segment_sqrt_n",
    "segment_sum",
    "slice",
    "softmax",
    "sparse_dense_matmul",
    "split",
    "to_dense",
    "transpose",
]


def __dir__() -> list[str]:
    return __all__
