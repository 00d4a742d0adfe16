"""Pooling, dropout and flatten as layers, beside tf.layers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.comparing import numbers
from tests.layers.beside import OF_OLD, Beside, nothing_made
from tests.tensorflow1 import evaluate, first_sentence, refusal, tf

pytestmark = OF_OLD


@settings(max_examples=25)
@given(data=st.data(), spatial=st.integers(1, 3), first=st.booleans())
def test_pools_are_tensorflows_for_any_window_and_layout(data, spatial, first):
    name = data.draw(st.sampled_from(["max", "average"])) + f"_pooling{spatial}d"

    def several(most):
        each = st.integers(1, int(most))
        return data.draw(st.one_of(each, st.tuples(*[each] * spatial)))

    size = several(3)
    strides = several(3 if spatial < 3 else np.min(size))
    padding = data.draw(st.sampled_from(["same", "valid", "SAME"]))
    shape = (2, *[data.draw(st.integers(3, 6)) for _ in range(spatial)], 2)
    # Over three axes TensorFlow has no float64 on the CPU, and begins elsewhere where it leaves
    # elements out.
    wide = spatial < 3 and data.draw(st.booleans())
    dtype = "float64" if wide else "float32"

    def model(api, x, data_format="channels_last"):
        return getattr(api.layers, name)(x, size, strides, padding, data_format)

    Beside(model, first=first).compare(numbers(*shape, dtype=dtype))


@pytest.mark.parametrize("name", ["MaxPooling", "AveragePooling"])
@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_a_pool_may_be_called_again_and_in_scopes(name, spatial):
    def model(api, x):
        layer = getattr(api.layers, f"{name}{spatial}D")(2, 2, "same")
        with api.variable_scope("a"):
            return layer(layer(x)), api.layers.dense(x, 2)

    Beside(model).compare(numbers(2, *[7] * spatial, 3), numbers(2, *[7] * spatial, 3, seed=1))


def test_pools_make_no_variables_and_take_a_name_and_integers():
    net = ts.ScopedModule(lambda x: ts.layers.max_pooling2d(x, 2, 2, name="pool"))
    x = torch.arange(16).reshape(1, 4, 4, 1)
    assert net(x).flatten().tolist() == [5, 7, 13, 15]
    assert net.registry.variables == {}


@pytest.mark.parametrize(
    ("name", "shape", "keywords"),
    [
        ("max_pooling2d", (2, 5, 3), {}),
        ("max_pooling2d", (2, 5, 3, 2, 2), {}),
        ("average_pooling1d", (2, 5, 3, 2), {}),
        ("average_pooling3d", (2, 5, 3, 2), {}),
        ("max_pooling2d", (2, 5, 5, 3), {"pool_size": 7}),
        ("average_pooling2d", (2, 5, 5, 3), {"pool_size": 7}),
        ("max_pooling1d", (2, 5, 3), {"pool_size": 7}),
        ("max_pooling3d", (2, 5, 5, 5, 3), {"pool_size": (1, 7, 1)}),
        ("max_pooling2d", (2, 5, 5, 3), {"padding": "full"}),
        ("max_pooling2d", (2, 5, 5, 3), {"padding": "causal"}),
        ("average_pooling1d", (2, 5, 3), {"padding": "causal"}),
        ("max_pooling2d", (2, 5, 5, 3), {"data_format": "NHWC"}),
        ("max_pooling2d", (2, 5, 5, 3), {"pool_size": 0}),
        ("max_pooling2d", (2, 5, 5, 3), {"pool_size": (1, 2, 3)}),
        ("max_pooling2d", (2, 5, 5, 3), {"strides": 0}),
        ("max_pooling2d", (2, 5, 5, 3), {"strides": None}),
    ],
)
def test_what_a_pool_does_not_take_is_refused_as_in_tensorflow(name, shape, keywords):
    keywords = {"pool_size": 2, "strides": 2, "name": "p", **keywords}
    net = ts.ScopedModule(lambda x: getattr(ts.layers, name)(x, **keywords))
    theirs = refusal(lambda: getattr(tf.layers, name)(tf.zeros(shape), **keywords))
    with nothing_made(net), pytest.raises(type(theirs)) as caught:
        net(torch.zeros(shape))
    if keywords.get("padding") != "causal":
        assert str(caught.value)[:24] == str(theirs)[:24], f"{caught.value}\n{theirs}"


def test_a_mean_of_integers_is_refused_as_in_tensorflow():
    theirs = refusal(lambda: tf.layers.average_pooling2d(tf.zeros([1, 4, 4, 1], "int32"), 2, 2))
    with ts.variable_scope("model"), pytest.raises(type(theirs)) as caught:
        ts.layers.average_pooling2d(torch.zeros(1, 4, 4, 1, dtype=torch.int32), 2, 2)
    for part in ("int32", "'model/average_pooling2d'", "(1, 4, 4, 1)"):
        assert part in str(caught.value)


def test_a_window_that_is_too_large_is_refused_with_where_and_what():
    with ts.variable_scope("model"), pytest.raises(ValueError, match="subtracting 7 from 5") as c:
        ts.layers.max_pooling2d(torch.zeros(1, 5, 5, 3), 7, 1, name="pool")
    for part in ("'model/pool'", "(1, 5, 5, 3)", "(7, 7)"):
        assert part in str(c.value)


# Dropout


def test_dropout_gives_its_input_outside_of_training():
    Beside(lambda api, x: api.layers.dropout(x, 0.7)).compare(numbers(3, 4))
    Beside(lambda api, x: api.layers.Dropout(0.7)(x, training=False)).compare(numbers(3, 4))


def test_dropout_drops_as_many_as_tensorflow_and_scales_the_rest():
    expected = evaluate(lambda tf: tf.layers.dropout(tf.ones([200, 200]), 0.3, training=True))
    x = torch.ones(200, 200, requires_grad=True)
    found = ts.layers.dropout(x, 0.3, training=True)
    values = found.detach().numpy()
    np.testing.assert_allclose(np.unique(values), np.unique(expected), rtol=1e-6)
    assert abs((values == 0).mean() - (expected == 0).mean()) < 0.02
    (gradient,) = torch.autograd.grad(found.sum(), x)
    assert torch.equal(gradient, found)


def test_dropout_of_whole_channels_by_a_noise_shape():
    found = ts.layers.dropout(torch.ones(4, 50, 3), 0.5, [None, 1, 3], training=True)
    assert torch.equal(found, found[:, :1].expand_as(found))
    assert set(found.flatten().tolist()) == {0.0, 2.0}


def test_training_may_be_a_tensor_in_either():
    def model(api, x):
        off = api.constant(False)
        return api.layers.dropout(x, 0.5, training=off)

    Beside(model).compare(numbers(3, 4))
    assert (ts.layers.dropout(torch.ones(100), 0.5, training=torch.tensor(True)) == 0).any()


@pytest.mark.parametrize("rate", [-0.1, 1.5])
def test_a_rate_that_is_no_probability_is_refused_as_in_tensorflow(rate):
    theirs = refusal(lambda: tf.layers.dropout(tf.zeros([2]), rate))
    with pytest.raises(type(theirs)) as caught:
        ts.layers.dropout(torch.zeros(2), rate)
    assert str(caught.value).startswith(first_sentence(theirs))
    assert "keep_prob" in str(caught.value)


@pytest.mark.parametrize(
    ("dtype", "keywords"),
    [("int32", {}), ("float32", {"rate": 1.0}), ("float32", {"noise_shape": [1, 5]})],
)
def test_what_dropout_does_not_take_in_training_is_refused_as_in_tensorflow(dtype, keywords):
    theirs = refusal(lambda: tf.layers.dropout(tf.zeros([2, 3], dtype), training=True, **keywords))
    x = torch.zeros(2, 3, dtype=getattr(torch, dtype))
    with ts.variable_scope("model"), pytest.raises(type(theirs)) as caught:
        ts.layers.dropout(x, training=True, **keywords)
    assert str(caught.value)[:20] == str(theirs)[:20]
    for part in ("'model/dropout'", "(2, 3)"):
        assert part in str(caught.value)


# Flatten


@settings(max_examples=10)
@given(shape=st.lists(st.integers(1, 4), min_size=1, max_size=5), first=st.booleans())
def test_flatten_is_tensorflows(shape, first):
    # TensorFlow moves the channels itself, so that both get the same input.
    form = "channels_first" if first else "channels_last"
    Beside(lambda api, x: api.layers.flatten(x, data_format=form)).compare(numbers(*shape))


def test_flatten_of_an_empty_batch_is_tensorflows():
    expected = evaluate(lambda tf: tf.layers.flatten(tf.zeros([0, 2, 3])))
    assert ts.layers.flatten(torch.zeros(0, 2, 3)).shape == expected.shape


def test_flatten_takes_any_dtype_and_refuses_a_single_number_as_tensorflow():
    assert ts.layers.flatten(torch.zeros(2, 3, 4, dtype=torch.bool)).shape == (2, 12)
    theirs = refusal(lambda: tf.layers.flatten(tf.zeros([]), name="f"))
    with pytest.raises(type(theirs)) as caught:
        ts.layers.flatten(torch.zeros(()), name="f")
    assert first_sentence(theirs) in str(caught.value)


def test_flatten_refuses_an_unknown_format_as_tensorflow():
    theirs = refusal(lambda: tf.layers.flatten(tf.zeros([2, 2]), data_format="NHWC"))
    with pytest.raises(type(theirs)) as caught:
        ts.layers.flatten(torch.zeros(2, 2), data_format="NHWC")
    assert str(caught.value) == str(theirs)
