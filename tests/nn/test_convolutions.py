"""torchscope.nn's conv1d, conv3d, convolution and atrous_conv2d against TensorFlow's."""

import pytest
import torch
from comparing import TOLERANCES, assert_alike_in_each, last, numbers_of, second
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, refusal, tf

some = settings(max_examples=15)
FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}


@st.composite
def convolutions(draw, spatial, groups=1, *, dilated=True):
    """Shapes and arguments of a convolution over so many axes, that TensorFlow computes."""
    each = st.lists(st.integers(1, 3), min_size=spatial, max_size=spatial)
    window, ones = draw(each), [1] * spatial
    dilations = draw(each) if dilated and draw(st.booleans()) else ones
    strides = ones if dilations != ones else draw(each)
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    reach = [(w - 1) * d + 1 for w, d in zip(window, dilations, strict=True)]
    sizes = [draw(st.integers(r if padding == "VALID" else 1, 7)) for r in reach]
    groups = draw(st.integers(1, groups))
    depth, outputs = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    return {
        "input": (draw(st.integers(0, 2)), *sizes, groups * depth),
        "kernel": (*window, depth, groups * outputs),
        "strides": strides,
        "dilations": dilations,
        "padding": padding,
    }


def both_layouts(function, spatial, **keywords):
    """A function of ours, with channels last and second."""
    names = FORMATS[spatial]
    return [
        lambda x, k: function(x, k, data_format=names[0], **keywords),
        lambda x, k: last(function(second(x), k, data_format=names[1], **keywords)),
    ]


@some
@given(convolutions(1, groups=2))
def test_conv1d_computes_what_tensorflow_computes(case):
    keywords = {
        "stride": case["strides"],
        "padding": case["padding"],
        "dilations": case["dilations"],
    }
    assert_alike_in_each(
        lambda x, k: tf.nn.conv1d(x, k, **keywords),
        both_layouts(ts.nn.conv1d, 1, **keywords),
        numbers_of(case["input"], case["kernel"]),
        # TensorFlow knows no other gradients on a CPU.
        gradients=case["dilations"] == [1] and case["input"][-1] == case["kernel"][-2],
    )


@some
@given(convolutions(3, dilated=False))
def test_conv3d_computes_what_tensorflow_computes(case):
    strides = case["strides"]
    assert_alike_in_each(
        lambda x, k: tf.nn.conv3d(x, k, [1, *strides, 1], case["padding"]),
        both_layouts(ts.nn.conv3d, 3, strides=strides, padding=case["padding"]),
        numbers_of(case["input"], case["kernel"]),
    )


@settings(some, max_examples=30)
@given(st.integers(1, 3).flatmap(convolutions))
def test_convolution_computes_what_tensorflow_computes(case):
    keywords = {name: case[name] for name in ("padding", "strides")}
    keywords["dilation_rate"] = case["dilations"]
    spatial = len(case["dilations"])
    assert_alike_in_each(
        lambda x, k: tf.nn.convolution(x, k, **keywords),
        both_layouts(ts.nn.convolution, spatial, **keywords),
        numbers_of(case["input"], case["kernel"]),
    )


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("rate", [1, 2, [2, 3], [2]], ids=str)
def test_atrous_conv2d_is_tensorflows(rate, padding):
    assert_alike_in_each(
        lambda x, k: tf.nn.atrous_conv2d(x, k, rate, padding),
        lambda x, k: ts.nn.atrous_conv2d(x, k, rate, padding),
        numbers_of([2, 9, 8, 3], [3, 2, 3, 2]),
    )


def test_a_grouped_convolution_over_three_axes_is_one_for_each_group():
    x, k = (torch.tensor(n) for n in numbers_of([2, 4, 5, 3, 4], [2, 3, 1, 2, 6]))
    parts = [
        ts.nn.conv3d(a, b, 1, "SAME") for a, b in zip(x.split(2, -1), k.split(3, -1), strict=True)
    ]
    torch.testing.assert_close(ts.nn.conv3d(x, k, 1, "SAME"), torch.cat(parts, -1))


def test_arguments_have_tensorflows_other_names():
    x, k = torch.randn(1, 5, 2), torch.randn(3, 2, 2)
    expected = ts.nn.conv1d(x, k, padding="SAME")
    assert torch.equal(ts.nn.conv1d(input=x, filters=k, padding="SAME"), expected)
    assert torch.equal(ts.nn.convolution(x, filters=k, padding="SAME"), expected)
    dilated = ts.nn.convolution(x, k, "SAME", dilations=[2])
    assert torch.equal(ts.nn.convolution(x, k, "SAME", dilation_rate=2), dilated)
    x, k = torch.randn(1, 3, 3, 3, 2), torch.randn(3, 3, 3, 2, 2)
    expected = ts.nn.conv3d(x, k, padding="SAME")
    assert torch.equal(ts.nn.conv3d(x, filters=k, padding="SAME"), expected)


