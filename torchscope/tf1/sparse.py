"""tf.sparse: sparse tensors, and what is made of them."""

from torchscope.ops.segments import sparse_segment_mean as segment_mean
from torchscope.ops.segments import sparse_segment_sqrt_n as segment_sqrt_n
from torchscope.ops.segments import sparse_segment_sum as segment_sum
from torchscope.ops.sparse.arranging import expand_dims as expand_dims
from torchscope.ops.sparse.arranging import sparse_concat as concat
from torchscope.ops.sparse.arranging import sparse_fill_empty_rows as fill_empty_rows
from torchscope.ops.sparse.arranging import sparse_reorder as reorder
from torchscope.ops.sparse.arranging import sparse_reset_shape as reset_shape
from torchscope.ops.sparse.arranging import sparse_reshape as reshape
from torchscope.ops.sparse.arranging import sparse_retain as retain
from torchscope.ops.sparse.arranging import sparse_slice as slice  # noqa: A004 - TF1's name
from torchscope.ops.sparse.arranging import sparse_split as split
from torchscope.ops.sparse.arranging import sparse_transpose as transpose
from torchscope.ops.sparse.computing import sparse_add as add
from torchscope.ops.sparse.computing import sparse_maximum as maximum
from torchscope.ops.sparse.computing import sparse_minimum as minimum
from torchscope.ops.sparse.computing import sparse_softmax as softmax
from torchscope.ops.sparse.densifying import sparse_reduce_max as reduce_max
from torchscope.ops.sparse.densifying import sparse_reduce_sum as reduce_sum
from torchscope.ops.sparse.densifying import sparse_tensor_dense_matmul as matmul
from torchscope.ops.sparse.densifying import sparse_tensor_dense_matmul as sparse_dense_matmul
from torchscope.ops.sparse.densifying import sparse_tensor_to_dense as to_dense
from torchscope.ops.sparse.making import eye as eye
from torchscope.ops.sparse.making import from_dense as from_dense
from torchscope.ops.sparse.making import sparse_reduce_max_sparse as reduce_max_sparse
from torchscope.ops.sparse.making import sparse_reduce_sum_sparse as reduce_sum_sparse
from torchscope.ops.sparse.tensor import SparseTensor as SparseTensor
