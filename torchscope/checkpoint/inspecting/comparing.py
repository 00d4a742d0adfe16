"""In what two sides differ: checkpoints, dicts of tensors or nets, by names, shapes and values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchscope.checkpoint.inspecting.descriptions import (
    Description,
    Side,
    describe,
    mapping_of,
    strange,
)
from torchscope.checkpoint.inspecting.statistics import pieces
from torchscope.checkpoint.partners import Partner, partners
from torchscope.checkpoint.renaming import Rename, names_in_net

Only = str | Callable[[str], object]
"""A regular expression that names begin with, or a function of a name."""


@dataclass(frozen=True, slots=True)
class Values:
    """How far the values of one variable lie apart.

    NaN is equal to NaN here, so that a copy is equal to what it was copied from.

    Attributes:
        equal: whether all are equal, or as close as was asked for.
        differing: how many are not.
        max_abs: the greatest distance; NaN where one side alone has a NaN; None of strings.
        max_rel: the greatest distance, divided by the greater absolute value of the two.
    """

    equal: bool
    differing: int = 0
    max_abs: float | int | None = 0
    max_rel: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Pair:
    """A variable that both sides have.

    Attributes:
        name: its name.
        a: what it looks like in A.
        b: what it looks like in B.
        values: how far the values lie apart; None where they were not compared: the shapes
            differ, or only one side holds strings, or no tensor can hold them, or nobody asked.
    """

    name: str
    a: Description
    b: Description
    values: Values | None

    @property
    def same(self) -> bool:
        """Whether shape and dtype are the same, and the values as far as they were compared."""
        alike = self.a.shape == self.b.shape and self.a.dtype == self.b.dtype
        return alike and (self.values is None or self.values.equal)


@dataclass(frozen=True, slots=True)
class Diff:
    """What `diff` found.

    Attributes:
        only_a: what A alone has, by name.
        only_b: what B alone has.
        pairs: what both have, sorted by name.
        partners: for a name in A that B has not, or has in another shape: the likeliest in B.
    """

    only_a: dict[str, Description]
    only_b: dict[str, Description]
    pairs: tuple[Pair, ...]
    partners: dict[str, Partner]

    @property
    def other_shapes(self) -> tuple[Pair, ...]:
        """Those that have one name and two shapes."""
        return tuple(pair for pair in self.pairs if pair.a.shape != pair.b.shape)

    @property
    def other_dtypes(self) -> tuple[Pair, ...]:
        """Those that have one shape and two dtypes."""
        pairs = self.pairs
        return tuple(p for p in pairs if p.a.shape == p.b.shape and p.a.dtype != p.b.dtype)

    @property
    def other_values(self) -> tuple[Pair, ...]:
        """Those whose values were compared, and differ."""
        return tuple(p for p in self.pairs if p.values is not None and not p.values.equal)

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.only_a or self.only_b) and all(pair.same for pair in self.pairs)


def diff(
    a: Side,
    b: Side,
    *,
    values: bool = True,
    rtol: float = 0.0,
    atol: float = 0.0,
    rename: Rename | None = None,
    only: Only | None = None,
    watch: Callable[[list[str]], Iterable[str]] = iter,
) -> Diff:
    """In what two checkpoints, dicts of tensors or nets differ.

    >>> import torch
    >>> found = diff({"w": torch.zeros(2), "fc/kernel": torch.zeros(3, 4)},
    ...              {"w": torch.ones(2), "fc/weights": torch.zeros(3, 4)})
    >>> found.same, list(found.only_a), found.partners["fc/kernel"].name
    (False, ['fc/kernel'], 'fc/weights')
    >>> found.other_values[0].values
    Values(equal=False, differing=2, max_abs=1.0, max_rel=1.0)

    Args:
        a: one side.
        b: the other.
        values: whether to compare values. Without, only what describes them is read.
        rtol: numbers are equal that lie no farther apart than this times the absolute value in B,
        atol: and this.
        rename: what B's names are in A: as for `restore`, a function that may give None for what is
            to be left out, or pairs of a regular expression and its replacement.
        only: looks at some of the names alone, as A has them: a regular expression that they begin
            with, or a function of the name.
        watch: what to go through the names that both have with, such as a progress bar.

    Raises:
        TypeError: a side is something else.
        ValueError: values are to be compared, and those of one side are on the meta device; or
            `rename` gives one name to several variables.
    """
    source_a, source_b = mapping_of(a), mapping_of(b)
    wanted = _chooser(only)
    seen_a = {name: each for name, each in describe(source_a).items() if wanted(name)}
    described = describe(source_b)
    own_b = {name: own for name, own in names_in_net(described, rename).items() if wanted(name)}
    seen_b = {name: described[own_b[name]] for name in sorted(own_b)}
    unread_a, unread_b = strange(source_a), strange(source_b)
    pairs = []
    for name in watch([name for name in seen_a if name in seen_b]):
        one, two = seen_a[name], seen_b[name]
        apart = None
        mixed = (one.dtype == "string") != (two.dtype == "string")
        unread = name in unread_a or own_b[name] in unread_b
        if values and one.shape == two.shape and not (mixed or unread):
            apart = compare_values(source_a[name], source_b[own_b[name]], rtol, atol)
        pairs.append(Pair(name, one, two, apart))
    unlike = {pair.name for pair in pairs if pair.a.shape != pair.b.shape}
    return Diff(
        {name: each for name, each in seen_a.items() if name not in seen_b},
        {name: each for name, each in seen_b.items() if name not in seen_a},
        tuple(pairs),
        partners(
            {n: d.shape for n, d in seen_a.items() if n not in seen_b or n in unlike},
            {n: d.shape for n, d in seen_b.items() if n not in seen_a or n in unlike},
        ),
    )


def _chooser(only: Only | None) -> Callable[[str], object]:
    if only is None:
        return lambda _: True
    return re.compile(only).match if isinstance(only, str) else only


def compare_values(a: Any, b: Any, rtol: float = 0.0, atol: float = 0.0) -> Values:
    """How far two tensors or arrays of one shape lie apart, whatever their dtypes.

    >>> import torch
    >>> compare_values(torch.tensor([1, 2**62]), torch.tensor([1, 2**62 + 1])).max_abs
    1
    """
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)):
        a, b = np.asarray(a), np.asarray(b)
        if object in (a.dtype, b.dtype):
            count = int(np.not_equal(a, b).astype(bool).sum())
            return Values(not count, count, None if count else 0, None if count else 0.0)
        a, b = (torch.from_numpy(x if x.flags.writeable else x.copy()) for x in (a, b))
    if a.is_meta or b.is_meta:
        raise ValueError(
            "A variable on the meta device has no values to compare. Say values=False to compare "
            "names, shapes and dtypes."
        )
    differing, max_abs, max_rel = 0, 0, 0.0
    far: float | int = max_abs
    for one, two in pieces(a.detach(), b.detach()):
        count, most, relative = _compare_piece(one.cpu(), two.cpu(), rtol, atol)
        differing += count
        # A NaN stays: nothing is greater.
        far = most if most != most or most > far else far  # noqa: PLR0124
        max_rel = relative if relative != relative or relative > max_rel else max_rel  # noqa: PLR0124
    return Values(not differing, differing, far, max_rel)


def _compare_piece(
    a: Tensor, b: Tensor, rtol: float, atol: float
) -> tuple[int, float | int, float]:
    if not (_is_real(a) or _is_real(b)):
        return _compare_integers(a.numpy(), b.numpy(), rtol, atol)
    if a.dtype == b.dtype and torch.equal(a, b):
        return 0, 0.0, 0.0
    wide = torch.complex128 if a.is_complex() or b.is_complex() else torch.float64
    a, b = a.to(wide), b.to(wide)
    apart = (a != b) & ~(torch.isnan(a) & torch.isnan(b))
    a, b = a[apart], b[apart]
    if not a.numel():
        return 0, 0.0, 0.0
    distance = (a - b).abs()
    relative = distance / torch.maximum(a.abs(), b.abs())
    # What is infinite on one side is infinitely far.
    relative[torch.isinf(distance)] = torch.inf
    close = torch.isfinite(distance) & (distance <= atol + rtol * b.abs())
    return int((~close).sum()), float(distance.max()), float(relative.max())


def _is_real(tensor: Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def _compare_integers(a: Any, b: Any, rtol: float, atol: float) -> tuple[int, int, float]:
    apart = a != b
    a, b = a[apart], b[apart]
    if not a.size:
        return 0, 0, 0.0
    # Unsigned differences wrap round to what they are, beyond 63 bits too.
    unsigned_a, unsigned_b = (
        x.astype(np.int64, copy=False).astype(np.uint64)
        if x.dtype.kind != "u"
        else x.astype(np.uint64)
        for x in (a, b)
    )
    distance = np.where(a > b, unsigned_a - unsigned_b, unsigned_b - unsigned_a)
    greater = np.maximum(np.abs(a.astype(np.float64)), np.abs(b.astype(np.float64)))
    differing = int(a.size)
    if rtol or atol:
        # What is unsigned on one side may be farther than an unsigned number tells.
        wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
        far = np.maximum(distance.astype(np.float64), np.abs(wide_a - wide_b))
        differing = int((far > atol + rtol * np.abs(wide_b)).sum())
    return differing, int(distance.max()), float((distance / greater).max())
