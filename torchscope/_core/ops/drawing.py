"""Tensors of random numbers.

Where TF1 takes a `seed` these take an int, for the same draw in each call and on every machine, also
when they are recorded, or a torch.Generator. `torch.manual_seed` makes all other draws repeatable.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope._core.initializers.base import Seed
from torchscope._core.initializers.distributions import RandomNormal
from torchscope._core.operations.devices import device_of_the_net, on_device_of_the_net
from torchscope._core.ops import known
from torchscope._core.ops.arguments import (
    FLOATS,
    as_tensor,
    check_broadcast,
    numbers_of,
    of_dtype,
    shape_of,
    wanted,
)
from torchscope._core.ops.stateless import (
    between,
    bits_of,
    floating,
    normal_of,
    parameter,
    samples_of,
    scaled,
    stateless_categorical,
    units_of,
    whole_between,
)
from torchscope._core.values.conversion import as_dtype, dtype_name, shape_text

_INTEGERS = (torch.int32, torch.int64)
# Between this and its negative the error function takes what lies within two standard deviations.
_WITHIN_TWO = math.erf(math.sqrt(2.0))


def set_random_seed(seed: int | None) -> None:
    """Makes what is drawn from now on the same in each run (tf.set_random_seed): torch.manual_seed.

    >>> set_random_seed(1)
    >>> first = random_normal([2])
    >>> set_random_seed(1)
    >>> torch.equal(first, random_normal([2]))
    True

    Args:
        seed: any integer; None for another one in each run.
    """
    if seed is None:
        torch.seed()
    else:
        torch.manual_seed(seed)


def _wide(dtype: torch.dtype) -> torch.dtype:
    """In which dtype to draw: short ones are so coarse that they lose their tails."""
    return dtype if dtype == torch.float64 else torch.float32


def _pair(seed: Any) -> tuple[int, int]:
    """An int as the seed of what is stateless, within what an int64 holds."""
    return int(seed) % 2**62, 0


def _units(shape: Any, dtype: torch.dtype, seed: Any) -> Tensor:
    """Numbers of [0, 1)."""
    if seed is None:
        return torch.rand(shape, dtype=_wide(dtype), device=device_of_the_net())
    if not isinstance(seed, torch.Generator):
        return units_of(shape, _pair(seed), dtype)
    draw = torch.rand(shape, dtype=_wide(dtype), generator=seed, device=seed.device)
    return draw.to(device_of_the_net() or draw.device)


def _bits(shape: Any, seed: Any, device: torch.device | None = None) -> Tensor:
    """63 random bits or more, in an int64."""
    device = device or device_of_the_net()
    if seed is None:
        return torch.randint(0, 2**63 - 1, shape, device=device)
    if not isinstance(seed, torch.Generator):
        return bits_of(shape, _pair(seed)).to(device)
    draw = torch.randint(0, 2**63 - 1, shape, generator=seed, device=seed.device)
    return draw.to(device)


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = torch.float32,
    seed: Seed = None,
    name: str | None = None,
) -> Tensor:
    """A draw from a normal distribution (tf.random_normal).

    >>> random_normal([1, 10, 10, 32]).shape
    torch.Size([1, 10, 10, 32])

    Args:
        shape: its dimensions, integers or a tensor of them.
        mean: the mean, or a tensor of means, through which gradients flow.
        stddev: the standard deviation, as the mean.
        dtype: a floating dtype.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The draw, on the device of the net that runs.

    Raises:
        ValueError: the shape is none, or does not go with those of mean and stddev.
        TypeError: the dtype is not floating, or a dimension is no integer.
    """
    dtype, sizes = floating(dtype, mean), shape_of(shape)
    if seed is not None and not isinstance(seed, torch.Generator):
        return scaled(normal_of(sizes, _pair(seed), dtype), mean, stddev)
    plain = type(mean) in (int, float) and type(stddev) in (int, float)
    if plain and seed is None and dtype == _wide(dtype):
        empty = torch.empty(sizes, dtype=dtype, device=device_of_the_net())
        return empty.normal_(mean, abs(stddev))
    with on_device_of_the_net():
        if plain:
            return RandomNormal(mean, stddev, seed)(sizes, dtype)
        draw = RandomNormal(seed=seed)(sizes, dtype)
    return scaled(draw, mean, stddev)


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = torch.float32,
    seed: Seed = None,
    name: str | None = None,
) -> Tensor:
    """A draw from a normal distribution cut at two standard deviations (tf.truncated_normal).

    >>> bool(truncated_normal([1000], stddev=0.5).abs().max() <= 1)
    True

    Args:
        shape: its dimensions, integers or a tensor of them.
        mean: the mean, or a tensor of means, through which gradients flow.
        stddev: the standard deviation before it is cut, as the mean.
        dtype: a floating dtype.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The draw, on the device of the net that runs.

    Raises:
        ValueError: the shape is none, or does not go with those of mean and stddev.
        TypeError: the dtype is not floating, or a dimension is no integer.
    """
    dtype = floating(dtype, mean)
    units = _units(shape_of(shape), dtype, seed)
    draw = torch.erfinv((2.0 * units - 1.0) * _WITHIN_TWO) * math.sqrt(2.0)
    return scaled(draw.clamp(-2.0, 2.0).to(dtype), mean, stddev)


def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = torch.float32,
    seed: Seed = None,
    name: str | None = None,
) -> Tensor:
    """Numbers of [minval, maxval), each as probable as another (tf.random_uniform).

    >>> bool((random_uniform([100], 2, 5, torch.int32) < 5).all())
    True

    Args:
        shape: the dimensions, integers or a tensor of them.
        minval: the least, or for floats a tensor of them, through which gradients flow.
        maxval: what no number reaches, as `minval`; 1 by default, for floats.
        dtype: a floating dtype, int32 or int64.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The draw, on the device of the net that runs.

    Raises:
        ValueError: the shape is none, or does not go with those of the ends; the dtype is another;
            or whole numbers have no `maxval`, or one that is not above `minval`.
        TypeError: a dimension is no integer, or the dtype cannot hold an end.
    """
    dtype = as_dtype(dtype)
    if dtype not in FLOATS and dtype not in _INTEGERS:
        raise ValueError(
            f"Argument `dtype` got invalid value <dtype: '{dtype_name(dtype)}'>. Accepted dtypes are "
            "(tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int32, tf.int64)."
        )
    if shape is None or minval is None:
        raise ValueError("None values not supported. A draw has a shape and a least number.")
    sizes = shape_of(shape)
    if dtype in FLOATS:
        maxval = 1 if maxval is None else maxval
        plain = type(minval) in (int, float) and type(maxval) in (int, float)
        if not plain or seed is not None or dtype != _wide(dtype):
            return between(_units(sizes, dtype, seed), minval, maxval, dtype)
        empty = torch.empty(sizes, dtype=dtype, device=device_of_the_net())
        return empty.uniform_(min(minval, maxval), max(minval, maxval))
    if maxval is None:
        raise ValueError(f"Must specify maxval for integer dtype tf.{dtype_name(dtype)}")
    low, high = known.of(minval), known.of(maxval)
    if not isinstance(low, int) or not isinstance(high, int):
        return whole_between(_bits(sizes, seed), minval, maxval, dtype)
    if low >= high:
        raise ValueError(f"Need minval < maxval, got {low} >= {high}")
    if seed is not None or isinstance(minval, Tensor) or isinstance(maxval, Tensor):
        return whole_between(_bits(sizes, seed), minval, maxval, dtype)
    return torch.randint(low, high, sizes, dtype=dtype, device=device_of_the_net())


def random_shuffle(value: Any, seed: Seed = None, name: str | None = None) -> Tensor:
    """The rows of a tensor in another order (tf.random_shuffle).

    >>> random_shuffle([1, 2, 3]).sum()
    tensor(6)

    Args:
        value: a tensor, or what makes one; its first axis is shuffled.
        seed: an int for the same order each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the value is None.
        TypeError: it is no number and holds none.
    """
    tensor = as_tensor(wanted("value", value))
    if tensor.ndim == 0:
        return tensor.clone()
    count = tensor.shape[0]
    if seed is None:
        order = torch.randperm(count, device=tensor.device)
    else:
        order = _bits([count], seed, tensor.device).argsort()
    return tensor.index_select(0, order)


def random_crop(value: Any, size: Any, seed: Seed = None, name: str | None = None) -> Tensor:
    """A part of a tensor, at a place that is drawn (tf.random_crop, tf.image.random_crop).

    >>> random_crop(torch.ones(32, 32, 3), [24, 24, 3]).shape
    torch.Size([24, 24, 3])

    Args:
        value: a tensor.
        size: the sizes of the part, one for each axis.
        seed: an int for the same place each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are more or fewer sizes than axes, or one is longer than its axis or
            negative.
        TypeError: a size is no integer.
    """
    if size is None or value is None:
        raise ValueError("None values not supported. A crop is of a tensor, and has a size.")
    tensor = as_tensor(value)
    try:
        sizes = numbers_of(size, "size")
    except TypeError as error:
        of = next((each for each in _as_list(size) if isinstance(each, float)), size)
        raise TypeError(
            f"Expected int32, but got {of} of type '{type(of).__name__}'. {error}"
        ) from None
    if not isinstance(sizes, list):
        raise ValueError(f"Shape must be rank 1 but is rank 0: the size is {size}, for one axis.")
    if len(sizes) != tensor.ndim:
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {tensor.ndim} and {len(sizes)}. Shapes "
            f"are [{tensor.ndim}] and [{len(sizes)}]. There is one size for each axis of "
            f"{shape_text(tensor.shape)}."
        )
    for own, asked in zip(tensor.shape, sizes, strict=True):
        if asked > own or asked < 0:
            raise ValueError(
                f"Need value.shape >= size, got {shape_text(tensor.shape)} and {shape_text(sizes)}."
            )
    draws = _bits([tensor.ndim], seed, tensor.device)
    for axis, asked in enumerate(sizes):
        room = tensor.shape[axis] - asked
        if room:
            first = ((draws[axis] >> 1) & (2**62 - 1)) % (room + 1)
            within = torch.arange(asked, device=tensor.device) + first
            tensor = tensor.index_select(axis, within)
    return tensor


def _as_list(value: Any) -> list[Any]:
    """What is given as one or several."""
    return list(value) if isinstance(value, list | tuple) else [value]


def multinomial(
    logits: Any,
    num_samples: Any,
    seed: Seed = None,
    name: str | None = None,
    output_dtype: Any = None,
) -> Tensor:
    """Classes by their probabilities (tf.multinomial).

    >>> multinomial([[-100.0, 0.0], [0.0, -100.0]], 2)
    tensor([[1, 1],
            [0, 0]])

    Args:
        logits: logarithms of the probabilities, up to a number that all have; (N, classes).
        num_samples: how many of each row, with replacement.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.
        output_dtype: torch.int32 or torch.int64, the default.

    Returns:
        The classes, (N, num_samples).

    Raises:
        ValueError: the rank is another, the number is negative, or the dtype is another.
        TypeError: the logits are no floats, or the number is no integer.
    """
    wished = torch.int64 if output_dtype is None else output_dtype
    if seed is not None and not isinstance(seed, torch.Generator):
        return stateless_categorical(logits, num_samples, _pair(seed), wished)
    tensor, count, dtype = samples_of(logits, num_samples, wished)
    if count == 0 or tensor.shape[0] == 0:
        return torch.zeros((tensor.shape[0], count), dtype=dtype, device=tensor.device)
    chances = tensor.to(_wide(tensor.dtype)).softmax(-1)
    if seed is not None:
        chances = chances.to(seed.device)
    found = torch.multinomial(chances, count, replacement=True, generator=seed)
    return found.to(tensor.device, dtype)


def categorical(
    logits: Any,
    num_samples: Any,
    dtype: Any = None,
    seed: Seed = None,
    name: str | None = None,
) -> Tensor:
    """Classes by their probabilities (tf.random.categorical): `multinomial` in another order.

    >>> categorical([[-100.0, 0.0]], 3)
    tensor([[1, 1, 1]])

    Args:
        logits: logarithms of the probabilities, up to a number that all have; (N, classes).
        num_samples: how many of each row, with replacement.
        dtype: torch.int32 or torch.int64, the default.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the rank is another, the number is negative, or the dtype is another.
        TypeError: the logits are no floats, or the number is no integer.
    """
    return multinomial(logits, num_samples, seed, name, dtype)


def _drawn(draw: Any, rate: Tensor, seed: Any) -> Tensor:
    """What one of PyTorch's draws of a distribution gives for each of its parameters."""
    if seed is None or rate.is_meta:
        drawn: Tensor = draw(rate)
        return drawn
    generator = seed if isinstance(seed, torch.Generator) else torch.Generator().manual_seed(seed)
    drawn = draw(rate.to(generator.device), generator=generator)
    return drawn.to(rate.device)


