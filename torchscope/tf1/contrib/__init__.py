"""tf.contrib: what of it torchscope has."""

from torchscope.slim import losses as losses
from torchscope.tf1.contrib import framework as framework
from torchscope.tf1.contrib import layers as layers
from torchscope.tf1.contrib import rnn as rnn
from torchscope.tf1.contrib import slim as slim


def __getattr__(name: str) -> object:
    from torchscope.tf1.missing import missing  # noqa: PLC0415 - seldom read

    raise missing(__name__, name)
