"""The part of tf.train that is about variables."""

from torchscope import create_global_step as create_global_step
from torchscope import get_global_step as get_global_step
from torchscope import get_or_create_global_step as get_or_create_global_step
