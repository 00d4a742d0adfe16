"""torchscope.nn's moments and normalizations against TensorFlow's."""

import numpy as np
import pytest
import torch
from comparing import TOLERANCES, assert_alike_in_each, assert_close, last, numbers_of, second
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

some = settings(max_examples=15)
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@st.composite
def shapes_and_axes(draw):
    """A shape, and some of its axes in a form that TensorFlow takes."""
    shape = draw(shapes)
    # Over no axes at all TensorFlow's moments lose those of length 1.
    axes = draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1))
    axes = [axis - draw(st.sampled_from([0, len(shape)])) for axis in axes]
    if len(axes) == 1 and draw(st.booleans()):
        axes = axes[0]
    return shape, draw(st.sampled_from([axes, None]))


# Moments


@some
@given(shapes_and_axes(), st.booleans())
def test_moments_are_tensorflows(case, keep):
    shape, axes = case
    assert_alike_in_each(
        lambda x: tf.nn.moments(x + 1, axes, keep_dims=keep),
        [
            lambda x: ts.nn.moments(x + 1, axes, keep_dims=keep),
            lambda x: ts.nn.moments(x + 1, axes, shift=0.5, keepdims=keep),
        ],
        numbers_of(shape),
    )


@some
@given(shapes_and_axes(), st.data())
def test_weighted_moments_are_tensorflows(case, data):
    shape, axes = case
    of_weights = [size if data.draw(st.booleans()) else 1 for size in shape]
    of_weights = of_weights[data.draw(st.integers(0, len(shape))) :]
    keep = data.draw(st.booleans())
    # Each weight is positive, or TensorFlow's gradient divides by 0.
    assert_alike_in_each(
        lambda x, w: tf.nn.weighted_moments(x, axes, tf.abs(w) + 1, keep_dims=keep),
        lambda x, w: ts.nn.weighted_moments(x, axes, w.abs() + 1, keep_dims=keep),
        numbers_of(shape, of_weights),
    )


def test_weights_of_zero_give_moments_of_zero():
    x, weights = np.ones([2, 3], np.float32), np.array([[1, 0, 2], [3, 0, 0]], np.int32)
    expected = evaluate(lambda tf: tf.nn.weighted_moments(x, [0], weights))
    leaf = torch.tensor(x, requires_grad=True)
    actual = ts.nn.weighted_moments(leaf, [0], torch.tensor(weights))
    for ours, theirs in zip(actual, expected, strict=True):
        assert_close(ours, theirs, 1e-5)
    (actual[0] + actual[1]).sum().backward()
    assert leaf.grad.isfinite().all()


@pytest.mark.parametrize("name", ["moments", "weighted_moments"])
def test_moments_of_float16_are_summed_in_float32(name):
    x = np.random.default_rng(0).normal(300, 1, size=(4000, 2)).astype(np.float16)
    more = [np.ones([4000, 1], np.float16)] if name == "weighted_moments" else []
    expected = evaluate(lambda tf: getattr(tf.nn, name)(x, [0], *more))
    actual = getattr(ts.nn, name)(torch.tensor(x), [0], *map(torch.tensor, more))
    for ours, theirs in zip(actual, expected, strict=True):
        assert_close(ours, theirs, 1e-3)


def test_moments_over_no_axes_are_the_numbers_and_zeros():
    x = torch.randn(2, 1)
    mean, variance = ts.nn.moments(x, [])
    assert torch.equal(mean, x)
    assert not variance.any()
    assert torch.equal(ts.nn.weighted_moments(x, [], torch.ones(1))[0], x)


def test_moments_of_nothing_are_nan():
    mean, variance = ts.nn.moments(torch.ones(0, 2), [0])
    assert mean.isnan().all()
    assert variance.isnan().all()


# Batch normalization


@some
@given(shapes, st.booleans(), st.booleans(), st.data())
def test_batch_normalization_is_tensorflows(shape, scaled, moved, data):
    of_statistics = [size if data.draw(st.booleans()) else 1 for size in shape]
    of_statistics = of_statistics[data.draw(st.integers(0, len(shape))) :]

    def call(nn, x, mean, variance, offset, scale):
        return nn.batch_normalization(
            x, mean, variance, offset if moved else None, scale if scaled else None, 1e-3
        )

    assert_alike_in_each(
        lambda x, m, v, *rest: call(tf.nn, x, m, tf.abs(v) + 0.1, *rest),
        lambda x, m, v, *rest: call(ts.nn, x, m, v.abs() + 0.1, *rest),
        numbers_of(shape, *[of_statistics] * 4),
    )


