"""Layers: functions that make their variables where they are called."""

from torchscope.layers.conv_relu import conv_relu as conv_relu
