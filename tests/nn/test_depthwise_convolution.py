"""torchscope.nn's depthwise and separable convolutions against TensorFlow's."""

import pytest
import torch
from comparing import assert_alike_in_each, last, numbers_of, second
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

some = settings(max_examples=20)
NONE = (0, 0)


@st.composite
def convolutions(draw):
    """A depthwise convolution that TensorFlow computes on a CPU."""
    window = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    rate = draw(st.sampled_from([None, [1, 1], [2, 2], [1, 3]]))
    stride = draw(st.integers(1, 3)) if rate in (None, [1, 1]) else 1
    pair = st.tuples(st.integers(0, 2), st.integers(0, 2))
    padding = draw(st.one_of(st.sampled_from(["SAME", "VALID"]), st.tuples(pair, pair)))
    reach = [(w - 1) * r + 1 for w, r in zip(window, rate or [1, 1], strict=True)]
    sizes = [draw(st.integers(r, max(r, 7))) for r in reach]
    channels = draw(st.integers(1, 3))
    return {
        "input": (draw(st.integers(1, 2)), *sizes, channels),
        "kernel": (*window, channels, draw(st.integers(1, 3))),
        "stride": stride,
        "rate": rate,
        "padding": padding,
    }


def arguments(case, *, last):
    """Keyword arguments for NHWC or NCHW."""
    padding, ones, steps = case["padding"], (1, 1), (case["stride"], case["stride"])
    if not isinstance(padding, str):
        padding = [NONE, *padding, NONE] if last else [NONE, NONE, *padding]
    return {
        "strides": [1, *steps, 1] if last else [*ones, *steps],
        "padding": padding,
        "data_format": "NHWC" if last else "NCHW",
        "rate": case["rate"],
    }


@some
@given(convolutions())
def test_depthwise_conv2d_computes_what_tensorflow_computes(case):
    of_last, of_second = (arguments(case, last=which) for which in (True, False))
    assert_alike_in_each(
        lambda x, k: tf.nn.depthwise_conv2d(x, k, **of_last),
        [
            lambda x, k: ts.nn.depthwise_conv2d(x, k, **of_last),
            lambda x, k: last(ts.nn.depthwise_conv2d(second(x), k, **of_second)),
        ],
        numbers_of(case["input"], case["kernel"]),
    )


@settings(some, max_examples=12)
@given(convolutions(), st.integers(1, 3))
def test_separable_conv2d_computes_what_tensorflow_computes(case, outputs):
    of_last, of_second = (arguments(case, last=which) for which in (True, False))
    between = case["kernel"][2] * case["kernel"][3]
    assert_alike_in_each(
        lambda x, k, q: tf.nn.separable_conv2d(x, k, q, **of_last),
        [
            lambda x, k, q: ts.nn.separable_conv2d(x, k, q, **of_last),
            lambda x, k, q: last(ts.nn.separable_conv2d(second(x), k, q, **of_second)),
        ],
        numbers_of(case["input"], case["kernel"], (1, 1, between, outputs)),
    )


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_depthwise_conv2d_native_is_tensorflows(padding):
    assert_alike_in_each(
        lambda x, k: tf.nn.depthwise_conv2d_native(x, k, [1, 2, 2, 1], padding),
        lambda x, k: ts.nn.depthwise_conv2d_native(x, k, [1, 2, 2, 1], padding),
        numbers_of([2, 6, 5, 3], [3, 2, 3, 2]),
    )


def test_depthwise_conv2d_native_has_dilations_that_tensorflow_has_on_no_cpu():
    x, k = (torch.tensor(n) for n in numbers_of([2, 7, 8, 3], [3, 2, 3, 2]))
    expected = ts.nn.depthwise_conv2d(x, k, 1, "SAME", rate=[2, 3])
    actual = ts.nn.depthwise_conv2d_native(x, k, 1, "SAME", dilations=[1, 2, 3, 1])
    assert torch.equal(actual, expected)


def test_strides_may_differ_from_axis_to_axis_unlike_in_tensorflow_on_a_cpu():
    x, k = (torch.tensor(n) for n in numbers_of([2, 7, 8, 3], [3, 2, 3, 2]))
    whole = ts.nn.depthwise_conv2d(x, k, 1, "VALID")
    actual = ts.nn.depthwise_conv2d(x, k, [1, 2, 3, 1], "VALID")
    torch.testing.assert_close(actual, whole[:, ::2, ::3])


def test_dilations_is_another_name_of_rate():
    x, k = torch.randn(1, 7, 7, 3), torch.randn(3, 3, 3, 2)
    expected = ts.nn.depthwise_conv2d(x, k, 1, "SAME", rate=(2, 2))
    assert torch.equal(ts.nn.depthwise_conv2d(x, k, 1, "SAME", dilations=[2, 2]), expected)


def test_an_empty_batch_gives_an_empty_batch():
    """Of its gradient TensorFlow gives what happens to be in memory; ours is zero."""
    x, k = torch.ones(0, 5, 5, 4), torch.ones(KERNEL, requires_grad=True)
    output = ts.nn.depthwise_conv2d(x, k, 2, "SAME")
    assert output.shape == (0, 3, 3, 8)
    output.sum().backward()
    assert not k.grad.any()


