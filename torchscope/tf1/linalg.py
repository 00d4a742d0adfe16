"""tf.linalg: matrices."""

from torchscope.ops.making import eye as eye