def random_gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = torch.float32,
    seed: Seed = None,
    name: str | None = None,
) -> Tensor:
    """Draws from gamma distributions (tf.random_gamma).

    >>> random_gamma([10], [0.5, 1.5]).shape
    torch.Size([10, 2])

    Args:
        shape: how many draws of each, integers or a tensor of them.
        alpha: the shapes of the distributions, through which gradients flow.
        beta: their inverse scales; 1 by default.
        dtype: a floating dtype.
        seed: an int for the same draw each time, which no recording has, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The draws, of shape `shape` and then that of the distributions.

    Raises:
        ValueError: the shape is none, a parameter is None, or the shapes do not go together.
        TypeError: the dtype is not floating, or a dimension is no integer.
    """
    dtype, sizes = as_dtype(dtype), shape_of(shape)
    concentration = of_dtype(parameter("alpha", alpha, dtype), "alpha")
    rate = parameter("beta", 1.0 if beta is None else beta, dtype, concentration)
    try:
        concentration = concentration + torch.zeros_like(rate)
    except RuntimeError:
        check_broadcast(("beta", rate), ("alpha", concentration))
        raise
    each = concentration.to(_wide(dtype)).expand(*sizes, *concentration.shape)
    # PyTorch before 2.13 has no kernel of it for tensors without values.
    draw = torch.empty_like(each) if each.is_meta else _drawn(torch._standard_gamma, each, seed)
    return draw.to(dtype) / rate


