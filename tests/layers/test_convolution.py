"""Convolutions as layers, plain, transposed and separable, beside tf.layers."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.comparing import assert_close, numbers
from tests.layers.beside import OF_OLD, Beside, nothing_made
from tests.tensorflow1 import evaluate, first_sentence, refusal, tf

pytestmark = OF_OLD
PLAIN = {"conv1d": 1, "conv2d": 2, "conv3d": 3}
TRANSPOSED = {"conv2d_transpose": 2, "conv3d_transpose": 3}
SEPARABLE = {"separable_conv1d": 1, "separable_conv2d": 2}


@st.composite
def convolutions(draw):
    """A function of tf.layers, the shape and dtype of its input, and its arguments."""
    name = draw(st.sampled_from([*PLAIN, *TRANSPOSED, *SEPARABLE]))
    spatial = {**PLAIN, **TRANSPOSED, **SEPARABLE}[name]
    # TensorFlow's separable convolution on the CPU takes one stride for both axes.
    same = name in SEPARABLE

    def several(least, most):
        each = st.integers(least, most)
        one = st.one_of(each, each.map(lambda number: (number,) * spatial))
        return draw(one if same else st.one_of(each, st.tuples(*[each] * spatial)))

    keywords = {"kernel_size": several(1, 3), "padding": draw(st.sampled_from(["same", "VALID"]))}
    if draw(st.booleans()) or name in TRANSPOSED:
        keywords["strides"] = several(1, 3)
    else:
        keywords["dilation_rate"] = several(1, 2)
    if spatial == 1 and draw(st.booleans()):
        keywords["padding"] = "causal"
    if same:
        keywords["depth_multiplier"] = draw(st.integers(1, 2))
    keywords["use_bias"] = draw(st.booleans())
    keywords["activation"] = draw(st.sampled_from([None, "tanh"]))
    if spatial == 3 and "strides" in keywords:
        # With windows that leave elements out, TensorFlow's Conv3D on the CPU begins elsewhere.
        one = keywords["strides"]
        each = (one,) * 3 if isinstance(one, int) else one
        size = keywords["kernel_size"]
        sizes = (size,) * 3 if isinstance(size, int) else size
        keywords["strides"] = tuple(map(min, each, sizes))
    lengths = [draw(st.integers(5, 8 - spatial // 2)) for _ in range(spatial)]
    shape = (draw(st.integers(1, 2)), *lengths, draw(st.integers(1, 3)))
    return name, shape, draw(st.sampled_from(["float32", "float64"])), keywords


@settings(max_examples=40)
@given(case=convolutions(), first=st.booleans(), filters=st.integers(1, 3))
def test_outputs_and_gradients_are_tensorflows_for_any_arguments_and_layout(case, first, filters):
    name, shape, dtype, keywords = case

    def model(api, x, data_format="channels_last"):
        layer = getattr(api.layers, name)
        return layer(x, filters, data_format=data_format, **keywords)

    Beside(model, first=first).compare(numbers(*shape, dtype=dtype))


@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("conv1d", {"padding": "causal", "dilation_rate": 2, "kernel_size": 3}),
        ("conv2d", {"padding": "same", "strides": (2, 3), "kernel_size": (3, 5)}),
        ("conv2d", {"padding": "Same", "dilation_rate": (2, 1), "kernel_size": [3, 2]}),
        ("conv3d", {"padding": "same", "strides": 2, "kernel_size": 3}),
        ("conv2d_transpose", {"padding": "same", "strides": 2, "kernel_size": 3}),
        ("conv2d_transpose", {"padding": "valid", "strides": 3, "kernel_size": 2}),
        ("conv3d_transpose", {"padding": "valid", "strides": (1, 2, 2), "kernel_size": 3}),
        ("separable_conv1d", {"padding": "causal", "kernel_size": 3}),
        ("separable_conv1d", {"padding": "same", "strides": 2, "kernel_size": 3}),
        ("separable_conv2d", {"padding": "same", "strides": 2, "kernel_size": (3, 2)}),
        ("separable_conv2d", {"padding": "same", "dilation_rate": 2, "kernel_size": 3}),
    ],
)
@pytest.mark.parametrize("first", [False, True])
def test_what_models_use_gives_tensorflows_numbers_on_later_passes(name, keywords, first):
    spatial = {**PLAIN, **TRANSPOSED, **SEPARABLE}[name]

    def model(api, x, data_format="channels_last"):
        layer = getattr(api.layers, name)
        with api.variable_scope("a"):
            x = layer(x, 3, activation=api.nn.relu, data_format=data_format, **keywords)
        with api.variable_scope("a", reuse=api.AUTO_REUSE):
            return layer(x, 3, data_format=data_format, **keywords)

    lengths = [9, 7, 7][:spatial] if spatial < 3 else [6, 5, 5]
    shape = (2, *lengths, 3)
    if keywords["padding"] == "valid" and name not in TRANSPOSED:
        shape = (2, *[11] * spatial, 3)
    Beside(model, first=first).compare(numbers(*shape), numbers(*shape, seed=1))


def regularized(api):
    if api is tf:
        return [tf.keras.regularizers.l2(0.05), tf.keras.regularizers.l1(0.2)]
    return [ts.l2_regularizer(0.1), ts.l1_regularizer(0.2)]


@pytest.mark.parametrize("name", [*PLAIN, *TRANSPOSED, *SEPARABLE])
def test_names_and_losses_are_tensorflows(name):
    spatial = {**PLAIN, **TRANSPOSED, **SEPARABLE}[name]
    kernels = ["depthwise", "pointwise"] if name in SEPARABLE else ["kernel"]
    parts = re.sub(r"(\d)d", r"\1D", name).split("_")
    cls = "".join(part[0].upper() + part[1:] for part in parts)

    def model(api, x):
        l2, l1 = regularized(api)
        layer, make = getattr(api.layers, name), getattr(api.layers, cls)
        losses = {f"{kernel}_regularizer": l2 for kernel in kernels}
        more = {"bias_regularizer": l1, "activity_regularizer": l1}
        kept = make(3, 2, padding="same", trainable=False)
        x = layer(x, 3, 2, padding="same", **losses, **more)
        x = layer(x, 3, 1, padding="same", name="named", activity_regularizer=l2)
        x = kept(kept(layer(x, 3, 1, name="named", reuse=True)))
        with api.variable_scope("outer", regularizer=l2):
            return make(2, 2, use_bias=False, name="last")(layer(x, 2, 2))

    Beside(model).compare(numbers(2, *[4] * spatial, 2))


@pytest.mark.parametrize("name", ["conv2d", "separable_conv2d", "conv2d_transpose"])
def test_pieces_under_a_partitioner_are_tensorflows(name):
    def model(api, x):
        with api.variable_scope("s", partitioner=api.fixed_size_partitioner(2, axis=0)):
            x = getattr(api.layers, name)(x, 4, 3, padding="same", activation=api.nn.relu)
            return api.layers.conv2d(x, 4, 3, 2)

    net = Beside(model).compare(numbers(1, 5, 5, 4), numbers(1, 5, 5, 4, seed=1))
    assert any("part_1" in name for name in net.registry.variables)


@pytest.mark.parametrize(
    ("name", "shape"), [("Conv1D", (2, 3, 6, 4)), ("Conv2D", (2, 1, 3, 5, 5, 4))]
)
def test_several_axes_of_a_batch_are_kept(name, shape):
    Beside(lambda api, x: getattr(api.layers, name)(3, 2)(x)).compare(numbers(*shape))


@pytest.mark.parametrize("name", list(PLAIN))
def test_groups_divide_the_channels_as_in_tensorflow(name):
    spatial = PLAIN[name]
    cls = name.replace("conv", "Conv").replace("d", "D")
    x = numbers(2, *[4] * spatial, 4)

    def theirs(tf):
        layer = getattr(tf.layers, cls)(6, 2, groups=2, kernel_initializer="ones")
        y = layer(tf.constant(x))
        return y, layer.kernel

    expected, kernel = evaluate(theirs)
    layer = getattr(ts.layers, cls)(6, 2, groups=2, kernel_initializer=ts.ones_initializer)
    assert_close(layer(torch.tensor(x)), expected)
    assert tuple(layer.kernel.shape) == kernel.shape


BAD = [
    ("conv2d", (2, 5, 3), {}),
    ("conv1d", (2, 3), {}),
    ("conv3d", (2, 5, 5, 3), {}),
    ("conv2d_transpose", (2, 5, 3), {}),
    ("conv2d_transpose", (2, 2, 5, 5, 3), {}),
    ("separable_conv2d", (2, 2, 5, 5, 3), {}),
    ("separable_conv1d", (2, 5, 5, 3), {}),
    ("conv2d", (2, 5, 5, 3), {"kernel_size": 7}),
    ("conv1d", (2, 5, 3), {"kernel_size": 7}),
    ("conv2d", (2, 5, 5, 3), {"dilation_rate": 3}),
    ("conv2d", (2, 5, 5, 0), {}),
    ("separable_conv2d", (2, 5, 5, 0), {}),
    ("conv2d", (2, 5, 5, 3), {"padding": "full"}),
    ("conv2d", (2, 5, 5, 3), {"padding": "causal"}),
    ("separable_conv2d", (2, 5, 5, 3), {"padding": "causal"}),
    ("conv2d_transpose", (2, 5, 5, 3), {"padding": "causal"}),
    ("conv2d", (2, 5, 5, 3), {"data_format": "NHWC"}),
    ("conv2d", (2, 5, 5, 3), {"kernel_size": (3, 3, 3)}),
    ("conv2d", (2, 5, 5, 3), {"kernel_size": 0}),
    ("conv2d", (2, 5, 5, 3), {"kernel_size": (3, -1)}),
    ("conv2d", (2, 5, 5, 3), {"kernel_size": "a"}),
    ("conv2d", (2, 5, 5, 3), {"kernel_size": 3.0}),
    ("conv2d", (2, 5, 5, 3), {"strides": 0}),
    ("conv2d", (2, 5, 5, 3), {"strides": (1, 2, 1)}),
    ("conv2d", (2, 5, 5, 3), {"strides": 2, "dilation_rate": 2}),
    ("conv2d", (2, 5, 5, 3), {"filters": 0}),
    ("conv2d", (2, 5, 5, 3), {"filters": None}),
    ("conv2d", (2, 5, 5, 3), {"activation": "nope"}),
    ("separable_conv2d", (2, 5, 5, 3), {"depth_multiplier": 0}),
    ("separable_conv2d", (2, 5, 5, 3), {"kernel_size": 7}),
    ("separable_conv1d", (2, 5, 3), {"kernel_size": 7}),
]


@pytest.mark.parametrize(("name", "shape", "keywords"), BAD)
def test_what_a_convolution_does_not_take_is_refused_as_in_tensorflow(name, shape, keywords):
    keywords = {"filters": 4, "kernel_size": 3, "name": "c", **keywords}
    layer = getattr(ts.layers, name)
    net = ts.ScopedModule(lambda x: layer(x, **keywords))
    theirs = refusal(lambda: getattr(tf.layers, name)(tf.zeros(shape), **keywords))
    with nothing_made(net), pytest.raises(type(theirs)) as caught:
        net(torch.zeros(shape))
    if keywords["filters"] is not None:
        assert str(caught.value)[:20] == str(theirs)[:20], f"{caught.value}\n{theirs}"


@pytest.mark.parametrize("name", [*PLAIN, *TRANSPOSED, *SEPARABLE])
def test_integers_are_refused_and_nothing_is_made(name):
    spatial = {**PLAIN, **TRANSPOSED, **SEPARABLE}[name]
    net = ts.ScopedModule(lambda x: getattr(ts.layers, name)(x, 4, 3), name="model")
    with nothing_made(net), pytest.raises(TypeError) as caught:
        net(torch.zeros(1, *[5] * spatial, 3, dtype=torch.int32))
    for part in ("'int32'", f"'model/{name}'", ".float()"):
        assert part in str(caught.value)


@pytest.mark.parametrize(("filters", "channels"), [(4, 3), (3, 4)])
def test_channels_that_groups_do_not_divide_are_refused_as_in_tensorflow(filters, channels):
    shape = (1, 5, 5, channels)
    net = ts.ScopedModule(lambda x: ts.layers.Conv2D(filters, 3, groups=3)(x) + 0)
    theirs = refusal(lambda: tf.layers.Conv2D(filters, 3, groups=3)(tf.zeros(shape)))
    with nothing_made(net), pytest.raises(ValueError, match="groups") as caught:
        net(torch.zeros(shape))
    assert str(caught.value).startswith(first_sentence(theirs))


def test_a_kernel_that_is_too_large_is_refused_with_where_what_and_what_to_do():
    with ts.variable_scope("model"), pytest.raises(ValueError, match="downsampling") as caught:
        ts.layers.conv2d(torch.zeros(1, 5, 4, 3), 8, (3, 5), name="c")
    for part in ("'model/c'", "(1, 5, 4, 3)", "(3, 5)", "padding='same'"):
        assert part in str(caught.value)


def test_other_channels_than_before_are_refused_as_in_tensorflow():
    def twice(layers, zeros):
        layers.conv2d(zeros((2, 5, 5, 3)), 4, 3, name="a")
        layers.conv2d(zeros((2, 5, 5, 4)), 4, 3, name="a", reuse=True)

    theirs = refusal(lambda: twice(tf.layers, tf.zeros))
    with pytest.raises(type(theirs)) as caught:
        twice(ts.layers, torch.zeros)
    assert first_sentence(theirs)[:70] in str(caught.value)


def test_kernels_lie_in_memory_as_convolutions_read_them():
    layer = ts.layers.Conv2D(8, 3)
    layer(torch.zeros(1, 5, 5, 4))
    assert layer.kernel.permute(3, 2, 0, 1).is_contiguous(memory_format=torch.channels_last)
