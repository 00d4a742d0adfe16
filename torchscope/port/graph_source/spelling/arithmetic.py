"""Arithmetic by element, comparisons, logic, products of matrices, and reductions over axes."""

from __future__ import annotations

from typing import Any

import torch

from torchscope.port.graph_source.constants import Constant, argument
from torchscope.port.graph_source.expressions import Binary, Call, Literal, Row, Unary
from torchscope.port.graph_source.spelling.given import Given, Spelling, plain


def _binary(operator: str, function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        if all(isinstance(each, Constant) for each in given.inputs):
            return Call(function, tuple(map(argument, given.inputs)))
        return Binary(operator, given.operand(0), given.operand(1))

    return spelled


def _matmul(given: Given) -> Any:
    said = given.attributes
    kind = said.get("Ta") or said.get("T", torch.float32)
    keywords = []
    for place, adjoint in (("a", "adj_x"), ("b", "adj_y")):
        if said.get(f"transpose_{place}") or said.get(adjoint):
            # The adjoint of real numbers is the same as what is transposed.
            word = "adjoint" if said.get(adjoint) and kind.is_complex else "transpose"
            keyword = f"{word}_{place}"
            keywords.append((keyword, Literal(True, keyword)))
    if said.get("Tout", kind) != kind:
        keywords.append(("output_type", Literal(said["Tout"], "dtype")))
    return Call("tf.matmul", (given.argument(0), given.argument(1)), tuple(keywords))


def _comparison(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        # That shapes which do not fit are unequal, TF1's functions cannot say.
        fitting = given.attributes.get("incompatible_shape_error", True)
        return plain(function)(given) if fitting else None

    return spelled


def _division(given: Given) -> Any:
    """Of integers as in C; tf.div rounds them down, as Python 2 did."""
    kind = given.attributes.get("T", torch.float32)
    whole = not (kind.is_floating_point or kind.is_complex)
    return plain("tf.truncatediv" if whole else "tf.div")(given)


def _sum(given: Given) -> Any:
    return Call("tf.add_n", (Row(tuple(map(argument, given.inputs))),))


def _reduction(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        axes = given.inputs[1]
        if isinstance(axes, Constant) and isinstance(axes.value, list) and len(axes.value) == 1:
            axes = Literal(axes.value[0], "axis")
        keep = (
            (("keepdims", Literal(True, "keepdims")),) if given.attributes.get("keep_dims") else ()
        )
        return Call(function, (given.argument(0), argument(axes)), keep)

    return spelled


SPELLINGS: dict[str, Spelling] = {
    "Add": _binary("+", "tf.add"),
    "AddV2": _binary("+", "tf.add"),
    "Sub": _binary("-", "tf.subtract"),
    "Mul": _binary("*", "tf.multiply"),
    "RealDiv": _binary("/", "tf.realdiv"),
    "FloorDiv": _binary("//", "tf.floordiv"),
    "FloorMod": _binary("%", "tf.floormod"),
    "Less": _binary("<", "tf.less"),
    "LessEqual": _binary("<=", "tf.less_equal"),
    "Greater": _binary(">", "tf.greater"),
    "GreaterEqual": _binary(">=", "tf.greater_equal"),
    "Equal": _comparison("tf.equal"),
    "NotEqual": _comparison("tf.not_equal"),
    "Neg": lambda given: Unary("-", given.operand(0)),
    "Maximum": plain("tf.maximum"),
    "Minimum": plain("tf.minimum"),
    "Pow": plain("tf.pow"),
    "Div": _division,
    "TruncateDiv": plain("tf.truncatediv"),
    "TruncateMod": plain("tf.truncatemod"),
    "Mod": plain("tf.truncatemod"),
    "SquaredDifference": plain("tf.squared_difference"),
    "DivNoNan": plain("tf.div_no_nan"),
    "LogicalAnd": plain("tf.logical_and"),
    "LogicalOr": plain("tf.logical_or"),
    "LogicalNot": plain("tf.logical_not"),
    "Abs": plain("tf.abs"),
    "Sign": plain("tf.sign"),
    "Square": plain("tf.square"),
    "Sqrt": plain("tf.sqrt"),
    "Rsqrt": plain("tf.rsqrt"),
    "Reciprocal": plain("tf.reciprocal"),
    "Inv": plain("tf.reciprocal"),
    "Exp": plain("tf.exp"),
    "Expm1": plain("tf.expm1"),
    "Log": plain("tf.log"),
    "Log1p": plain("tf.log1p"),
    "Sin": plain("tf.sin"),
    "Cos": plain("tf.cos"),
    "Tan": plain("tf.tan"),
    "Asin": plain("tf.asin"),
    "Acos": plain("tf.acos"),
    "Atan": plain("tf.atan"),
    "Atan2": plain("tf.atan2"),
    "Sinh": plain("tf.sinh"),
    "Cosh": plain("tf.cosh"),
    "Tanh": plain("tf.tanh"),
    "Asinh": plain("tf.asinh"),
    "Acosh": plain("tf.acosh"),
    "Atanh": plain("tf.atanh"),
    "Sigmoid": plain("tf.sigmoid"),
    "Erf": plain("tf.erf"),
    "Floor": plain("tf.floor"),
    "Ceil": plain("tf.ceil"),
    "Round": plain("tf.round"),
    "Rint": plain("tf.rint"),
    "IsFinite": plain("tf.is_finite"),
    "IsNan": plain("tf.is_nan"),
    "IsInf": plain("tf.is_inf"),
    "Complex": plain("tf.complex"),
    "Conj": plain("tf.conj"),
    "Real": plain("tf.real"),
    "Imag": plain("tf.imag"),
    "Angle": plain("tf.angle"),
    "ComplexAbs": plain("tf.abs"),
    "BitwiseAnd": plain("tf.bitwise.bitwise_and"),
    "BitwiseOr": plain("tf.bitwise.bitwise_or"),
    "BitwiseXor": plain("tf.bitwise.bitwise_xor"),
    "Invert": plain("tf.bitwise.invert"),
    "LeftShift": plain("tf.bitwise.left_shift"),
    "RightShift": plain("tf.bitwise.right_shift"),
    "Xdivy": plain("tf.math.xdivy"),
    "Xlogy": plain("tf.math.xlogy"),
    "Xlog1py": plain("tf.math.xlog1py"),
    "MulNoNan": plain("tf.math.multiply_no_nan"),
    "NextAfter": plain("tf.math.nextafter"),
    "ClipByValue": plain("tf.clip_by_value"),
    "Cast": lambda g: Call("tf.cast", (g.argument(0), Literal(g.attributes["DstT"], "dtype"))),
    "AddN": _sum,
    "AccumulateNV2": _sum,
    "Einsum": lambda g: Call(
        "tf.einsum", (Literal(g.attributes["equation"], "equation"), *map(argument, g.inputs))
    ),
    "MatMul": _matmul,
    "BatchMatMul": _matmul,
    "BatchMatMulV2": _matmul,
    "BatchMatMulV3": _matmul,
    "ArgMax": plain("tf.argmax", output_type=torch.int64),
    "ArgMin": plain("tf.argmin", output_type=torch.int64),
    "Cumsum": plain("tf.cumsum", exclusive=False, reverse=False),
    "Cumprod": plain("tf.cumprod", exclusive=False, reverse=False),
    "CumulativeLogsumexp": plain("tf.math.cumulative_logsumexp", exclusive=False, reverse=False),
    "L2Loss": plain("tf.nn.l2_loss"),
    **{
        op: _reduction(f"tf.{function}")
        for op, function in {
            "Sum": "reduce_sum",
            "Mean": "reduce_mean",
            "Prod": "reduce_prod",
            "Max": "reduce_max",
            "Min": "reduce_min",
            "All": "reduce_all",
            "Any": "reduce_any",
            "EuclideanNorm": "math.reduce_euclidean_norm",
        }.items()
    },
}
