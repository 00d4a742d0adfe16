"""Layers: functions that make their variables where they are called, and `Layer` to derive from."""

from torchscope.layers.base import Layer as Layer
from torchscope.layers.conv_relu import conv_relu as conv_relu
from torchscope.layers.input_spec import InputSpec as InputSpec
