"""Batch normalization by the batch's own statistics: how exact its sums are."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from torchscope import slim

# Of PyTorch's own sums the digits from the fifth on are wrong in the first of these.
SHAPES = [(16, 96, 96, 24), (1, 151, 149, 24), (3, 40, 40, 5), (2, 33, 35, 600), (2, 8, 8, 3)]
EPSILON = 1e-3


def wrong(actual, exact):
    """The largest error, beside the largest number."""
    return ((actual.double() - exact).abs().max() / exact.abs().max()).item()


def drawn(shape):
    """Images of mean 5 and deviation 3, what their output is weighed by, a scale and an offset."""
    draw = torch.Generator().manual_seed(0)
    x = 3 * torch.randn(shape, generator=draw) + 5
    weights = torch.randn(shape, generator=draw)
    scale, offset = torch.rand(2, shape[-1], generator=draw).unbind()
    return x, weights, scale + 0.5, offset


def exact(x, scale, offset):
    """By float64: what is normalized, the mean, the variance with Bessel's correction."""
    axes = tuple(range(x.ndim - 1))
    variance, mean = torch.var_mean(x, axes, correction=0)
    y = (x - mean) / torch.sqrt(variance + EPSILON) * scale + offset
    return y, mean, torch.var(x, axes)


def fused(x, scale, offset):
    return ts.nn.fused_batch_norm(x, scale, offset, epsilon=EPSILON)


def fused_nchw_of_channels_last(x, scale, offset):
    second = x.permute(0, 3, 1, 2)
    y, *rest = ts.nn.fused_batch_norm(second, scale, offset, epsilon=EPSILON, data_format="NCHW")
    return y.permute(0, 2, 3, 1), *rest


def by_moments(x, scale, offset):
    mean, variance = ts.nn.moments(x, [0, 1, 2])
    count = x.numel() // x.shape[-1]
    y = ts.nn.batch_normalization(x, mean, variance, offset, scale, EPSILON)
    return y, mean, variance * count / (count - 1)


def layer(x, scale, offset):
    y = ts.layers.batch_normalization(
        x,
        momentum=0.0,
        epsilon=EPSILON,
        beta_initializer=lambda *_, **__: offset,
        gamma_initializer=lambda *_, **__: scale,
        training=True,
        name="BatchNorm",
    )
    return y, *averages()


def slims(x, scale, offset):
    initializers = {"beta": lambda *_, **__: offset, "gamma": lambda *_, **__: scale}
    y = slim.batch_norm(
        x, 0.0, scale=True, epsilon=EPSILON, param_initializers=initializers, scope="BatchNorm"
    )
    return y, *averages()


def averages():
    with ts.variable_scope("BatchNorm", reuse=True):
        return [
            ts.get_variable(name).detach().clone() for name in ("moving_mean", "moving_variance")
        ]


def variables(scale, offset):
    """What is differentiated by: what a layer made of the numbers, or these."""
    made = {v.op.name: v for v in ts.trainable_variables()}
    return made.get("BatchNorm/gamma", scale), made.get("BatchNorm/beta", offset)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    "normalize", [fused, fused_nchw_of_channels_last, by_moments, layer, slims]
)
def test_sums_over_a_batch_of_images_are_exact(normalize, shape):
    ts.reset_default_registry()
    x, weights, scale, offset = drawn(shape)
    leaves = [each.double().requires_grad_() for each in (x, scale, offset)]
    expected = exact(*leaves)
    gradients = torch.autograd.grad(expected[0], leaves, weights.double())
    for each in (x, scale, offset):
        each.requires_grad_()
    found = normalize(x, scale, offset)
    for ours, theirs in zip(found, expected, strict=True):
        assert wrong(ours, theirs.detach()) < 2e-6
    leaves = (x, *variables(scale, offset))
    for ours, theirs in zip(torch.autograd.grad(found[0], leaves, weights), gradients, strict=True):
        assert wrong(ours, theirs) < 2e-6


some = settings(derandomize=True, deadline=None, max_examples=25)


