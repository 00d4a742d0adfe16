"""tf.debugging: what is true of tensors."""

from torchscope.ops.comparing import is_non_decreasing as is_non_decreasing
from torchscope.ops.comparing import is_numeric_tensor as is_numeric_tensor
from torchscope.ops.comparing import is_strictly_increasing as is_strictly_increasing
from torchscope.ops.elementwise import is_finite as is_finite
from torchscope.ops.elementwise import is_inf as is_inf
from torchscope.ops.elementwise import is_nan as is_nan
