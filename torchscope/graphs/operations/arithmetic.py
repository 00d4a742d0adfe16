"""Arithmetic by element, comparisons, logic, and what computes numbers from one tensor.

The gradients of SquaredDifference, MulNoNan, Xdivy and Sign of complex numbers are those of mathematics: TensorFlow's are
not conjugated, or are 0.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.ops.sizes import Sizes, tensor_of
from torchscope.graphs.operations.table import TABLE, op

_BY_ELEMENT: dict[tuple[str, ...], Callable[..., Any]] = {
    ("Add", "AddV2"): tf.add,
    ("Sub",): tf.subtract,
    ("Mul",): tf.multiply,
    ("RealDiv",): tf.realdiv,
    ("FloorDiv",): tf.floordiv,
    ("FloorMod",): tf.floormod,
    ("Pow",): tf.pow,
    ("Maximum",): tf.maximum,
    ("Minimum",): tf.minimum,
    ("SquaredDifference",): tf.squared_difference,
    ("Atan2",): tf.atan2,
    ("DivNoNan",): tf.div_no_nan,
    ("MulNoNan",): tf.math.multiply_no_nan,
    ("Xdivy",): tf.math.xdivy,
    ("Xlogy",): tf.math.xlogy,
    ("Xlog1py",): tf.math.xlog1py,
    ("Sign",): tf.sign,
    ("Sqrt",): tf.sqrt,
    ("Rsqrt",): tf.rsqrt,
    ("Reciprocal", "Inv"): tf.reciprocal,
    ("Exp",): tf.exp,
    ("Expm1",): tf.expm1,
    ("Log",): tf.log,
    ("Log1p",): tf.log1p,
    ("Sin",): tf.sin,
    ("Cos",): tf.cos,
    ("Tan",): tf.tan,
    ("Asin",): tf.asin,
    ("Acos",): tf.acos,
    ("Atan",): tf.atan,
    ("Sinh",): tf.sinh,
    ("Cosh",): tf.cosh,
    ("Tanh",): tf.tanh,
    ("Asinh",): tf.asinh,
    ("Acosh",): tf.acosh,
    ("Atanh",): tf.atanh,
    ("Sigmoid",): tf.sigmoid,
    ("Floor",): tf.floor,
    ("Ceil",): tf.ceil,
    ("Rint",): tf.rint,
    ("Round",): tf.round,
    ("IsFinite",): tf.is_finite,
    ("IsInf",): tf.is_inf,
    ("IsNan",): tf.is_nan,
    ("BitwiseAnd",): tf.bitwise.bitwise_and,
    ("BitwiseOr",): tf.bitwise.bitwise_or,
    ("BitwiseXor",): tf.bitwise.bitwise_xor,
    ("LeftShift",): tf.bitwise.left_shift,
    ("RightShift",): tf.bitwise.right_shift,
    ("Invert",): tf.bitwise.invert,
    ("Complex",): tf.complex,
    ("ComplexAbs",): tf.complex_abs,
    ("Real",): tf.real,
    ("Imag",): tf.imag,
    ("Conj",): tf.conj,
    ("Angle",): tf.angle,
}


def _of_one_dtype(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function, for which an integer that is known has the dtype of the tensor after it."""

    def of_tensors(*inputs: Any) -> Any:
        if type(inputs[0]) is int and isinstance(inputs[-1], Tensor):
            first = tensor_of(inputs[0], inputs[-1].dtype, inputs[-1].device)
            return function(first, *inputs[1:])
        return function(*inputs)

    return of_tensors


for _types, _function in _BY_ELEMENT.items():
    op(*_types)(_of_one_dtype(_function))


# Integers that are known stay such: the turns of a loop are counted without a device.


def _is_known(*given: Any) -> bool:
    return all(isinstance(each, int | Sizes) for each in given)


def _divided(truncated: Callable[..., Any], floored: Callable[..., Any], x: Any, y: Any) -> Any:
    if _is_known(x, y):
        numbers = [*(x if type(x) is Sizes else [x]), *(y if type(y) is Sizes else [y])]
        # So rounded, these are rounded down.
        if min(numbers, default=0) >= 0:
            return floored(x, y)
    return _of_one_dtype(truncated)(x, y)


@op("TruncateDiv")
def _truncatediv(x: Any, y: Any) -> Any:
    return _divided(tf.truncatediv, tf.floordiv, x, y)


@op("TruncateMod", "Mod")
def _truncatemod(x: Any, y: Any) -> Any:
    return _divided(tf.truncatemod, tf.floormod, x, y)


@op("Div")
def _div(x: Any, y: Any) -> Any:
    """As C++ divides: integers are rounded towards 0."""
    given = x if isinstance(x, Tensor) else y
    if isinstance(given, Tensor) and (given.is_floating_point() or given.is_complex()):
        return tf.realdiv(x, y)
    return _truncatediv(x, y)


