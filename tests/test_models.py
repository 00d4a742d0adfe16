"""Whole models in TF1's spelling, in TensorFlow and here: variables, outputs, gradients."""

import functools
import warnings

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1
from tests import models
from tests.comparing import as_list, as_torch, assert_close
from tests.tensorflow1 import tf

DRAW = np.random.default_rng(0)
IMAGES = DRAW.uniform(size=(3, 6, 6)).astype("float32")
TOKENS = DRAW.integers(0, 11, (2, 5)).astype("int32")
ROWS = DRAW.normal(size=(3, 5, 2)).astype("float32")

MODELS = {
    "transformer": (models.transformer, [TOKENS, (TOKENS > 2).astype("int32")]),
    "autoencoder": (models.autoencoder, [IMAGES, DRAW.normal(size=(3, 4)).astype("float32")]),
    "critic": (models.critic, [IMAGES, IMAGES[::-1].copy(), np.float32(0.3)]),
    "sentences": (models.sentences, [TOKENS, np.array([3, 5], "int32")]),
    "unrolled": (models.unrolled, [ROWS, np.zeros((3, 4), "float32")]),
    "patches": (models.patches, [IMAGES]),
}
each_model = pytest.mark.parametrize("name", MODELS)


@functools.cache
def in_tensorflow(name):
    """Names and values of the variables, outputs, and gradients of the floating ones' sum."""
    model, arrays = MODELS[name]
    with warnings.catch_warnings(), tf.Graph().as_default(), tf.Session() as session:
        # TensorFlow says that its layers are old.
        warnings.simplefilter("ignore")
        tf.set_random_seed(1)
        outputs = as_list(model(tf, *[tf.constant(array) for array in arrays]))
        variables = tf.trainable_variables()
        total = tf.add_n([tf.reduce_sum(o) for o in outputs if o.dtype.is_floating])
        slopes = tf.gradients(total, variables)
        assert all(
            slope is not None or "negative" in v.name
            for slope, v in zip(slopes, variables, strict=True)
        )
        slopes = [
            tf.zeros_like(v) if s is None else tf.convert_to_tensor(s)
            for s, v in zip(slopes, variables, strict=True)
        ]
        session.run(tf.global_variables_initializer())
        values = session.run(variables)
        return [v.name for v in variables], values, session.run(outputs), session.run(slopes)


def net_with_its_values(name):
    """A net of ours with TensorFlow's weights, and the inputs."""
    model, arrays = MODELS[name]
    names, values, *_ = in_tensorflow(name)
    tensors = [as_torch(np.asarray(array)) for array in arrays]
    if name == "critic":
        # What tf.gradients asks for: PyTorch keeps how it was computed only if it is told before.
        tensors[0].requires_grad_()
    net = ts.ScopedModule(functools.partial(model, torchscope.tf1))
    net(*tensors)
    assert [v.name for v in net.registry.trainable_variables()] == names
    for variable, value in zip(net.registry.trainable_variables(), values, strict=True):
        variable.assign(value)
    return net, tensors


def assert_as_tensorflow(name, net, run, tensors):
    _, _, expected, slopes = in_tensorflow(name)
    outputs = as_list(run(*tensors))
    for output, wanted in zip(outputs, expected, strict=True):
        assert_close(output, wanted, 2e-5)
    net.zero_grad()
    sum(o.sum() for o in outputs if o.is_floating_point()).backward()
    for variable, wanted in zip(net.registry.trainable_variables(), slopes, strict=True):
        found = torch.zeros_like(variable) if variable.grad is None else variable.grad
        assert_close(found, wanted, 1e-4, least=1.0, name=variable.name)


@each_model
def test_a_model_gives_what_tensorflow_gives_on_every_pass(name):
    net, tensors = net_with_its_values(name)
    for _ in range(2):
        assert_as_tensorflow(name, net, net, tensors)


@each_model
def test_it_is_made_without_computing(name):
    model, arrays = MODELS[name]
    net = ts.build(
        ts.ScopedModule(functools.partial(model, torchscope.tf1)),
        *map(as_torch, map(np.asarray, arrays)),
    )
    assert [v.name for v in net.registry.trainable_variables()] == in_tensorflow(name)[0]


# A branch that is chosen by values is none of a graph, nor are gradients of a part of it.
RECORDED = sorted(set(MODELS) - {"unrolled", "critic"})


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", RECORDED)
def test_it_is_compiled_whole(name):
    net, tensors = net_with_its_values(name)
    torch._dynamo.reset()
    assert_as_tensorflow(
        name, net, torch.compile(net, fullgraph=True, backend="aot_eager"), tensors
    )


@pytest.mark.parametrize("name", RECORDED)
def test_it_is_a_graph(name):
    net, tensors = net_with_its_values(name)
    assert_as_tensorflow(name, net, ts.graph(net, *tensors), tensors)
