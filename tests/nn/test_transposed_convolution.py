"""torchscope.nn's transposed convolutions against TensorFlow's."""

import numpy as np
import pytest
import torch
from comparing import assert_alike_in_each, assert_close, last, numbers, numbers_of, second
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

some = settings(max_examples=25)


@st.composite
def transposes(draw, spatial):
    """A transposed convolution: an output, and the shape of what a convolution makes of it."""
    each = st.lists(st.integers(1, 3), min_size=spatial, max_size=spatial)
    window, strides = (
        draw(st.lists(st.integers(1, 4), min_size=spatial, max_size=spatial)),
        draw(each),
    )
    pair = st.tuples(st.integers(0, 2), st.integers(0, 2))
    pairs = st.lists(pair, min_size=spatial, max_size=spatial)
    words = st.sampled_from(["SAME", "VALID"])
    padding = draw(st.one_of(words, pairs) if spatial == 2 else words)
    sizes = [draw(st.integers(extent, 8)) for extent in window]
    explicit = not isinstance(padding, str)
    padding = [(0, 0), *padding, (0, 0)] if explicit else padding
    outputs, depth, batch = (
        draw(st.integers(1, 3)),
        draw(st.integers(1, 3)),
        draw(st.integers(0, 2)),
    )
    with tf.Graph().as_default():
        shapes = [batch, *sizes, outputs], [*window, outputs, depth]
        name = f"conv{spatial}d"
        forward = getattr(tf.nn, name)(*map(tf.zeros, shapes), [1, *strides, 1], padding)
    return {
        "value": forward.shape.as_list(),
        "kernel": shapes[1],
        "output_shape": shapes[0],
        "strides": strides,
        "padding": padding,
    }


def channels_second(case):
    """The arguments for channels second."""
    (batch, *sizes, channels), padding = case["output_shape"], case["padding"]
    if not isinstance(padding, str):
        padding = [(0, 0), *padding[:-1]]
    return {
        "output_shape": [batch, channels, *sizes],
        "strides": [1, 1, *case["strides"]],
        "padding": padding,
        "data_format": "NC" + "DHW"[-len(sizes) :],
    }


@pytest.mark.parametrize("spatial", [2, 3])
def test_a_transposed_convolution_computes_what_tensorflow_computes(spatial):
    name = f"conv{spatial}d_transpose"

    @settings(some, max_examples=25 if spatial == 2 else 12)
    @given(transposes(spatial))
    def check(case):
        keywords = {name: case[name] for name in ("output_shape", "strides", "padding")}
        function = getattr(ts.nn, name)
        assert_alike_in_each(
            lambda x, k: getattr(tf.nn, name)(x, k, **keywords),
            [
                lambda x, k: function(x, k, **keywords),
                lambda x, k: last(function(second(x), k, **channels_second(case))),
            ],
            numbers_of(case["value"], case["kernel"]),
        )

    check()


@some
@given(transposes(2), st.integers(1, 3))
def test_a_transposed_convolution_is_the_gradient_of_the_convolution(case, rate):
    """With dilations and groups too, for which TensorFlow has no gradient on a CPU."""
    groups, (batch, *_) = 2, case["output_shape"]
    height, width, outputs, depth = case["kernel"]
    sizes = [
        (extent - 1) * rate + size for extent, size in zip((height, width), (3, 4), strict=True)
    ]
    x, k = (
        torch.tensor(n, requires_grad=True)
        for n in numbers_of(
            [batch, *sizes, groups * outputs], [height, width, outputs, groups * depth]
        )
    )
    keywords = {"strides": case["strides"], "padding": case["padding"], "dilations": rate}
    forward = ts.nn.conv2d(x, k, **keywords)
    value = torch.tensor(numbers(*forward.shape, dtype="float64", seed=1))
    (expected,) = torch.autograd.grad(forward, x, value)
    actual = ts.nn.conv2d_transpose(value, k, x.shape, **keywords)
    torch.testing.assert_close(actual, expected)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("rate", [1, 2, 3])
