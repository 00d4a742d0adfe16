"""tf.contrib.slim."""

from torchscope.slim import *  # noqa: F403 - all of it
