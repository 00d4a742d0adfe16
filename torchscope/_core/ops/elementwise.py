"""Functions of one tensor, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import COMPLEX_TOO, as_tensor, of_dtype
from torchscope._core.ops.by_element import of_one
from torchscope._core.values.conversion import dtype_name

_FLOATS = (torch.bfloat16, torch.float16, torch.float32, torch.float64)
_HALF_FIRST = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_WHOLE = (torch.int8, torch.int16, torch.int32, torch.int64)
_UNSIGNED = (torch.uint8, torch.uint16, torch.uint32, torch.uint64)
_COMPLEX = (torch.complex64, torch.complex128)
_SIGNED = (*_FLOATS, *_WHOLE, *_COMPLEX)

_DOCUMENTATION = """{what} (tf.{name}).

    >>> {name}({example})
    {result}

    Args:
        x: a tensor of {kind}, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is another.
        ValueError: it is None.
    """


def _function(
    name: str, compute: Callable[[Tensor], Tensor], what: str, example: str, result: str
) -> Callable[..., Tensor]:
    """A function of floats that PyTorch has as TF1 has it."""
    return _made(name, compute, _FLOATS, "floats", what, example, result)


def _function_of_complex(
    name: str, compute: Callable[[Tensor], Tensor], what: str, example: str, result: str
) -> Callable[..., Tensor]:
    """The same of complex numbers as well."""
    return _made(name, compute, COMPLEX_TOO, "floats or complex numbers", what, example, result)


def _made(
    name: str,
    compute: Callable[[Tensor], Tensor],
    allowed: tuple[torch.dtype, ...],
    kind: str,
    what: str,
    example: str,
    result: str,
) -> Callable[..., Tensor]:
    def function(x: Any, name: str | None = None) -> Tensor:
        return compute(x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = _DOCUMENTATION.format(
        what=what, name=name, example=example, result=result, kind=kind
    )
    return of_one(allowed)(function)


_complex = _function_of_complex
sqrt: Callable[..., Tensor] = _complex(
    "sqrt", torch.sqrt, "The square root", "[4.0]", "tensor([2.])"
)
rsqrt: Callable[..., Tensor] = _complex(
    "rsqrt", torch.rsqrt, "One over the square root", "[4.0]", "tensor([0.5000])"
)
exp: Callable[..., Tensor] = _complex(
    "exp", torch.exp, "e to the power of each element", "[0.0]", "tensor([1.])"
)
expm1: Callable[..., Tensor] = _complex(
    "expm1", torch.expm1, "``exp(x) - 1``, also near 0", "[0.0]", "tensor([0.])"
)
log: Callable[..., Tensor] = _complex(
    "log", torch.log, "The natural logarithm", "[1.0]", "tensor([0.])"
)
log1p: Callable[..., Tensor] = _complex(
    "log1p", torch.log1p, "``log(1 + x)``, also near 0", "[0.0]", "tensor([0.])"
)
sin: Callable[..., Tensor] = _complex("sin", torch.sin, "The sine", "[0.0]", "tensor([0.])")
cos: Callable[..., Tensor] = _complex("cos", torch.cos, "The cosine", "[0.0]", "tensor([1.])")
tan: Callable[..., Tensor] = _complex("tan", torch.tan, "The tangent", "[0.0]", "tensor([0.])")
asin: Callable[..., Tensor] = _complex(
    "asin", torch.asin, "The inverse of the sine", "[1.0]", "tensor([1.5708])"
)
acos: Callable[..., Tensor] = _complex(
    "acos", torch.acos, "The inverse of the cosine", "[1.0]", "tensor([0.])"
)
atan: Callable[..., Tensor] = _complex(
    "atan", torch.atan, "The inverse of the tangent", "[1.0]", "tensor([0.7854])"
)
sinh: Callable[..., Tensor] = _complex(
    "sinh", torch.sinh, "The hyperbolic sine", "[0.0]", "tensor([0.])"
)
cosh: Callable[..., Tensor] = _complex(
    "cosh", torch.cosh, "The hyperbolic cosine", "[0.0]", "tensor([1.])"
)
asinh: Callable[..., Tensor] = _complex(
    "asinh", torch.asinh, "The inverse of `sinh`", "[0.0]", "tensor([0.])"
)
acosh: Callable[..., Tensor] = _complex(
    "acosh", torch.acosh, "The inverse of `cosh`", "[1.0]", "tensor([0.])"
)
atanh: Callable[..., Tensor] = _complex(
    "atanh", torch.atanh, "The inverse of the tanh", "[0.0]", "tensor([0.])"
)
reciprocal: Callable[..., Tensor] = _complex(
    "reciprocal", torch.reciprocal, "``1 / x``", "[4.0]", "tensor([0.2500])"
)
floor: Callable[..., Tensor] = _function(
    "floor", torch.floor, "Rounded down", "[1.5]", "tensor([1.])"
)
ceil: Callable[..., Tensor] = _function("ceil", torch.ceil, "Rounded up", "[1.5]", "tensor([2.])")
rint: Callable[..., Tensor] = _function(
    "rint", torch.round, "Rounded, a half to even", "[2.5]", "tensor([2.])"
)
erf: Callable[..., Tensor] = _function(
    "erf", torch.erf, "The error function", "[0.0]", "tensor([0.])"
)
erfc: Callable[..., Tensor] = _function(
    "erfc", torch.erfc, "One less the error function", "[0.0]", "tensor([1.])"
)
erfinv: Callable[..., Tensor] = _function(
    "erfinv", torch.erfinv, "The inverse of `erf`", "[0.0]", "tensor([0.])"
)
ndtri: Callable[..., Tensor] = _function(
    "ndtri",
    torch.special.ndtri,
    "The quantiles of the normal distribution",
    "[0.5]",
    "tensor([0.])",
)
lgamma: Callable[..., Tensor] = _function(
    "lgamma", torch.lgamma, "The logarithm of the gamma function's size", "[1.0]", "tensor([0.])"
)
digamma: Callable[..., Tensor] = _function(
    "digamma", torch.digamma, "The derivative of `lgamma`", "[1.0]", "tensor([-0.5772])"
)
is_nan: Callable[..., Tensor] = _function(
    "is_nan", torch.isnan, "Where it is not a number", "[1.0]", "tensor([False])"
)
is_inf: Callable[..., Tensor] = _function(
    "is_inf", torch.isinf, "Where it is infinite", "[1.0]", "tensor([False])"
)
is_finite: Callable[..., Tensor] = _function(
    "is_finite", torch.isfinite, "Where it is a finite number", "[1.0]", "tensor([True])"
)
negative: Callable[..., Tensor] = _made(
    *("negative", torch.neg, _SIGNED, "signed numbers"),
    *("With the other sign", "[1, -2]", "tensor([-1,  2], dtype=torch.int32)"),
)
square: Callable[..., Tensor] = _made(
    *("square", torch.square, (*_FLOATS, *_WHOLE, *_UNSIGNED, *_COMPLEX), "numbers"),
    *("Times itself", "[1, -2]", "tensor([1, 4], dtype=torch.int32)"),
)


def absolute(x: Any, name: str | None = None) -> Tensor:
    """The absolute value, real also of complex numbers (tf.abs).

    >>> absolute([-1, 2]), absolute([3.0 + 4.0j])
    (tensor([1, 2], dtype=torch.int32), tensor([5.], dtype=torch.float64))

    Args:
        x: a tensor of signed numbers, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is another.
        ValueError: it is None.
    """
    if not isinstance(x, Tensor) or x.dtype not in _SIGNED:
        x = _given(x)
        of_dtype(x, "x", (*_FLOATS, *_WHOLE) if x.dtype not in _COMPLEX else _COMPLEX)
    return torch.abs(x)


def sign(x: Any, name: str | None = None) -> Tensor:
    """-1, 0 or 1; of a complex number that of size 1 in its direction (tf.sign).

    >>> sign([-5.0, 0.0, float("nan")])
    tensor([-1.,  0., nan])

    Args:
        x: a tensor of signed numbers, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is another.
        ValueError: it is None.
    """
    x = of_dtype(_given(x), "x", _SIGNED)
    if x.is_floating_point():
        # PyTorch says 0 of NaN.
        return torch.where(x.isnan(), x.detach(), x.sign())
    return torch.sgn(x)


def rounded(x: Any, name: str | None = None) -> Tensor:
    """Rounded to whole numbers, a half to the even one (tf.round).

    >>> rounded([0.5, 1.5, -2.5])
    tensor([ 0.,  2., -2.])

    Args:
        x: a tensor of real numbers, or what makes one. Integers are given back.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of bools or complex numbers.
        ValueError: it is None.
    """
    x = _given(x)
    if x.dtype == torch.bool or x.is_complex():
        of_dtype(x, "x", (*_FLOATS, *_WHOLE))
    return torch.round(x) if x.is_floating_point() else x


def erfcinv(x: Any, name: str | None = None) -> Tensor:
    """The inverse of `erfc` (tf.math.erfcinv).

    >>> erfcinv([0.5])
    tensor([0.4769])

    Args:
        x: a tensor of floats from 0 to 2, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is another.
        ValueError: it is None.
    """
    x = _given(x)
    if not x.is_floating_point() and not x.is_complex():
        raise TypeError(
            f"Expected {dtype_name(x.dtype)}, but got 0.5 of type 'float'. Convert it first: "
            "tf.cast(x, tf.float32)."
        )
    # erfinv(1 - x) would lose the digits of a small x.
    return ndtri(0.5 * of_dtype(x, "x", _FLOATS)) * -(0.5**0.5)  # type: ignore[no-any-return]


def log_sigmoid(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of the sigmoid (tf.log_sigmoid).

    >>> log_sigmoid([0.0])
    tensor([-0.6931])

    Args:
        x: a tensor of floats, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is another.
        ValueError: it is None.
    """
    x = _given(x)
    if x.dtype == torch.bool or x.dtype in _UNSIGNED:
        of_dtype(x, "x", _SIGNED)
    return F.logsigmoid(of_dtype(x, "features", _HALF_FIRST))


def _given(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if value is None:
        raise ValueError("None values not supported.")
    return as_tensor(value)
