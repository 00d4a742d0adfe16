"""A model function that trains, in TensorFlow and in torchscope, from the same first values."""

import warnings

import numpy as np
import torch

import torchscope as ts
from tests.tensorflow1 import tf
from torchscope import tf1


class Run:
    """What training gave.

    Attributes:
        results: of each step, what the model function gave besides its operations.
        variables: the names, shapes and values of all global variables in their order, at the end.
        trained: the names of the trained ones.
        net: the net of torchscope's.
    """

    def __init__(self, results, variables, trained, net=None):
        self.results, self.variables, self.trained, self.net = results, variables, trained, net


def in_tensorflow(model, batches, first=None):
    """Runs ``model(tf, *batch)``, which gives results and an operation, once for each batch."""
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        # TensorFlow warns of every layer.
        warnings.simplefilter("ignore")
        feeds = [tf.placeholder(part.dtype, part.shape) for part in batches[0]]
        *results, train_op = model(tf, *feeds)
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        made = {v.op.name: v for v in tf.global_variables()}
        for name, value in (first or {}).items():
            made[name].load(value, session)
        begun = {name: session.run(v) for name, v in made.items()}
        given = [
            session.run([results, train_op], dict(zip(feeds, batch, strict=True)))[0]
            for batch in batches
        ]
        variables = {v.op.name: session.run(v) for v in tf.global_variables()}
        return Run(given, variables, [v.op.name for v in tf.trainable_variables()]), begun


def in_torchscope(model, batches, begun, **how):
    """The same by torchscope, where the operation is run after the call; `how` is the net's."""
    net = ts.ScopedModule(lambda *batch: model(tf1, *batch), **how)
    ts.build(net, *map(torch.from_numpy, batches[0]))
    registry = net.registry
    for name, value in begun.items():
        registry.variables[name].load(value)
    given = []
    for batch in batches:
        *results, train_op = net(*map(torch.from_numpy, batch))
        train_op.run()
        given.append([each.detach().numpy() for each in results])
    variables = {v.op.name: v.detach().numpy() for v in registry.global_variables()}
    return Run(given, variables, [v.op.name for v in registry.trainable_variables()], net)


def assert_trained_alike(model, batches, **how):
    """Both give the same results in each step, and the same variables in the same order; returns ours.

    In float32 rounding grows where a step divides by a small gradient. `how` are keywords of our net.
    """
    exact = all(part.dtype != np.float32 for part in batches[0])
    tolerance = 1e-9 if exact else 1e-3
    theirs, begun = in_tensorflow(model, batches)
    ours = in_torchscope(model, batches, begun, **how)
    assert list(ours.variables) == list(theirs.variables)
    assert ours.trained == theirs.trained
    for step, (expected, actual) in enumerate(zip(theirs.results, ours.results, strict=True)):
        for a, b in zip(actual, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=f"step {step}")
    for name, value in theirs.variables.items():
        assert ours.variables[name].shape == value.shape, name
        scale = max(np.abs(value).max(), 1e-3) if value.size else 1
        np.testing.assert_allclose(
            ours.variables[name], value, rtol=tolerance, atol=tolerance * scale, err_msg=name
        )
    return ours
