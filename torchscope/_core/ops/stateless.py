"""Random numbers that a seed alone tells: the same on every machine, in every call, and recorded.

A number is its place in the tensor, counted, with its bits mixed until nothing of the order is left
(the last step of SplitMix64). So nothing has a state, and no generator has to be carried along.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops.arguments import (
    FLOATS,
    as_tensor,
    check_broadcast,
    check_rank,
    numbers_of,
    of_dtype,
    shape_of,
    wanted,
)
from torchscope._core.values import conversion
from torchscope._core.values.conversion import as_dtype, dtype_name, shape_text
from torchscope._core.values.partitioners import PartitionedVariable

_STEP = 0x9E3779B97F4A7C15 - 2**64
_FIRST, _SECOND = 0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64
_INTEGERS = (torch.int32, torch.int64)


def _shifted(bits: Tensor, by: int) -> Tensor:
    """Shifted to the right, with zeros from the left: PyTorch's own shift repeats the sign."""
    return (bits >> by) & ((1 << (64 - by)) - 1)


def _mixed(bits: Tensor) -> Tensor:
    bits = (bits ^ _shifted(bits, 30)) * _FIRST
    bits = (bits ^ _shifted(bits, 27)) * _SECOND
    return bits ^ _shifted(bits, 31)


def bits_of(shape: Any, seed: Any) -> Tensor:
    """64 random bits for each place of a shape, as int64.

    >>> torch.equal(bits_of([3], [1, 2]), bits_of([5], [1, 2])[:3])
    True

    Args:
        shape: the dimensions.
        seed: two integers, or a tensor of them.

    Raises:
        ValueError: there are more or fewer of them.
        TypeError: they are no integers.
    """
    pair = of_dtype(wanted("seed", seed), "seed", _INTEGERS)
    check_rank("the seed", pair, 1)
    if pair.shape[0] != 2:
        raise ValueError(f"Dimension must be 2 but is {pair.shape[0]}: a seed is two integers.")
    device = device_of_the_net() or pair.device
    pair = pair.to(device, torch.int64)
    key = _mixed(_mixed(pair[0] * _STEP + 1) + pair[1] * _STEP)
    sizes = list(shape)
    count: Any = math.prod(sizes)
    places = torch.arange(1, count + 1, device=device)
    return _mixed(places * _STEP + key).reshape(sizes)


def units_of(shape: Any, seed: Any, dtype: torch.dtype) -> Tensor:
    """Numbers from [0, 1), of float64 or of another dtype as float32.

    >>> bool((units_of([100], [1, 2], torch.float32) < 1).all())
    True
    """
    bits = bits_of(shape, seed)
    if dtype == torch.float64:
        return _shifted(bits, 11).double() * 2.0**-53
    return _shifted(bits, 40).float() * 2.0**-24


def normal_of(
    shape: Any, seed: Any, dtype: torch.dtype, low: Any = None, high: Any = None
) -> Tensor:
    """Standard normal numbers, cut at `low` and `high` if they are given.

    >>> normal_of([2], [1, 2], torch.float64).shape
    torch.Size([2])
    """
    # Half of a step away from both ends, where a normal number would be infinite.
    units = _shifted(bits_of(shape, seed), 12).double() * 2.0**-52 + 2.0**-53
    if low is None:
        normal: Tensor = torch.special.ndtri(units).to(dtype)
        return normal
    # By the nearer tail, whose numbers are small and so exact.
    above = torch.as_tensor(low > 0)
    low, high = torch.where(above, -high, low), torch.where(above, -low, high)
    least, most = torch.special.ndtr(low), torch.special.ndtr(high)
    draw = torch.special.ndtri(least + units * (most - least)).clamp(low, high)
    return torch.where(above, -draw, draw).to(dtype)


def floating(dtype: Any, parameter: Any = 0.0) -> torch.dtype:
    """A dtype of which normal numbers are.

    Raises:
        TypeError: it is none.
    """
    found = as_dtype(dtype)
    if found in FLOATS:
        return found
    if found.is_complex:
        raise TypeError(
            f"Value passed to parameter 'dtype' has DataType {dtype_name(found)} not in list of "
            "allowed values: float16, bfloat16, float32, float64"
        )
    raise TypeError(
        f"Expected {dtype_name(found)}, but got {parameter} of type 'float'. What is drawn is floats."
    )


def parameter(name: str, value: Any, dtype: torch.dtype, beside: Tensor | None = None) -> Tensor:
    """A number of a distribution, or a tensor of them, in its dtype.

    Raises:
        ValueError: it is None, or a tensor of another dtype.
        TypeError: the dtype cannot hold it.
    """
    if isinstance(value, PartitionedVariable):
        value = value.as_tensor()
    device = device_of_the_net() if beside is None else beside.device
    try:
        return conversion.convert_to_tensor(value, dtype, device=device)
    except ValueError as error:
        raise ValueError(f"{name}: {error}" if isinstance(value, Tensor) else str(error)) from None


