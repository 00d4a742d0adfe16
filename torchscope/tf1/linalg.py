"""tf.linalg: matrices."""

from torchscope.ops.reordering import matrix_transpose as matrix_transpose
from torchscope.ops.reordering import matrix_transpose as transpose
