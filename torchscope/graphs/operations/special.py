"""Special functions: Bessel's, those that come of the gamma function, and integrals that have no other form."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.ops.incomplete import (
    betainc,
    gamma_derivative,
)
from torchscope.graphs.operations.table import op

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "BesselI0": tf.math.bessel_i0,
    "BesselI0e": tf.math.bessel_i0e,
    "BesselI1": tf.math.bessel_i1,
    "BesselI1e": tf.math.bessel_i1e,
    "BesselJ0": tf.math.special.bessel_j0,
    "BesselJ1": tf.math.special.bessel_j1,
    "BesselK0": tf.math.special.bessel_k0,
    "BesselK0e": tf.math.special.bessel_k0e,
    "BesselK1": tf.math.special.bessel_k1,
    "BesselK1e": tf.math.special.bessel_k1e,
    "BesselY0": tf.math.special.bessel_y0,
    "BesselY1": tf.math.special.bessel_y1,
    "Erf": tf.erf,
    "Erfc": tf.erfc,
    "Erfinv": tf.math.erfinv,
    "Ndtri": tf.math.ndtri,
    "Lgamma": tf.lgamma,
    "Digamma": tf.digamma,
    "Igamma": tf.igamma,
    "Igammac": tf.igammac,
    "Zeta": tf.zeta,
    "Polygamma": tf.polygamma,
}
for _type, _function in _FUNCTIONS.items():
    op(_type)(_function)


@op("IgammaGradA")
def _igamma_grad_a(a: Any, x: Any) -> Any:
    return gamma_derivative(a, x)


class _Betainc(torch.autograd.Function):
    """The regularized incomplete beta function, with the one gradient that TensorFlow has of it."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, x: Tensor) -> Tensor:
        ctx.save_for_backward(a, b, x)
        return betainc(a, b, x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        a, b, x = ctx.saved_tensors
        scale = torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)
        slope = (torch.xlogy(a - 1, x) + torch.special.xlog1py(b - 1, -x) - scale).exp()
        return None, None, (gradients[0] * slope).sum_to_size(x.shape)


@op("Betainc")
def _betainc(a: Any, b: Any, x: Any) -> Any:
    found: Tensor = _Betainc.apply(a, b, x)  # type: ignore[no-untyped-call]
    return found


# Integrals. They are computed in float64, by sums of so many terms that they are as near as that is.


