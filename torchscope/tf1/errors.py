"""tf.errors."""

from torchscope.ops.errors import InvalidArgumentError as InvalidArgumentError
from torchscope.ops.errors import OpError as OpError
