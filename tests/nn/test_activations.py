"""torchscope.nn's activation functions against TensorFlow's."""

import numpy as np
import pytest
import torch
from comparing import as_array, assert_alike, assert_close
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

FLOATING = (
    *("relu", "relu6", "crelu", "leaky_relu", "elu", "selu", "softplus", "softsign", "swish"),
    *("sigmoid", "tanh", "softmax", "log_softmax"),
)
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3)
SPECIAL = [0.0, -0.0, 6.0, 1.0, -1.0, 19.5, 21.0, 35.0, -21.0, 90.0, -90.0]


@st.composite
def numbers(draw, dtype):
    """Numbers around 0, some of them where functions change what they do."""
    shape = draw(SHAPES)
    values = np.random.default_rng(draw(st.integers(0, 999))).normal(0, 4, shape)
    special = SPECIAL[draw(st.integers(0, len(SPECIAL))) :][: values.size]
    values.reshape(-1)[: len(special)] = special
    return as_array(values, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=15)
@given(data=st.data())
def test_activations_have_tensorflows_outputs_and_gradients(dtype, data):
    values = data.draw(numbers(dtype))
    axis = data.draw(st.integers(-values.ndim, values.ndim - 1))
    alpha, beta = (
        data.draw(st.sampled_from([0.2, 0.0, 1.5, -0.5])),
        data.draw(st.sampled_from([1.0, 0.5, 2])),
    )
    keywords = {"leaky_relu": {"alpha": alpha}, "swish": {"beta": beta}}
    keywords |= {name: {"axis": axis} for name in ("crelu", "softmax", "log_softmax")}

    def all_of(nn, value):
        return [getattr(nn, name)(value, **keywords.get(name, {})) for name in FLOATING]

    def build(tf):
        leaf = tf.constant(values)
        outputs = all_of(tf.nn, leaf)
        weights = [np.linspace(0.5, 1.5, output.shape.num_elements()) for output in outputs]
        weights = [
            tf.constant(each.reshape(output.shape.as_list()), dtype)
            for each, output in zip(weights, outputs, strict=True)
        ]
        gradients = [
            tf.gradients(output, leaf, each)[0]
            for output, each in zip(outputs, weights, strict=True)
        ]
        return list(zip(outputs, weights, gradients, strict=True))

    leaf = torch.tensor(values, requires_grad=True)
    for output, (expected, weights, gradient) in zip(
        all_of(ts.nn, leaf), evaluate(build), strict=True
    ):
        assert_close(output, expected)
        (actual,) = torch.autograd.grad(output, leaf, torch.tensor(weights))
        # Where a function is flat, its slope is what is left of numbers of about 1.
        assert_close(actual, gradient, least=1.0)


@pytest.mark.parametrize("name", FLOATING)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_activations_take_short_floats_and_keep_them(name, dtype):
    values = as_array([[-30.0, -2.0, -0.5, 0.0], [0.5, 2.0, 7.0, 30.0]], dtype)
    assert_alike(lambda tf, x: getattr(tf.nn, name)(x), getattr(ts.nn, name), [values])


@pytest.mark.parametrize("name", FLOATING)
@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_activations_take_empty_tensors(name, shape):
    assert_alike(
        lambda tf, x: getattr(tf.nn, name)(x), getattr(ts.nn, name), [np.zeros(shape, "float32")]
    )


@pytest.mark.parametrize("name", ["relu", "relu6", "crelu", "leaky_relu"])
@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8"])
def test_some_activations_take_integers(name, dtype):
    if (name, dtype) == ("crelu", "uint8"):
        return  # refused, below
    values = np.array([0, 1, 5, 9, 100] if dtype == "uint8" else [-9, -1, 0, 5, 100], dtype)
    assert_alike(lambda tf, x: getattr(tf.nn, name)(x), getattr(ts.nn, name), [values])


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "swish"])
def test_some_activations_take_complex_numbers(name):
    values = np.array([0.5 - 1j, 2j, -1.0], "complex64")
    expected = evaluate(lambda tf: getattr(tf.nn, name)(values))
    assert_close(getattr(ts.nn, name)(torch.tensor(values)), expected, 1e-5)


