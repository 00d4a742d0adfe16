"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.ops.sparse.tensor import (
    SparseTensor,
    SparseTensorValue,
    as_sparse,
    check_ordered,
    flat_places,
    group_numbers,
    of_one_dtype,
    order_of,
    places,
    readable,
)
