"""torchscope.nn.conv2d, bias_add and relu against TensorFlow's."""

import copy
import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf
from torchscope import tf1

TOLERANCES = {"float32": 1e-5, "float64": 1e-10}


def assert_close(actual, expected, tolerance):
    """Equal up to `tolerance`, relative to the largest number of each."""
    expected = np.asarray(expected)
    largest = np.abs(expected).max(initial=0.0)
    actual = actual.detach().numpy()
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * largest)


# Values


@st.composite
def spatial_argument(draw, upper):
    """Two numbers, and one of the forms in which TensorFlow takes them as strides or dilations."""
    pair = draw(st.tuples(st.integers(1, upper), st.integers(1, upper)))
    forms = ["two", "four"]
    if pair[0] == pair[1]:
        forms += ["int", "one"]
    if pair == (1, 1):
        forms.append("none")
    return pair, draw(st.sampled_from(forms))


def in_form(pair, form, last):
    """The argument that means `pair`, for channels last or second."""
    return {
        "none": None,
        "int": pair[0],
        "one": [pair[0]],
        "two": list(pair),
        "four": (1, *pair, 1) if last else (1, 1, *pair),
    }[form]


@st.composite
def convolutions(draw):
    """A convolution that TensorFlow computes on a CPU."""
    window = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    strides = draw(spatial_argument(3))
    dilations = draw(spatial_argument(3))
    pad = st.tuples(st.integers(0, 3), st.integers(0, 3))
    padding = draw(st.one_of(st.sampled_from(["SAME", "VALID"]), st.tuples(pad, pad)))
    sizes = []
    for axis in (0, 1):
        # SAME makes room for any kernel.
        room = (
            {"SAME": 99, "VALID": 0}[padding]
            if padding in {"SAME", "VALID"}
            else sum(padding[axis])
        )
        least = max(1, (window[axis] - 1) * dilations[0][axis] + 1 - room)
        sizes.append(draw(st.integers(least, max(least, 12))))
    groups = draw(st.integers(1, 3))
    return {
        "shape": (draw(st.integers(1, 3)), *sizes, groups * draw(st.integers(1, 3))),
        "window": window,
        "groups": groups,
        "outputs": groups * draw(st.integers(1, 3)),
        "strides": strides,
        "dilations": dilations,
        "padding": padding,
        "seed": draw(st.integers(0, 99)),
    }


def arguments(case, *, last):
    """The keyword arguments of conv2d, for NHWC or NCHW."""
    padding = case["padding"]
    if not isinstance(padding, str):
        none = (0, 0)
        padding = [none, *padding, none] if last else [none, none, *padding]
    return {
        "strides": in_form(*case["strides"], last),
        "dilations": in_form(*case["dilations"], last),
        "padding": padding,
        "data_format": "NHWC" if last else "NCHW",
    }


def draw_numbers(case, dtype):
    """An image and a kernel."""
    generator = np.random.default_rng(case["seed"])
    depth = case["shape"][3] // case["groups"]
    image = generator.normal(size=case["shape"]).astype(dtype)
    kernel = generator.normal(size=(*case["window"], depth, case["outputs"])).astype(dtype)
    return image, kernel


def taken_apart(case, image, kernel):
    """The same convolution by operations whose gradients TensorFlow knows on a CPU.

    It has no gradient of a convolution with dilations or groups there: the zeros are put between
    the kernel's elements, and each group is convolved alone.
    """
    height, width, depth, outputs = kernel.shape.as_list()
    down, right = case["dilations"][0]
    spread = tf.reshape(kernel, [height, 1, width, 1, depth, outputs])
    spread = tf.pad(spread, [[0, 0], [0, down - 1], [0, 0], [0, right - 1], [0, 0], [0, 0]])
    spread = tf.reshape(spread, [height * down, width * right, depth, outputs])
    spread = spread[: (height - 1) * down + 1, : (width - 1) * right + 1]
    keywords = arguments(case, last=True) | {"dilations": 1}
    each = zip(tf.split(image, case["groups"], 3), tf.split(spread, case["groups"], 3), strict=True)
    return tf.concat([tf.nn.conv2d(*pair, **keywords) for pair in each], 3)