@pytest.mark.parametrize(
    ("depth", "extent", "stride"), [(5, 7, 2), (7, 7, 2), (9, 9, 3), (13, 11, 4)]
)
@pytest.mark.parametrize("transposed", [False, True])
def test_the_kernel_of_a_shallow_volume_gets_its_gradient(depth, extent, stride, transposed):
    """oneDNN's gradient writes beyond the kernel there, unless the padding is none of its own."""
    torch.manual_seed(0)
    kernel, steps = torch.randn(extent, 2, 2, 3, 4), [1, stride, 1, 1, 1]
    volume = torch.randn(2, depth, 4, 6, 3)
    output = torch.randn(2, -(-depth // stride), 4, 6, 4)

    def slope(dtype):
        k = kernel.to(dtype).requires_grad_()
        if transposed:
            given = output.to(dtype)
            y = ts.nn.conv3d_transpose(given, k, volume.shape, steps, "SAME")
        else:
            y = ts.nn.conv3d(volume.to(dtype), k, steps, "SAME")
        return torch.autograd.grad(y.square().sum(), k)[0]

    torch.testing.assert_close(
        slope(torch.float32).double(), slope(torch.float64), rtol=1e-4, atol=1e-2
    )


# What is refused

INPUTS = {1: [1, 5, 4], 2: [1, 5, 5, 4], 3: [1, 5, 5, 5, 4]}
KERNELS = {1: [3, 4, 2], 2: [3, 3, 4, 2], 3: [3, 3, 3, 4, 2]}


def refused(name, spatial, input=None, kernel=None, dtypes=("float32", "float32"), **keywords):
    """A bad call."""
    strides = "stride" if name == "conv1d" else "strides"
    keywords = {"padding": "SAME", strides: [1] * (spatial + 2)} | keywords
    shapes = input or INPUTS[spatial], kernel or KERNELS[spatial]
    return pytest.param(name, shapes, dtypes, keywords, id=f"{name}-{shapes}-{dtypes}-{keywords}")


@pytest.mark.parametrize(
    ("name", "shapes", "dtypes", "keywords"),
    [
        *(refused("conv1d", 1, input=shape) for shape in ([5, 4], [1, 5, 3], [1, 5, 0])),
        *(refused("conv1d", 1, kernel=shape) for shape in ([3], [3, 4], [3, 4, 2, 1], [3, 0, 2])),
        refused("conv1d", 1, kernel=[3, 2, 3]),
        refused("conv1d", 1, kernel=[6, 4, 2], padding="VALID"),
        *(refused("conv1d", 1, padding=p) for p in ("same", "", None, 1, [[0, 0]] * 3)),
        *(refused("conv1d", 1, stride=s) for s in (0, -1, [], [1, 2], [1] * 4)),
        *(refused("conv1d", 1, dilations=s) for s in (0, -1, [], [1, 2], [1] * 4)),
        *(refused("conv1d", 1, data_format=f) for f in ("NDHWC", "x", "", "NCW")),
        refused("conv1d", 1, dtypes=("float32", "float64")),
        *(refused("conv3d", 3, input=shape) for shape in ([5], [1, 5, 5, 4], [1, 5, 5, 5, 3])),
        *(refused("conv3d", 3, kernel=shape) for shape in ([3], [3, 3, 4, 2], [3, 3, 3, 3, 2])),
        refused("conv3d", 3, kernel=[3, 3, 3, 2, 3]),
        refused("conv3d", 3, kernel=[3, 3, 3, 0, 3]),
        refused("conv3d", 3, kernel=[3, 6, 3, 4, 2], padding="VALID"),
        *(refused("conv3d", 3, padding=p) for p in ("same", "EXPLICIT", None, 1, [[0, 0]] * 5)),
        refused("conv3d", 3, strides=[1, 0, 1, 1, 1]),
        *(refused("conv3d", 3, data_format=f) for f in ("NHWC", "x", "", "NCDHW")),
        refused("conv3d", 3, dtypes=("float32", "float64")),
        refused("conv3d", 3, dtypes=("int32", "int32")),
        *(refused("convolution", 2, kernel=shape) for shape in ([3], [3, 2], [3] * 6)),
        refused("convolution", 2, input=[5, 5, 4]),
        refused("convolution", 1, data_format="x"),
        refused("convolution", 2, data_format="NC"),
        refused("convolution", 3, data_format="NHWC"),
        refused("convolution", 2, strides=[2, 2], dilation_rate=[2, 2]),
        refused("convolution", 2, strides=[1, 1], dilation_rate=[0, 2]),
        refused("convolution", 2, strides=[1, 1], dilation_rate=[1, 2], dilations=[1, 2]),
        refused("convolution", 2, strides=[1, 1, 1]),
        refused("convolution", 2, padding="same"),
    ],
)  # fmt: skip
def test_what_tensorflow_refuses_is_refused_in_its_words(name, shapes, dtypes, keywords):
    assert_refused_alike(
        lambda: getattr(tf.nn, name)(*map(tf.ones, shapes, dtypes), **keywords),
        lambda: getattr(ts.nn, name)(
            *(torch.ones(s, dtype=getattr(torch, d)) for s, d in zip(shapes, dtypes, strict=True)),
            **keywords,
        ),
    )


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.bool])
@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_integers_are_refused(spatial, dtype):
    """TF1 refused them all; newer TensorFlows take int32 for images."""
    input, kernel = (torch.ones(s[spatial], dtype=dtype) for s in (INPUTS, KERNELS))
    with pytest.raises(TypeError, match=r"^Value passed to parameter 'input' has DataType "):
        ts.nn.convolution(input, kernel, "SAME")


