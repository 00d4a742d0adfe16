"""Layers over quantized numbers, which tests of other nodes cannot feed: numpy has no such dtypes."""

import numpy as np
import pytest

from tests.tensorflow1 import plain_session, tf
from torchscope import graphs

RANDOM = np.random.RandomState(11)
IMAGES = RANDOM.randint(0, 256, (2, 5, 4, 3)).astype(np.uint8)
KERNEL = RANDOM.randint(0, 256, (3, 2, 3, 4)).astype(np.uint8)
SUMS = RANDOM.randint(-(2**27), 2**27, (40, 50)).astype(np.int32)
OF_INPUT, OF_FILTER = (-1.0, 2.0), (-0.5, 0.7)
MOVES = {"strides": [1, 2, 2, 1], "padding": "SAME"}
WINDOWS = {"ksize": [1, 3, 2, 1], **MOVES}
KINDS = {np.dtype(np.uint8): "quint8", np.dtype(np.int8): "qint8", np.dtype(np.int32): "qint32"}


def ranges(of, *names):
    return {
        f"{end}_{name}": value
        for name in names
        for end, value in zip(("min", "max"), of, strict=True)
    }


CASES = [
    (
        "QuantizedConv2D",
        {
            "input": IMAGES,
            "filter": KERNEL,
            **ranges(OF_INPUT, "input"),
            **ranges(OF_FILTER, "filter"),
        },
        MOVES,
    ),
    (
        "QuantizedMatMul",
        {
            "a": IMAGES[0, 0],
            "b": KERNEL[0, 0],
            **ranges(OF_INPUT, "a"),
            **ranges(OF_FILTER, "b"),
        },
        {},
    ),
    (
        "QuantizedMatMul",
        {
            "a": IMAGES[0, 0],
            "b": KERNEL[0, 0].T.copy(),
            **ranges(OF_INPUT, "a"),
            **ranges(OF_FILTER, "b"),
        },
        {"transpose_b": True},
    ),
    (
        "QuantizedMul",
        {"x": IMAGES, "y": IMAGES[0, 0], **ranges(OF_INPUT, "x"), **ranges(OF_FILTER, "y")},
        {},
    ),
    (
        "QuantizedBiasAdd",
        {
            "input": IMAGES,
            "bias": IMAGES[0, 0, 0],
            **ranges(OF_INPUT, "input"),
            **ranges(OF_FILTER, "bias"),
        },
        {"out_type": "qint32"},
    ),
    ("QuantizedRelu", {"features": IMAGES, **ranges(OF_INPUT, "features")}, {}),
    ("QuantizedRelu6", {"features": IMAGES, **ranges((-3.0, 9.0), "features")}, {}),
    ("QuantizedMaxPool", {"input": IMAGES, **ranges(OF_INPUT, "input")}, WINDOWS),
    ("QuantizedAvgPool", {"input": IMAGES, **ranges(OF_INPUT, "input")}, WINDOWS),
    (
        "QuantizedReshape",
        {"tensor": IMAGES, "shape": [6, -1], "input_min": -1.0, "input_max": 2.0},
        {},
    ),
    (
        "QuantizedConcat",
        {
            "concat_dim": 1,
            "values": [IMAGES, IMAGES[::-1]],
            "input_mins": [-1.0, 0.5],
            "input_maxes": [2.0, 3.0],
        },
        {},
    ),
    (
        "Requantize",
        {
            "input": SUMS,
            "input_min": -3.0,
            "input_max": 5.0,
            "requested_output_min": -0.2,
            "requested_output_max": 1.3,
        },
        {"out_type": "quint8"},
    ),
    ("RequantizationRange", {"input": SUMS, "input_min": -3.0, "input_max": 5.0}, {}),
    (
        "QuantizeDownAndShrinkRange",
        {"input": SUMS, "input_min": -3.0, "input_max": 5.0},
        {"out_type": "quint8"},
    ),
]


def constant(value):
    if isinstance(value, list) and isinstance(value[0], np.ndarray):
        return [constant(each) for each in value]
    if isinstance(value, list) and isinstance(value[0], float):
        return [tf.constant(each) for each in value]
    if isinstance(value, np.ndarray):
        dtype = tf.as_dtype(KINDS[value.dtype])
        return tf.constant(value.astype(dtype.as_numpy_dtype), dtype)
    return tf.constant(value)


@pytest.mark.parametrize(("op", "inputs", "said"), CASES)
def test_quantized_numbers_give_what_they_give_in_tensorflow(op, inputs, said):
    with tf.Graph().as_default() as graph, plain_session() as session:
        given = {name: constant(value) for name, value in inputs.items()}
        attributes = {
            name: tf.as_dtype(value) if name == "out_type" else value
            for name, value in said.items()
        }
        if op in {"QuantizedConv2D", "QuantizedMul", "QuantizedMatMul"}:
            attributes["out_type" if op == "QuantizedConv2D" else "Toutput"] = tf.qint32
        made = list(getattr(tf.raw_ops, op)(**given, **attributes))
        expected = session.run(made)
        names = [each.name for each in made]
        definition = graph.as_graph_def().SerializeToString()
    net = graphs.import_graph_def(definition)
    for found, wanted in zip(net(fetches=names), map(np.asarray, expected), strict=True):
        assert found.numpy().dtype == wanted.dtype
        # TensorFlow finds the sums and new steps in float32.
        near = {"QuantizedBiasAdd": 2.0, "QuantizedConcat": 1.0}.get(op, 1e-6)
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found.numpy().astype(float), wanted.astype(float), 1e-6, near)