def ours(case, image, kernel, *, last):
    """Our output in NHWC, and its leaves."""
    image, kernel = torch.tensor(image), torch.tensor(kernel)
    image.requires_grad_()
    kernel.requires_grad_()
    given_image = image if last else image.permute(0, 3, 1, 2)
    output = ts.nn.conv2d(given_image, kernel, **arguments(case, last=last))
    return output if last else output.permute(0, 2, 3, 1), image, kernel


@settings(max_examples=60)
@given(convolutions())
def test_conv2d_computes_what_tensorflow_computes(case):
    """NHWC and NCHW, in float32 and float64; TensorFlow has only NHWC on a CPU."""
    numbers = {dtype: draw_numbers(case, dtype) for dtype in TOLERANCES}
    keywords = arguments(case, last=True)
    expected = evaluate(
        lambda tf: {dtype: tf.nn.conv2d(*pair, **keywords) for dtype, pair in numbers.items()}
    )
    for dtype, tolerance in TOLERANCES.items():
        for last in (True, False):
            output, *_ = ours(case, *numbers[dtype], last=last)
            assert_close(output, expected[dtype], tolerance)


@settings(max_examples=60)
@given(convolutions())
def test_conv2d_has_tensorflows_gradients(case):
    """With respect to the image and the kernel, in float64."""
    image, kernel = draw_numbers(case, "float64")

    def build(tf):
        leaves = [tf.constant(image), tf.constant(kernel)]
        output = taken_apart(case, *leaves)
        weights = tf.constant(np.random.default_rng(1).normal(size=output.shape.as_list()))
        whole = tf.nn.conv2d(*leaves, **arguments(case, last=True))
        return whole, output, weights, tf.gradients(output, leaves, weights)

    whole, output, weights, gradients = evaluate(build)
    np.testing.assert_allclose(output, whole, rtol=1e-10, atol=1e-10 * np.abs(whole).max())
    for last in (True, False):
        output, *leaves = ours(case, image, kernel, last=last)
        for actual, expected in zip(
            torch.autograd.grad(output, leaves, torch.tensor(weights)), gradients, strict=True
        ):
            assert_close(actual, expected, 1e-10)


@pytest.mark.parametrize(
    "strides",
    [2, [2], [2, 2], (1, 2, 2, 1), [1, 3], None, np.int64(2), np.array([1, 2]), 1.5, True, [2.0]],
    ids=repr,
)
@pytest.mark.parametrize("what", ["strides", "dilations"])
def test_strides_and_dilations_are_taken_in_each_of_tensorflows_forms(what, strides):
    image = np.random.default_rng(0).normal(size=(1, 7, 6, 1))
    kernel = np.random.default_rng(1).normal(size=(3, 2, 1, 2))
    keywords = {what: strides, "padding": "SAME"}
    expected = evaluate(lambda tf: tf.nn.conv2d(image, kernel, **keywords))
    actual = ts.nn.conv2d(torch.tensor(image), torch.tensor(kernel), **keywords)
    assert_close(actual, expected, 1e-10)


def test_filters_is_another_name_of_filter_and_no_data_format_is_nhwc():
    image, kernel = torch.randn(1, 4, 4, 2), torch.randn(3, 3, 2, 2)
    expected = ts.nn.conv2d(image, kernel, padding="SAME")
    actual = ts.nn.conv2d(image, filters=kernel, padding="SAME", data_format=None)
    assert torch.equal(actual, expected)


def test_an_empty_batch_gives_an_empty_batch():
    shapes = [0, 5, 5, 2], [3, 3, 2, 4]
    expected = evaluate(lambda tf: tf.nn.conv2d(*map(tf.zeros, shapes), padding="VALID"))
    actual = ts.nn.conv2d(*map(torch.zeros, shapes), padding="VALID")
    assert tuple(actual.shape) == expected.shape


# What is refused

IMAGE, KERNEL = [1, 5, 5, 4], [3, 3, 4, 2]
NONE = [0, 0]