def test_activations_take_lists_and_variables_in_pieces():
    assert ts.nn.relu([-1.0, 2.0]).tolist() == [0.0, 2.0]
    with ts.variable_scope("", partitioner=ts.fixed_size_partitioner(2)):
        table = ts.get_variable("table", [4, 2])
    assert torch.equal(ts.nn.tanh(table), torch.tanh(table.as_tensor()))


def test_dim_is_another_name_of_axis():
    values = torch.randn(2, 3)
    for function in (ts.nn.softmax, ts.nn.log_softmax):
        assert torch.equal(function(values, dim=0), function(values, axis=0))


def test_the_beta_of_swish_can_be_learned():
    values, beta = np.array([-2.0, 0.5, 3.0]), np.array(1.7)
    assert_alike(lambda tf, x, b: tf.nn.swish(x, b), ts.nn.swish, [values, beta])


def test_activations_work_on_the_meta_device():
    for name in FLOATING:
        assert getattr(ts.nn, name)(torch.ones(2, 3, device="meta")).device.type == "meta"


# What is refused


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *((name, "bool") for name in FLOATING),
        *(
            (name, dtype)
            for name in FLOATING[4:]
            for dtype in ("int32", "int64", "uint8", "complex64")
            if (name, dtype) not in {(n, "complex64") for n in ("swish", "sigmoid", "tanh")}
        ),
        *((name, "complex64") for name in ("relu6", "leaky_relu")),
        ("crelu", "uint8"),
    ],
)
def test_activations_refuse_dtypes_that_tensorflow_refuses_in_its_words(name, dtype):
    values = np.ones([2, 3], dtype)
    if (name, dtype) == ("relu", "bool"):
        # TensorFlow's list has a quantized dtype at its end, which PyTorch's tensors cannot be.
        with pytest.raises(TypeError, match=r"^Value passed to parameter 'features' has DataType"):
            ts.nn.relu(torch.tensor(values))
        return
    assert_refused_alike(
        lambda: getattr(tf.nn, name)(tf.constant(values)),
        lambda: getattr(ts.nn, name)(torch.tensor(values)),
    )


@pytest.mark.parametrize(
    ("name", "shape", "keywords"),
    [
        *(("crelu", [2, 3], {"axis": axis}) for axis in (2, -3, 5)),
        ("crelu", [], {}),
        *((name, [], {}) for name in ("softmax", "log_softmax")),
        *((name, [2, 3], {"axis": 0, "dim": 0}) for name in ("softmax", "log_softmax")),
        ("leaky_relu", [2, 3], {"alpha": "a"}),
    ],
)
def test_activations_refuse_arguments_that_tensorflow_refuses_in_its_words(name, shape, keywords):
    assert_refused_alike(
        lambda: getattr(tf.nn, name)(tf.ones(shape), **keywords),
        lambda: getattr(ts.nn, name)(torch.ones(shape), **keywords),
    )


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(("shape", "axis"), [([2, 3], 2), ([2, 3], -3), ([], 0)])
def test_a_softmax_along_no_axis_is_refused_as_a_value_error(name, shape, axis):
    """TensorFlow says the same, with an exception of its own."""
    theirs = refusal(lambda: getattr(tf.nn, name)(tf.ones(shape), axis))
    error = refusal(lambda: getattr(ts.nn, name)(torch.ones(shape), axis))
    assert type(error) is ValueError
    assert str(error).startswith(theirs.message)


def test_a_refusal_tells_shape_and_fix():
    with pytest.raises(TypeError, match=r"shape \(2, 3\).*features\.to\(torch\.float64\)"):
        ts.nn.elu(torch.ones(2, 3, dtype=torch.int32))
