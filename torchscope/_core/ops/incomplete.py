"""What PyTorch lacks of incomplete functions: the derivative of gamma's by its order, and the regularized beta's."""

from __future__ import annotations

import torch
from torch import Tensor

from torchscope._core.pytorch import fakes

# Where nobody can look whether a sum is near enough, so many terms are taken.
_UNSEEN = 200
_MOST = 2000
_LOOKS = 16
# Above it the terms of a continued fraction are made smaller.
_LARGE = 2.0**52


def gamma_derivative(a: Tensor, x: Tensor) -> Tensor:
    """The derivative of the lower regularized incomplete gamma function by its first argument.

    >>> gamma_derivative(torch.tensor(1.0), torch.tensor(2.0))
    tensor(-0.2208)

    Args:
        a: positive numbers; NaN is given for others.
        x: numbers that are not negative, likewise.
    """
    order, at = _together(a.detach(), x.detach())
    # Where there is nothing, what is computed is left out.
    order, at = torch.where(order > 0, order, 1.0), torch.where(at > 0, at, 1.0)
    above = (at > 1) & (at > order)
    weight = (order * at.log() - at - torch.lgamma(order)).exp()
    upper, upper_slope = _fraction(torch.where(above, order, 1.0), torch.where(above, at, 2.0))
    lower, lower_slope = _series(torch.where(above, 1.0, order), torch.where(above, 0.5, at))
    slope = at.log() - torch.digamma(order)
    found = torch.where(
        above,
        -weight * (upper * slope + upper_slope),
        weight / order * (lower * (slope - 1 / order) + lower_slope),
    )
    found = torch.where(x == 0, 0.0, found)
    return torch.where((x < 0) | (a <= 0) | x.isnan() | a.isnan(), torch.nan, found).to(a.dtype)


def _together(*given: Tensor) -> tuple[Tensor, ...]:
    """Tensors as float64, of one shape."""
    found: tuple[Tensor, ...] = torch.broadcast_tensors(*(each.double() for each in given))  # type: ignore[no-untyped-call]
    return found


def _done(turn: int, change: Tensor, total: Tensor) -> bool:
    if not fakes.has_values(total):
        return turn >= _UNSEEN
    if turn % _LOOKS:
        return False
    return not bool((change.abs() > 1e-15 * total.abs()).any())


def _series(a: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """The sum of x^n / ((a + 1) ... (a + n)), and its derivative by a."""
    term, total = torch.ones_like(x), torch.ones_like(x)
    slope, slopes = torch.zeros_like(x), torch.zeros_like(x)
    for turn in range(1, _MOST):
        ratio = x / (a + turn)
        slope = ratio * slope - ratio / (a + turn) * term
        term = ratio * term
        total, slopes = total + term, slopes + slope
        if _done(turn, slope, slopes):
            break
    return total, slopes


def _fraction(a: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """The continued fraction of the upper incomplete gamma function, and its derivative by a."""
    one, none = torch.ones_like(x), torch.zeros_like(x)
    y, z = 1 - a, x - a + 2
    # The numerators and denominators of the last two fractions, and their derivatives.
    p2, q2, p1, q1 = one, x, x + 1, z * x
    dp2, dq2, dp1, dq1 = none, none, none, -x
    value = p1 / q1
    slope = (dp1 - value * dq1) / q1
    for turn in range(1, _MOST):
        y, z = y + 1, z + 2
        yc = y * turn
        p, q = p1 * z - p2 * yc, q1 * z - q2 * yc
        dp = dp1 * z - p1 - dp2 * yc + p2 * turn
        dq = dq1 * z - q1 - dq2 * yc + q2 * turn
        before = slope
        value = torch.where(q == 0, value, p / q)
        slope = torch.where(q == 0, slope, (dp - value * dq) / q)
        smaller = torch.where(p.abs() > _LARGE, 1 / _LARGE, 1.0)
        p2, q2, p1, q1 = p1 * smaller, q1 * smaller, p * smaller, q * smaller
        dp2, dq2, dp1, dq1 = dp1 * smaller, dq1 * smaller, dp * smaller, dq * smaller
        if _done(turn, slope - before, slope + value):
            break
    return value, slope


def betainc(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """The regularized incomplete beta function.

    >>> betainc(torch.tensor(2.0), torch.tensor(3.0), torch.tensor(0.5))
    tensor(0.6875)

    Args:
        a: positive numbers; NaN is given for others.
        b: the same.
        x: numbers from 0 to 1, likewise.
    """
    first, second, at = _together(a, b, x)
    fine = (first > 0) & (second > 0) & (at >= 0) & (at <= 1)
    first, second = torch.where(fine, first, 1.0), torch.where(fine, second, 1.0)
    at = torch.where(fine, at, 0.5)
    # The fraction is near sooner below the mean than above it.
    other = at > (first + 1) / (first + second + 2)
    first, second = torch.where(other, second, first), torch.where(other, first, second)
    at = torch.where(other, 1 - at, at)
    inner = torch.where((at > 0) & (at < 1), at, 0.5)
    weight = torch.lgamma(first + second) - torch.lgamma(first) - torch.lgamma(second)
    weight = weight + first * inner.log() + second * (-inner).log1p()
    found = weight.exp() * _beta_fraction(first, second, inner) / first
    found = torch.where(at == 0, 0.0, torch.where(at == 1, 1.0, found))
    found = torch.where(other, 1 - found, found)
    return torch.where(fine, found, torch.nan).to(a.dtype)


def _beta_fraction(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c = torch.ones_like(x)
    d = 1 / _off_zero(1 - (a + b) * x / (a + 1))
    value = d
    for turn in range(1, _MOST):
        even = turn * (b - turn) * x / ((a + 2 * turn - 1) * (a + 2 * turn))
        d, c = 1 / _off_zero(1 + even * d), _off_zero(1 + even / c)
        value = value * d * c
        odd = -(a + turn) * (a + b + turn) * x / ((a + 2 * turn) * (a + 2 * turn + 1))
        d, c = 1 / _off_zero(1 + odd * d), _off_zero(1 + odd / c)
        value = value * d * c
        if _done(turn, d * c - 1, c):
            break
    return value


def _off_zero(x: Tensor) -> Tensor:
    return torch.where(x.abs() < 1e-300, 1e-300, x)
