"""A model of one of the packages, built by TensorFlow and by torchscope from the same source, and compared."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_leaves

import torchscope as ts
from packages.both import ours, quiet, theirs
from tests.tensorflow1 import tf
from torchscope import tf1


@dataclass(frozen=True)
class Model:
    """What is built, and of what.

    Args:
        file: the module that has it.
        name: how the table calls it.
        build: the function of a module, `tf` and tensors that builds it, and gives one output or several.
        arrays: what the tensors hold.
        compiled: whether it is compiled as well, and built without values.
        differentiated: whether gradients are compared.
        tolerance: how far outputs may be apart, of the largest.
        steep: how far gradients may be apart, of the largest.
        heavy: whether it takes too long for every run of the tests: `make test-packages` runs it.
        fails: why it does not run, if it does not: the row says so.
        feeds: what is fed to placeholders that the model makes, by their names.
    """

    file: str
    name: str
    build: Callable[..., Any]
    arrays: tuple[Any, ...] = field(repr=False)
    compiled: bool = True
    differentiated: bool = True
    tolerance: float = 1e-5
    steep: float = 1e-4
    heavy: bool = False
    fails: str = ""
    feeds: dict[str, Any] = field(default_factory=dict, repr=False)

    def named(self):
        """What the net is called with besides tensors."""
        feeds = {name: torch.as_tensor(array) for name, array in self.feeds.items()}
        return {"feeds": feeds} if feeds else {}

    def __str__(self):
        return f"{self.file.partition('.')[0]}-{self.name}"


@dataclass(frozen=True)
class Seen:
    """What a model gave in one of the libraries."""

    variables: list[tuple[str, tuple[int, ...], bool]]
    outputs: list[np.ndarray]
    gradients: dict[str, np.ndarray]
    # What TensorFlow calls what is fed and what is fetched, where it wrote the graph.
    feeds: dict[str, np.ndarray] = field(default_factory=dict)
    fetches: list[str] = field(default_factory=list)


def mostly_heavy(models, *light):
    """The models, of which those of these names are compared in every run of the tests."""
    assert {model.name for model in models} >= set(light)
    return [replace(model, heavy=model.name not in light) for model in models]


def images(*shape, seed=0):
    """Numbers of a normal distribution."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def numbers(high, *shape, seed=0):
    """Integers below `high`."""
    return np.random.default_rng(seed).integers(0, high, shape).astype(np.int32)


def weights_of(output):
    """By what an output is weighed before it is differentiated."""
    return np.random.default_rng(1).uniform(0.5, 1.5, output.shape).astype(output.dtype)


def _is_floating(output):
    return output.dtype.kind == "f"


def _feed(model, tensors):
    """What a session of TensorFlow's is fed."""
    named = {f"{name}:0": array for name, array in model.feeds.items()}
    return dict(zip(tensors, model.arrays, strict=True)) | named


@quiet()
def in_tensorflow(model, path, *, graph_too=False):
    """Builds it in TensorFlow, with values that no initializer would give, and saves them at `path`; the graph, too.

    Returns what it gives, and a function of a checkpoint's path: what the same graph gives with that.
    """
    module = theirs(model.file)
    graph = tf.Graph()
    session = tf.Session(graph=graph)
    # Some initializers draw from numpy.
    np.random.seed(0)  # noqa: NPY002 - it is theirs
    with graph.as_default():
        tf.set_random_seed(0)
        tensors = [tf.placeholder(array.dtype, array.shape) for array in model.arrays]
        outputs = tree_leaves(model.build(module, tf, *tensors))
        variables = tf.global_variables()
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        _set_at_random(session, variables)
        feed = _feed(model, tensors)
        values = session.run(outputs, feed)
        gradients = {}
        trained = tf.trainable_variables()
        if model.differentiated:
            pairs = [(o, v) for o, v in zip(outputs, values, strict=True) if _is_floating(v)]
            loss = tf.add_n([tf.reduce_sum(o * weights_of(v)) for o, v in pairs])
            found = [
                (v.op.name, tf.convert_to_tensor(g))
                for v, g in zip(trained, tf.gradients(loss, trained), strict=True)
                if g is not None
            ]
            gradients = dict(
                zip([n for n, _ in found], session.run([g for _, g in found], feed), strict=True)
            )
        saver = tf.train.Saver(variables) if variables else None
        if saver is not None:
            saver.save(session, path, write_meta_graph=False)
        if graph_too:
            tf.train.export_meta_graph(f"{path}.meta")
        described = [(v.op.name, tuple(v.shape.as_list()), v in trained) for v in variables]

    def read(path):
        with graph.as_default(), session, quiet():
            saver.restore(session, path)
            return session.run(outputs, feed)

    fed = {
        tensor if isinstance(tensor, str) else tensor.name: array for tensor, array in feed.items()
    }
    return Seen(described, values, gradients, fed, [each.name for each in outputs]), read