@some
@given(
    st.integers(1, 3),
    st.integers(20, 60),
    st.integers(20, 60),
    st.integers(1, 40),
    st.sampled_from([None, "scale", "offset", "both"]),
    st.sampled_from([1.0, 0.1]),
)
def test_any_number_of_rows_is_taken_in_parts(batch, height, width, channels, given_, factor):
    x, weights, scale, offset = drawn((batch, height, width, channels))
    scale = scale.requires_grad_() if given_ in {"scale", "both"} else torch.ones(channels)
    offset = offset.requires_grad_() if given_ in {"offset", "both"} else torch.zeros(channels)
    mean, variance = torch.full([2, channels], 2.0).unbind()
    leaves = [each for each in (x.requires_grad_(), scale, offset) if each.requires_grad]

    def run(dtype):
        inputs = (each.to(dtype) for each in (x, scale, offset, mean, variance))
        y, *rest = ts.nn.fused_batch_norm(*inputs, EPSILON, exponential_avg_factor=factor)
        return y, *rest, *torch.autograd.grad(y, leaves, weights.to(dtype))

    for ours, theirs in zip(run(torch.float32), run(torch.float64), strict=True):
        torch.testing.assert_close(ours.double(), theirs.double(), rtol=2e-5, atol=2e-5)


def differentiated_twice(x, scale, offset, weights):
    y = ts.nn.fused_batch_norm(x, scale, offset, epsilon=EPSILON)[0]
    leaves = (x, scale, offset)
    first = torch.autograd.grad(y, leaves, weights, create_graph=True)
    return torch.autograd.grad(sum(each.square().sum() for each in first), (x, scale, weights))


def test_it_can_be_differentiated_twice():
    given_ = [each.requires_grad_() for each in drawn((3, 40, 40, 5))]
    x, weights, scale, offset = given_
    expected = differentiated_twice(*(each.double() for each in (x, scale, offset, weights)))
    found = differentiated_twice(x, scale, offset, weights)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=1e-4, atol=1e-4)


def test_transforms_of_functions_go_through_it():
    x, weights, scale, offset = drawn((3, 40, 40, 5))

    def loss(scale):
        return (fused(x, scale, offset)[0] * weights).sum()

    expected = torch.autograd.grad(loss(scale.requires_grad_()), scale)[0]
    torch.testing.assert_close(
        torch.func.grad(loss)(scale.detach()), expected, rtol=1e-4, atol=1e-3
    )
    tangent = torch.func.jvp(loss, (scale.detach(),), (torch.ones(5),))[1]
    torch.testing.assert_close(tangent, expected.sum(), rtol=1e-4, atol=1e-3)
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(scale.detach(), torch.ones(5))
        tangent = torch.autograd.forward_ad.unpack_dual(loss(dual)).tangent
    torch.testing.assert_close(tangent, expected.sum(), rtol=1e-4, atol=1e-3)
    each = torch.func.vmap(loss)(torch.stack([scale.detach()] * 2))
    torch.testing.assert_close(each, loss(scale).detach().expand(2))


def test_a_large_mean_costs_no_more_digits_than_float32_has():
    x, _, scale, offset = drawn((3, 40, 40, 5))
    x = x + 1000
    y, mean, variance = fused(x, scale, offset)
    expected = exact(x.double(), scale.double(), offset.double())
    assert wrong(mean, expected[1]) < 2e-6
    assert wrong(variance, expected[2]) < 2e-6
    assert wrong(y, expected[0]) < 1e-3


def test_a_gradient_that_is_wanted_of_one_input_alone_is_given():
    x, weights, scale, offset = drawn((3, 40, 40, 5))
    for leaf in (x, scale, offset):
        leaf.requires_grad_()
        y = fused(x, scale, offset)[0]
        (gradient,) = torch.autograd.grad(y, leaf, weights)
        assert gradient.shape == leaf.shape
        leaf.requires_grad_(requires_grad=False)


def test_autocast_leaves_float32_images_in_float32():
    x, _, scale, offset = drawn((3, 40, 40, 5))
    with torch.autocast("cpu"):
        y = fused(x, scale, offset)[0]
    assert torch.equal(y, fused(x, scale, offset)[0])