@pytest.mark.parametrize("rate", [0, -1, [0, 2]])
def test_atrous_conv2d_refuses_rates_that_are_not_positive(rate):
    assert_refused_alike(
        lambda: tf.nn.atrous_conv2d(tf.ones(INPUTS[2]), tf.ones(KERNELS[2]), rate, "SAME"),
        lambda: ts.nn.atrous_conv2d(torch.ones(INPUTS[2]), torch.ones(KERNELS[2]), rate, "SAME"),
    )


def test_nothing_is_refused():
    error = refusal(lambda: ts.nn.conv1d(filters=torch.ones(KERNELS[1]), padding="SAME"))
    assert str(error).startswith("Tried to convert 'value' to a tensor and failed.")
    for function, size in ((ts.nn.conv3d, 3), (ts.nn.convolution, 2)):
        assert_refused_alike(
            lambda: tf.nn.conv3d(tf.ones(INPUTS[3]), padding="SAME", strides=[1] * 5),
            lambda f=function, n=size: f(torch.ones(INPUTS[n]), padding="SAME"),
        )


# Memory, devices, dtypes


@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_a_variable_is_laid_out_once_and_then_only_looked_at(spatial):
    kernel = ts.get_variable("kernel", KERNELS[spatial])
    values = kernel.detach().clone()
    ts.nn.convolution(torch.ones(INPUTS[spatial]), kernel, "SAME")
    assert kernel.movedim(-1, 0).is_contiguous()
    assert torch.equal(kernel, values)
    address = kernel.data_ptr()
    ts.nn.convolution(torch.ones(INPUTS[spatial]), kernel, "VALID")
    assert kernel.data_ptr() == address


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_channels_stay_last_in_memory(spatial, padding):
    # Of one small volume alone PyTorch's CPU convolution does not keep them.
    x, k = torch.randn(2, *INPUTS[spatial][1:]), torch.randn(KERNELS[spatial])
    assert ts.nn.convolution(x, k, padding, strides=2).is_contiguous()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_half_precision_is_near_single_precision(spatial, dtype):
    x, k = torch.randn(INPUTS[spatial]), torch.randn(KERNELS[spatial])
    expected = ts.nn.convolution(x, k, "SAME")
    actual = ts.nn.convolution(x.to(dtype), k.to(dtype), "SAME")
    assert actual.dtype == dtype
    torch.testing.assert_close(actual.float(), expected, rtol=0.05, atol=0.2)
    with torch.autocast("cpu", dtype):
        assert ts.nn.convolution(x, k.to(dtype), "SAME").dtype == dtype


@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_shapes_are_known_without_numbers(spatial):
    x, k = torch.ones(INPUTS[spatial]), torch.ones(KERNELS[spatial])
    expected = ts.nn.convolution(x, k, "SAME", strides=2)
    actual = ts.nn.convolution(x.to("meta"), k.to("meta"), "SAME", strides=2)
    assert (actual.device.type, actual.shape) == ("meta", expected.shape)


def test_padding_that_both_sides_need_is_left_to_the_convolution():
    x, k = (torch.tensor(n) for n in numbers_of([1, 8, 8, 2], [7, 7, 2, 3]))
    padding = [[0, 0], [2, 5], [3, 2], [0, 0]]
    padded = torch.nn.functional.pad(x, (0, 0, 3, 2, 2, 5))
    expected = ts.nn.conv2d(padded, k, padding="VALID")
    torch.testing.assert_close(
        ts.nn.conv2d(x, k, padding=padding), expected, rtol=0, atol=TOLERANCES["float64"]
    )