def test_batch_normalization_keeps_the_dtype_beside_statistics_of_another():
    x, mean, variance = (n.astype(np.float32) for n in numbers_of([2, 3], [3], [3]))
    variance = np.abs(variance)

    def build(tf):
        return tf.nn.batch_normalization(x.astype(np.float16), mean, variance, mean, None, 1e-3)

    a, b, c = map(torch.tensor, (x, mean, variance))
    actual = ts.nn.batch_normalization(a.half(), b, c, b, None, 1e-3)
    assert_close(actual, evaluate(build), 1e-3)


@pytest.mark.parametrize("scaled", [True, False])
def test_batch_norm_with_global_normalization_is_tensorflows(scaled):
    assert_alike_in_each(
        lambda x, m, v, b, g: tf.nn.batch_norm_with_global_normalization(
            x, m, tf.abs(v), b, g, 1e-3, scaled
        ),
        [
            lambda x, m, v, b, g: ts.nn.batch_norm_with_global_normalization(
                x, m, v.abs(), b, g, 1e-3, scaled
            ),
            lambda x, m, v, b, g: ts.nn.batch_norm_with_global_normalization(
                input=x,
                mean=m,
                variance=v.abs(),
                beta=b,
                gamma=g,
                variance_epsilon=1e-3,
                scale_after_normalization=scaled,
            ),
        ],
        numbers_of([2, 3, 4, 2], *[[2]] * 4),
    )


@st.composite
def images(draw):
    """The shape of an image or a volume, and the names of its two formats."""
    spatial = draw(st.sampled_from([2, 3]))
    shape = draw(st.lists(st.integers(1, 3), min_size=spatial + 2, max_size=spatial + 2))
    axes = "DHW"[-spatial:]
    return shape, f"N{axes}C", f"NC{axes}"


@some
@given(images(), st.sampled_from([1.0, 0.25]), st.sampled_from([1e-3, 0.1]))
def test_fused_batch_norm_normalizes_as_tensorflow_does_when_it_trains(case, factor, epsilon):
    shape, of_last, of_second = case
    keywords = {"epsilon": epsilon, "exponential_avg_factor": factor}
    # TensorFlow knows float32 alone, and gives no gradient through the statistics.
    assert_alike_in_each(
        lambda x, *rest: list(
            tf.nn.fused_batch_norm(2 * x + 1, *rest, data_format=of_last, **keywords)
        ),
        [
            lambda x, *rest: ts.nn.fused_batch_norm(
                2 * x + 1, *rest, data_format=of_last, **keywords
            ),
            lambda x, *rest: seconds(
                ts.nn.fused_batch_norm(2 * second(x) + 1, *rest, data_format=of_second, **keywords)
            ),
        ],
        numbers_of(shape, *[shape[-1:]] * 4),
        {"float32": 1e-4},
    )


def seconds(outputs):
    """The outputs of fused_batch_norm with channels moved to the end."""
    y, mean, variance = outputs
    return last(y), mean, variance


@settings(some, max_examples=12)
@given(images())
def test_fused_batch_norm_normalizes_by_what_it_is_given_when_it_does_not_train(case):
    shape, of_last, of_second = case
    assert_alike_in_each(
        lambda x, s, o, m, v: tf.nn.fused_batch_norm(
            x, s, o, m, tf.abs(v), is_training=False, data_format=of_last
        )[0],
        [
            lambda x, s, o, m, v: ts.nn.fused_batch_norm(
                x, s, o, m, v.abs(), is_training=False, data_format=of_last
            )[0],
            lambda x, s, o, m, v: last(
                ts.nn.fused_batch_norm(second(x), s, o, m, v.abs(), 1e-3, of_second, False)[0]
            ),
        ],
        numbers_of(shape, *[shape[-1:]] * 4),
        {"float32": 1e-5},
    )


