"""Functions with a gradient of their own, as TensorFlow's own modules have them (Defun)."""

import numpy as np
import pytest
import torch
from tensorflow.python.framework import function as theirs

import torchscope as ts
from tests.comparing import assert_alike
from tests.tensorflow1 import tf
from torchscope import tf1
from torchscope.tf1 import _function as ours

X = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")


def by_function(tf, function, x):
    @function.Defun(tf.float32, tf.float32, tf.float32)
    def gradient(x, y, dz):
        return dz * y, dz * 10.0

    @function.Defun(tf.float32, tf.float32, grad_func=gradient)
    def product(x, y):
        return x * y

    return tf.reshape(product(x, x + 1.0), [2, 3])


def by_python(tf, function, x):
    def gradient(op, dz):
        y = op.inputs[1]
        return tf.tanh(dz) * y, op.outputs[0] * dz

    @function.Defun(tf.float32, tf.float32, python_grad_func=gradient)
    def product(x, y):
        return x * y

    return tf.reshape(product(x, x + 1.0), [2, 3])


@pytest.mark.parametrize("function", [by_function, by_python])
def test_it_has_the_gradient_that_it_is_given(function):
    assert_alike(lambda tf, x: function(tf, theirs, x), lambda x: function(tf1, ours, x), [X])


def test_it_may_differentiate_what_needs_no_gradient():
    def gradient(x, w, dy):
        return tuple(tf1.gradients(tf1.tanh(x * w), [x, w], dy))

    product = ours.Defun(grad_func=gradient)(lambda x, w: tf1.tanh(x * w))
    x, w = torch.tensor(X), torch.ones(3, requires_grad=True)
    product(x, w).sum().backward()
    expected = torch.autograd.grad(torch.tanh(x * w).sum(), w)[0]
    torch.testing.assert_close(w.grad, expected)
    assert x.grad is None


def test_without_a_gradient_it_is_the_function():
    assert ours.Defun(tf.float32)(by_python) is by_python


@pytest.mark.unmeasured
def test_one_that_passes_its_gradient_on_compiles():
    same = ours.Defun(python_grad_func=lambda op, dy: tf1.convert_to_tensor(dy))(lambda x: x)
    net = ts.ScopedModule(lambda x: same(ts.get_variable("w", [3])) * x)
    x = torch.tensor(X)
    expected = net(x)
    torch.testing.assert_close(torch.compile(net, fullgraph=True, backend="eager")(x), expected)
