"""The same decoder in TensorFlow, with its tf.contrib, and in torchscope, with the same weights."""

import warnings

import numpy as np
import torch

import torchscope as ts
import torchscope.tf1 as our_tf
from tests.comparing import assert_close
from tests.tensorflow1 import plain_session, tf
from tests.tensorflow1_contrib import import_contrib
from torchscope._core.values.structures import flatten, is_nested


def leaves_of(results):
    """What a program gives, one after the other; None has no leaf."""
    return [leaf for leaf in flatten(results) if not (is_nested(leaf) or leaf is None)]


def weights_of(shapes, dtype, scale):
    draw = np.random.default_rng(0)
    return [draw.normal(size=shape).astype(dtype) * scale for shape in shapes]


def their_answer(program, inputs, scale, known):
    """Names and values of the variables, what the program gives, and all gradients."""
    contrib = import_contrib()
    with tf.Graph().as_default(), plain_session() as session, warnings.catch_warnings():
        # Each of TensorFlow's cells says that it is deprecated.
        warnings.simplefilter("ignore")
        first = [] if known else [None]
        fed = [tf.placeholder(x.dtype, [*first, *x.shape[len(first) :]]) for x in inputs]
        results = leaves_of(program(tf, contrib, *fed))
        variables = tf.global_variables()
        values = weights_of([v.shape.as_list() for v in variables], "float32", scale)
        for variable, value in zip(variables, values, strict=True):
            variable.load(value, session)
        floats = [each for each in results if each.dtype.is_floating]
        of = [*variables, *(each for each in fed if each.dtype.is_floating)]
        # Those of a beam search are of no use, and what they are of may be infinite.
        gradients = []
        if floats and "beam" not in program.__name__:
            loss = sum(tf.reduce_sum(tf.sin(each) * (n + 1)) for n, each in enumerate(floats))
            gradients = tf.gradients(loss, of)
            zeros = [tf.zeros_like(each) for each in of]
            gradients = [
                zero if each is None else tf.convert_to_tensor(each)
                for each, zero in zip(gradients, zeros, strict=True)
            ]
        fetched = session.run([results, gradients], dict(zip(fed, inputs, strict=True)))
        trained = set(tf.trainable_variables())
        names = [(v.op.name, tuple(v.shape.as_list()), v in trained) for v in variables]
        return names, values, *fetched


def our_net(program, inputs, values):
    """The same in torchscope, after its first pass, with these weights."""
    net = ts.ScopedModule(lambda *given: program(our_tf, our_tf.contrib, *given))
    net(*map(torch.tensor, inputs))
    with torch.no_grad():
        for variable, value in zip(net.registry.variables.values(), values, strict=True):
            variable.copy_(torch.tensor(value))
    return net


def our_answer(net, run, inputs, gradients=True):
    """What it gives when it runs, and all gradients."""
    given = [torch.tensor(each, requires_grad=each.dtype.kind == "f") for each in inputs]
    results = leaves_of(run(*given))
    found = []
    floats = [each for each in results if each.is_floating_point()]
    if floats and gradients:
        loss = sum((each.sin() * (n + 1)).sum() for n, each in enumerate(floats))
        of = [*net.registry.variables.values(), *(each for each in given if each.requires_grad)]
        # Where there are no steps, nothing is of the variables.
        loss = loss + 0.0 * sum(each.sum() for each in of)
        found = torch.autograd.grad(loss, of)
    return [each.detach() for each in results], found


def assert_alike(program, *inputs, compiled=True, scale=0.5, known=True):
    """Variables, results and gradients agree; those of a second pass, and compiled, too.

    Without `known` TensorFlow does not know the batch before it runs.
    """
    their_names, values, theirs, their_gradients = their_answer(program, inputs, scale, known)
    net = our_net(program, inputs, values)
    variables = net.registry.variables.items()
    names = [(name, tuple(v.shape), v.requires_grad) for name, v in variables]
    assert names == their_names
    runs = [net, torch.compile(net, fullgraph=True, backend="aot_eager")] if compiled else [net]
    for run in runs:
        ours, our_gradients = our_answer(net, run, inputs, bool(their_gradients))
        for mine, its in zip([*ours, *our_gradients], [*theirs, *their_gradients], strict=True):
            assert_close(mine, its, least=1.0)
