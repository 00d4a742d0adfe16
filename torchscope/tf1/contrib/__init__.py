"""tf.contrib: what of it torchscope has."""

from torchscope.slim import losses as losses
from torchscope.tf1.contrib import cudnn_rnn as cudnn_rnn
from torchscope.tf1.contrib import deprecated as deprecated
from torchscope.tf1.contrib import framework as framework
from torchscope.tf1.contrib import layers as layers
from torchscope.tf1.contrib import legacy_seq2seq as legacy_seq2seq
from torchscope.tf1.contrib import opt as opt
from torchscope.tf1.contrib import rnn as rnn
from torchscope.tf1.contrib import seq2seq as seq2seq
from torchscope.tf1.contrib import slim as slim
from torchscope.tf1.contrib import tpu as tpu
from torchscope.tf1.contrib import training as training
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
