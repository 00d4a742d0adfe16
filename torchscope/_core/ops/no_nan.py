"""Products and quotients that are 0 where a factor is, whatever the other: no NaN, nor in gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import COMPLEX_TOO, as_tensor, wanted
from torchscope._core.ops.arithmetic import MULTIPLIED, as_floats, refuse_as_div, refuse_as_truediv
from torchscope._core.ops.by_element import of_one, of_two

_COMPLEX = (torch.complex64, torch.complex128)
_HALF_FIRST = (torch.float16, torch.bfloat16, torch.float32, torch.float64, *_COMPLEX)


@of_two("DivNoNan", MULTIPLIED, refuse=refuse_as_truediv)
def _div_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    x, y = as_floats(x), as_floats(y)
    none = y == 0
    # To divide by 0 would make gradients NaN where nothing of them is taken.
    return (x / y.masked_fill(none, 1.0)).masked_fill(none, 0.0)


def div_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The quotient of two tensors, 0 where the divisor is 0 (tf.div_no_nan, tf.math.divide_no_nan).

    >>> div_no_nan([1.0, 2.0], [0.0, 4.0])
    tensor([0.0000, 0.5000])

    Args:
        x: a tensor of numbers, or what makes one, then of the dtype of `y`.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Returns:
        As in `truediv`.

    Raises:
        TypeError: as in `add`.
        ValueError: as in `add`.
    """
    if isinstance(y, Tensor) and not isinstance(x, Tensor):
        x = as_tensor(wanted("x", x), y, y.dtype)
    return _div_no_nan(x, y)  # type: ignore[no-any-return]


@of_two("MulNoNan", COMPLEX_TOO, refuse=refuse_as_div)
def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The product of two tensors, 0 where the second is 0, whatever the first (tf.math.multiply_no_nan).

    >>> multiply_no_nan([float("nan"), 2.0], [0.0, 4.0])
    tensor([0., 8.])

    Args:
        x: a tensor of floats or complex numbers, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes are of integers or bools.
        ValueError: the dtypes differ, or the shapes cannot be broadcast.
    """
    # The gradient of the second is the first, also where the product is 0.
    finite = torch.where(x.isfinite(), x, 0.0).detach()
    result: Tensor = torch.where(y == 0, finite, x) * y
    return result


@of_two("Xlogy", _HALF_FIRST)
def xlogy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """``x * log(y)``, 0 where x is 0 (tf.math.xlogy).

    >>> xlogy([0.0, 2.0], [0.0, 1.0])
    tensor([0., 0.])

    Args:
        x: a tensor of floats or complex numbers, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are others.
        ValueError: the shapes cannot be broadcast.
    """
    result: Tensor = x * torch.where(x == 0, 1.0, y).log()
    return result


@of_two("Xlog1py", _HALF_FIRST)
def xlog1py(x: Any, y: Any, name: str | None = None) -> Tensor:
    """``x * log(1 + y)``, 0 where x is 0 (tf.math.xlog1py).

    >>> xlog1py([0.0, 2.0], [-1.0, 0.0])
    tensor([0., 0.])

    Args:
        x: as in `xlogy`.
        y: as in `xlogy`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `xlogy`.
        ValueError: as in `xlogy`.
    """
    result: Tensor = x * torch.where(x == 0, 0.0, y).log1p()
    return result


@of_two("Xdivy", _HALF_FIRST)
def xdivy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """``x / y``, 0 where x is 0 (tf.math.xdivy).

    >>> xdivy([0.0, 2.0], [0.0, 4.0])
    tensor([0.0000, 0.5000])

    Args:
        x: as in `xlogy`.
        y: as in `xlogy`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `xlogy`.
        ValueError: as in `xlogy`.
    """
    none = x == 0
    return torch.where(none, 0.0, x / torch.where(none, 1.0, y))


@of_one((torch.float16, torch.float32, torch.bfloat16, torch.float64, *_COMPLEX))
def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """``1 / x``, and 0 where x is 0 (tf.math.reciprocal_no_nan).

    >>> reciprocal_no_nan([0.0, 4.0])
    tensor([0.0000, 0.2500])

    Args:
        x: a tensor of floats or complex numbers, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is another.
        ValueError: it is None.
    """
    none = x == 0
    # To divide by 0 would make the gradient NaN where nothing of it is taken.
    result: Tensor = x.masked_fill(none, 1.0).reciprocal().masked_fill(none, 0.0)
    return result