def refused(image=IMAGE, kernel=KERNEL, dtypes=("float32", "float32"), **keywords):
    """The arguments of a bad call, with its name."""
    keywords = {"padding": "SAME"} | keywords
    return pytest.param(image, kernel, dtypes, keywords, id=f"{image}-{kernel}-{keywords}")


@pytest.mark.parametrize(
    ("image", "kernel", "dtypes", "keywords"),
    [
        # Ranks. Newer TensorFlows take more batch dimensions than one; TF1 did not.
        *(refused(image=IMAGE[:rank]) for rank in range(4)),
        *(refused(kernel=KERNEL[:rank]) for rank in range(4)),
        refused(kernel=[1, *KERNEL]),
        refused(image=[5, 5], kernel=[3]),
        # Channels.
        refused(kernel=[3, 3, 3, 2]),
        refused(kernel=[3, 3, 8, 2]),
        refused(kernel=[3, 3, 0, 2]),
        refused(image=[1, 5, 5, 0]),
        refused(kernel=[3, 3, 2, 3]),
        refused(kernel=[3, 3, 1, 2]),
        refused(data_format="NCHW"),
        # Strides and dilations.
        *(
            refused(**{what: value})
            for what in ("strides", "dilations")
            for value in (0, -1, [0], [1, 0], [0, -1], [1, 2, 0, 1], [], [1] * 3, [1] * 5, "a")
        ),
        # A kernel that does not fit.
        refused(kernel=[6, 3, 4, 2], padding="VALID"),
        refused(kernel=[3, 6, 4, 2], padding="VALID"),
        refused(kernel=[7, 8, 4, 2], padding="VALID", strides=2),
        refused(padding="VALID", dilations=3),
        refused(kernel=[7, 8, 4, 2], padding=[NONE, [1, 0], [0, 1], NONE]),
        # Padding.
        *(refused(padding=value) for value in ("same", "valid", "", "EXPLICIT", None, 1, True)),
        *(refused(padding=value) for value in ([], [1, 1], [NONE] * 3, [NONE] * 5)),
        refused(padding=[[1, 0], NONE, NONE, NONE]),
        refused(padding=[NONE, NONE, NONE, [0, 1]]),
        refused(image=[1, 4, 5, 5], data_format="NCHW", padding=[NONE, [1, 0], NONE, NONE]),
        refused(padding=[NONE, [1], NONE, NONE]),
        refused(padding=[NONE, [1, 2, 3], NONE, NONE]),
        refused(padding=[NONE, 1, NONE, NONE]),
        refused(padding=[NONE, [-1, 0], NONE, NONE]),
        # Formats and dtypes.
        *(refused(data_format=value) for value in ("NHCW", "nhwc", "NC", "NWC", "NCHW_VECT_C", "")),
        refused(dtypes=("float32", "float64")),
        refused(dtypes=("float64", "float32")),
        refused(dtypes=("float32", "int32")),
    ],
)
def test_conv2d_refuses_what_tensorflow_refuses_in_its_words(image, kernel, dtypes, keywords):
    first, second = dtypes
    assert_refused_alike(
        lambda: tf.nn.conv2d(tf.ones(image, first), tf.ones(kernel, second), **keywords),
        lambda: ts.nn.conv2d(
            torch.ones(image, dtype=getattr(torch, first)),
            torch.ones(kernel, dtype=getattr(torch, second)),
            **keywords,
        ),
    )


@pytest.mark.parametrize("keywords", [{}, {"filter": None}, {"filters": None}], ids=repr)
def test_conv2d_refuses_to_do_without_a_kernel(keywords):
    assert_refused_alike(
        lambda: tf.nn.conv2d(tf.ones(IMAGE), padding="SAME", **keywords),
        lambda: ts.nn.conv2d(torch.ones(IMAGE), padding="SAME", **keywords),
    )


def test_conv2d_refuses_to_do_without_a_padding():
    assert_refused_alike(
        lambda: tf.nn.conv2d(tf.ones(IMAGE), tf.ones(KERNEL)),
        lambda: ts.nn.conv2d(torch.ones(IMAGE), torch.ones(KERNEL)),
    )