def test_fused_batch_norm_gives_back_the_statistics_that_it_was_given():
    ones, x = torch.ones(3), torch.randn(1, 2, 2, 3)
    mean, variance = torch.randn(3), torch.rand(3)
    outputs = ts.nn.fused_batch_norm(x, ones, ones, mean, variance, is_training=False)
    assert torch.equal(outputs[1], mean)
    assert torch.equal(outputs[2], variance)
    before = mean.clone(), variance.clone()
    ts.nn.fused_batch_norm(x, ones, ones, mean, variance, exponential_avg_factor=0.5)
    assert torch.equal(torch.stack(before), torch.stack((mean, variance)))


def test_no_gradient_flows_through_the_statistics_of_fused_batch_norm():
    leaf = torch.randn(2, 2, 2, 3, requires_grad=True)
    _, mean, variance = ts.nn.fused_batch_norm(leaf, torch.ones(3), torch.zeros(3))
    assert not mean.requires_grad
    assert not variance.requires_grad


@pytest.mark.parametrize("shape", [[0, 2, 2, 3], [1, 1, 1, 3]], ids=str)
def test_the_statistics_of_nothing_and_of_one_are_tensorflows(shape):
    ones = np.ones(3, np.float32)
    expected = evaluate(lambda tf: tf.nn.fused_batch_norm(2 * tf.ones(shape), ones, ones))
    actual = ts.nn.fused_batch_norm(2 * torch.ones(shape), torch.ones(3), torch.ones(3))
    for ours, theirs in zip(actual, expected, strict=True):
        assert_close(ours, theirs, 1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_fused_batch_norm_of_half_precision_keeps_statistics_in_single(dtype):
    x = torch.randn(4, 3, 3, 2)
    expected = ts.nn.fused_batch_norm(x, torch.ones(2), torch.zeros(2))
    actual = ts.nn.fused_batch_norm(x.to(dtype), torch.ones(2), torch.zeros(2))
    assert [each.dtype for each in actual] == [dtype, torch.float32, torch.float32]
    for ours, theirs in zip(actual, expected, strict=True):
        torch.testing.assert_close(ours.float(), theirs, rtol=0.02, atol=0.02)


def test_fused_batch_norm_knows_float64_unlike_tensorflow():
    x, scale, offset = (torch.tensor(n) for n in numbers_of([2, 3, 3, 2], [2], [2]))
    y, mean, variance = ts.nn.fused_batch_norm(x, scale, offset)
    expected = ts.nn.batch_normalization(x, *ts.nn.moments(x, [0, 1, 2]), offset, scale, 1e-3)
    torch.testing.assert_close(y, expected, rtol=0, atol=TOLERANCES["float64"])
    torch.testing.assert_close(mean, x.mean((0, 1, 2)))
    torch.testing.assert_close(variance, x.var((0, 1, 2)))


# Norms


@some
@given(
    st.integers(0, 12),
    st.integers(0, 6),
    st.sampled_from([1.0, 0.5, 3.0]),
    st.sampled_from([1.0, 0.25, 5.0]),
    st.sampled_from([0.5, 0.75, 1.0, 2.0]),
)
def test_local_response_normalization_is_tensorflows(channels, radius, bias, alpha, beta):
    assert_alike_in_each(
        lambda x: tf.nn.lrn(x, radius, bias, alpha, beta),
        lambda x: ts.nn.lrn(x, radius, bias, alpha, beta),
        numbers_of([2, 2, 1, channels]),
        {"float32": 1e-5},
    )


def test_local_response_normalization_has_tensorflows_defaults():
    assert_alike_in_each(
        tf.nn.local_response_normalization,
        ts.nn.local_response_normalization,
        numbers_of([1, 2, 2, 20]),
        {"float32": 1e-5},
    )


@some
@given(shapes_and_axes(), st.sampled_from([1e-12, 0.5]))
def test_l2_normalize_is_tensorflows(case, epsilon):
    shape, axes = case
    assert_alike_in_each(
        lambda x: tf.nn.l2_normalize(x, axes, epsilon),
        [
            lambda x: ts.nn.l2_normalize(x, axes, epsilon),
            lambda x: ts.nn.l2_normalize(x, epsilon=epsilon, dim=axes),
        ],
        numbers_of(shape),
    )


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_l2_normalize_compiles_with_axes_that_the_graph_makes():
    torch._dynamo.reset()
    x = torch.randn(2, 3, 4)

    def normalized(x, axes):
        return ts.nn.l2_normalize(x, axes + torch.arange(0, 1))

    compiled = torch.compile(normalized, fullgraph=True, backend="aot_eager")
    for axes in ([2], [-1], [0, 2], [0, 1, -1]):
        torch.testing.assert_close(
            compiled(x, torch.tensor(axes)), ts.nn.l2_normalize(x, torch.tensor(axes))
        )
    torch.testing.assert_close(compiled(x, torch.tensor(1)), ts.nn.l2_normalize(x, 1))
    for axes in ([3], [0, -3]):
        with pytest.raises(RuntimeError, match="Invalid reduction dimension"):
            compiled(x, torch.tensor(axes))
    with pytest.raises(RuntimeError, match="Give them as integers"):
        torch.compile(ts.nn.moments, fullgraph=True, backend="eager")(x, torch.tensor([1]))


def test_l2_normalize_leaves_zeros_and_gives_them_tensorflows_gradient():
    values = np.array([[0.0, 0.0], [3.0, 4.0], [1e-7, 0.0]])
    assert_alike_in_each(
        lambda x: tf.nn.l2_normalize(x, 1), lambda x: ts.nn.l2_normalize(x, 1), [values]
    )


def test_l2_normalize_of_complex_numbers_is_tensorflows():
    a, b = numbers_of([3, 4], [3, 4])
    expected = evaluate(lambda tf: tf.nn.l2_normalize(a + 1j * b, 1))
    actual = ts.nn.l2_normalize(torch.tensor(a + 1j * b), 1)
    np.testing.assert_allclose(actual.numpy(), expected, rtol=1e-10)


@pytest.mark.parametrize("shape", [[], [0], [7], [3, 4, 5]], ids=str)
def test_l2_loss_is_tensorflows(shape):
    assert_alike_in_each(tf.nn.l2_loss, ts.nn.l2_loss, [np.asarray(numbers_of(shape)[0])])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "bool", "complex64"])