def scaled(draw: Tensor, mean: Any, stddev: Any) -> Tensor:
    """A standard draw with another mean and deviation, through which gradients flow.

    Raises:
        ValueError: they do not go with its shape, or are of another dtype.
    """
    for what, given in (("stddev", stddev), ("mean", mean)):
        if type(given) in (float, int):
            if given != (what == "stddev"):
                draw = draw * given if what == "stddev" else draw + given
            continue
        number = parameter(what, given, draw.dtype, draw)
        try:
            draw = draw * number if what == "stddev" else draw + number
        except RuntimeError:
            check_broadcast((what, number), ("the draw", draw))
            raise
    return draw


def stateless_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = torch.float32,
    name: str | None = None,
) -> Tensor:
    """Normal numbers that the seed alone tells (tf.random.stateless_normal).

    >>> torch.equal(stateless_normal([3], [1, 2]), stateless_normal([3], [1, 2]))
    True

    Args:
        shape: the dimensions, integers or a tensor of them.
        seed: two integers, or a tensor of them. The numbers are not TensorFlow's.
        mean: the mean, or a tensor of means.
        stddev: the standard deviation, as the mean.
        dtype: a floating dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shape is none, or the seed is not two integers.
        TypeError: the dtype is not floating, or something is no integer.
    """
    return scaled(normal_of(shape_of(shape), seed, floating(dtype)), mean, stddev)


def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = torch.float32,
    name: str | None = None,
) -> Tensor:
    """The same, cut at two standard deviations (tf.random.stateless_truncated_normal).

    >>> bool(stateless_truncated_normal([1000], [1, 2]).abs().max() <= 2)
    True

    Args:
        shape: the dimensions, integers or a tensor of them.
        seed: two integers, or a tensor of them. The numbers are not TensorFlow's.
        mean: the mean before it is cut, or a tensor of means.
        stddev: the standard deviation before it is cut, as the mean.
        dtype: a floating dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shape is none, or the seed is not two integers.
        TypeError: the dtype is not floating, or something is no integer.
    """
    end = torch.tensor(2.0, dtype=torch.float64, device=device_of_the_net())
    return scaled(normal_of(shape_of(shape), seed, floating(dtype), -end, end), mean, stddev)


def stateless_parameterized_truncated_normal(
    shape: Any,
    seed: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    name: str | None = None,
) -> Tensor:
    """Normal numbers between two ends (tf.random.stateless_parameterized_truncated_normal).

    >>> draw = stateless_parameterized_truncated_normal([1000], [1, 2], 1.0, 1.0, 0.0, 5.0)
    >>> bool(((draw >= 0) & (draw <= 5)).all())
    True

    Args:
        shape: the dimensions, integers or a tensor of them.
        seed: two integers, or a tensor of them. The numbers are not TensorFlow's.
        means: the mean before it is cut, or a tensor of means; it says of which dtype all are.
        stddevs: the standard deviation before it is cut, as the mean.
        minvals: the lower end, as the mean.
        maxvals: the upper end, as the mean.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shape is none, or the seed is not two integers.
        TypeError: something is of another dtype, or no integer.
    """
    sizes = shape_of(shape)
    mean = of_dtype(means, "means")
    rest = (("stddevs", stddevs), ("minvals", minvals), ("maxvals", maxvals))
    deviation, least, most = (parameter(what, given, mean.dtype, mean) for what, given in rest)
    low, high = ((end - mean).double() / deviation.double() for end in (least, most))
    draw = normal_of(sizes, seed, mean.dtype, low, high) * deviation + mean
    return torch.minimum(torch.maximum(draw, least), most)


def stateless_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = torch.float32,
    name: str | None = None,
) -> Tensor:
    """Numbers of [minval, maxval) that the seed alone tells (tf.random.stateless_uniform).

    >>> stateless_uniform([2], [1, 2], 0, 10, torch.int32).dtype
    torch.int32

    Args:
        shape: the dimensions, integers or a tensor of them.
        seed: two integers, or a tensor of them. The numbers are not TensorFlow's.
        minval: the least, or a tensor of them.
        maxval: what no number reaches; 1 by default, for floats. If both are None, whole numbers
            are any that the dtype has.
        dtype: a floating dtype, int32 or int64.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shape is none, the seed is not two integers, the dtype is another, or one of
            the ends of whole numbers is missing.
        TypeError: something is no integer, or the dtype cannot hold it.
    """
    found, sizes = as_dtype(dtype), shape_of(shape)
    if found in FLOATS:
        return between(units_of(sizes, seed, found), minval, maxval, found)
    if found not in _INTEGERS:
        raise ValueError(
            f"Argument `dtype` got invalid value <dtype: '{dtype_name(found)}'>. Accepted dtypes are "
            "(tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int32, tf.int64)."
        )
    if (minval is None) != (maxval is None):
        raise ValueError(
            f"For integer `dtype` argument <dtype: '{dtype_name(found)}'>, argument `minval` and "
            f"`maxval` must be both None or not None. Got `minval`={minval} and `maxval`={maxval}."
        )
    bits = bits_of(sizes, seed)
    if minval is None:
        return bits if found == torch.int64 else (bits >> 32).to(found)
    return whole_between(bits, minval, maxval, found)