class _Integral(torch.autograd.Function):
    """A function of one tensor, whose derivative is told by the tensor and the value."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kind: str) -> Tensor:
        value = _INTEGRALS[kind][0](x.double()).to(x.dtype)
        ctx.save_for_backward(x, value)
        ctx.kind = kind
        return value

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        x, value = ctx.saved_tensors
        return gradients[0] * _INTEGRALS[ctx.kind][1](x, value), None


def _dawsn(x: Tensor) -> Tensor:
    """Dawson's integral, by Rybicki's sum; near 0 by its series."""
    square = x * x
    near = torch.ones_like(x)
    for turn in range(12, 0, -1):
        near = 1 - 2 / (2 * turn + 1) * square * near
    step = 0.25
    middle = 2 * (x / (2 * step)).round()
    odd = torch.arange(-27, 28, 2, dtype=x.dtype, device=x.device)
    far = (-((x - middle * step)[..., None] - odd * step).square()).exp() / (
        middle[..., None] + odd
    )
    return torch.where(x.abs() < 0.25, x * near, far.sum(-1) / math.sqrt(math.pi))


def _expint(x: Tensor) -> Tensor:
    """The exponential integral: by its series, at a distance by another sum; NaN below 0, as in TensorFlow."""
    near = torch.where((x > 0) & (x < 40), x, 1.0)
    count = torch.arange(1, 160, dtype=x.dtype, device=x.device)
    terms = (near[..., None] / count).cumprod(-1) / count
    value = near.log() + terms.sum(-1) + 0.57721566490153286061
    above = torch.where(x >= 40, x, 40.0)
    terms = (count[:39] / above[..., None]).cumprod(-1)
    value = torch.where(x >= 40, above.exp() / above * (1 + terms.sum(-1)), value)
    value = torch.where(x == 0, -torch.inf, value)
    return torch.where(x < 0, torch.nan, value)


# Of the sum by which Weideman computes the function of Faddeeva.
_COUNT = 40
_LENGTH = math.sqrt(_COUNT / math.sqrt(2))


def _coefficients() -> list[float]:
    """Its coefficients, the last one first."""
    angles = [math.pi * turn / (2 * _COUNT) for turn in range(1 - 2 * _COUNT, 2 * _COUNT)]
    squares = [(_LENGTH * math.tan(each / 2)) ** 2 for each in angles]
    heights = [math.exp(-each) * (_LENGTH**2 + each) / (4 * _COUNT) for each in squares]
    return [
        sum(height * math.cos(turn * each) for height, each in zip(heights, angles, strict=True))
        for turn in range(_COUNT, 0, -1)
    ]


_COEFFICIENTS = _coefficients()


def _fresnel(x: Tensor) -> tuple[Tensor, Tensor]:
    """Both integrals of Fresnel, of the cosine and the sine."""
    near, size = torch.where(x.abs() < 1.5, x, 0.0), torch.where(x.abs() < 1.5, 1.5, x.abs())
    square = (math.pi / 2 * near * near).square()
    cosine, sine = torch.zeros_like(x), torch.zeros_like(x)
    for turn in range(16, -1, -1):
        sign = -1.0 if turn % 2 else 1.0
        cosine = cosine * square + sign / (math.factorial(2 * turn) * (4 * turn + 1))
        sine = sine * square + sign / (math.factorial(2 * turn + 1) * (4 * turn + 3))
    cosine, sine = cosine * near, sine * near**3 * (math.pi / 2)
    # At a distance by the error function of a complex number, less what the function of Faddeeva is.
    at = size * math.sqrt(math.pi) / 2
    at = torch.complex(at, at) * 1j
    upper, lower = _LENGTH + at, _LENGTH - at
    ratio, total = upper / lower, torch.zeros_like(at)
    for each in _COEFFICIENTS:
        total = total * ratio + each
    faddeeva = 2 * total / lower.square() + 1 / math.sqrt(math.pi) / lower
    turned = torch.polar(torch.ones_like(size), math.pi / 2 * size * size)
    far = (0.5 + 0.5j) * (1 - turned * faddeeva)
    inside = x.abs() < 1.5
    return (
        torch.where(inside, cosine, far.real * x.sign()),
        torch.where(inside, sine, far.imag * x.sign()),
    )


def _spence(x: Tensor) -> Tensor:
    """The dilogarithm of 1 - x, brought between a half and 1, where few terms are enough."""
    inner = torch.where(x > 0, x, 1.0)
    turned = torch.where(inner > 1, 1 / inner, inner)
    small = turned < 0.5
    at = -torch.where(small, 1 - turned, turned).log()
    square, total = at * at, torch.zeros_like(at)
    for turn, number in reversed(list(enumerate(_BERNOULLI, 1))):
        total = (total + number / math.factorial(2 * turn + 1)) * square
    value = at - square / 4 + at * total
    other = torch.xlogy((-turned).log1p(), turned)
    value = torch.where(small, math.pi**2 / 6 - torch.where(small, other, 0.0) - value, value)
    value = torch.where(inner > 1, -value - inner.log().square() / 2, value)
    value = torch.where(x == 0, math.pi**2 / 6, value)
    return torch.where(x < 0, torch.nan, value)


# Those of Bernoulli with even places, from the second on.
_BERNOULLI = (
    *(1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798),
    *(-174611 / 330, 854513 / 138),
)


def _expint_slope(x: Tensor, value: Tensor) -> Tensor:
    return x.exp() / x


def _spence_slope(x: Tensor, value: Tensor) -> Tensor:
    inner = torch.where(x == 1, 2.0, x)
    return torch.where(x == 1, -1.0, inner.log() / (1 - inner))


def _cosine(x: Tensor, value: Tensor) -> Tensor:
    return (math.pi / 2 * x * x).cos()


def _sine(x: Tensor, value: Tensor) -> Tensor:
    return (math.pi / 2 * x * x).sin()


_INTEGRALS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]] = {
    "Dawsn": (_dawsn, lambda x, value: 1 - 2 * x * value),
    "Expint": (_expint, _expint_slope),
    "FresnelCos": (lambda x: _fresnel(x)[0], _cosine),
    "FresnelSin": (lambda x: _fresnel(x)[1], _sine),
    "Spence": (_spence, _spence_slope),
}


def _integral(kind: str) -> Callable[..., Any]:
    def function(x: Any) -> Any:
        return _Integral.apply(x, kind)  # type: ignore[no-untyped-call]

    return function


for _type in _INTEGRALS:
    op(_type)(_integral(_type))
