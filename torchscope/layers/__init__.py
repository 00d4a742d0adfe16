"""Layers: functions that make their variables where they are called, and `Layer` to derive from."""

from torchscope.layers.base import Layer as Layer
from torchscope.layers.batch_normalization import BatchNormalization as BatchNormalization
from torchscope.layers.batch_normalization import batch_normalization as batch_normalization
from torchscope.layers.conv_relu import conv_relu as conv_relu
from torchscope.layers.convolution import Conv1D as Conv1D
from torchscope.layers.convolution import Conv2D as Conv2D
from torchscope.layers.convolution import Conv3D as Conv3D
from torchscope.layers.convolution import conv1d as conv1d
from torchscope.layers.convolution import conv2d as conv2d
from torchscope.layers.convolution import conv3d as conv3d
from torchscope.layers.dense import Dense as Dense
from torchscope.layers.dense import dense as dense
from torchscope.layers.input_spec import InputSpec as InputSpec