@op("Neg")
def _neg(x: Any) -> Any:
    return tf.subtract(0, x) if _is_known(x) else tf.negative(x)


@op("Abs")
def _abs(x: Any) -> Any:
    return tf.maximum(x, tf.subtract(0, x)) if _is_known(x) else tf.abs(x)


@op("Square")
def _square(x: Any) -> Any:
    return tf.multiply(x, x) if _is_known(x) else tf.square(x)


@op("AddN", "AccumulateNV2")
def _add_n(*inputs: Any) -> Any:
    if _is_known(*inputs):
        return functools.reduce(tf.add, inputs)
    return _of_one_dtype(lambda *each: tf.add_n(list(each)))(*inputs)


@op("LogicalAnd")
def _and(x: Any, y: Any) -> Any:
    return x and y if type(x) is bool and type(y) is bool else tf.logical_and(x, y)


@op("LogicalOr")
def _or(x: Any, y: Any) -> Any:
    return x or y if type(x) is bool and type(y) is bool else tf.logical_or(x, y)


@op("LogicalNot")
def _not(x: Any) -> Any:
    return not x if type(x) is bool else tf.logical_not(x)


@op("Less")
def _less(x: Any, y: Any) -> Any:
    return x < y if type(x) is int and type(y) is int else _of_one_dtype(tf.less)(x, y)


@op("LessEqual")
def _less_equal(x: Any, y: Any) -> Any:
    return x <= y if type(x) is int and type(y) is int else _of_one_dtype(tf.less_equal)(x, y)


@op("Greater")
def _greater(x: Any, y: Any) -> Any:
    return x > y if type(x) is int and type(y) is int else _of_one_dtype(tf.greater)(x, y)


@op("GreaterEqual")
def _greater_equal(x: Any, y: Any) -> Any:
    return x >= y if type(x) is int and type(y) is int else _of_one_dtype(tf.greater_equal)(x, y)


@op("Equal")
def _equal(x: Any, y: Any, *, incompatible_shape_error: bool = True) -> Any:
    return _compared(tf.equal, x, y, otherwise=False, strict=incompatible_shape_error)


@op("NotEqual")
def _not_equal(x: Any, y: Any, *, incompatible_shape_error: bool = True) -> Any:
    return _compared(tf.not_equal, x, y, otherwise=True, strict=incompatible_shape_error)


def _compared(compare: Any, x: Any, y: Any, *, otherwise: bool, strict: bool) -> Any:
    if type(x) is int and type(y) is int:
        return (x != y) if otherwise else (x == y)
    if not strict:
        first, second = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
        try:
            torch.broadcast_shapes(first.shape, second.shape)  # type: ignore[no-untyped-call]
        except RuntimeError:
            return otherwise
    return _of_one_dtype(compare)(x, y)


@op("Cast")
def _cast(x: Any, *, DstT: Any, Truncate: bool = False) -> Any:  # noqa: N803 - TensorFlow's names
    return int(x) if type(x) is bool and DstT == torch.int32 else tf.cast(x, DstT)


@op("ClipByValue")
def _clip_by_value(t: Any, low: Any, high: Any) -> Any:
    return tf.clip_by_value(t, low, high)


@op("ApproximateEqual")
def _approximate_equal(x: Any, y: Any, *, tolerance: float = 0.00001) -> Any:
    return tf.abs(tf.subtract(x, y)) < tolerance


class _NextAfter(torch.autograd.Function):
    """The next float, whose gradient is that of the number before it: PyTorch has none."""

    @staticmethod
    def forward(ctx: Any, x1: Tensor, x2: Tensor) -> Tensor:
        ctx.shapes = x1.shape, x2.shape
        return torch.nextafter(x1, x2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        first, second = ctx.shapes
        return gradients[0].sum_to_size(first), gradients[0].new_zeros(second)


@op("NextAfter")
def _next_after(x1: Any, x2: Any) -> Any:
    found: Tensor = _NextAfter.apply(x1, x2)  # type: ignore[no-untyped-call]
    return found


@op("PopulationCount")
def _population_count(x: Any) -> Any:
    bits = tf.convert_to_tensor(x)
    width = 8 * bits.element_size()
    # Sums of ever more bits, side by side.
    found = bits.to(torch.int64)
    if width < 64:
        found = found & ((1 << width) - 1)
    found = found - ((found >> 1) & 0x5555555555555555)
    found = (found & 0x3333333333333333) + ((found >> 2) & 0x3333333333333333)
    found = (found + (found >> 4)) & 0x0F0F0F0F0F0F0F0F
    for shift in (8, 16, 32):
        found = found + (found >> shift)
    return (found & 0x7F).to(torch.uint8)


@op("_UnaryOpsComposition")
def _in_turn(x: Any, *, op_names: list[str]) -> Any:
    """Functions of one tensor, one after the other: what TensorFlow's optimizer makes of such nodes."""
    for name in op_names:
        x = TABLE[name].function(x)
    return x