def test_atrous_conv2d_transpose_is_tensorflows(rate, padding):
    more = 0 if padding == "SAME" else rate
    arguments = [2, 5 + 2 * more, 4 + more, 3], rate, padding
    assert_alike_in_each(
        lambda x, k: tf.nn.atrous_conv2d_transpose(x, k, *arguments),
        lambda x, k: ts.nn.atrous_conv2d_transpose(x, k, *arguments),
        numbers_of([2, 5, 4, 2], [3, 2, 3, 2]),
    )


@pytest.mark.parametrize(
    "output_shape",
    [
        [2, 6, 5, 3],
        (2, 6, 5, 3),
        np.array([2, 6, 5, 3]),
        [6, 5],
        [np.int64(2), 6, np.int32(5), 3],
    ],
    ids=repr,
)  # fmt: skip
def test_the_output_shape_is_taken_in_each_of_tensorflows_forms(output_shape):
    value, kernel = numbers_of([2, 3, 3, 2], [3, 3, 3, 2])
    expected = evaluate(lambda tf: tf.nn.conv2d_transpose(value, kernel, output_shape, 2))
    for given_shape in (output_shape, torch.tensor([int(number) for number in output_shape])):
        actual = ts.nn.conv2d_transpose(torch.tensor(value), torch.tensor(kernel), given_shape, 2)
        assert_close(actual, expected, 1e-10)


def test_arguments_have_tensorflows_other_names():
    x, k = torch.randn(1, 3, 3, 2), torch.randn(3, 3, 4, 2)
    expected = ts.nn.conv2d_transpose(x, k, [1, 6, 6, 4], 2)
    actual = ts.nn.conv2d_transpose(input=x, filters=k, output_shape=[1, 6, 6, 4], strides=2)
    assert torch.equal(actual, expected)


# What is refused


def refused(name, value, kernel, output_shape, dtypes=("float32", "float32"), **keywords):
    """A bad call."""
    keywords = {"output_shape": output_shape, "strides": 2} | keywords
    return pytest.param(
        name, (value, kernel), dtypes, keywords, id=f"{name}-{value}-{kernel}-{dtypes}-{keywords}"
    )


TWO, THREE = ([1, 3, 3, 2], [3, 3, 4, 2]), ([1, 3, 3, 3, 2], [3, 3, 3, 4, 2])
SIX = [1, 6, 6, 4]


@pytest.mark.parametrize(
    ("name", "shapes", "dtypes", "keywords"),
    [
        refused("conv2d_transpose", [3, 3, 2], TWO[1], SIX),
        refused("conv2d_transpose", TWO[0], [3, 4, 2], SIX),
        refused("conv2d_transpose", [1, 3, 3, 3], TWO[1], SIX),
        *(refused("conv2d_transpose", *TWO, s) for s in ([2, 6, 6, 4], [6, 6, 4], [], None)),
        *(refused("conv2d_transpose", *TWO, s) for s in ("a", [1.5, 6, 6, 4], 6)),
        *(refused("conv2d_transpose", *TWO, SIX, strides=s) for s in ([], [2, 2, 2], "a")),
        *(refused("conv2d_transpose", *TWO, SIX, padding=p) for p in ("x", None, 1, "EXPLICIT")),
        *(refused("conv2d_transpose", *TWO, SIX, padding=p) for p in ([[0, 0]] * 3, [1] * 4)),
        refused("conv2d_transpose", *TWO, SIX, data_format="NWC"),
        refused("conv2d_transpose", *TWO, SIX, dtypes=("float32", "float64")),
        refused("conv3d_transpose", *THREE, None),
        refused("conv3d_transpose", *THREE, [1, 6, 6, 6, 4], padding="EXPLICIT"),
        refused("conv3d_transpose", *THREE, [1, 6, 6, 6, 4], data_format="NHWC"),
        refused("conv3d_transpose", *THREE, [1, 6, 6, 6, 4], strides=[2, 2]),
        refused("conv3d_transpose", *THREE, [1, 6, 6, 6, 4], dtypes=("int32", "int32")),
    ],
)
def test_what_tensorflow_refuses_is_refused_in_its_words(name, shapes, dtypes, keywords):
    assert_refused_alike(
        lambda: getattr(tf.nn, name)(*map(tf.ones, shapes, dtypes), **keywords),
        lambda: getattr(ts.nn, name)(
            *(torch.ones(s, dtype=getattr(torch, d)) for s, d in zip(shapes, dtypes, strict=True)),
            **keywords,
        ),
    )


