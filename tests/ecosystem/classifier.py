"""A small net in TF1's spelling, and what it is trained on."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import torchscope as ts
import torchscope.tf1 as tf

NAMES = ["model/hidden/kernel", "model/hidden/bias", "model/logits/kernel", "model/logits/bias"]
KEYS = [name.replace("/", ".") for name in NAMES]

_generator = torch.Generator().manual_seed(0)
X = torch.randn(60, 4, generator=_generator)
Y = (X @ torch.randn(4, 3, generator=_generator)).argmax(1)


def loader():
    return DataLoader(TensorDataset(X, Y), batch_size=20)


def logits_of(x, width=16):
    with tf.variable_scope("model"):
        hidden = tf.layers.dense(x, width, tf.nn.relu, name="hidden")
        return tf.layers.dense(hidden, 3, name="logits")


def loss_of(x, labels):
    return tf.losses.sparse_softmax_cross_entropy(labels, logits_of(x))


class Classifier(nn.Module):
    """It gives its loss and its logits, as transformers' models do."""

    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, x, labels):
        logits = logits_of(x)
        return {
            "loss": tf.losses.sparse_softmax_cross_entropy(labels, logits),
            "logits": logits,
        }


def built(net):
    return ts.build(net, X[:1], Y[:1])