# What is refused

IMAGE, KERNEL, POINTS = [1, 5, 5, 4], [3, 3, 4, 2], [1, 1, 8, 3]


def refused(name, image=IMAGE, kernel=KERNEL, points=POINTS, dtypes=("float32",) * 2, **keywords):
    """A bad call."""
    keywords = {"padding": "SAME", "strides": [1, 1, 1, 1]} | keywords
    shapes = (image, kernel, points) if name == "separable_conv2d" else (image, kernel)
    return pytest.param(name, shapes, dtypes, keywords, id=f"{name}-{shapes}-{dtypes}-{keywords}")


@pytest.mark.parametrize(
    ("name", "shapes", "dtypes", "keywords"),
    [
        refused("depthwise_conv2d", image=[5, 5, 4]),
        refused("depthwise_conv2d", kernel=[3, 4, 2]),
        *(refused("depthwise_conv2d", kernel=[3, 3, n, 2]) for n in (0, 2, 3, 8)),
        refused("depthwise_conv2d", data_format="NCHW"),
        refused("depthwise_conv2d", data_format="NWC"),
        refused("depthwise_conv2d", kernel=[6, 3, 4, 2], padding="VALID"),
        *(refused("depthwise_conv2d", padding=p) for p in ("x", None, 1, [[0, 0]] * 3)),
        *(refused("depthwise_conv2d", rate=r) for r in ([0, 1], [-1, -1], 2)),
        refused("depthwise_conv2d", rate=[2, 2], dilations=[2, 2]),
        refused("depthwise_conv2d", dtypes=("float32", "float64")),
        refused("depthwise_conv2d", dtypes=("int32", "int32")),
        refused("depthwise_conv2d_native", kernel=[3, 3, 3, 2]),
        refused("depthwise_conv2d_native", padding="EXPLICIT"),
        *(refused("separable_conv2d", points=s) for s in ([8, 3], [3, 1, 8, 3], [1, 2, 8, 3])),
        *(refused("separable_conv2d", points=s) for s in ([1, 1, 6, 3], [1, 1, 4, 3])),
        refused("separable_conv2d", kernel=[3, 3, 3, 2]),
    ],
)
def test_what_tensorflow_refuses_is_refused_in_its_words(name, shapes, dtypes, keywords):
    dtypes = [*dtypes, "float32"][: len(shapes)]
    assert_refused_alike(
        lambda: getattr(tf.nn, name)(*map(tf.ones, shapes, dtypes), **keywords),
        lambda: getattr(ts.nn, name)(
            *(torch.ones(s, dtype=getattr(torch, d)) for s, d in zip(shapes, dtypes, strict=True)),
            **keywords,
        ),
    )


def test_strides_with_a_rate_are_refused():
    """TensorFlow warns, and computes something else; its documentation forbids it."""
    with pytest.raises(ValueError, match=r"^When dilation rate is greater than 1, then all"):
        ts.nn.depthwise_conv2d(
            torch.ones(IMAGE), torch.ones(KERNEL), [1, 2, 2, 1], "SAME", rate=[2, 2]
        )


def test_steps_over_images_are_refused_when_called():
    """TensorFlow says so when the graph runs."""
    strides, words = [2, 1, 1, 1], "Current implementation does not yet support strides in the"
    shapes = IMAGE, KERNEL
    theirs = refusal(
        lambda: evaluate(lambda tf: tf.nn.depthwise_conv2d(*map(tf.ones, shapes), strides, "SAME"))
    )
    error = refusal(lambda: ts.nn.depthwise_conv2d(*map(torch.ones, shapes), strides, "SAME"))
    assert type(error) is ValueError
    assert words in str(theirs)
    assert words in str(error)


# Memory, devices, dtypes


def test_a_variable_is_laid_out_once_and_then_only_looked_at():
    kernel = ts.get_variable("kernel", [3, 2, 4, 5])
    values = kernel.detach().clone()
    for _ in range(2):
        ts.nn.depthwise_conv2d(torch.ones(IMAGE), kernel, 1, "SAME")
        assert kernel.permute(2, 3, 0, 1).is_contiguous()
    assert torch.equal(kernel, values)


def test_shapes_are_known_without_numbers_and_channels_stay_last():
    x, k = torch.ones(2, 5, 5, 4), torch.ones(KERNEL)
    output = ts.nn.depthwise_conv2d(x, k, 2, "SAME")
    assert output.is_contiguous()
    meta = ts.nn.depthwise_conv2d(x.to("meta"), k.to("meta"), 2, "SAME")
    assert (meta.device.type, meta.shape) == ("meta", output.shape)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_near_single_precision(dtype):
    x, k = torch.randn(IMAGE), torch.randn(KERNEL)
    expected = ts.nn.depthwise_conv2d(x, k, 1, "SAME")
    actual = ts.nn.depthwise_conv2d(x.to(dtype), k.to(dtype), 1, "SAME")
    assert actual.dtype == dtype
    torch.testing.assert_close(actual.float(), expected, rtol=0.05, atol=0.1)
    with torch.autocast("cpu", dtype):
        assert ts.nn.depthwise_conv2d(x, k.to(dtype), 1, "SAME").dtype == dtype