def between(units: Tensor, minval: Any, maxval: Any, dtype: torch.dtype) -> Tensor:
    """Numbers of [0, 1) brought to [minval, maxval).

    Raises:
        ValueError: an end is None, of another dtype, or does not go with the shape.
    """
    low, high = parameter("min", minval, dtype, units), 1 if maxval is None else maxval
    high = parameter("max", high, dtype, units)
    try:
        draw = (units * (high - low) + low).to(dtype)
    except RuntimeError:
        check_broadcast(("min", low), ("max", high), ("the draw", units))
        raise
    # Rounding may have reached the end, which is not part of the range.
    return torch.where(draw == high, low, draw)


def whole_between(bits: Tensor, minval: Any, maxval: Any, dtype: torch.dtype) -> Tensor:
    """Random bits brought to whole numbers of [minval, maxval).

    Raises:
        ValueError: an end is of another dtype, or not one number.
        TypeError: the dtype cannot hold one.
    """
    ends = []
    for what, given in (("min", minval), ("max", maxval)):
        end = parameter(what, given, dtype, bits)
        if end.ndim:
            raise ValueError(
                f"{what}val must be a scalar; got a tensor of shape {list(end.shape)}: whole numbers "
                f"have one range. The shape is {shape_text(end.shape)}."
            )
        ends.append(end.long())
    low, high = ends
    return (_shifted(bits, 1) % (high - low) + low).to(dtype)


def stateless_categorical(
    logits: Any, num_samples: Any, seed: Any, dtype: Any = torch.int64, name: str | None = None
) -> Tensor:
    """Classes by their probabilities (tf.random.stateless_categorical).

    >>> stateless_categorical([[-100.0, 0.0]], 3, [1, 2])
    tensor([[1, 1, 1]])

    Args:
        logits: logarithms of the probabilities, up to a number that all have; (N, classes).
        num_samples: how many of each row.
        seed: two integers, or a tensor of them. The numbers are not TensorFlow's.
        dtype: torch.int32 or torch.int64.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The classes, (N, num_samples).

    Raises:
        ValueError: the rank is another, the seed is not two integers, or the dtype is another.
        TypeError: the logits are no floats, or something is no integer.
    """
    logits, count, found = samples_of(logits, num_samples, dtype)
    sizes = (logits.shape[0], count, logits.shape[1])
    units = units_of(sizes, seed, torch.float64) + 2.0**-54
    # The largest of these is each class as often as it is probable.
    gumbel = -(-units.log()).log()
    return torch.argmax(logits.double().unsqueeze(1) + gumbel, -1).to(found)


def samples_of(logits: Any, num_samples: Any, dtype: Any) -> tuple[Tensor, Any, torch.dtype]:
    """What classes are drawn by: logits, how many, and of which dtype.

    Raises:
        ValueError: the rank is another, the dtype is another, or the number is negative or None.
        TypeError: the logits are no floats, or the number is no integer.
    """
    found = as_dtype(dtype)
    if found not in _INTEGERS:
        raise ValueError(
            f"Argument `dtype` got invalid value <dtype: '{dtype_name(found)}'>. Accepted dtypes are "
            "(tf.int32, tf.int64)."
        )
    tensor = of_dtype(wanted("logits", as_tensor(logits)), "logits")
    check_rank("logits", tensor, 2)
    if isinstance(num_samples, float):
        raise TypeError(
            "Expected int32 passed to parameter 'num_samples' of op 'Multinomial', got "
            f"{num_samples} of type 'float' instead. Error: Expected int32, but got {num_samples} of "
            "type 'float'."
        )
    count = numbers_of(num_samples, "num_samples")
    if isinstance(count, list):
        raise ValueError(
            f"Shape must be rank 0 but is rank 1: how many is one number, not {count}."
        )
    if count < 0:
        raise ValueError(
            f"Dimension size, given by scalar input 1, must be non-negative but is {count}"
        )
    return tensor, count, found