@pytest.mark.parametrize(
    ("output_shape", "keywords", "words"),
    [
        ([1, 7, 7, 4], {}, "Size of out_backprop doesn't match computed"),
        ([1, 4, 6, 4], {}, "Size of out_backprop doesn't match computed"),
        ([1, 9, 9, 4], {"padding": "VALID"}, "Size of out_backprop doesn't match computed"),
        ([1, 6, 6, 5], {}, "input depth must be evenly divisible by filter depth"),
        ([1, 6, 6, 3], {}, "input depth must be evenly divisible by filter depth"),
        ([1, -1, 6, 4], {}, "Dimension -1 must be >= 0"),
        ([1, 6, 6, 4], {"strides": [2, 1, 1, 1]}, "Current implementation does not yet support"),
    ],
    ids=str,
)
def test_an_output_shape_that_cannot_be_is_refused_when_called(output_shape, keywords, words):
    """TensorFlow says so only when the graph runs, as an InvalidArgumentError."""
    keywords = {"strides": 2, "output_shape": output_shape} | keywords
    theirs = refusal(
        lambda: evaluate(lambda tf: tf.nn.conv2d_transpose(*map(tf.ones, TWO), **keywords))
    )
    error = refusal(lambda: ts.nn.conv2d_transpose(*map(torch.ones, TWO), **keywords))
    assert type(error) is ValueError
    assert words in str(theirs)
    assert words in str(error)


@pytest.mark.parametrize(
    ("rate", "padding"), [(0, "SAME"), (-1, "SAME"), (2, "x"), (2, None), (2, [[0, 0]] * 4)]
)
def test_atrous_conv2d_transpose_refuses_what_tensorflow_refuses(rate, padding):
    arguments = SIX, rate, padding
    assert_refused_alike(
        lambda: tf.nn.atrous_conv2d_transpose(*map(tf.ones, TWO), *arguments),
        lambda: ts.nn.atrous_conv2d_transpose(*map(torch.ones, TWO), *arguments),
    )


# Memory, devices, dtypes


def test_a_variable_is_laid_out_once_and_then_only_looked_at():
    kernel = ts.get_variable("kernel", [3, 2, 4, 5])
    values = kernel.detach().clone()
    for _ in range(2):
        ts.nn.conv2d_transpose(torch.ones(1, 3, 3, 5), kernel, [1, 6, 6, 4], 2)
        assert kernel.movedim(-1, 0).is_contiguous()
    assert torch.equal(kernel, values)


def test_shapes_are_known_without_numbers_and_channels_stay_last():
    x, k = torch.ones(2, 3, 3, 8), torch.ones(3, 3, 4, 8)
    output = ts.nn.conv2d_transpose(x, k, [2, 5, 5, 4], 2)
    assert output.is_contiguous()
    meta = ts.nn.conv2d_transpose(x.to("meta"), k.to("meta"), [2, 5, 5, 4], 2)
    assert (meta.device.type, meta.shape) == ("meta", output.shape)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_near_single_precision(dtype):
    x, k = torch.randn(1, 3, 3, 2), torch.randn(3, 3, 4, 2)
    expected = ts.nn.conv2d_transpose(x, k, SIX, 2)
    actual = ts.nn.conv2d_transpose(x.to(dtype), k.to(dtype), SIX, 2)
    assert actual.dtype == dtype
    torch.testing.assert_close(actual.float(), expected, rtol=0.05, atol=0.1)
    with torch.autocast("cpu", dtype):
        assert ts.nn.conv2d_transpose(x, k.to(dtype), SIX, 2).dtype == dtype
