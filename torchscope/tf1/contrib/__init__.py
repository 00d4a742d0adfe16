"""tf.contrib: what of it torchscope has."""

from torchscope.tf1.contrib import rnn as rnn
