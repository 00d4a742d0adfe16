"""Numbers rounded to a few, as if they were small integers: what is trained to be quantized."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor
from torchscope.graphs.operations.table import op


def _stepped(value: Tensor, slope: Tensor) -> Tensor:
    """A value that has the gradient of another."""
    return value.detach() + (slope - slope.detach())


# As if quantized, from a least to a largest number that are moved so that 0 is one of the steps.


def _nudged(
    least: Tensor, most: Tensor, num_bits: int, *, narrow: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """The least and the largest number, moved, and how far the steps are apart."""
    if not 2 <= num_bits <= 16:
        raise ValueError(f"num_bits must be between 2 and 16, inclusive. Received: {num_bits}")
    first, last = int(narrow), 2**num_bits - 1
    step = (most - least) / (last - first)
    zero = first - least / step
    # Half is rounded up, as all that is here is positive.
    nearest = torch.where(zero < first, first, torch.where(zero > last, last, (zero + 0.5).floor()))
    return (first - nearest) * step, (last - nearest) * step, step


@op("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")
def _fake_quant(
    inputs: Any, min: Any, max: Any, *, num_bits: int = 8, narrow_range: bool = False
) -> Any:
    given, least, most = as_tensor(inputs), as_tensor(min), as_tensor(max)
    low, high, step = _nudged(least.detach(), most.detach(), num_bits, narrow=narrow_range)
    none = (least == 0) & (most == 0)
    shifted = torch.minimum(torch.maximum(given, low), high) - low
    value = (shifted / step + 0.5).floor() * step + low
    slope = torch.where(given < low, least, torch.where(given > high, most, given))
    return _stepped(torch.where(none, 0, value), torch.where(none, given, slope))


@op(
    "FakeQuantWithMinMaxVarsGradient",
    outputs=("backprops_wrt_input", "backprop_wrt_min", "backprop_wrt_max"),
)
@op(
    "FakeQuantWithMinMaxVarsPerChannelGradient",
    outputs=("backprops_wrt_input", "backprop_wrt_min", "backprop_wrt_max"),
)
def _fake_quant_grad(
    gradients: Any,
    inputs: Any,
    min: Any,
    max: Any,
    *,
    num_bits: int = 8,
    narrow_range: bool = False,
) -> Any:
    low, high, _ = _nudged(min, max, num_bits, narrow=narrow_range)
    none = (min == 0) & (max == 0)
    below, above = (inputs < low) & ~none, (inputs > high) & ~none
    slopes = [torch.where(where, gradients, 0) for where in (~(below | above), below, above)]
    axes = list(range(gradients.ndim - min.ndim))
    return slopes[0], *(each.sum(axes) if axes else each for each in slopes[1:])


@op("FakeQuantWithMinMaxArgs")
def _fake_quant_fixed(
    inputs: Any,
    *,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
) -> Any:
    ends = (inputs.new_tensor(each) for each in (min, max))
    return _fake_quant(inputs, *ends, num_bits=num_bits, narrow_range=narrow_range)


@op("FakeQuantWithMinMaxArgsGradient")
def _fake_quant_fixed_grad(
    gradients: Any,
    inputs: Any,
    *,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
) -> Any:
    ends = (inputs.new_tensor(each) for each in (min, max))
    how: dict[str, Any] = {"num_bits": num_bits, "narrow_range": narrow_range}
    return _fake_quant_grad(gradients, inputs, *ends, **how)[0]


# As if quantized, by steps of which 0 is one and that reach the least or the largest number.


def _along(numbers: Any, like: Tensor, axis: int) -> Tensor:
    """Numbers, one for each place along an axis, to be broadcast with a tensor."""
    found = as_tensor(numbers, like)
    if axis < 0:
        return found.reshape(())
    return found.reshape([-1 if each == axis else 1 for each in range(like.ndim)])


def _rounded(
    given: Tensor,
    ends: tuple[Any, Any] | None,
    num_bits: Any,
    *,
    signed: bool,
    narrow: bool = False,
    half_up: bool = False,
    axis: int = -1,
) -> Tensor:
    """Numbers rounded to steps.

    Args:
        given: the numbers.
        ends: the least and the largest; by default those that there are.
        num_bits: how many bits tell a step.
        signed: whether there are negative steps.
        narrow: whether there are as many negative ones as positive.
        half_up: whether a half is rounded up, and not to what is even.
        axis: along which each place has ends of its own; -1 if all have the same.
    """
    numbers = given.detach()
    if ends is not None:
        least, most = (_along(each, numbers, axis).detach() for each in ends)
    elif axis < 0:
        least, most = numbers.amin(), numbers.amax()
    else:
        others = [each for each in range(numbers.ndim) if each != axis]
        least, most = (numbers.amin(others, True), numbers.amax(others, True))
    bits = int(num_bits)
    if not 0 < bits < 63 - int(signed):
        raise ValueError(f"num_bits is out of range: {bits} with signed_input_ {int(signed)}")
    first = (-(2 ** (bits - 1)) + int(narrow)) if signed else 0
    last = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    largest = torch.finfo(numbers.dtype).max
    by_least, by_most = (
        torch.where(step * end > 0, step / torch.where(step * end > 0, end, 1), largest)
        for step, end in ((first, least), (last, most))
    )
    lower = by_least < by_most
    scale = torch.where(lower, by_least, by_most)
    back = torch.where(lower, least / first if first else 0, most / last)
    if ends is not None:
        low, high = torch.where(lower, least, first * back), torch.where(lower, last * back, most)
        numbers = torch.minimum(torch.maximum(numbers, low), high)
    steps = numbers * scale
    return ((steps + 0.5).floor() if half_up else steps.round()) * back


@op("QuantizeAndDequantizeV2")
def _quantize_v2(
    input: Any,
    input_min: Any,
    input_max: Any,
    *,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    narrow_range: bool = False,
    axis: int = -1,
) -> Any:
    ends = (input_min, input_max) if range_given else None
    how: dict[str, Any] = {"signed": signed_input, "narrow": narrow_range, "axis": axis}
    value = _rounded(input, ends, num_bits, half_up=round_mode == "HALF_UP", **how)
    return _stepped(value, input)


@op("QuantizeAndDequantizeV3")
def _quantize_v3(
    input: Any,
    input_min: Any,
    input_max: Any,
    num_bits: Any,
    *,
    signed_input: bool = True,
    range_given: bool = True,
    narrow_range: bool = False,
    axis: int = -1,
) -> Any:
    ends = (input_min, input_max) if range_given else None
    how: dict[str, Any] = {"signed": signed_input, "narrow": narrow_range, "axis": axis}
    return _stepped(_rounded(input, ends, num_bits, **how), input)


@op("QuantizeAndDequantize")
def _quantize(
    input: Any,
    *,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    input_min: float = 0,
    input_max: float = 0,
) -> Any:
    ends = (input.new_tensor(input_min), input.new_tensor(input_max)) if range_given else None
    return _stepped(_rounded(input, ends, num_bits, signed=signed_input), input)


@op("QuantizeAndDequantizeV4")
def _quantize_v4(
    input: Any,
    input_min: Any,
    input_max: Any,
    *,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    narrow_range: bool = False,
    axis: int = -1,
) -> Any:
    ends = (input_min, input_max) if range_given else None
    how: dict[str, Any] = {"signed": signed_input, "narrow": narrow_range, "axis": axis}
    value = _rounded(input, ends, num_bits, half_up=round_mode == "HALF_UP", **how)
    return _stepped(value, torch.where(_outside(input, input_min, input_max, axis), 0, input))


def _outside(input: Tensor, least: Any, most: Any, axis: int) -> Tensor:
    return (input < _along(least, input, axis)) | (input > _along(most, input, axis))


@op(
    "QuantizeAndDequantizeV4Grad",
    outputs=("input_backprop", "input_min_backprop", "input_max_backprop"),
)
def _quantize_v4_grad(
    gradients: Any, input: Any, input_min: Any, input_max: Any, *, axis: int = -1
) -> Any:
    """The gradient; as in TensorFlow there is none for the least and the largest number."""
    slope = torch.where(_outside(input, input_min, input_max, axis), 0, gradients)
    return slope, torch.zeros_like(input_min), torch.zeros_like(input_max)


# Quantized: small integers, which are plain ones here.


def _range_of(dtype: torch.dtype) -> tuple[int, int]:
    found = torch.iinfo(dtype)
    return found.min, found.max


@op("Dequantize")
def _dequantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    *,
    dtype: Any = torch.float32,
    mode: str = "MIN_COMBINED",
    narrow_range: bool = False,
    axis: int = -1,
) -> Any:
    given = as_tensor(input)
    first, last = _range_of(given.dtype)
    numbers = given.float()
    least, most = (_along(each, numbers, axis).float() for each in (min_range, max_range))
    if mode == "MIN_COMBINED":
        half = 0 if first == 0 else (last - first + 1) / 2
        found = (numbers + half) * ((most - least) / (last - first)) + least
    elif mode == "MIN_FIRST":
        step = (most - least) / (last - first)
        start = torch.where(least == most, least, (least / step).round() * step)
        found = (numbers - first) * step + start
    else:
        by_most = most / last
        by_least = least / (first + int(narrow_range)) if first else by_most
        found = numbers * torch.maximum(by_least, by_most)
    return found.to(dtype)


@op("QuantizeV2", outputs=("output", "output_min", "output_max"))
def _quantized(
    input: Any,
    min_range: Any,
    max_range: Any,
    *,
    T: Any,  # noqa: N803
    mode: str = "MIN_COMBINED",
    round_mode: str = "HALF_AWAY_FROM_ZERO",
    narrow_range: bool = False,
    axis: int = -1,
    ensure_minimum_range: float = 0.009999999776482582,
) -> Any:
    given, (first, last) = as_tensor(input).detach(), _range_of(T)
    low, high = as_tensor(min_range, given).detach(), as_tensor(max_range, given).detach()
    # Both ends have 0 between them, and are some way apart.
    apart = torch.maximum(low.abs(), high.abs()).clamp(min=1) * ensure_minimum_range
    low = low.clamp(max=0)
    high = torch.maximum(high, low + apart).clamp(min=0)
    if mode == "SCALED":
        first += int(narrow_range)
        none = torch.finfo(torch.float32).max
        sides = [
            torch.where(step * end > 0, step / torch.where(end == 0, 1, end), none)
            for step, end in ((first, low), (last, high))
        ]
        scale = torch.minimum(*sides)
        low, high = first / scale, last / scale
    least, most = (_along(each, given, axis) for each in (low, high))
    inside = torch.minimum(torch.maximum(given, least), most)
    if mode == "SCALED":
        steps = inside * _along(scale, given, axis)
        steps = steps.round() if round_mode == "HALF_TO_EVEN" else _away(steps)
    elif mode == "MIN_COMBINED":
        half = 0 if first == 0 else (last - first + 1) / 2
        steps = _away((inside - least) * ((last - first) / (most - least)) - half)
    else:
        scale = (last - first) / (most - least)
        steps = _away(given * scale) - _away(least * scale) + first
    return steps.clamp(first, last).to(T), low, high


def _away(numbers: Tensor) -> Tensor:
    """Rounded, a half away from 0."""
    return numbers.sign() * (numbers.abs() + 0.5).floor()
