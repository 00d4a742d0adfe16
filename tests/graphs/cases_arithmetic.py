"""Cases of arithmetic by element."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(0)
A = RANDOM.randn(3, 4).astype(np.float32)
B = RANDOM.randn(4).astype(np.float32)
C = RANDOM.randn(3, 1).astype(np.float64)
D = RANDOM.randn(1, 4).astype(np.float64)
H = np.array([[0.5, 1.5, -2.0], [3.0, -0.25, 8.0]], np.float16)
K = np.array([2.0, -1.0, 0.75], np.float16)
EMPTY = np.zeros([0, 4], np.float32)
I = np.array([[7, -7, 3], [-2, 5, 9]], np.int32)  # noqa: E741
J = np.array([2, -3, 4], np.int32)
Z = (RANDOM.randn(2, 3) + 1j * RANDOM.randn(2, 3)).astype(np.complex64)
W = (RANDOM.randn(3) + 1j * RANDOM.randn(3)).astype(np.complex64)
EDGES = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 2.5, -2.5, 0.5], np.float32)
INSIDE = np.array([[-0.9, -0.3, 0.0], [0.2, 0.5, 0.8]], np.float32)
ABOVE = np.array([[1.1, 1.5, 2.0], [3.0, 7.5, 20.0]], np.float32)
BITS = (np.int8, np.int16, np.int32, np.int64, np.uint8)


def _two(op, x, y, **said):
    return Case(op, {"x": x, "y": y}, **said)


def _one(op, x, **said):
    return Case(op, {"x": x}, **said)


_FLOATS = ("Sub", "Mul", "RealDiv", "Div", "Pow", "Maximum", "Minimum", "SquaredDifference")
_FLOATS += ("Add", "AddV2", "FloorDiv", "FloorMod", "TruncateDiv", "TruncateMod", "Mod", "DivNoNan")
_COMPLEX = ("Add", "AddV2", "Sub", "Mul", "RealDiv", "Div", "DivNoNan", "SquaredDifference")
_COMPLEX += ("MulNoNan", "Xdivy", "Pow")
_NOT_CONJUGATED = ("SquaredDifference", "MulNoNan", "Xdivy")
_WHOLE = ("Add", "AddV2", "Sub", "Mul", "Div", "FloorDiv", "FloorMod", "TruncateDiv", "TruncateMod")
_WHOLE += ("Mod", "Maximum", "Minimum", "SquaredDifference")
_NOT_OF_HALVES = ("Pow", "TruncateMod", "Mod")
_COMPARED = ("Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual")
_EVERYWHERE = ("Exp", "Expm1", "Sin", "Cos", "Sinh", "Cosh", "Tanh", "Asinh", "Atan", "Sigmoid")
_EVERYWHERE += ("Neg", "Abs", "Sign", "Square", "Floor", "Ceil", "Rint", "Round")
_POSITIVE = ("Sqrt", "Rsqrt", "Log", "Log1p", "Reciprocal", "Inv")
_OF_COMPLEX = ("Exp", "Sin", "Cos", "Sinh", "Cosh", "Tanh", "Sigmoid", "Neg", "Square", "Sqrt")
_OF_COMPLEX += ("Rsqrt", "Log", "Log1p", "Reciprocal", "Inv", "Expm1", "Sign", "Tan", "Asinh")
_OF_COMPLEX += ("Acosh", "Atanh")

CASES = [
    *(_two(op, A, B) for op in _FLOATS if op != "Pow"),
    *(_two(op, C, D) for op in _FLOATS if op != "Pow"),
    *(_two(op, EMPTY, B) for op in ("AddV2", "Mul", "Maximum")),
    *(_two(op, np.float32(2), A) for op in ("AddV2", "Sub", "RealDiv")),
    _two("Pow", np.abs(A), B),
    _two("Pow", A, np.array([2.0, 3.0, 0.0, 1.0], np.float32)),
    _two("Pow", I, np.abs(J)),
    # TensorFlow forgets to conjugate in some of the gradients of complex numbers.
    *(_two(op, Z, W, gradients=op not in _NOT_CONJUGATED) for op in _COMPLEX),
    *(_two(op, I, J) for op in _WHOLE),
    *(_two(op, I.astype(np.int64), J.astype(np.int64)) for op in _WHOLE),
    *(_two(op, np.int32(-7), np.int32(3)) for op in _WHOLE),
    *(_two(op, J, np.int32(3)) for op in _WHOLE),
    *(_two(op, x, y) for op in _COMPARED for x, y in ((A, B), (I, J), (J, np.int32(4)))),
    *(_two(op, Z, Z.conj()) for op in ("Equal", "NotEqual")),
    *(_two(op, np.int32(4), np.int32(4)) for op in _COMPARED),
    *(_two(op, EDGES, EDGES[::-1].copy()) for op in _COMPARED),
    *(
        Case(op, {"x": J, "y": np.arange(2, dtype=np.int32)}, {"incompatible_shape_error": False})
        for op in ("Equal", "NotEqual")
    ),
    *(_two(op, A > 0, B > 0) for op in ("LogicalAnd", "LogicalOr", "Equal", "NotEqual")),
    *(_two(op, np.True_, np.False_) for op in ("LogicalAnd", "LogicalOr")),
    _one("LogicalNot", A > 0),
    _one("LogicalNot", np.True_),
    Case("Atan2", {"y": A, "x": B}),
    Case("NextAfter", {"x1": A, "x2": B}),
    Case("NextAfter", {"x1": C, "x2": D}),
    *(
        _two(op, np.array([[0.0, 1.5], [2.0, 0.0]], np.float32), np.array([0.5, 3.0], np.float32))
        for op in ("MulNoNan", "Xdivy", "Xlogy", "Xlog1py", "DivNoNan")
    ),
    *(
        _two(op, np.array([0.0, 1.5], np.float32), np.array([0.0, 2.0], np.float32))
        for op in ("MulNoNan", "Xdivy", "Xlogy", "Xlog1py", "DivNoNan")
    ),
    *(_one(op, A) for op in _EVERYWHERE),
    *(_one(op, C) for op in _EVERYWHERE),
    *(_one(op, A.astype(np.float16), near=1e-2) for op in _EVERYWHERE if op != "Rint"),
    *(_two(op, H, K, near=1e-2) for op in _FLOATS if op not in _NOT_OF_HALVES),
    *(_one(op, np.abs(A) + 0.1) for op in _POSITIVE),
    *(_one(op, np.abs(C) + 0.1) for op in _POSITIVE),
    *(_one(op, Z, near=1e-4, gradients=op != "Sign") for op in _OF_COMPLEX),
    *(_one(op, INSIDE) for op in ("Asin", "Acos", "Atanh", "Tan")),
    _one("Acosh", ABOVE),
    *(_one(op, EDGES) for op in ("IsFinite", "IsInf", "IsNan")),
    *(
        _one(op, EDGES, gradients=False)
        for op in ("Abs", "Sign", "Floor", "Ceil", "Rint", "Round", "Exp", "Log", "Tanh", "Sqrt")
    ),
    *(_one(op, J) for op in ("Neg", "Abs", "Sign", "Square")),
    *(_one(op, np.int32(-3)) for op in ("Neg", "Abs", "Sign", "Square")),
    *(Case(op, {"inputs": [A, A + 1, A * 2]}) for op in ("AddN",)),
    Case("AddN", {"inputs": [Z]}),
    Case("AccumulateNV2", {"inputs": [A, A + 1]}, {"shape": [3, 4]}),
    Case(
        "ClipByValue", {"t": A, "clip_value_min": np.float32(-1), "clip_value_max": np.float32(0.5)}
    ),
    Case("ClipByValue", {"t": J, "clip_value_min": np.int32(-1), "clip_value_max": np.int32(3)}),
    # The larger is the least: what is above both is it as well.
    Case("ClipByValue", {"t": J, "clip_value_min": np.int32(3), "clip_value_max": np.int32(-1)}),
    Case(
        "ClipByValue",
        {"t": A, "clip_value_min": np.full_like(A, 0.5), "clip_value_max": np.full_like(A, -1)},
        gradients=False,
    ),
    *(
        Case("Cast", {"x": x}, {"DstT": to})
        for x in (A * 3, EDGES[5:], C, I, J.astype(np.int64), A > 0, np.int32(7), Z)
        for to in (np.float32, np.float64, np.int32, np.int64, np.uint8, np.bool_, np.complex64)
        if not (x is Z and to is np.uint8) and not (x.dtype.kind == "f" and to is np.uint8)
    ),
    *(
        _two(op, np.array([[1, 2, 77], [5, 100, 0]], dtype), np.array([3, 6, 2], dtype))
        for op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift")
        for dtype in BITS
    ),
    *(_one("Invert", np.array([0, 1, 77], dtype)) for dtype in BITS),
    *(_one("PopulationCount", np.array([0, 1, 77, 127], dtype)) for dtype in BITS),
    *(
        _one("PopulationCount", np.array([-1, -2, -128], dtype))
        for dtype in (np.int8, np.int16, np.int32, np.int64)
    ),
    _two("RightShift", np.array([-8, -1], np.int32), np.array([1, 3], np.int32)),
    Case("Complex", {"real": A, "imag": B}),
    Case("Complex", {"real": C, "imag": D}, {"Tout": np.complex128}),
    *(Case(op, {"input": Z}) for op in ("Real", "Imag", "Conj", "Angle")),
    *(
        Case(op, {"input": Z.astype(np.complex128)}, {"Tout": np.float64})
        for op in ("Real", "Imag", "Angle")
    ),
    _one("ComplexAbs", Z),
    Case("ApproximateEqual", {"x": A, "y": A + np.float32(1e-3)}, {"tolerance": 1e-2}),
    Case("ApproximateEqual", {"x": C, "y": C}),
]
