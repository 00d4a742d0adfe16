"""Functions with TF1's names, arguments and numbers, over torch.nn.functional (tf.nn)."""

from torchscope.nn.activations import relu as relu
from torchscope.nn.convolution import bias_add as bias_add
from torchscope.nn.convolution import conv2d as conv2d
