"""The maximum or the mean of each window, and what the windows give of a gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

import torchscope.tf1 as tf
from torchscope._core.values.conversion import shape_text
from torchscope.graphs.operations.convolutions import given_padding
from torchscope.graphs.operations.table import op
from torchscope.nn import layouts, windows
from torchscope.nn import padding as pads


@op("MaxPool")
def _max_pool(
    input: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
) -> Any:
    added = given_padding(padding, explicit_paddings)
    return tf.nn.max_pool(input, ksize, strides, added, data_format)


@op("MaxPoolV2")
def _max_pool_v2(
    input: Any, ksize: Any, strides: Any, *, padding: str, data_format: str = "NHWC"
) -> Any:
    return tf.nn.max_pool(input, _numbers(ksize), _numbers(strides), padding, data_format)


@op("MaxPool3D")
def _max_pool_3d(
    input: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
) -> Any:
    return tf.nn.max_pool3d(input, ksize, strides, padding, data_format)


@op("AvgPool")
def _avg_pool(
    value: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str = "NHWC",
) -> Any:
    return tf.nn.avg_pool(value, ksize, strides, padding, data_format)


@op("AvgPool3D")
def _avg_pool_3d(
    input: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
) -> Any:
    return tf.nn.avg_pool3d(input, ksize, strides, padding, data_format)


@op("MaxPoolWithArgmax", outputs=("output", "argmax"))
def _max_pool_with_argmax(
    input: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    Targmax: Any = torch.int64,  # noqa: N803 - TensorFlow's name
    padding: str,
    include_batch_in_index: bool = False,
) -> Any:
    return tf.nn.max_pool_with_argmax(
        input,
        ksize,
        strides,
        padding,
        Targmax=Targmax,
        include_batch_in_index=include_batch_in_index,
    )


# Gradients


class _Windows(NamedTuple):
    """How windows lie over images or volumes, by spatial axes.

    Args:
        axis: that of the channels.
        size: the lengths of the axes.
        window: the sizes of a window.
        stride: its steps.
        added: what goes before and after each axis.
    """

    axis: int
    size: tuple[Any, ...]
    window: tuple[int, ...]
    stride: tuple[int, ...]
    added: Sequence[pads.Pads]

    def second(self, tensor: Tensor) -> Tensor:
        return tensor if self.axis == 1 else tensor.permute(layouts.TO_SECOND[tensor.ndim])

    def last(self, tensor: Tensor) -> Tensor:
        return tensor if self.axis == 1 else tensor.permute(layouts.TO_LAST[tensor.ndim])

    def sides(self) -> list[int]:
        """The padding as F.pad takes it."""
        return [side for pair in reversed(self.added) for side in pair]

    def cut(self, padded: Tensor) -> Tensor:
        """What is left without the padding."""
        for axis, ((before, _), size) in enumerate(zip(self.added, self.size, strict=True), 2):
            padded = padded.narrow(axis, before, size)
        return padded


def _windows(
    shape: Sequence[Any],
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: Any,
    data_format: str,
) -> _Windows:
    spatial = len(shape) - 2
    axis = layouts.channels_axis("MaxPool", data_format, spatial)
    window = windows.numbers("ksize", ksize, spatial, axis)
    stride = windows.numbers("strides", strides, spatial, axis)
    size = tuple(shape[1:-1] if axis != 1 else shape[2:])
    added = windows.paddings(
        "MaxPool", padding, size, window, stride, (1,) * spatial, axis, explicit=spatial == 2
    )
    return _Windows(axis, size, window, stride, added)


def _numbers(given: Any) -> list[int]:
    return [int(each) for each in given]


def _places(images: Tensor, lie: _Windows) -> tuple[Tensor, torch.Size]:
    """Where in the padded images the largest number of each window is, of equal ones the first; and their shape."""
    images = images.detach()
    least = -torch.inf if images.is_floating_point() else torch.iinfo(images.dtype).min
    padded = F.pad(images, lie.sides(), value=least)
    if not images.is_floating_point():
        padded = padded.double()
    function = F.max_pool2d if len(lie.size) == 2 else F.max_pool3d
    _, flat = function(padded, lie.window, lie.stride, return_indices=True)
    return flat, padded.shape


def _check_shape(gradient: Tensor, shape: torch.Size) -> None:
    if gradient.shape != shape:
        raise ValueError(
            f"Expected grad shape to be {shape_text(shape)}, but got {shape_text(gradient.shape)}."
        )


def _back_to_largest(images: Any, gradient: Any, lie: _Windows) -> Tensor:
    """A gradient of the maxima, put where these are."""
    if images.numel() == 0 or gradient.numel() == 0:
        return torch.zeros_like(images)
    flat, shape = _places(lie.second(images), lie)
    given = lie.second(gradient)
    _check_shape(gradient, lie.last(flat).shape)
    padded = given.new_zeros(*shape[:2], shape[2:].numel())
    found = padded.scatter_add(2, flat.flatten(2), given.flatten(2)).reshape(shape)
    return lie.last(lie.cut(found))


def _of_largest(images: Any, gradient: Any, lie: _Windows) -> Tensor:
    """The numbers that a gradient of the images has where the maxima are."""
    _check_shape(gradient, images.shape)
    given = lie.second(gradient)
    flat, _ = _places(lie.second(images), lie)
    padded = F.pad(given, lie.sides()).flatten(2)
    return lie.last(padded.gather(2, flat.flatten(2)).reshape(flat.shape))


@op("MaxPoolGrad")
def _max_pool_grad(
    orig_input: Any,
    orig_output: Any,
    grad: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
) -> Any:
    added = given_padding(padding, explicit_paddings)
    lie = _windows(orig_input.shape, ksize, strides, added, data_format)
    return _back_to_largest(orig_input, grad, lie)


@op("MaxPool3DGrad")
def _max_pool_3d_grad(
    orig_input: Any,
    orig_output: Any,
    grad: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
) -> Any:
    """Of equal numbers in a window the first has the gradient; on a CPU, in TensorFlow, each has all of it."""
    lie = _windows(orig_input.shape, ksize, strides, padding, data_format)
    return _back_to_largest(orig_input, grad, lie)


@op("MaxPoolGradV2")
def _max_pool_grad_v2(
    orig_input: Any,
    orig_output: Any,
    grad: Any,
    ksize: Any,
    strides: Any,
    *,
    padding: str,
    data_format: str = "NHWC",
) -> Any:
    lie = _windows(orig_input.shape, _numbers(ksize), _numbers(strides), padding, data_format)
    return _back_to_largest(orig_input, grad, lie)


@op("MaxPoolGradGrad")
def _max_pool_grad_grad(
    orig_input: Any,
    orig_output: Any,
    grad: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str = "NHWC",
) -> Any:
    lie = _windows(orig_input.shape, ksize, strides, padding, data_format)
    return _of_largest(orig_input, grad, lie)


@op("MaxPool3DGradGrad")
def _max_pool_3d_grad_grad(
    orig_input: Any,
    orig_output: Any,
    grad: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
) -> Any:
    lie = _windows(orig_input.shape, ksize, strides, padding, data_format)
    return _of_largest(orig_input, grad, lie)


@op("MaxPoolGradGradV2")
def _max_pool_grad_grad_v2(
    orig_input: Any,
    orig_output: Any,
    grad: Any,
    ksize: Any,
    strides: Any,
    *,
    padding: str,
    data_format: str = "NHWC",
) -> Any:
    lie = _windows(orig_input.shape, _numbers(ksize), _numbers(strides), padding, data_format)
    return _of_largest(orig_input, grad, lie)


def _in_batch(input: Any, argmax: Any, *, with_batch: bool) -> Tensor:
    """Places in the whole batch, of those that `MaxPoolWithArgmax` gives."""
    places: Tensor = argmax.to(torch.int64)
    if not with_batch:
        first = torch.arange(input.shape[0], device=places.device) * input.shape[1:].numel()
        places = places + first[:, None, None, None]
    return places.flatten()


@op("MaxPoolGradWithArgmax")
def _max_pool_grad_with_argmax(
    input: Any,
    grad: Any,
    argmax: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    include_batch_in_index: bool = False,
) -> Any:
    places = _in_batch(input, argmax, with_batch=include_batch_in_index)
    found = grad.new_zeros(input.numel()).index_add(0, places, grad.flatten())
    return found.reshape(input.shape)


@op("MaxPoolGradGradWithArgmax")
def _max_pool_grad_grad_with_argmax(
    input: Any,
    grad: Any,
    argmax: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    include_batch_in_index: bool = False,
) -> Any:
    places = _in_batch(input, argmax, with_batch=include_batch_in_index)
    return grad.flatten()[places].reshape(argmax.shape)


def _spread(shape: Any, grad: Any, lie: _Windows) -> Tensor:
    """A gradient of the means, in equal parts for the numbers of each window that are no padding."""
    given = lie.second(grad)
    device = given.device
    for axis, (size, window, step, (before, _)) in enumerate(
        zip(lie.size, lie.window, lie.stride, lie.added, strict=True), 2
    ):
        first = torch.arange(given.shape[axis], device=device) * step - before
        count = (first + window).clamp_max(size) - first.clamp_min(0)
        given = given / count.to(given.dtype).reshape(-1, *[1] * (given.ndim - axis - 1))
    padded = [size + sum(pair) for size, pair in zip(lie.size, lie.added, strict=True)]
    # PyTorch has none of volumes of short floats.
    wide = given.float() if len(padded) == 3 and given.dtype.itemsize < 4 else given
    whole = wide.new_empty(*given.shape[:2], *padded)
    aten = torch.ops.aten
    function = aten.avg_pool2d_backward if len(padded) == 2 else aten.avg_pool3d_backward
    zeros = [0] * len(padded)
    found = function(wide, whole, lie.window, lie.stride, zeros, False, True, 1)
    return lie.last(lie.cut(found.to(given.dtype)))


def _mean_grad(
    orig_input_shape: Any,
    grad: Any,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str,
) -> Tensor:
    shape = _numbers(orig_input_shape)
    if 0 in shape:
        return grad.new_zeros(shape)  # type: ignore[no-any-return]
    return _spread(shape, grad, _windows(shape, ksize, strides, padding, data_format))


@op("AvgPoolGrad")
def _avg_pool_grad(
    orig_input_shape: Any,
    grad: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str = "NHWC",
) -> Any:
    return _mean_grad(orig_input_shape, grad, ksize, strides, padding, data_format)


@op("AvgPool3DGrad")
def _avg_pool_3d_grad(
    orig_input_shape: Any,
    grad: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
) -> Any:
    return _mean_grad(orig_input_shape, grad, ksize, strides, padding, data_format)
