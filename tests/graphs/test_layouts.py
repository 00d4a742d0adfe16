"""Nodes whose channels are second, and others that TensorFlow's kernels for a CPU refuse."""

import pytest
import torch

from torchscope.graphs.operations.table import TABLE

TO_SECOND = {4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}
TO_LAST = {4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}


def second(tensor):
    return tensor.permute(TO_SECOND[tensor.ndim])


def sizes_second(sizes):
    return (sizes[0], sizes[-1], *sizes[1:-1])


def floats(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(len(shape)))


IMAGES, KERNEL, EACH = floats(2, 7, 6, 4), floats(3, 2, 4, 6), floats(3, 2, 4, 2)
VOLUMES, CUBE = floats(2, 5, 4, 6, 3), floats(3, 2, 2, 3, 4)
MOVES = {"strides": [1, 2, 2, 1], "padding": "SAME"}
VOLUME_MOVES = {"strides": [1, 2, 1, 2, 1], "padding": "SAME"}
POOL = {"ksize": [1, 3, 2, 1], **MOVES}
VOLUME_POOL = {"ksize": [1, 3, 2, 3, 1], **VOLUME_MOVES}


@pytest.mark.parametrize(
    ("kind", "inputs", "said"),
    [
        ("Conv2D", (IMAGES, "kernel"), MOVES),
        ("Conv2DBackpropInput", (IMAGES.shape, "kernel", floats(2, 4, 3, 6)), MOVES),
        ("Conv2DBackpropInputV2", (IMAGES, "kernel", floats(2, 4, 3, 6)), MOVES),
        ("Conv2DBackpropFilter", (IMAGES, "sizes", floats(2, 4, 3, 6)), MOVES),
        ("Conv2DBackpropFilterV2", (IMAGES, "kernel", floats(2, 4, 3, 6)), MOVES),
        ("DepthwiseConv2dNative", (IMAGES, "each"), MOVES),
        ("DepthwiseConv2dNativeBackpropInput", (IMAGES.shape, "each", floats(2, 4, 3, 8)), MOVES),
        ("DepthwiseConv2dNativeBackpropFilter", (IMAGES, "each sizes", floats(2, 4, 3, 8)), MOVES),
        ("Conv3D", (VOLUMES, "cube"), VOLUME_MOVES),
        ("Conv3DBackpropInputV2", (VOLUMES.shape, "cube", floats(2, 3, 4, 3, 4)), VOLUME_MOVES),
        ("Conv3DBackpropFilterV2", (VOLUMES, "cube sizes", floats(2, 3, 4, 3, 4)), VOLUME_MOVES),
        ("MaxPool", (IMAGES,), POOL),
        ("AvgPool", (IMAGES,), POOL),
        ("MaxPoolGrad", (IMAGES, floats(2, 4, 3, 4), floats(2, 4, 3, 4)), POOL),
        ("MaxPoolGradGrad", (IMAGES, floats(2, 4, 3, 4), IMAGES), POOL),
        ("AvgPoolGrad", (IMAGES.shape, floats(2, 4, 3, 4)), POOL),
        ("MaxPool3D", (VOLUMES,), VOLUME_POOL),
        ("AvgPool3D", (VOLUMES,), VOLUME_POOL),
        ("MaxPool3DGrad", (VOLUMES, floats(2, 3, 4, 3, 3), floats(2, 3, 4, 3, 3)), VOLUME_POOL),
        ("AvgPool3DGrad", (VOLUMES.shape, floats(2, 3, 4, 3, 3)), VOLUME_POOL),
    ],
)
def test_channels_that_are_second_give_what_those_give_that_are_last(kind, inputs, said):
    weights = {
        "kernel": KERNEL,
        "sizes": tuple(KERNEL.shape),
        "each": EACH,
        "each sizes": tuple(EACH.shape),
        "cube": CUBE,
        "cube sizes": tuple(CUBE.shape),
    }
    given = [weights.get(each, each) if isinstance(each, str) else each for each in inputs]
    moved = [
        mine
        if isinstance(each, str)
        else second(each)
        if isinstance(each, torch.Tensor)
        else sizes_second(each)
        for each, mine in zip(inputs, given, strict=True)
    ]
    moved_said = {
        key: sizes_second(value) if isinstance(value, list) else value
        for key, value in said.items()
    }
    form = "NCHW" if len(said["strides"]) == 4 else "NCDHW"
    function = TABLE[kind].function
    expected = function(*given, **said)
    found = function(*moved, **moved_said, data_format=form)
    if "Filter" not in kind:
        expected = second(expected)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        (KERNEL, {"strides": [1, 1, 1, 1], "padding": "SAME", "dilations": [1, 2, 3, 1]}),
        (KERNEL, {"strides": [1, 2, 2, 1], "padding": "VALID", "dilations": [1, 2, 3, 1]}),
        (floats(3, 2, 2, 6), {"strides": [1, 2, 2, 1], "padding": "SAME"}),
    ],
    ids=["dilated", "dilated with strides", "grouped"],
)
def test_the_gradients_of_dilated_and_grouped_convolutions_are_those_of_autograd(kernel, said):
    images, kernel = IMAGES.clone().requires_grad_(), kernel.clone().requires_grad_()
    output = TABLE["Conv2D"].function(images, kernel, **said)
    gradient = floats(*output.shape)
    of_images, of_kernel = torch.autograd.grad(output, [images, kernel], gradient)
    found = TABLE["Conv2DBackpropInput"].function(tuple(images.shape), kernel, gradient, **said)
    torch.testing.assert_close(found, of_images)
    found = TABLE["Conv2DBackpropFilter"].function(images, tuple(kernel.shape), gradient, **said)
    torch.testing.assert_close(found, of_kernel)


def test_short_floats_of_volumes_are_averaged_and_get_gradients():
    volumes = VOLUMES.bfloat16().requires_grad_()
    means = TABLE["AvgPool3D"].function(volumes, **VOLUME_POOL)
    slope = torch.ones_like(means)
    found = TABLE["AvgPool3DGrad"].function(tuple(volumes.shape), slope, **VOLUME_POOL)
    torch.testing.assert_close(found, torch.autograd.grad(means, volumes, slope)[0])


@pytest.mark.parametrize(
    ("x", "kernel", "said"), [(IMAGES, KERNEL, MOVES), (VOLUMES, CUBE, VOLUME_MOVES)]
)
def test_a_convolution_of_any_rank_has_other_names_of_its_layouts(x, kernel, said):
    moved = {**said, "strides": sizes_second(said["strides"]), "data_format": "CHANNELS_FIRST"}
    expected = TABLE["Conv"].function(x, kernel, **said)
    torch.testing.assert_close(TABLE["Conv"].function(second(x), kernel, **moved), second(expected))


@pytest.mark.parametrize("with_batch", [True, False])
def test_numbers_are_taken_from_where_the_largest_were(with_batch):
    said = {**POOL, "include_batch_in_index": with_batch}
    largest, places = TABLE["MaxPoolWithArgmax"].function(IMAGES, **said)
    gradient = floats(*IMAGES.shape)
    found = TABLE["MaxPoolGradGradWithArgmax"].function(IMAGES, gradient, places, **said)
    expected = TABLE["MaxPoolGradGrad"].function(IMAGES, largest, gradient, **POOL)
    assert torch.equal(found, expected)