def test_conv2d_refuses_two_kernels():
    assert_refused_alike(
        lambda: tf.nn.conv2d(
            tf.ones(IMAGE), tf.ones(KERNEL), filters=tf.ones(KERNEL), padding="SAME"
        ),
        lambda: ts.nn.conv2d(
            torch.ones(IMAGE), torch.ones(KERNEL), filters=torch.ones(KERNEL), padding="SAME"
        ),
    )


@pytest.mark.parametrize("what", ["strides", "dilations"])
@pytest.mark.parametrize("value", [[2, 1, 1, 1], [1, 1, 1, 2]], ids=str)
def test_conv2d_refuses_to_step_over_images_or_channels_when_called(what, value):
    """TensorFlow says the same of it, but only when the graph runs, as an UnimplementedError."""
    keywords = {what: value, "padding": "SAME"}
    theirs = refusal(
        lambda: evaluate(lambda tf: tf.nn.conv2d(tf.ones(IMAGE), tf.ones(KERNEL), **keywords))
    )
    error = refusal(lambda: ts.nn.conv2d(torch.ones(IMAGE), torch.ones(KERNEL), **keywords))
    assert type(error) is ValueError
    assert str(error).split(". ")[0] in str(theirs)


def test_conv2d_refuses_an_input_of_rank_5():
    """TF1 did; newer TensorFlows take the first two dimensions for batch dimensions."""
    with pytest.raises(ValueError, match=r"^Shape must be rank 4 but is rank 5"):
        ts.nn.conv2d(torch.ones(1, *IMAGE), torch.ones(KERNEL), padding="SAME")


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("kernel", [[0, 3, 4, 2], [3, 0, 4, 2]], ids=str)
def test_an_empty_kernel_is_refused_when_called(kernel, padding):
    error = refusal(
        lambda: tf.Session().run(tf.nn.conv2d(tf.ones(IMAGE), tf.ones(kernel), 1, padding))
    )
    assert isinstance(error, tf.errors.InvalidArgumentError)
    with pytest.raises(ValueError, match=r"is empty: the input has shape \(1, 5, 5, 4\)"):
        ts.nn.conv2d(torch.ones(IMAGE), torch.ones(kernel), 1, padding)


def test_a_refusal_names_the_variable():
    kernel = ts.get_variable("conv1/weights", [3, 3, 3, 2])
    with pytest.raises(ValueError, match="conv1/weights:0"):
        ts.nn.conv2d(torch.ones(IMAGE), kernel, padding="SAME")


def test_autocast_may_mix_dtypes():
    image, kernel, bias = torch.ones(1, 3, 3, 1), torch.ones(3, 3, 1, 2), torch.ones(2)
    with torch.autocast("cpu", torch.bfloat16):
        output = ts.nn.conv2d(image.to(torch.bfloat16), kernel, padding="VALID")
        assert output.dtype == torch.bfloat16
        assert ts.nn.bias_add(output, bias).flatten().tolist() == [10.0, 10.0]


# bias_add and relu


