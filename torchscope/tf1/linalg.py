"""tf.linalg: matrices and vectors."""

from torchscope.ops.combining import cross as cross