def _set_at_random(session, variables):
    """Gives variables values that no initializer would give."""
    # All in one call: TensorFlow plans for each call anew.
    random = np.random.default_rng(0)
    loaded = {}
    for variable, value in zip(variables, session.run(variables), strict=True):
        if value.dtype.kind == "f":
            moved = value + random.normal(scale=0.02, size=value.shape).astype(value.dtype)
            positive = variable.op.name.endswith("variance")
            loaded[variable] = np.abs(moved) if positive else moved
    session.run(
        [variable.initializer for variable in loaded],
        {variable.initializer.inputs[1]: value for variable, value in loaded.items()},
    )


def net_of(model):
    """The net of the rewritten source, and the tensors that it is called with."""
    module = ours(model.file)
    net = ts.ScopedModule(lambda *tensors: tree_leaves(model.build(module, tf1, *tensors)))
    return net, [torch.as_tensor(array) for array in model.arrays]


def in_torchscope(model, path):
    """Builds the rewritten source, and loads what TensorFlow saved: what it gives, its net and tensors."""
    net, tensors = net_of(model)
    if model.compiled:
        ts.build(net, *tensors, **model.named())
    else:
        # Its shapes may depend on values.
        net(*tensors, **model.named())
    registry = net.registry
    variables = registry.global_variables()
    if variables:
        tf1.train.Saver().restore(net, path)
    described = [(v.op.name, tuple(v.shape), v.requires_grad) for v in variables]
    outputs = net(*tensors, **model.named())
    gradients = {}
    if model.differentiated:
        values = [o.detach().numpy() for o in outputs]
        weighed = [
            (o * torch.as_tensor(weights_of(v))).sum()
            for o, v in zip(outputs, values, strict=True)
            if _is_floating(v)
        ]
        loss = torch.stack(weighed).sum()
        if loss.requires_grad:
            loss.backward()
        gradients = {v.op.name: v.grad.numpy() for v in variables if v.grad is not None}
    return Seen(described, [o.detach().numpy() for o in outputs], gradients), net, tensors


def distance(actual, expected):
    """How far numbers are apart, of the largest that is expected."""
    if actual.shape != expected.shape:
        raise AssertionError(f"shapes: {actual.shape}, and {expected.shape} in TensorFlow")
    if actual.dtype != expected.dtype:
        raise AssertionError(f"dtypes: {actual.dtype}, and {expected.dtype} in TensorFlow")
    if not expected.size:
        return 0.0
    if expected.dtype.kind != "f":
        return float((actual != expected).any())
    largest = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
    if not (np.isfinite(actual) == np.isfinite(expected)).all():
        return float("inf")
    apart = np.abs(np.where(np.isfinite(expected), actual - expected, 0)).max()
    return float(apart / largest) if largest else float(apart)


def gradient_distance(actual, expected):
    """How far gradients are apart, of the largest gradient of the whole net."""
    largest = max((np.abs(value).max(initial=0.0) for value in expected.values()), default=0.0)
    apart = 0.0
    for name, value in expected.items():
        found = actual.get(name, np.zeros_like(value))
        apart = max(apart, float(np.abs(found - value).max(initial=0.0)))
    return apart / largest if largest else apart
