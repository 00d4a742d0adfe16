"""A function with layers, run in TensorFlow and as a net: variables, losses, outputs, gradients."""

import contextlib

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1
from tests.comparing import as_list, assert_close, dtype_text, weights_of
from tests.tensorflow1 import tf

# TensorFlow says at every call that there is Keras.
OF_OLD = pytest.mark.filterwarnings("ignore:`(tf.layers|layer.apply)")
KEYS = ("GLOBAL_VARIABLES", "TRAINABLE_VARIABLES", "LOCAL_VARIABLES", "MODEL_VARIABLES")


def described(api):
    """All variables: name, shape, dtype, and the collections that they are in."""
    held = {key: api.get_collection(getattr(api.GraphKeys, key)) for key in KEYS}
    names = {key: [v.name for v in values] for key, values in held.items()}
    return [
        (v.name, tuple(v.shape), dtype_text(v.dtype), [key for key in KEYS if v.name in names[key]])
        for v in api.global_variables()
    ]


def first_value(name, shape, dtype):
    """What a variable is given in both: numbers of its own, positive where a variance needs it."""
    generator = np.random.default_rng(sum(map(ord, name)))
    spread = "variance" in name or "stddev" in name
    drawn = generator.uniform(0.5, 1.5, shape) if spread else generator.normal(size=shape)
    return drawn.astype(dtype)


class Beside:
    """One function, of TensorFlow or `torchscope.tf1` and an input, in both.

    Args:
        function: gets the API and the input, and gives a tensor or several.
        first: whether ours has the channels second, where TensorFlow, which has no such operations
            on the CPU, has them last. The function then gets the data_format as well.
    """

    def __init__(self, function, *, first=False):
        self.function = function
        self.first = first
        self.formats = ("channels_last", "channels_first") if first else ((), ())
        self.seen = []
        self.net = ts.ScopedModule(self._run)

    def _run(self, x):
        outputs = self.function(torchscope.tf1, x, *self.formats[1:] * self.first)
        self.seen.append(described(torchscope.tf1))
        return outputs

    def compare(self, *inputs, tolerance=None):
        """Runs a pass for each input, one training step after another, and gives the net."""
        steps, variables = self._theirs(inputs)
        self._make_variables(inputs[0])
        for array, (outputs, gradients, losses, others) in zip(inputs, steps, strict=True):
            x = self._tensor(array)
            found = as_list(self.net(x))
            assert self.seen[-1] == variables
            assert self.net.registry.get_collection(ts.GraphKeys.UPDATE_OPS) == []
            found = [self._last(each) for each in found]
            for mine, its in zip(found, outputs, strict=True):
                assert_close(mine, its, tolerance)
            ours = self.net.registry.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES)
            for mine, its in zip(ours, losses, strict=True):
                assert_close(mine, its, tolerance)
            self._compare_gradients(x, found, gradients, tolerance)
            for name, value in others.items():
                assert_close(self.net.registry.variables[name], value, tolerance, least=1.0)
        return self.net

    def _compare_gradients(self, x, outputs, gradients, tolerance):
        leaves = [x, *self.net.registry.trainable_variables()]
        leaves = [leaf for leaf in leaves if leaf.requires_grad]
        loss = sum((output * torch.tensor(weights_of(output))).sum() for output in outputs)
        found = torch.autograd.grad(loss, leaves, allow_unused=True) if leaves else []
        for leaf, mine, its in zip(leaves, found, gradients, strict=True):
            if its is None or mine is None:
                assert its is mine
            else:
                assert_close(self._last(mine) if leaf is x else mine, its, tolerance, least=1.0)

    def _tensor(self, array):
        x = torch.tensor(array)
        x = x.movedim(-1, 1).contiguous() if self.first else x
        return x.requires_grad_(x.is_floating_point())

    def _last(self, tensor):
        return tensor.movedim(1, -1) if self.first and tensor.ndim > 2 else tensor

    def _make_variables(self, array):
        """A first pass makes them; then they get the values that TensorFlow's have."""
        self.net(self._tensor(array))
        with torch.no_grad():
            for name, variable in self.net.registry.variables.items():
                value = first_value(name, tuple(variable.shape), dtype_text(variable.dtype))
                variable.copy_(torch.tensor(value))

    def _theirs(self, inputs):
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(inputs[0].dtype, inputs[0].shape)
            outputs = as_list(self.function(tf, x, *self.formats[:1] * self.first))
            trained = tf.trainable_variables()
            leaves = [x, *trained] if x.dtype.is_floating else trained
            gradients = tf.gradients(outputs, leaves, list(map(weights_of, outputs)))
            known = [gradient for gradient in gradients if gradient is not None]
            losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
            updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
            others = {v.op.name: v for v in tf.global_variables() if v not in trained}
            for variable in tf.global_variables():
                shape = variable.shape.as_list()
                value = first_value(variable.op.name, shape, dtype_text(variable.dtype))
                variable.load(value, session)
            steps = []
            for array in inputs:
                found, given, lost = session.run([outputs, known, losses], {x: array})
                given = iter(given)
                aligned = [None if gradient is None else next(given) for gradient in gradients]
                session.run(updates, {x: array})
                steps.append((found, aligned, lost, session.run(others)))
            return steps, described(tf)


@contextlib.contextmanager
def nothing_made(net):
    """What happens inside leaves a net's variables as they were."""
    before = {name: (id(v), v.clone()) for name, v in net.registry.variables.items()}
    keys = list(net.state_dict())
    yield
    after = net.registry.variables
    assert list(after) == list(before)
    assert list(net.state_dict()) == keys
    for name, variable in after.items():
        assert id(variable) == before[name][0]
        assert torch.equal(variable, before[name][1])