def test_zero_fraction_is_tensorflows(dtype):
    for values in ([0, 1, 2, 0, 0], [], [[0]], 3):
        array = np.array(values).astype(dtype)
        expected = evaluate(lambda tf, a=array: tf.nn.zero_fraction(a))
        assert_close(ts.nn.zero_fraction(torch.tensor(array)), expected, 1e-6)


# What is refused


def refused(name, *arguments, **keywords):
    """A bad call; shapes stand for ones, and with a dtype behind them for ones of that."""
    return pytest.param(name, arguments, keywords, id=f"{name}-{arguments}-{keywords}")


def filled(module, value):
    """Ones of the shape that stands for them."""
    if isinstance(value, list):
        return module.ones(value)
    if isinstance(value, tuple):
        return module.ones(value[0], dtype=getattr(module, value[1]))
    return value


IMAGE, THREE = [2, 4, 4, 3], [3]


@pytest.mark.parametrize(
    ("name", "arguments", "keywords"),
    [
        *(refused("moments", [2, 3], axes=a) for a in (2, [0, -3], "a", [0.5])),
        refused("moments", [2, 3], axes=[0], keep_dims=True, keepdims=True),
        refused("weighted_moments", [2, 3], 2, [3]),
        refused("weighted_moments", [2, 3], 0, [2]),
        *(
            refused("batch_normalization", [2, 3], *shapes, 0.1)
            for shapes in (
                ([2], THREE, THREE, THREE),
                (THREE, THREE, [2], THREE),
                (THREE, THREE, None, [4]),
            )
        ),
        refused("batch_norm_with_global_normalization", IMAGE, *[THREE] * 4, 0.1, True, input=IMAGE),
        *(refused("fused_batch_norm", s, THREE, THREE) for s in ([3], [4, 4, 3], [1, *IMAGE])),
        refused("fused_batch_norm", IMAGE, THREE, THREE, data_format="NDHWC"),
        refused("fused_batch_norm", IMAGE, THREE, THREE, data_format="NCHW"),
        refused("fused_batch_norm", IMAGE, THREE, THREE, data_format="NWC"),
        *(refused("fused_batch_norm", IMAGE, s, THREE) for s in ([4], [1], [3, 1], [])),
        *(refused("fused_batch_norm", IMAGE, THREE, s) for s in ([4], [1], [3, 1], [])),
        refused("fused_batch_norm", IMAGE, THREE, THREE, [4], THREE, is_training=False),
        refused("fused_batch_norm", IMAGE, THREE, THREE, is_training=False),
        refused("fused_batch_norm", IMAGE, THREE, THREE, exponential_avg_factor=0.5),
        *(refused("lrn", s) for s in ([3], [4, 4, 3], [1, *IMAGE])),
        *(refused("l2_normalize", [2, 3], axis=a) for a in (2, [0, -3], "a")),
        refused("l2_normalize", [2, 3], axis=0, dim=0),
        *(refused("l2_loss", ([2], d)) for d in ("int32", "bool", "complex64")),
    ],
)  # fmt: skip
def test_what_tensorflow_refuses_is_refused_in_its_words(name, arguments, keywords):
    def call(module):
        given = {key: filled(module, v) if key == "input" else v for key, v in keywords.items()}
        return getattr((tf if module is tf else ts).nn, name)(
            *(filled(module, value) for value in arguments), **given
        )

    def theirs():
        output = call(tf)
        with tf.Session() as session:
            return session.run(output)

    assert_begins_alike(name, theirs, lambda: call(torch))


