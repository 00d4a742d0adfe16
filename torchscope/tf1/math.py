"""tf.math: arithmetic, and what belongs to it."""

from torchscope.ops.reordering import invert_permutation as invert_permutation
