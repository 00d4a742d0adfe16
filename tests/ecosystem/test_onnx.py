"""A net goes to ONNX with TF1's names, and onnxruntime gives what the net gives."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from ecosystem.classifier import NAMES, X, logits_of
from torchscope import rnn, slim

pytestmark = [
    pytest.mark.ecosystem,
    # Parts of PyTorch call what PyTorch itself deprecates.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]


def exported(net, inputs, **settings):
    """The ONNX program, whose initializers have TF1's names."""
    program = torch.onnx.export(net, inputs, optimize=False, verbose=False, **settings)
    for key, value in list(program.model.graph.initializers.items()):
        if key in net.state_dict():
            value.name = net.registry.name_of(key)
    return program


def run(path, *inputs):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    return session.run(None, {name: x.numpy() for name, x in zip(names, inputs, strict=True)})


def images(x):
    # In training, as PyTorch exports its own nn.BatchNorm2d, it would be one of inference all the same.
    norm = {"is_training": False, "scale": True}
    x = slim.conv2d(x, 4, 3, stride=2, normalizer_fn=slim.batch_norm, normalizer_params=norm)
    x = tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    x = slim.separable_conv2d(x, 6, 3, 1, scope="conv2")
    return slim.fully_connected(slim.flatten(x), 3, activation_fn=None, scope="logits")


def sequences(x):
    outputs, _ = tf.nn.dynamic_rnn(rnn.BasicLSTMCell(4), x, dtype=tf.float32)
    return tf.layers.dense(outputs, 2, name="tags")


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (logits_of, X),
        (images, torch.linspace(-1, 1, 2 * 9 * 9 * 3).reshape(2, 9, 9, 3)),
        (sequences, torch.linspace(-1, 1, 2 * 7 * 3).reshape(2, 7, 3)),
    ],
)
def test_onnxruntime_gives_what_the_net_gives_and_the_file_has_tf1s_names(function, x, tmp_path):
    net = ts.ScopedModule(function, example_inputs=(x,)).eval()
    path = f"{tmp_path}/net.onnx"
    exported(net, (x,)).save(path)
    (result,) = run(path, x)
    np.testing.assert_allclose(result, net(x).detach().numpy(), rtol=1e-4, atol=1e-5)
    kept = {each.name: tuple(each.dims) for each in onnx.load(path).graph.initializer}
    variables = net.registry.variables
    assert {name: tuple(v.shape) for name, v in variables.items()}.items() <= kept.items()


def test_the_size_of_a_batch_may_be_left_open(tmp_path):
    net = ts.ScopedModule(logits_of, example_inputs=(X,)).eval()
    path = f"{tmp_path}/net.onnx"
    # forward(*inputs) is one argument to the exporter: hence the two tuples.
    exported(net, (X,), input_names=["x"], dynamic_shapes=(({0: "batch"},),)).save(path)
    for size in (1, 7):
        (result,) = run(path, X[:size])
        np.testing.assert_allclose(result, net(X[:size]).detach().numpy(), rtol=1e-4, atol=1e-5)


def test_a_graph_goes_to_onnx_as_the_net_does():
    net = ts.ScopedModule(logits_of, example_inputs=(X,)).eval()
    program = torch.onnx.export(ts.graph(net, X), (X,), optimize=False, verbose=False)
    kept = [net.registry.name_of(key) for key in program.model.graph.initializers]
    assert sorted(kept) == sorted(NAMES)


def test_a_net_that_has_not_run_is_told_to_be_built():
    with pytest.raises(
        torch.onnx.errors.OnnxExporterError, match=r"Call ts\.build\(net, \*inputs\) first"
    ):
        torch.onnx.export(ts.ScopedModule(logits_of).eval(), (X,), verbose=False)
