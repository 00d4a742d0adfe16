"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.values.static_shapes import (
    Dimension,
    TensorShape,
    dimension_at_index,
    dimension_value,
    integers_of,
)