def assert_begins_alike(name, theirs, ours):
    """Both are refused in the same words; axes are called by their types in our own language."""
    if "reduction_indices" in str(error := refusal(ours)):
        expected = refusal(theirs)
        assert type(error) is type(expected)
        assert str(error).startswith(str(expected).split(" has DataType ")[0])
    else:
        assert_refused_alike(theirs, ours)


@pytest.mark.parametrize("name", ["moments", "l2_normalize"])
def test_axes_that_are_named_twice_are_refused_when_called(name):
    """TensorFlow says so only when the graph runs, as an InvalidArgumentError."""
    words = "Invalid reduction arguments: Axes contains duplicate dimension: "
    theirs = refusal(lambda: evaluate(lambda tf: getattr(tf.nn, name)(tf.ones([2, 3]), [0, -2])))
    error = refusal(lambda: getattr(ts.nn, name)(torch.ones(2, 3), [0, -2]))
    assert type(error) is ValueError
    assert words in str(theirs)
    assert str(error).startswith(words)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ts.nn.moments(x, [0]),
        lambda x: ts.nn.weighted_moments(x, [0], x),
        lambda x: ts.nn.batch_normalization(x, x[0], x[0], None, None, 0.1),
        lambda x: ts.nn.fused_batch_norm(x, x[0, 0, 0], x[0, 0, 0]),
        ts.nn.lrn,
        ts.nn.l2_normalize,
        ts.nn.l2_loss,
    ],
)
def test_integers_are_refused(call):
    with pytest.raises(
        TypeError, match="has DataType int32 not in list of allowed values: float16"
    ):
        call(torch.ones(1, 2, 2, 3, dtype=torch.int32))


def test_a_radius_below_zero_is_refused():
    with pytest.raises(ValueError, match="depth_radius = -1"):
        ts.nn.lrn(torch.ones(1, 1, 1, 3), -1)


# Memory, devices


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ts.nn.batch_normalization(x, x[0, 0, 0], x[0, 0, 0], None, None, 0.1),
        lambda x: ts.nn.fused_batch_norm(x, x[0, 0, 0], x[0, 0, 0])[0],
        lambda x: ts.nn.fused_batch_norm(
            x, *[x[0, 0, 0]] * 4, is_training=False
        )[0],
        ts.nn.lrn,
        ts.nn.l2_normalize,
    ],
)  # fmt: skip
def test_shapes_are_known_without_numbers_and_channels_stay_last(call):
    x = torch.rand(2, 4, 5, 3)
    assert call(x).is_contiguous()
    meta = call(x.to("meta"))
    assert (meta.device.type, meta.shape) == ("meta", x.shape)
