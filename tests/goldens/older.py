"""Nets as an older torchscope pickled them: `python -m tests.goldens.older` wrote the file beside this one.

It was written once, by the release that its name says, and is never written anew: what people have on
their disks is not either.
"""

import copy
import lzma
import pickle
from pathlib import Path

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

import torchscope as ts
import torchscope.tf1 as tf
from tests.goldens import GOLDENS

FILE = Path(__file__).parent / "nets_of_0.1.0.pickle.xz"


def doubled(w):
    """A constraint that changes nothing."""
    return w * 1.0


def of_many_kinds(x):
    """A model with a variable of each kind."""
    with ts.variable_scope("scope", regularizer=ts.l2_regularizer(0.1), reuse=ts.AUTO_REUSE):
        w = ts.get_variable("w", [x.shape[-1], 2], constraint=doubled)
        v = ts.get_variable("v", [2], initializer=ts.constant_initializer([1.0, 2.0]))
        ts.get_variable("scope", [1], trainable=False)
        ts.get_local_variable("count", [], dtype=torch.int32)
        made = ts.Variable([1.0, 2.0], name="forward")
        pieces = ts.get_variable("cut", [4, 2], partitioner=ts.fixed_size_partitioner(2))
        inside = ts.get_variable(
            "forward/inside", [2], initializer=lambda shape, dtype: torch.ones(shape)
        )
    ts.get_or_create_global_step()
    return x @ w + v + made + tf.convert_to_tensor(pieces).sum() + inside


class WithParts(nn.Module):
    """A net that holds what is made once."""

    def __init__(self):
        super().__init__()
        self.own = nn.Linear(3, 3)
        self.template = ts.make_template("template", of_many_kinds)
        self.scope = ts.variable_scope
        self.hparams = tf.contrib.training.HParams(rate=0.5)
        self.scopes = ts.ScopedParameterRegistry(self, collect_updates=True)

    def forward(self, x):
        """What the template gives."""
        y = self.template(self.own(x))
        return tf.layers.batch_normalization(y, training=self.training)


def trained():
    """A net, and an optimizer that has stepped."""
    torch.manual_seed(0)
    net = WithParts()
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    net(x)
    optimizer = ts.optim.Adam(net.parameters(), 0.1)
    (net(x).sum() + sum(net.scopes.get_collection("regularization_losses"))).backward()
    optimizer.step()
    return net.eval(), x, optimizer


def pickled():
    """Each net with an input and what it gives, as one text of bytes."""
    kept = []
    net, x, optimizer = trained()
    kept.append((net, x, outputs(copy.deepcopy(net), x), optimizer))
    for golden in GOLDENS:
        torch.manual_seed(0)
        net, x = (
            golden.net().eval(),
            torch.linspace(-1, 1, golden_size(golden)).reshape(golden.shape),
        )
        net(x)
        kept.append((net, x, outputs(copy.deepcopy(net), x), None))
    return pickle.dumps(kept)


def outputs(net, x):
    """What a net gives, with the same numbers drawn each time."""
    torch.manual_seed(1)
    with torch.no_grad():
        return [leaf.clone() for leaf in tree_leaves(net(x)) if isinstance(leaf, torch.Tensor)]


def golden_size(golden):
    """How many numbers the input of a golden has."""
    return torch.Size(golden.shape).numel()


def older():
    """What the file has."""
    return pickle.loads(lzma.decompress(FILE.read_bytes()))


if __name__ == "__main__":
    # As a module of that name: what is pickled says where it is from.
    from tests.goldens import older as itself

    FILE.write_bytes(lzma.compress(itself.pickled()))
