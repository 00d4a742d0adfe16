"""A model written with slim's layers, in TensorFlow with tf_slim and over torchscope, side by side."""

import warnings
from types import SimpleNamespace

import numpy as np
import torch

import torchscope as ts
import torchscope.slim
import torchscope.tf1
from tests.comparing import assert_close, numbers
from tests.tensorflow1 import tf, tf_slim

THEIRS = SimpleNamespace(slim=tf_slim, tf=tf, get_shape=lambda x: x.shape.as_list())
OURS = SimpleNamespace(slim=ts.slim, tf=ts.tf1, get_shape=lambda x: list(x.shape))
COLLECTIONS = ["trainable_variables", "model_variables", "variables", "mine", "others"]


def values_for(shapes):
    """A value for each variable, of numbers that are good for variances as well."""
    random = np.random.default_rng(5)
    return {name: random.uniform(0.5, 1.5, shape) for name, shape in shapes}


def assert_alike(model, *arrays, tolerance=1e-5, gradients=True):
    """`model(kit, *inputs)` has one output, gradient and set of variables in both; twice in ours.

    Variables get the same values in both; their names, shapes and collections are compared, and
    what they are after the model has run.
    """
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs = [tf.constant(each) for each in arrays]
        output = model(THEIRS, *inputs)
        variables = tf.global_variables()
        shapes = [(v.op.name, v.shape.as_list()) for v in variables]
        collections = {
            key: [v.op.name for v in tf.get_collection(key) if hasattr(v, "assign")]
            for key in COLLECTIONS
        }
        losses = tf.losses.get_regularization_losses()
        regularization = tf.add_n(losses) if losses else tf.constant(0.0)
        weights = numbers(*output.shape.as_list(), seed=7)
        asked = [*inputs, *tf.trainable_variables()] if gradients else []
        asked = [each for each in asked if each.dtype.is_floating]
        found = tf.gradients(output, asked, tf.constant(weights)) if asked else []
        # That of a table of embeddings is sparse in TensorFlow.
        found = [
            tf.zeros_like(a) if g is None else tf.convert_to_tensor(g)
            for a, g in zip(asked, found, strict=True)
        ]
        values = values_for(shapes)
        session.run(tf.global_variables_initializer())
        for variable in variables:
            value = values[variable.op.name].astype(variable.dtype.base_dtype.as_numpy_dtype)
            variable.load(value, session)
        updates = [tf.get_collection(key) for key in (tf.GraphKeys.UPDATE_OPS, "updates")]
        expected = session.run([output, found, regularization, updates])[:3]
        after = session.run({v.op.name: v for v in variables})

    net = ts.ScopedModule(lambda *x: model(OURS, *x))
    net(*map(torch.from_numpy, arrays))
    scopes = net.registry
    for _ in range(2):  # the second and the third pass
        ours = [(name, list(v.shape)) for name, v in scopes.variables.items()]
        assert ours == shapes
        for key, names in collections.items():
            found = [v.op.name for v in scopes.get_collection(key) if is_variable(v)]
            assert found == names, (key, found, names)
        for name, v in scopes.variables.items():
            assert v.requires_grad == (name in collections["trainable_variables"])
            with torch.no_grad():
                v.copy_(torch.from_numpy(values[name]))
        leaves = [torch.from_numpy(each) for each in arrays]
        for leaf in leaves:
            leaf.requires_grad_(leaf.is_floating_point())
        output = net(*leaves)
        assert_close(output, expected[0], tolerance)
        if gradients:
            asked = [leaf for leaf in leaves if leaf.is_floating_point()]
            asked += scopes.trainable_variables()
            found = torch.autograd.grad(output, asked, torch.from_numpy(weights), allow_unused=True)
            for a, gradient, wanted in zip(asked, found, expected[1], strict=True):
                actual = torch.zeros_like(a) if gradient is None else gradient
                assert_close(actual, wanted, tolerance * 10, least=1.0)
        losses = scopes.get_collection("regularization_losses")
        total = sum((loss.detach() for loss in losses), torch.tensor(0.0))
        assert_close(total, expected[2], tolerance)
        for name, value in after.items():
            assert_close(scopes.variables[name], value, tolerance, name=name)
    return net


def is_variable(value):
    return isinstance(value, ts.Variable)