@pytest.mark.parametrize(
    ("shape", "data_format"),
    [
        *((shape, None) for shape in ([2, 3], [0, 3], [4, 2, 3], [2, 4, 5, 3], [2, 1, 2, 4, 3])),
        *(([2, 3], name) for name in ("NHWC", "NWC", "NC")),
        *(([2, 3, 4, 3], name) for name in ("NHWC", "NCHW", "NC", "NCX", "NDHWC")),
        *((shape, "NCHW") for shape in ([2, 3, 4], [2, 3, 4, 5], [2, 3, 1, 4, 5])),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_bias_add_adds_to_the_channels_that_tensorflow_adds_to(shape, data_format, dtype):
    value = (np.random.default_rng(0).normal(size=shape) * 10).astype(dtype)
    bias = np.array([1, 20, 300], dtype)
    keywords = {"data_format": data_format}

    def theirs():
        return evaluate(lambda tf: tf.nn.bias_add(value, bias, **keywords))

    def ours():
        return ts.nn.bias_add(torch.tensor(value), torch.tensor(bias), **keywords)

    if data_format == "NC" and len(shape) == 2:
        # "NC" is the short form of "NCHW", and so wants a third dimension.
        assert_refused_alike(theirs, ours)
    else:
        assert_close(ours(), theirs(), TOLERANCES.get(dtype, 0))


@pytest.mark.parametrize(
    ("value", "bias", "dtypes", "data_format"),
    [
        *((value, [4], ("float32",) * 2, None) for value in ([], [4], [2, 3], [4, 1], [2, 4, 5])),
        *(([2, 4], bias, ("float32",) * 2, None) for bias in ([], [1], [3], [4, 1], [1, 4])),
        *((value, [4], ("float32",) * 2, "NCHW") for value in ([], [4], [2, 4], [2, 3, 4])),
        *(([2, 4, 3], bias, ("float32",) * 2, "NCHW") for bias in ([], [1], [3], [4, 1])),
        *(([2, 4], [4], ("float32",) * 2, name) for name in ("NHW", "N", "CN", "", "nhwc")),
        ([2, 4], [4], ("float32", "float64"), None),
        ([2, 4], [4], ("float64", "int32"), "NHWC"),
    ],
    ids=str,
)
def test_bias_add_refuses_what_tensorflow_refuses_in_its_words(value, bias, dtypes, data_format):
    first, second = dtypes
    assert_refused_alike(
        lambda: tf.nn.bias_add(tf.ones(value, first), tf.ones(bias, second), data_format),
        lambda: ts.nn.bias_add(
            torch.ones(value, dtype=getattr(torch, first)),
            torch.ones(bias, dtype=getattr(torch, second)),
            data_format,
        ),
    )


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32", "int64"])
def test_relu_is_tensorflows(dtype):
    values = np.array([-2, -1, 0, 1, 2], dtype)
    if values.dtype.kind == "f":
        values = np.append(values, np.array([-0.0, 0.5, np.inf, -np.inf, np.nan], dtype))
    actual = ts.nn.relu(torch.tensor(values)).numpy()
    np.testing.assert_array_equal(actual, evaluate(lambda tf: tf.nn.relu(values)))


def test_relu_has_tensorflows_gradient_at_zero_too():
    values = np.array([-1.0, 0.0, 2.0])

    def build(tf):
        leaf = tf.constant(values)
        return tf.gradients(tf.nn.relu(leaf), leaf)[0]

    leaf = torch.tensor(values, requires_grad=True)
    ts.nn.relu(leaf).sum().backward()
    assert_close(leaf.grad, evaluate(build), 0.0)


# How a kernel lies in memory


def lies_as_convolutions_read(kernel):
    """Whether a kernel, HWIO in shape, is OHWI in memory."""
    return kernel.permute(3, 2, 0, 1).is_contiguous(memory_format=torch.channels_last)


def model(image):
    """Two convolutions, and a variable of rank 4 that is no kernel."""
    for name, channels in (("conv1", 4), ("conv2", 5)):
        with ts.variable_scope(name):
            weights = ts.get_variable("weights", [3, 2, image.shape[3], channels])
            image = ts.nn.conv2d(image, weights, padding="SAME")
    other = ts.get_variable("other", [3, 2, 4, 5])
    return image.sum() + other.sum()


def kernels(net):
    """Its kernels."""
    variables = net.registry.variables
    return [variables["conv1/weights"], variables["conv2/weights"]]


IMAGES = torch.linspace(-1, 1, 2 * 6 * 5 * 3).reshape(2, 6, 5, 3)


def test_the_first_convolution_lays_a_kernel_out_and_leaves_it_what_it_is():
    kernel = ts.get_variable("weights", [3, 2, 4, 5])
    values, parameter = kernel.detach().clone(), kernel
    assert not lies_as_convolutions_read(kernel)
    ts.nn.conv2d(torch.ones(1, 4, 4, 4), kernel, padding="SAME")
    assert lies_as_convolutions_read(kernel)
    with ts.variable_scope("", reuse=True):
        assert ts.get_variable("weights") is parameter is kernel
    assert kernel.shape == (3, 2, 4, 5)
    assert kernel.requires_grad
    assert kernel.is_leaf
    assert torch.equal(kernel, values)


def test_a_second_convolution_leaves_a_kernel_where_it_is():
    kernel = ts.get_variable("weights", [3, 2, 4, 5])
    image = torch.ones(1, 4, 4, 4)
    ts.nn.conv2d(image, kernel, padding="SAME")
    address, strides = kernel.data_ptr(), kernel.stride()
    ts.nn.conv2d(image, kernel, padding="VALID", strides=2)
    assert (kernel.data_ptr(), kernel.stride()) == (address, strides)


def test_a_tensor_that_is_no_variable_is_left_as_it_lies():
    kernel = torch.ones(3, 2, 4, 5)
    ts.nn.conv2d(torch.ones(1, 4, 4, 4), kernel, padding="SAME")
    assert kernel.is_contiguous()


def test_a_variable_that_is_no_kernel_keeps_its_ordinary_layout():
    net = ts.ScopedModule(model)
    net(IMAGES)
    assert net.registry.variables["other"].is_contiguous()
    assert all(map(lies_as_convolutions_read, kernels(net)))


def test_gradients_reach_a_kernel_in_the_call_that_lays_it_out():
    net = ts.ScopedModule(model)
    net(IMAGES).backward()
    first = [kernel.grad.clone() for kernel in kernels(net)]
    net.zero_grad()
    net(IMAGES).backward()
    for kernel, gradient in zip(kernels(net), first, strict=True):
        assert torch.equal(kernel.grad, gradient)
        assert gradient.abs().sum() > 0


CONVOLUTIONS = {
    "conv1d": ([3, 2, 4], lambda x, w: ts.nn.conv1d(x[0], w, 1, "SAME")),
    "conv2d": ([3, 2, 2, 4], lambda x, w: ts.nn.conv2d(x, w, padding="SAME")),
    "conv3d": ([3, 2, 3, 2, 4], lambda x, w: ts.nn.conv3d(x[None], w, padding="SAME")),
    "depthwise": (
        [3, 2, 2, 4],
        lambda x, w: ts.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"),
    ),
    "transposed": (
        [3, 2, 4, 2],
        lambda x, w: ts.nn.conv2d_transpose(x, w, [2, 6, 5, 4], [1, 1, 1, 1], "SAME"),
    ),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.parametrize("how", ["backward", "gradients"])
@pytest.mark.parametrize("assigns", [False, True])
def test_what_was_computed_of_a_kernel_before_its_convolution_is_still_of_it(name, how, assigns):
    shape, convolve = CONVOLUTIONS[name]

    def decayed(image):
        kernel = ts.get_variable("kernel", shape, initializer=ts.constant_initializer(2.0))
        decay = ts.nn.l2_loss(kernel)
        loss = decay + 0 * convolve(image, kernel).sum()
        if assigns:
            kernel.assign(torch.zeros(shape))
        return kernel, loss, tf1.gradients(loss, [kernel]) if how == "gradients" else None

    net = ts.ScopedModule(decayed)
    kernel, loss, gradients = net(torch.ones(2, 6, 5, 2))
    if gradients is None:
        loss.backward()
    gradient = kernel.grad if gradients is None else gradients[0]
    assert torch.equal(gradient, torch.full(shape, 2.0))


def test_the_layout_survives_a_copy_of_the_net():
    net = ts.ScopedModule(model)
    expected = net(IMAGES)
    twin = copy.deepcopy(net)
    assert all(map(lies_as_convolutions_read, kernels(twin)))
    assert torch.equal(twin(IMAGES), expected)
    assert all(map(lies_as_convolutions_read, kernels(twin)))


@pytest.mark.parametrize("ran", [True, False], ids=["into a net that ran", "into a new net"])
@pytest.mark.parametrize("by_file", [True, False], ids=["from a file", "from memory"])
def test_the_layout_survives_loading_into_another_net(ran, by_file):
    net, twin = ts.ScopedModule(model), ts.ScopedModule(model)
    expected = net(IMAGES)
    state = net.state_dict()
    if by_file:
        file = io.BytesIO()
        torch.save(state, file)
        file.seek(0)
        state = torch.load(file)
    if ran:
        twin(IMAGES)
    addresses = [kernel.data_ptr() for kernel in kernels(twin)] if ran else None
    twin.load_state_dict(state)
    assert torch.equal(twin(IMAGES), expected)
    assert all(map(lies_as_convolutions_read, kernels(twin)))
    if ran:
        assert [kernel.data_ptr() for kernel in kernels(twin)] == addresses


def test_a_plain_layout_that_is_loaded_does_not_change_that_of_the_kernel():
    net = ts.ScopedModule(model)
    net(IMAGES)
    state = {name: value.clone().contiguous() for name, value in net.state_dict().items()}
    net.load_state_dict(state)
    assert all(map(lies_as_convolutions_read, kernels(net)))


# Copies


class Recorder(TorchDispatchMode):
    """Notes the operations that PyTorch runs."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.append(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))


def operations(size, window, **keywords):
    """The operations of a convolution."""
    image, kernel = torch.ones(1, size, size, 1), torch.ones(window, window, 1, 2)
    with Recorder() as recorder:
        ts.nn.conv2d(image, kernel, **keywords)
    return recorder.names


@pytest.mark.parametrize(
    ("size", "keywords"),
    [
        (6, {"padding": "SAME"}),
        (6, {"padding": "SAME", "dilations": 2}),
        (7, {"padding": "SAME", "strides": 2}),
        (6, {"padding": "VALID"}),
        (6, {"padding": [NONE, [2, 2], [1, 1], NONE]}),
    ],
    ids=str,
)
def test_padding_alike_on_both_sides_copies_nothing(size, keywords):
    names = operations(size, 3, **keywords)
    assert "convolution" in names
    assert set(names) <= {"convolution", "permute"}


@pytest.mark.parametrize(
    ("size", "window", "keywords"),
    [
        (6, 3, {"padding": "SAME", "strides": 2}),
        (6, 2, {"padding": "SAME"}),
        (6, 3, {"padding": [NONE, [1, 2], [1, 1], NONE]}),
    ],
    ids=str,
)
def test_padding_that_differs_from_side_to_side_makes_one_copy(size, window, keywords):
    assert operations(size, window, **keywords).count("constant_pad_nd") == 1


# conv_relu


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("strides", [1, 2])
def test_conv_relu_gives_what_tensorflows_three_functions_give(padding, strides):
    image = np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype(np.float32)
    ts.conv_relu(torch.tensor(image), [3, 2, 3, 4], [4], strides, padding)
    with ts.variable_scope("", reuse=True):
        kernel, bias = ts.get_variable("weights"), ts.get_variable("biases")
        bias.assign([0.5, -0.5, 1.0, 0.0])
        actual = ts.conv_relu(torch.tensor(image), [3, 2, 3, 4], [4], strides, padding)
    actual.square().sum().backward()

    def build(tf):
        leaves = [tf.constant(v.detach().numpy()) for v in (kernel, bias)]
        output = tf.nn.relu(
            tf.nn.bias_add(tf.nn.conv2d(image, leaves[0], strides, padding), leaves[1])
        )
        return output, tf.gradients(tf.reduce_sum(output**2), leaves)

    output, gradients = evaluate(build)
    assert_close(actual, output, 1e-5)
    for variable, gradient in zip((kernel, bias), gradients, strict=True):
        assert_close(variable.grad, gradient, 1e-5)


def test_conv_relu_adds_the_bias_in_the_convolution_itself():
    net = ts.ScopedModule(lambda image: ts.conv_relu(image, [3, 3, 3, 2], [2]))
    net(IMAGES)
    with Recorder() as recorder:
        net(IMAGES)
    assert {"convolution", "relu"} <= set(recorder.names)
    assert not any(name.startswith("add") for name in recorder.names)


@pytest.mark.parametrize("shape", [[3], [1, 2], [], [1]], ids=str)
def test_conv_relu_refuses_a_bias_that_does_not_fit_as_bias_add_does(shape):
    assert_refused_alike(
        lambda: tf.nn.bias_add(tf.ones([1, 5, 5, 2]), tf.ones(shape)),
        lambda: ts.conv_relu(torch.ones(IMAGE), KERNEL, shape),
    )
