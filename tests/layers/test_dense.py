"""`layers.dense`, and what all layers have in common, beside tf.layers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1
from tests.comparing import numbers
from tests.layers.beside import OF_OLD, Beside, nothing_made
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

pytestmark = OF_OLD
PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


@program
def default_names(api, x):
    a, b = api.layers.Dense(3), api.layers.Dense(4)
    x = b(a(api.layers.dense(x, 5)))
    return api.layers.dense(x, 2), a(api.layers.dense(x, 5))


@program
def given_names(api, x):
    x = api.layers.dense(x, 4, name="first")
    x = api.layers.dense(x, 4, name="second", reuse=api.AUTO_REUSE)
    x = api.layers.dense(x, 4, name="second", reuse=True)
    with api.variable_scope("outer"):
        x = api.layers.dense(x, 4, name="first")
        x = api.layers.dense(x, 4)
        with api.variable_scope("inner"):
            return api.layers.dense(api.layers.dense(x, 3), 2)


@program
def reuse_of_a_scope(api, x):
    for reuse in (None, True, api.AUTO_REUSE):
        with api.variable_scope("tower", reuse=reuse):
            x = api.layers.dense(x, 3, activation=api.nn.tanh)
            x = api.layers.dense(x, 3, name="named")
    return x


@program
def one_object_called_in_two_scopes(api, x):
    layer = api.layers.Dense(3)
    with api.variable_scope("a"):
        x = layer(x)
    with api.variable_scope("b"):
        return layer(x) + api.layers.Dense(3, _reuse=api.AUTO_REUSE, name="c")(x)


@program
def no_bias(api, x):
    return api.layers.dense(x, 4, api.nn.sigmoid, False)


@program
def activations_by_name(api, x):
    x = api.layers.dense(x, 4, "relu")
    return api.layers.dense(api.layers.dense(x, 4, "linear"), 3, activation="softmax")


@program
def what_is_not_trained(api, x):
    x = api.layers.dense(x, 4, trainable=False)
    return api.layers.dense(x, 3) + api.layers.Dense(3, trainable=False)(x)


@program
def regularizers(api, x):
    l2 = ts.l2_regularizer(0.1) if api is not tf else tf.keras.regularizers.l2(0.05)
    l1 = ts.l1_regularizer(0.2) if api is not tf else tf.keras.regularizers.l1(0.2)
    x = api.layers.dense(x, 4, kernel_regularizer=l2, bias_regularizer=l1, activity_regularizer=l2)
    x = api.layers.dense(x, 4, name="d", activity_regularizer=l1)
    return api.layers.dense(x, 4, name="d", reuse=True, kernel_regularizer=l2)


@program
def regularizers_of_the_scope(api, x):
    l2 = ts.l2_regularizer(0.1) if api is not tf else tf.keras.regularizers.l2(0.05)
    with api.variable_scope("s", regularizer=l2, initializer=api.ones_initializer()):
        x = api.layers.dense(x, 3, bias_initializer=None)
        with api.variable_scope("t", reuse=api.AUTO_REUSE):
            x = api.layers.dense(x, 2)
    x = api.layers.dense(x, 3)
    with api.variable_scope("s", regularizer=l2, reuse=True):
        return api.layers.dense(x, 3)


@program
def pieces(api, x):
    with api.variable_scope("s", partitioner=api.fixed_size_partitioner(2)):
        x = api.layers.dense(x, 4, activation=api.nn.relu)
        return api.layers.dense(x, 6, use_bias=False, name="n")


@program
def getters(api, x):
    def halved(getter, *args, **kwargs):
        return 0.5 * getter(*args, **kwargs)

    with api.variable_scope("s", custom_getter=halved):
        return api.layers.dense(x, 4)


@pytest.mark.parametrize("run", PROGRAMS, ids=lambda run: run.__name__)
def test_variables_outputs_losses_and_gradients_are_tensorflows_on_every_pass(run):
    Beside(run).compare(numbers(2, 3), numbers(2, 3, seed=1))


@settings(max_examples=12)
@given(
    shape=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    units=st.integers(1, 5),
    dtype=st.sampled_from(["float32", "float64"]),
    use_bias=st.booleans(),
    activation=st.sampled_from([None, "tanh", "relu"]),
)
def test_any_input_of_rank_two_or_more_gives_tensorflows_numbers(
    shape, units, dtype, use_bias, activation
):
    Beside(lambda api, x: api.layers.dense(x, units, activation, use_bias)).compare(
        numbers(*shape, dtype=dtype)
    )


INITIAL = {
    "dense": ((4, 60), lambda layers, x: layers.dense(x, 80)),
    "conv1d": ((1, 9, 12), lambda layers, x: layers.conv1d(x, 30, 5)),
    "conv2d": ((1, 9, 9, 6), lambda layers, x: layers.conv2d(x, 12, 5)),
    "conv3d": ((1, 5, 5, 5, 4), lambda layers, x: layers.conv3d(x, 12, 4)),
    "conv2d_transpose": ((1, 5, 5, 6), lambda layers, x: layers.conv2d_transpose(x, 12, 5)),
    "conv3d_transpose": ((1, 3, 3, 3, 4), lambda layers, x: layers.conv3d_transpose(x, 12, 4)),
    "separable_conv1d": (
        (1, 9, 40),
        lambda layers, x: layers.separable_conv1d(x, 20, 7, depth_multiplier=3),
    ),
    "separable_conv2d": (
        (1, 9, 9, 40),
        lambda layers, x: layers.separable_conv2d(x, 20, 5, depth_multiplier=2),
    ),
    "batch_normalization": (
        (4, 50),
        lambda layers, x: layers.batch_normalization(x, renorm=True),
    ),
}


@pytest.mark.parametrize("name", INITIAL)
def test_first_values_are_spread_as_tensorflows(name):
    shape, make = INITIAL[name]

    def theirs(tf):
        tf.set_random_seed(0)
        make(tf.layers, tf.zeros(shape))
        return {v.op.name: v for v in tf.global_variables()}

    expected = evaluate(theirs)
    make(ts.layers, torch.zeros(shape))
    found = {v.op.name: v.detach().numpy() for v in ts.global_variables()}
    assert list(found) == list(expected)
    for key, value in found.items():
        its = expected[key]
        assert np.isclose(value.mean(), its.mean(), atol=its.std() * 5 / its.size**0.5), key
        assert np.isclose(value.std(), its.std(), rtol=5 / its.size**0.5), key
        assert np.isclose(np.abs(value).max(), np.abs(its).max(), rtol=0.02), key


def test_an_initializer_a_constraint_and_a_dtype_of_its_own_are_kept():
    layer = ts.layers.Dense(
        2,
        kernel_initializer=ts.constant_initializer(-3.0),
        bias_initializer=ts.ones_initializer,
        kernel_constraint=torch.relu,
        dtype="float64",
    )
    layer(torch.ones(1, 2, dtype=torch.float64))
    assert layer.kernel.dtype is torch.float64
    assert layer.kernel.tolist() == [[-3.0, -3.0]] * 2
    assert layer.bias.tolist() == [1.0, 1.0]
    ts.get_default_registry().apply_constraints_()
    assert layer.kernel.tolist() == [[0.0, 0.0]] * 2


def test_an_activation_may_be_any_function():
    x = torch.randn(2, 3)
    with ts.variable_scope("", reuse=ts.AUTO_REUSE):
        plain = ts.layers.dense(x, 4, name="d")
        again = ts.layers.dense(x, 4, torch.nn.functional.gelu, name="d")
    assert torch.equal(again, torch.nn.functional.gelu(plain))


def test_a_layer_whose_weights_do_not_exist_under_reuse_is_refused_as_in_tensorflow():
    net = ts.ScopedModule(lambda x: ts.layers.dense(x, 3, name="d", reuse=True))
    with nothing_made(net):
        assert_refused_alike(
            lambda: tf.layers.dense(tf.ones([2, 3]), 3, name="d", reuse=True),
            lambda: net(torch.ones(2, 3)),
        )


def test_two_layers_of_one_name_are_refused_as_in_tensorflow_on_every_pass():
    def twice(api, x):
        return api.layers.dense(x, 3, name="d") + api.layers.dense(x, 3, name="d")

    net = ts.ScopedModule(lambda x: twice(torchscope.tf1, x))
    for _ in range(2):
        assert_refused_alike(lambda: twice(tf, tf.ones([2, 3])), lambda: net(torch.ones(2, 3)))


@pytest.mark.parametrize(
    ("shape", "dtype", "keywords"),
    [
        ([2], "float32", {}),
        ([2, 3], "int32", {}),
        ([2, 3], "bool", {}),
        ([2, 3], "float32", {"units": -1}),
        ([2, 3], "float32", {"units": None}),
        ([2, 3], "float32", {"units": "many"}),
        ([2, 3], "float32", {"activation": "nope"}),
    ],
)
def test_what_dense_does_not_take_is_refused_as_in_tensorflow(shape, dtype, keywords):
    keywords = {"units": 3, "name": "d", **keywords}
    net = ts.ScopedModule(lambda x: ts.layers.dense(x, **keywords))
    theirs = refusal(lambda: tf.layers.dense(tf.cast(tf.zeros(shape), dtype), **keywords))
    with nothing_made(net), pytest.raises(type(theirs)) as caught:
        net(torch.zeros(shape, dtype=getattr(torch, dtype)))
    assert str(caught.value)[:30] == str(theirs)[:30]


def test_a_refusal_says_where_what_and_what_to_do():
    with ts.variable_scope("model"), pytest.raises(TypeError) as caught:
        ts.layers.dense(torch.zeros(2, 3, dtype=torch.int64), 4)
    for part in ("'int64'", "'model/dense'", "(2, 3)", ".float()"):
        assert part in str(caught.value)
    layer = ts.layers.Dense(4, name="mine")
    layer(torch.ones(2, 3))
    with pytest.raises(ValueError, match=r"value 3, .* shape \(2, 4\).* scope is 'mine'"):
        layer(torch.ones(2, 4))
    assert layer(torch.ones(5, 3)).shape == (5, 4)


def test_a_layer_that_was_refused_can_be_called_again():
    layer = ts.layers.Dense(4, kernel_initializer=lambda shape, **_: torch.ones(shape)[:1])
    with pytest.raises(ValueError, match="kernel"):
        layer(torch.ones(2, 3))
    layer.kernel_initializer = None
    assert layer(torch.ones(2, 5)).shape == (2, 4)
