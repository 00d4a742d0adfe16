"""Layers over numbers that stand for steps of a range: what TensorFlow made of graphs for small devices.

A quantized tensor is one of plain integers; its range comes beside it, as two tensors. Sums are exact, since float64 holds
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op

_RANGED = ("output", "min_output", "max_output")
# How much larger than what is added a sum may become.
_HEADROOM = 1 << 17


def _steps(dtype: torch.dtype) -> tuple[int, int]:
    """The lowest number of a dtype, and how many there are."""
    limits = torch.iinfo(dtype)
    return limits.min, limits.max - limits.min + 1


def _range(least: Any, most: Any) -> tuple[Tensor, Tensor]:
    return tuple(tf.convert_to_tensor(each).double() for each in (least, most))  # type: ignore[return-value]


def _quantized(value: Tensor, least: Any, most: Any, dtype: torch.dtype) -> Tensor:
    """Real numbers as steps of a range, not yet cut to the dtype."""
    low, high = _range(least, most)
    lowest, count = _steps(dtype)
    scale = torch.where(high == low, 0.0, (count - 1) / (high - low))
    # As in C, halves are rounded away from zero.
    found = _rounded(value.double() * scale) - _rounded(low * scale) + lowest
    return torch.where(high == low, torch.zeros_like(found), found)


def _rounded(value: Tensor) -> Tensor:
    return torch.trunc(value + torch.copysign(torch.full_like(value, 0.5), value))


def _cut(value: Tensor, dtype: torch.dtype) -> Tensor:
    limits = torch.iinfo(dtype)
    return value.clamp(limits.min, limits.max).to(dtype)


def _real(value: Tensor, least: Any, most: Any) -> Tensor:
    """The real numbers that steps of a range stand for."""
    low, high = _range(least, most)
    lowest, count = _steps(value.dtype)
    step = (high - low) / (count - 1)
    short = step.float().double()
    first = torch.where(short == 0, low, _rounded(low / short) * short)
    return (first + (value.double() - lowest) * step).float()


def _from_zero(value: Tensor, least: Any, most: Any) -> Tensor:
    """The steps from the one that stands for zero."""
    zero = _quantized(
        torch.zeros((), dtype=torch.float64, device=value.device), least, most, value.dtype
    )
    return value.double() - zero


def _of_product(
    a: Tensor, b: Tensor, of_a: tuple[Any, Any], of_b: tuple[Any, Any]
) -> tuple[Tensor, Tensor]:
    """The range of int32 that stand for products."""
    steps = []
    for each, (least, most) in ((a, of_a), (b, of_b)):
        low, high = (tf.convert_to_tensor(side).float() for side in (least, most))
        steps.append((high - low) / (_steps(each.dtype)[1] - 1))
    limits = torch.iinfo(torch.int32)
    return steps[0] * steps[1] * limits.min, steps[0] * steps[1] * limits.max


def _multiplied(
    product: Callable[[Tensor, Tensor], Tensor],
    a: Tensor,
    b: Tensor,
    of_a: tuple[Any, Any],
    of_b: tuple[Any, Any],
) -> tuple[Tensor, Tensor, Tensor]:
    found = product(_from_zero(a, *of_a), _from_zero(b, *of_b)).to(torch.int32)
    return found, *_of_product(a, b, of_a, of_b)


@op("QuantizedConv2D", outputs=_RANGED)
def _conv2d(
    input: Any,
    filter: Any,
    min_input: Any,
    max_input: Any,
    min_filter: Any,
    max_filter: Any,
    *,
    strides: Sequence[int],
    padding: str,
    dilations: Sequence[int] = (1, 1, 1, 1),
) -> Any:
    def convolved(images: Tensor, kernel: Tensor) -> Tensor:
        return tf.nn.conv2d(images, kernel, strides, padding, dilations=dilations)

    return _multiplied(convolved, input, filter, (min_input, max_input), (min_filter, max_filter))


@op("QuantizedMatMul", outputs=("out", "min_out", "max_out"))
def _matmul(
    a: Any,
    b: Any,
    min_a: Any,
    max_a: Any,
    min_b: Any,
    max_b: Any,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
) -> Any:
    def product(x: Tensor, y: Tensor) -> Tensor:
        return (x.t() if transpose_a else x) @ (y.t() if transpose_b else y)

    return _multiplied(product, a, b, (min_a, max_a), (min_b, max_b))


@op("QuantizedMul", outputs=("z", "min_z", "max_z"))
def _mul(x: Any, y: Any, min_x: Any, max_x: Any, min_y: Any, max_y: Any) -> Any:
    return _multiplied(torch.mul, x, y, (min_x, max_x), (min_y, max_y))


@op("QuantizedBiasAdd", outputs=("output", "min_out", "max_out"))
def _bias_add(
    input: Any, bias: Any, min_input: Any, max_input: Any, min_bias: Any, max_bias: Any
) -> Any:
    of_input, of_bias = (min_input, max_input), (min_bias, max_bias)
    sides = [tf.convert_to_tensor(each).float().abs() for each in (*of_input, *of_bias)]
    most = torch.stack(sides).max() * _HEADROOM
    parts = [
        _cut(_quantized(_real(each, *of_each), -most, most, torch.int32), torch.int32)
        for each, of_each in ((input, of_input), (bias, of_bias))
    ]
    return parts[0] + parts[1], -most, most


# What stays in its range


def _between(features: Tensor, least: Any, most: Any, upper: Any) -> Tensor:
    device = features.device
    zero = torch.zeros((), dtype=torch.float64, device=device)
    low = _cut(_quantized(zero, least, most, features.dtype), features.dtype)
    found = torch.maximum(features, low)
    if upper is None:
        return found
    high = _quantized(tf.convert_to_tensor(upper).double(), least, most, features.dtype)
    return torch.minimum(found, _cut(high, features.dtype))


_ACTIVATED = ("activations", "min_activations", "max_activations")


@op("QuantizedRelu", outputs=_ACTIVATED)
def _relu(features: Any, min_features: Any, max_features: Any) -> Any:
    return _between(features, min_features, max_features, None), min_features, max_features


@op("QuantizedRelu6", outputs=_ACTIVATED)
def _relu6(features: Any, min_features: Any, max_features: Any) -> Any:
    return _between(features, min_features, max_features, 6.0), min_features, max_features


@op("QuantizedMaxPool", outputs=_RANGED)
def _max_pool(
    input: Any,
    min_input: Any,
    max_input: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
) -> Any:
    found = tf.nn.max_pool(input.double(), ksize, strides, padding).to(input.dtype)
    return found, min_input, max_input


@op("QuantizedAvgPool", outputs=_RANGED)
def _avg_pool(
    input: Any,
    min_input: Any,
    max_input: Any,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
) -> Any:
    found = tf.nn.avg_pool(input.double(), ksize, strides, padding)
    # What is an integer may have come out a little below it.
    return (found + 1e-9).trunc().to(input.dtype), min_input, max_input


@op("QuantizedReshape", outputs=("output", "output_min", "output_max"))
def _reshape(tensor: Any, shape: Any, input_min: Any, input_max: Any) -> Any:
    return tf.reshape(tensor, shape), input_min, input_max


# Other ranges


def _requantized(
    input: Tensor, of_input: tuple[Any, Any], of_output: tuple[Any, Any], dtype: torch.dtype
) -> Tensor:
    if input.dtype == torch.int32 and dtype == torch.uint8:
        return _by_fixed_point(input, of_input, of_output)
    return _cut(_quantized(_real(input, *of_input), *of_output, dtype), dtype)


def _by_fixed_point(input: Tensor, of_input: tuple[Any, Any], of_output: tuple[Any, Any]) -> Tensor:
    """As TensorFlow does it: in integers, with 16 bits behind the point."""
    low, high, least, most = (
        tf.convert_to_tensor(each).float().reshape(()) for each in (*of_input, *of_output)
    )
    width = most - least
    one = 1 << 16
    scale = (255.0 * one * (high - low).double() / width.double()).to(torch.int64)
    middle = ((low + high) / 2).double() * (255.0 / width.double())
    offset = (middle * one).to(torch.int64) - (one * (least.double() * 255.0) / width.double()).to(
        torch.int64
    )
    value = (input.to(torch.int64) * scale >> 32) + offset + one // 2 >> 16
    return torch.where(width == 0, 0, value.clamp(0, 255)).to(torch.uint8)


@op("Requantize", outputs=("output", "output_min", "output_max"))
def _requantize(
    input: Any,
    input_min: Any,
    input_max: Any,
    requested_output_min: Any,
    requested_output_max: Any,
    *,
    out_type: Any,
) -> Any:
    asked = requested_output_min, requested_output_max
    return _requantized(input, (input_min, input_max), asked, out_type), *asked


def _used(input: Tensor, least: Any, most: Any) -> tuple[Tensor, Tensor]:
    """The range of what is there, which has zero in it."""
    low, high = (_real(each, least, most).float() for each in (input.min(), input.max()))
    return low.clamp_max(0), high


@op("RequantizationRange", outputs=("output_min", "output_max"))
def _requantization_range(input: Any, input_min: Any, input_max: Any) -> Any:
    return _used(input, input_min, input_max)


@op("QuantizeDownAndShrinkRange", outputs=("output", "output_min", "output_max"))
def _quantize_down(input: Any, input_min: Any, input_max: Any, *, out_type: Any) -> Any:
    used = _used(input, input_min, input_max)
    return _requantized(input, (input_min, input_max), used, out_type), *used


@op("QuantizedConcat", outputs=("output", "output_min", "output_max"))
def _concat(concat_dim: Any, *inputs: Any) -> Any:
    """What lies half way between two steps of the new range may become the other one in TensorFlow."""
    count = len(inputs) // 3
    values, least, most = (inputs[first : first + count] for first in range(0, 3 * count, count))
    sides = [
        torch.stack([tf.convert_to_tensor(side).float() for side in each]) for each in (least, most)
    ]
    low, high = sides[0].min().clamp_max(0), sides[1].max()
    parts = [
        torch.where(
            (side[0] == low) & (side[1] == high),
            each,
            _requantized(each, side, (low, high), each.dtype),
        )
        for each, side in zip(values, zip(*sides, strict=True), strict=True)
    ]
    return tf.concat(parts, concat_dim), low, high
