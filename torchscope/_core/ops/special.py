"""Special functions: of Bessel, of Riemann, and those that come of the gamma function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import axes_of, of_dtype
from torchscope._core.ops.by_element import of_one, of_two
from torchscope._core.ops.incomplete import gamma_derivative

_FLOATS = (torch.bfloat16, torch.float16, torch.float32, torch.float64)
_LARGE = (torch.float32, torch.float64)


class _Bessel(torch.autograd.Function):
    """A function of which PyTorch knows no gradient: each has its by that of the other order."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, order: str) -> Tensor:
        ctx.save_for_backward(x)
        ctx.order = order
        return _VALUES[order](x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        return gradients[0] * _DERIVATIVES[ctx.order](x), None


def _bessel(order: str, x: Tensor) -> Tensor:
    found: Tensor = _Bessel.apply(x, order)  # type: ignore[no-untyped-call]
    return found


_VALUES: dict[str, Callable[[Tensor], Tensor]] = {
    "j0": torch.special.bessel_j0,
    "j1": torch.special.bessel_j1,
    "y0": torch.special.bessel_y0,
    "y1": torch.special.bessel_y1,
    "k0": torch.special.modified_bessel_k0,
    "k1": torch.special.modified_bessel_k1,
    "k0e": torch.special.scaled_modified_bessel_k0,
    "k1e": torch.special.scaled_modified_bessel_k1,
}


def _of_j1(x: Tensor) -> Tensor:
    # At 0 it is a half, where the quotient is not defined.
    quotient = _bessel("j1", x) / torch.where(x == 0, 1.0, x)
    return torch.where(x == 0, 0.5, _bessel("j0", x) - quotient)


_DERIVATIVES: dict[str, Callable[[Tensor], Tensor]] = {
    "j0": lambda x: -_bessel("j1", x),
    "j1": _of_j1,
    "y0": lambda x: -_bessel("y1", x),
    "y1": lambda x: _bessel("y0", x) - _bessel("y1", x) / x,
    "k0": lambda x: -_bessel("k1", x),
    "k1": lambda x: -_bessel("k0", x) - _bessel("k1", x) / x,
    "k0e": lambda x: _bessel("k0e", x) - _bessel("k1e", x),
    "k1e": lambda x: _bessel("k1e", x) * (1 - 1 / x) - _bessel("k0e", x),
}

_DOCUMENTATION = """{what} (tf.math.{place}).

    >>> {name}([1.0])
    tensor([{at_1}])

    Args:
        x: a tensor of floats, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is another.
        ValueError: it is None.
    """


def _function(
    name: str, compute: Callable[[Tensor], Tensor], what: str, at_1: str, place: str = ""
) -> Callable[..., Tensor]:
    def function(x: Any, name: str | None = None) -> Tensor:
        return compute(x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = _DOCUMENTATION.format(
        what=f"The {what} Bessel function", name=name, at_1=at_1, place=place + name
    )
    return of_one(_FLOATS)(function)


bessel_i0: Callable[..., Tensor] = _function("bessel_i0", torch.special.i0, "modified", "1.2661")
bessel_i0e: Callable[..., Tensor] = _function(
    "bessel_i0e", torch.special.i0e, "modified, exponentially scaled", "0.4658"
)
bessel_i1: Callable[..., Tensor] = _function(
    "bessel_i1", torch.special.i1, "modified first order", "0.5652"
)
bessel_i1e: Callable[..., Tensor] = _function(
    "bessel_i1e", torch.special.i1e, "modified first order, exponentially scaled", "0.2079"
)


def _without_gradient(order: str, what: str, at_1: str) -> Callable[..., Tensor]:
    compute = functools.partial(_bessel, order)
    return _function(f"bessel_{order}", compute, what, at_1, "special.")


bessel_j0: Callable[..., Tensor] = _without_gradient("j0", "first kind's", "0.7652")
bessel_j1: Callable[..., Tensor] = _without_gradient("j1", "first kind's first order", "0.4401")
bessel_y0: Callable[..., Tensor] = _without_gradient("y0", "second kind's", "0.0883")
bessel_y1: Callable[..., Tensor] = _without_gradient("y1", "second kind's first order", "-0.7812")
bessel_k0: Callable[..., Tensor] = _without_gradient("k0", "modified second kind's", "0.4210")
bessel_k1: Callable[..., Tensor] = _without_gradient(
    "k1", "modified second kind's first order", "0.6019"
)
bessel_k0e: Callable[..., Tensor] = _without_gradient(
    "k0e", "modified second kind's, scaled", "1.1445"
)
bessel_k1e: Callable[..., Tensor] = _without_gradient(
    "k1e", "modified second kind's first order, scaled", "1.6362"
)


class _Igamma(torch.autograd.Function):
    """The lower incomplete gamma function with both gradients: PyTorch has none of the first argument."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, x: Tensor) -> Tensor:
        ctx.save_for_backward(a, x)
        return torch.special.gammainc(a, x)  # type: ignore[no-any-return]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        a, x = ctx.saved_tensors
        of_a = gradients[0] * gamma_derivative(a, x) if ctx.needs_input_grad[0] else None
        of_x = gradients[0] * ((a - 1) * x.log() - x - torch.lgamma(a)).exp()
        return None if of_a is None else of_a.sum_to_size(a.shape), of_x.sum_to_size(x.shape)


@of_two("Igamma", _FLOATS)
def igamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The lower regularized incomplete gamma function (tf.igamma).

    >>> igamma([1.0], [2.0])
    tensor([0.8647])

    Args:
        a: a tensor of floats above 0, or what makes one.
        x: another of the same dtype, not below 0.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are of no floats.
        ValueError: the shapes cannot be broadcast.
    """
    result: Tensor
    if a.requires_grad and torch.is_grad_enabled():
        result = _Igamma.apply(a, x)  # type: ignore[no-untyped-call]
    else:
        result = torch.special.gammainc(a, x)
    return result


@of_two("Igammac", _FLOATS)
def igammac(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The upper regularized incomplete gamma function (tf.igammac).

    >>> igammac([1.0], [2.0])
    tensor([0.1353])

    Args:
        a: as in `igamma`.
        x: as in `igamma`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `igamma`.
        ValueError: as in `igamma`.
    """
    result: Tensor
    if a.requires_grad and torch.is_grad_enabled():
        value: Tensor = _Igamma.apply(a, x)  # type: ignore[no-untyped-call]
        # The number is PyTorch's own, which has more digits where it is small.
        result = torch.special.gammaincc(a.detach(), x.detach()) - (value - value.detach())
    else:
        result = torch.special.gammaincc(a, x)
    return result


class _Zeta(torch.autograd.Function):
    """The zeta function with the gradient of its second argument; the first has none in TF1 either."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, q: Tensor) -> Tensor:
        ctx.save_for_backward(x, q)
        return torch.special.zeta(x, q)  # type: ignore[no-any-return]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        x, q = ctx.saved_tensors
        return None, (gradients[0] * -x * _zeta(x + 1, q)).sum_to_size(q.shape)


def _zeta(x: Tensor, q: Tensor) -> Tensor:
    found: Tensor = _Zeta.apply(x, q)  # type: ignore[no-untyped-call]
    return found


@of_two("Zeta", _LARGE)
def zeta(x: Any, q: Any, name: str | None = None) -> Tensor:
    """The zeta function of Hurwitz: the sum of ``(n + q) ** -x`` over n (tf.zeta).

    >>> zeta([2.0], [1.0])
    tensor([1.6449])

    Args:
        x: a tensor of float32 or float64, or what makes one. It has no gradient.
        q: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are others.
        ValueError: the shapes cannot be broadcast.
    """
    return _zeta(x, q)


@of_two("Polygamma", _LARGE)
def polygamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The derivatives of `digamma` (tf.polygamma).

    >>> polygamma([1.0], [1.0])
    tensor([1.6449])

    Args:
        a: which derivative: a tensor of whole numbers as float32 or float64, or what makes one.
        x: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Returns:
        NaN where `a` is no whole number, or negative.

    Raises:
        TypeError: the dtypes differ, or are others.
        ValueError: the shapes cannot be broadcast.
    """
    a = a.detach()
    several = (1 - 2 * ((a + 1) % 2)) * (a + 1).lgamma().exp() * _zeta(a + 1, x)
    found = torch.where(a == 0, x.digamma(), several)
    return torch.where((a < 0) | (a != a.floor()), torch.nan, found)


def lbeta(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of the beta function of the last axis (tf.lbeta).

    >>> lbeta([1.0, 2.0])
    tensor(-0.6931)

    Args:
        x: a tensor of floats of rank 1 or more, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of no floats.
        ValueError: it is None or has no axis.
    """
    if x is None:
        raise ValueError("None values not supported.")
    tensor = of_dtype(x, "x", _FLOATS)
    axes = axes_of(-1, tensor.ndim)
    return tensor.lgamma().sum(axes) - tensor.sum(axes).lgamma()
