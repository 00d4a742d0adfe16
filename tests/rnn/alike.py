"""The same recurrent network in TensorFlow and in torchscope, with the same weights."""

import warnings

import numpy as np
import torch

import torchscope as ts
from tests.comparing import assert_close
from tests.tensorflow1 import plain_session, tf
from torchscope._core.values.structures import flatten


class Kit:
    """What a program uses of either."""

    def __init__(self, ours):
        self.api = ts if ours else tf
        self.cells = ts.rnn if ours else tf.nn.rnn_cell
        self.run = ts.rnn if ours else tf.nn
        self.relu = ts.nn.relu if ours else tf.nn.relu
        self.dtype = (lambda name: getattr(torch, name)) if ours else tf.as_dtype
        self.flat = flatten if ours else tf.nest.flatten


def weights_of(shapes, dtype, seed=0):
    draw = np.random.default_rng(seed)
    return [draw.normal(size=shape).astype(dtype) * 0.5 for shape in shapes]


def their_answer(program, inputs, values=None):
    """Names and values of the variables, what the program gives, and all gradients."""
    with tf.Graph().as_default(), plain_session() as session:
        fed = [tf.placeholder(each.dtype, each.shape) for each in inputs]
        with warnings.catch_warnings():
            # Each of TensorFlow's cells says that it is deprecated.
            warnings.simplefilter("ignore")
            results = tf.nest.flatten(program(Kit(ours=False), *fed))
        variables = tf.global_variables()
        shapes = [[int(d) for d in v.shape] for v in variables]
        values = weights_of(shapes, inputs[0].dtype)
        for variable, value in zip(variables, values, strict=True):
            variable.load(value, session)
        loss = sum(tf.reduce_sum(tf.sin(each) * (n + 1)) for n, each in enumerate(results))
        gradients = tf.gradients(loss, [*variables, *fed])
        zeros = [tf.zeros_like(v) for v in [*variables, *fed]]
        gradients = [
            z if g is None else tf.convert_to_tensor(g)
            for g, z in zip(gradients, zeros, strict=True)
        ]
        fetched = session.run([results, gradients], dict(zip(fed, inputs, strict=True)))
        names = [(v.op.name, tuple(s)) for v, s in zip(variables, shapes, strict=True)]
        return names, values, *fetched


def our_answer(program, inputs, values, compiled=False):
    """The same, on the second pass, which may be compiled."""
    net = ts.ScopedModule(lambda *given: program(Kit(ours=True), *given))
    given = [torch.tensor(each, requires_grad=True) for each in inputs]
    net(*given)
    variables = net.registry.variables
    with torch.no_grad():
        for variable, value in zip(variables.values(), values, strict=True):
            variable.copy_(torch.tensor(value))
    second = torch.compile(net, fullgraph=True, backend="aot_eager") if compiled else net
    results = flatten(second(*given))
    loss = sum((each.sin() * (n + 1)).sum() for n, each in enumerate(results))
    of = [*variables.values(), *given]
    gradients = torch.autograd.grad(loss, of, allow_unused=True, materialize_grads=True)
    names = [(name, tuple(v.shape)) for name, v in variables.items()]
    return names, [r.detach() for r in results], gradients


def assert_alike(program, *inputs):
    """Names, shapes, results and gradients agree."""
    their_names, values, theirs, their_gradients = their_answer(program, inputs)
    names = [(name, shape) for name, shape in their_names]
    our_names, ours, our_gradients = our_answer(program, inputs, values)
    assert our_names == names
    for mine, its in zip([*ours, *our_gradients], [*theirs, *their_gradients], strict=True):
        assert_close(mine, its, least=1.0)
