"""What the values of variables are like: their range, mean and spread, and what is not finite.

A tensor is read piece by piece, so that one of any size needs the memory of a piece.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchscope.checkpoint.inspecting.descriptions import Side, describe, mapping_of, strange

PIECE = 1 << 18
"""How many values are looked at at once."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """The values of one variable.

    The range, mean and deviation are those of the finite values, and None where there are none.
    Those of complex numbers are of their absolute values; False and True count as 0 and 1. Strings,
    and dtypes that no tensor can have, have a count alone.

    Attributes:
        count: how many values there are.
        min: the least.
        max: the greatest.
        mean: their mean.
        std: their standard deviation, the root of the mean square from the mean.
        nans: how many are not a number.
        infinities: how many are infinite.
    """

    count: int
    min: float | int | None = None
    max: float | int | None = None
    mean: float | None = None
    std: float | None = None
    nans: int = 0
    infinities: int = 0


def statistics(
    given: Side,
    names: Iterable[str] | None = None,
    watch: Callable[[list[str]], Iterable[str]] = iter,
) -> dict[str, Statistics]:
    """The statistics of each variable of a checkpoint, of a dict of tensors or of a net.

    >>> import torch
    >>> statistics({"w": torch.tensor([1.0, 3.0, float("nan")])})["w"]
    Statistics(count=3, min=1.0, max=3.0, mean=2.0, std=1.0, nans=1, infinities=0)

    Args:
        given: a checkpoint or its path, a dict of tensors, or a module.
        names: those to look at; all by default.
        watch: what to go through the names with, such as a progress bar.

    Raises:
        KeyError: there is no variable of one of these names.
        ValueError: a variable is on the meta device, where there are no values.
    """
    source = mapping_of(given)
    wanted = sorted(source) if names is None else list(names)
    unread = strange(source)
    counts = {name: seen.elements for name, seen in describe(source).items()} if unread else {}
    return {
        name: Statistics(counts[name]) if name in unread else statistics_of(source[name])
        for name in watch(wanted)
    }


def statistics_of(value: Any) -> Statistics:
    """The statistics of one tensor or array, of any dtype and strides.

    >>> import torch
    >>> statistics_of(torch.tensor([True, False])).mean
    0.5
    """
    if not isinstance(value, Tensor):
        value = np.asarray(value)
        if value.dtype.kind not in "biufc":
            return Statistics(int(value.size))
        value = torch.from_numpy(value if value.flags.writeable else value.copy())
    if value.is_meta:
        raise ValueError("A variable on the meta device has a shape, and no values to look at.")
    exact = not (value.is_floating_point() or value.is_complex())
    nans = infinities = seen = 0
    least: float | int = math.inf
    greatest: float | int = -math.inf
    low: float | int
    high: float | int
    mean = squares = 0.0
    for (piece,) in pieces(value.detach()):
        if exact:
            # NumPy knows the order of all unsigned integers, exactly.
            whole = piece.cpu().numpy()
            low, high = int(whole.min()), int(whole.max())
            finite = torch.from_numpy(whole.astype(np.float64))
        else:
            size = piece.to(torch.complex128).abs() if piece.is_complex() else piece
            finite = size.double()
            low, high = (bound.item() for bound in torch.aminmax(finite))
            if not (math.isfinite(low) and math.isfinite(high)):
                nans += int(torch.isnan(finite).sum())
                infinities += int(torch.isinf(finite).sum())
                finite = finite[torch.isfinite(finite)]
                if not finite.numel():
                    continue
                low, high = (bound.item() for bound in torch.aminmax(finite))
        least, greatest = min(least, low), max(greatest, high)
        # The mean and the squares from it, joined with those of the earlier pieces.
        number = finite.numel()
        spread, here = (float(each) for each in torch.var_mean(finite, correction=0))
        step = here - mean
        seen += number
        mean += step * number / seen
        squares += spread * number + step * step * number * (seen - number) / seen
    if not seen:
        return Statistics(value.numel(), nans=nans, infinities=infinities)
    std = math.sqrt(squares / seen)
    return Statistics(value.numel(), least, greatest, mean, std, nans, infinities)


def pieces(*tensors: Tensor, size: int = PIECE) -> Iterator[tuple[Tensor, ...]]:
    """The same piece of each of some tensors of one shape, flat, of at most `size` values.

    >>> import torch
    >>> [a.tolist() for a, _ in pieces(torch.zeros(2, 1), torch.ones(2, 1))]
    [[0.0, 0.0]]
    """
    count = tensors[0].numel()
    if not count:
        return
    if all(tensor.is_contiguous() for tensor in tensors):
        yield from zip(*(torch.split(tensor.view(-1), size) for tensor in tensors), strict=True)
    elif count <= size:
        yield tuple(tensor.reshape(-1) for tensor in tensors)
    else:
        # What has other strides is cut along its longest dimension, until a piece may be copied.
        shape = tensors[0].shape
        longest = max(range(len(shape)), key=shape.__getitem__)
        part = max(1, shape[longest] * size // count)
        for parts in zip(*(torch.split(tensor, part, longest) for tensor in tensors), strict=True):
            yield from pieces(*parts, size=size)