def random_poisson(
    lam: Any,
    shape: Any,
    dtype: Any = torch.float32,
    seed: Seed = None,
    name: str | None = None,
) -> Tensor:
    """Draws from Poisson distributions (tf.random_poisson).

    >>> random_poisson([0.5, 1.5], [10]).shape
    torch.Size([10, 2])

    Args:
        lam: the means of the distributions.
        shape: how many draws of each, integers or a tensor of them.
        dtype: float16, float32, float64, int32 or int64.
        seed: an int for the same draw each time, which no recording has, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The draws, of shape `shape` and then that of the distributions.

    Raises:
        ValueError: the shape is none, or the mean is None.
        TypeError: the dtype is another, or a dimension is no integer.
    """
    sizes, found = shape_of(shape), as_dtype(dtype)
    rate = as_tensor(wanted("rate", lam))
    allowed = (torch.float16, torch.float32, torch.float64, *_INTEGERS)
    if found not in allowed:
        raise TypeError(
            f"Value passed to parameter 'dtype' has DataType {dtype_name(found)} not in list of "
            f"allowed values: {', '.join(map(dtype_name, allowed))}"
        )
    rate = rate.detach().to(_wide(rate.dtype)).clamp(min=0)
    return _drawn(torch.poisson, rate.expand((*sizes, *rate.shape)), seed).to(found)
