"""Other people's networks, unmodified: tf_slim's own files in TensorFlow and over torchscope.

Each is built in TensorFlow, which writes a checkpoint. The same file, over torchscope, loads it.
"""

import importlib
import warnings

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.slim
from tests.slim import theirs
from tests.tensorflow1 import import_slim, tf
from torchscope.checkpoint import restore

import_slim()


class Network:
    """A network of tf_slim: a function of a module, under an arg scope, with an input's size.

    Attributes:
        module: the file, below tf_slim.nets.
        function: the network.
        size: height and width of its images.
        arg_scope: the function of its arg scope, below tf_slim.nets.
        arguments: what it is called with.
        overrides: what an arg scope inside of that one says of conv2d.
    """

    def __init__(self, module, function, size, arg_scope, overrides=None, scoped=None, **arguments):
        self.module, self.function, self.size = module, function, size
        self.arg_scope, self.scoped = arg_scope, scoped or {}
        self.overrides, self.arguments = overrides or {}, arguments

    def __repr__(self):
        return f"{self.function}-{self.size}"

    def images(self, count=2):
        numbers = np.random.default_rng(0).uniform(-1, 1, (count, self.size, self.size, 3))
        return numbers.astype("float32")

    def __call__(self, load, slim, images, **arguments):
        where, name = self.arg_scope
        with slim.arg_scope(getattr(load(where), name)(**self.scoped)):
            with slim.arg_scope([slim.conv2d], **self.overrides):
                function = getattr(load(self.module), self.function)
                return function(images, **{**self.arguments, **arguments})

    def in_tensorflow(self, images, **arguments):
        def load(name):
            return importlib.import_module(f"tf_slim.{name}")

        return self(load, importlib.import_module("tf_slim"), images, **arguments)

    def in_torchscope(self, images, **arguments):
        return self(theirs.load, ts.slim, images, **arguments)


RESNET = ("nets.resnet_utils", "resnet_arg_scope")


def inception(version, size, **arguments):
    module, function = f"nets.inception_v{version}", f"inception_v{version}"
    return Network(module, function, size, (module, f"{function}_arg_scope"), **arguments)


NETWORKS = [
    Network(
        *("nets.alexnet", "alexnet_v2", 199, ("nets.alexnet", "alexnet_v2_arg_scope")),
        num_classes=5,
    ),
    Network(
        *("nets.overfeat", "overfeat", 231, ("nets.overfeat", "overfeat_arg_scope")), num_classes=5
    ),
    *(
        Network("nets.vgg", function, 224, ("nets.vgg", "vgg_arg_scope"), num_classes=5)
        for function in ("vgg_a",)
    ),
    inception(1, 193, num_classes=5),
    inception(2, 64, num_classes=5, depth_multiplier=0.5),
    inception(3, 107, num_classes=5),
    Network("nets.resnet_v1", "resnet_v1_50", 65, RESNET, num_classes=5),
    Network("nets.resnet_v2", "resnet_v2_50", 65, RESNET, num_classes=5),
]


def values_of(result):
    """Logits and end points, under names."""
    logits, end_points = result
    return {"logits": logits, **end_points}


def randomized(session):
    """All variables of a graph with numbers under which batch normalization does something."""
    random = np.random.default_rng(1)
    for variable in tf.global_variables():
        shape = variable.shape.as_list()
        if len(shape) == 1:
            low = 0.5 if "moving_variance" in variable.name else -0.5
            variable.load(random.uniform(low, 1.0, shape).astype("float32"), session)


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_a_network_gives_what_it_gives_in_tensorflow_from_its_checkpoint(network, tmp_path):
    images = network.images()
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fetches = values_of(network.in_tensorflow(tf.constant(images), is_training=False))
        session.run(tf.global_variables_initializer())
        randomized(session)
        path = tf.train.Saver().save(session, str(tmp_path / "model"), write_meta_graph=False)
        names = [(v.op.name, v.shape.as_list()) for v in tf.global_variables()]
        trainable = [v.op.name for v in tf.trainable_variables()]
        model = [v.op.name for v in tf.model_variables()]
        expected = session.run(fetches)
    net = ts.ScopedModule(lambda x: values_of(network.in_torchscope(x, is_training=False)))
    restore(net, path)
    with torch.no_grad():
        actual = net(torch.from_numpy(images))
    scopes = net.registry
    assert [(name, list(v.shape)) for name, v in scopes.variables.items()] == names
    assert [v.op.name for v in scopes.trainable_variables()] == trainable
    assert [v.op.name for v in scopes.get_collection("model_variables")] == model
    assert list(actual) == list(expected)
    for name, value in expected.items():
        assert_close(name, actual[name], value, 1e-4)


def assert_close(name, actual, expected, tolerance):
    """Equal up to `tolerance`, relative to the largest number."""
    largest = np.abs(expected).max()
    np.testing.assert_allclose(
        actual.detach().numpy(), expected, rtol=tolerance, atol=tolerance * largest, err_msg=name
    )
