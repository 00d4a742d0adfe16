"""Cases of matrices."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(6)
NEAR = 1e-4


def _complex(array):
    return (array + 1j * RANDOM.randn(*array.shape)).astype(np.complex64)


WIDE = RANDOM.randn(2, 3, 4).astype(np.float32)
TALL = RANDOM.randn(2, 4, 3).astype(np.float32)
SQUARE = (RANDOM.randn(2, 3, 3) + 3 * np.eye(3)).astype(np.float32)
RIGHT = RANDOM.randn(2, 3, 2).astype(np.float32)
DEFINITE = (SQUARE @ SQUARE.transpose(0, 2, 1)).astype(np.float32)
FACTOR = np.tril(np.linalg.cholesky(DEFINITE)).astype(np.float32)
WHOLE = RANDOM.randint(-5, 5, [3, 4]).astype(np.int32)
ROW = RANDOM.randn(2, 3).astype(np.float32)
BANDS = RANDOM.randn(2, 3, 3).astype(np.float32)
BANDED = RANDOM.randn(2, 2, 4).astype(np.float32) + np.array([[[3.0], [0.0]]], np.float32)
BANDED_ABOVE = BANDED[:, ::-1].copy()
TRIDIAGONAL = (RANDOM.randn(2, 3, 4) + np.array([[0.0], [4.0], [0.0]])).astype(np.float32)
OF_FOUR = RANDOM.randn(2, 4, 2).astype(np.float32)
ALIGNED = ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT")


def _k(*given):
    return np.array(given[0] if len(given) == 1 else given, np.int32)


def _half(array):
    return array.astype(np.float16)


def _double(array):
    return array.astype(np.float64)


def _diag(op, diagonal, k, rows=-1, columns=-1, gradients=True, **said):
    inputs = {"diagonal": diagonal, "k": k, "num_rows": np.int32(rows)}
    inputs |= {"num_cols": np.int32(columns), "padding_value": diagonal.dtype.type(2)}
    return Case(op, inputs, said, gradients=gradients)


CASES = [
    # Diagonals
    *(Case("Diag", {"diagonal": each}) for each in (ROW, ROW[0], WHOLE[0], _complex(ROW))),
    *(Case("DiagPart", {"input": each}) for each in (SQUARE[0], WHOLE[:, :3])),
    Case("DiagPart", {"input": RANDOM.randn(2, 3, 2, 3).astype(np.float32)}),
    *(
        Case("MatrixBandPart", {"input": matrix, "num_lower": to(lower), "num_upper": to(upper)})
        for matrix in (WIDE, TALL, WHOLE, _complex(SQUARE))
        for lower, upper in ((-1, 0), (0, -1), (1, 1), (-1, -1), (0, 0), (2, 0))
        for to in ((np.int32, np.int64) if matrix is WIDE else (np.int64,))
    ),
    *(Case("MatrixDiag", {"diagonal": each}) for each in (ROW, ROW[0], WHOLE)),
    *(Case("MatrixDiagPart", {"input": each}) for each in (SQUARE, WIDE, TALL, WHOLE)),
    *(
        Case("MatrixSetDiag", {"input": each, "diagonal": diagonal})
        for each, diagonal in ((SQUARE, ROW), (WIDE, ROW), (TALL, ROW), (WHOLE, WHOLE[0, :3]))
    ),
    *(
        _diag(f"MatrixDiag{version}", diagonal, k, rows, columns, **said)
        for version, said in (("V2", {}), *(("V3", {"align": each}) for each in ALIGNED))
        for diagonal, k, rows, columns in (
            (ROW, _k(0), -1, -1),
            (ROW, _k(1), -1, -1),
            (ROW, _k(-2), -1, -1),
            (ROW, _k(0), 3, 5),
            (WIDE, _k(-1, 1), -1, -1),
            (WIDE, _k(-1, 1), 4, 5),
            (WHOLE, _k(-2, 0), -1, -1),
        )
        if version == "V3" or k.size == 1
    ),
    *(
        Case(
            f"MatrixDiagPart{version}",
            {"input": each, "k": k, "padding_value": each.dtype.type(2)},
            said,
        )
        for version, said in (("V2", {}), *(("V3", {"align": each}) for each in ALIGNED))
        for each in (WIDE, TALL, WHOLE)
        for k in (_k(0), _k(1), _k(-1), _k(-1, 1), _k(-2, 0), _k(0, 2))
        if version == "V3" or k.size == 1
    ),
    *(
        Case(
            f"MatrixSetDiag{version}",
            {"input": each, "diagonal": diagonal, "k": k},
            said,
            fed=k.size == 1,
        )
        for version, said in (("V2", {}), *(("V3", {"align": each}) for each in ALIGNED))
        for each, diagonal, k in (
            (WIDE, ROW, _k(0)),
            (WIDE, ROW, _k(1)),
            (TALL, ROW, _k(-1)),
            (SQUARE, BANDS, _k(-1, 1)),
        )
        if version == "V3" or k.size == 1
    ),
    # TensorFlow's gradients of these take the other alignment.
    _diag("MatrixDiagV2", WIDE, _k(-1, 1), gradients=False),
    Case(
        "MatrixDiagPartV2",
        {"input": WIDE, "k": _k(-1, 1), "padding_value": np.float32(2)},
        gradients=False,
    ),
    Case(
        "MatrixSetDiagV2",
        {"input": SQUARE, "diagonal": BANDS, "k": _k(-1, 1)},
        gradients=False,
        fed=False,
    ),
    # Products
    *(
        Case(
            "MatMul",
            {
                "a": RANDOM.randn(*((3, 2) if first else (2, 3))).astype(dtype),
                "b": RANDOM.randn(*((4, 3) if second else (3, 4))).astype(dtype),
            },
            {"transpose_a": first, "transpose_b": second},
        )
        for first in (False, True)
        for second in (False, True)
        for dtype in (np.float32, np.float64)
    ),
    Case("MatMul", {"a": WHOLE, "b": WHOLE.T.copy()}),
    Case("MatMul", {"a": _half(WIDE[0]), "b": _half(TALL[0])}, near=1e-2),
    Case(
        "BatchMatMulV3",
        {"x": WHOLE.astype(np.int8), "y": WHOLE.T.astype(np.int8)},
        {"Tout": np.int32},
    ),
    Case("MatMul", {"a": _complex(WIDE[0]), "b": _complex(TALL[0])}, near=NEAR),
    Case("MatMul", {"a": WIDE[0][:, :0], "b": TALL[0][:0]}),
    *(
        Case(
            "SparseMatMul",
            {
                "a": WIDE[0].T.copy() if first else WIDE[0],
                "b": TALL[0].T.copy() if second else TALL[0],
            },
            {"transpose_a": first, "transpose_b": second, "a_is_sparse": True},
        )
        for first in (False, True)
        for second in (False, True)
    ),
    *(
        Case(
            op,
            {
                "x": x.swapaxes(-1, -2).copy() if first else x,
                "y": y.swapaxes(-1, -2).copy() if second else y,
            },
            {"adj_x": first, "adj_y": second}
            | ({"Tout": x.dtype.type} if op.endswith("V3") else {}),
            near=NEAR,
        )
        for op in ("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
        for first in (False, True)
        for second in (False, True)
        for x, y in ((WIDE, TALL), (_complex(WIDE), _complex(TALL)))
    ),
    *(
        Case(op, {"x": WIDE[:1], "y": TALL}, {"Tout": np.float32} if op.endswith("V3") else {})
        for op in ("BatchMatMulV2", "BatchMatMulV3")
    ),
    Case("BatchMatMulV2", {"x": WIDE, "y": TALL[0]}),
    *(
        Case("Einsum", {"inputs": list(inputs)}, {"equation": equation}, near=NEAR)
        for equation, inputs in (
            ("bij,bjk->bik", (WIDE, TALL)),
            ("bij,bjk->ik", (WIDE, TALL)),
            ("...ij,...jk->...ik", (WIDE, TALL)),
            ("bij->bji", (WIDE,)),
            ("bij->b", (WIDE,)),
            ("bii->bi", (SQUARE,)),
            ("bii->b", (SQUARE,)),
            ("ij,j->i", (WIDE[0], OF_FOUR[0, :, 0])),
            ("i,j->ij", (ROW[0], ROW[1])),
            ("bfd,dnh->bfnh", (WIDE, RANDOM.randn(4, 2, 3).astype(np.float32))),
            ("bij,bij->", (WIDE, WIDE)),
            ("bij,bjk->bik", (_complex(WIDE), _complex(TALL))),
        )
    ),
    *(
        Case("Cross", {"a": each, "b": each[::-1].copy() + each.dtype.type(1)})
        for each in (ROW, WHOLE[:2, :3])
    ),
    Case(
        "TridiagonalMatMul",
        {
            "superdiag": TRIDIAGONAL[:, :1],
            "maindiag": TRIDIAGONAL[:, 1:2],
            "subdiag": TRIDIAGONAL[:, 2:],
            "rhs": OF_FOUR,
        },
    ),
    # Systems
    *(
        Case("MatrixInverse", {"input": numbers}, {"adjoint": adjoint}, near=NEAR)
        for numbers in (SQUARE, _double(SQUARE), _complex(SQUARE))
        for adjoint in (False, True)
    ),
    *(
        Case(op, {"matrix": numbers, "rhs": right}, {"adjoint": adjoint}, near=NEAR)
        for op in ("MatrixSolve", "MatrixTriangularSolve")
        for numbers, right in (
            (SQUARE, RIGHT),
            (_double(SQUARE), _double(RIGHT)),
            (_complex(SQUARE), _complex(RIGHT)),
        )
        for adjoint in (False, True)
    ),
    *(
        Case(
            "MatrixTriangularSolve",
            {"matrix": each, "rhs": RIGHT},
            {"lower": lower, "adjoint": adjoint},
            near=NEAR,
        )
        for each in (SQUARE, SQUARE[:1])
        for lower in (False, True)
        for adjoint in (False, True)
    ),
    *(
        Case(
            "BandedTriangularSolve",
            {"matrix": each, "rhs": OF_FOUR},
            {"lower": lower, "adjoint": adjoint},
            near=NEAR,
        )
        for lower, each in ((True, BANDED), (False, BANDED_ABOVE))
        for adjoint in (False, True)
    ),
    *(
        Case("TridiagonalSolve", {"diagonals": diagonals, "rhs": right}, near=NEAR)
        for diagonals, right in (
            (TRIDIAGONAL, OF_FOUR),
            (_double(TRIDIAGONAL), _double(OF_FOUR)),
            (TRIDIAGONAL[:, :, :1], OF_FOUR[:, :1]),
        )
    ),
    Case(
        "TridiagonalSolve",
        {"diagonals": TRIDIAGONAL, "rhs": OF_FOUR},
        {"partial_pivoting": False},
        near=NEAR,
    ),
    *(
        Case(
            "MatrixSolveLs",
            {"matrix": each, "rhs": right, "l2_regularizer": np.float64(by)},
            {"fast": fast},
            near=1e-3,
            gradients=fast,
            fed=not fast,
        )
        for each, right in ((TALL, OF_FOUR), (WIDE, RIGHT))
        for by, fast in ((0.5, True), (0.0, True), (0.0, False))
    ),
    # Factors
    Case("Cholesky", {"input": DEFINITE}, near=1e-3),
    Case("Cholesky", {"input": _double(DEFINITE)}),
    Case("Cholesky", {"input": DEFINITE + _complex(0 * DEFINITE)}, near=1e-2, gradients=False),
    Case("Cholesky", {"input": DEFINITE[:0]}, gradients=False),
    Case("CholeskyGrad", {"l": FACTOR, "grad": SQUARE}, near=NEAR),
    Case("MatrixDeterminant", {"input": SQUARE}, near=NEAR),
    # TensorFlow's gradient of a complex one is not conjugated.
    Case("MatrixDeterminant", {"input": _complex(SQUARE)}, near=NEAR, gradients=False),
    *(
        Case("LogMatrixDeterminant", {"input": each}, near=NEAR)
        for each in (SQUARE, -SQUARE, _double(SQUARE))
    ),
    *(
        Case(
            "Qr",
            {"input": each},
            {"full_matrices": full},
            near=NEAR,
            gradients=not full or each is SQUARE,
        )
        for each in (TALL, WIDE, SQUARE, _double(TALL))
        for full in (False, True)
    ),
    *(
        Case("Lu", {"input": each}, {"output_idx_type": to}, near=NEAR)
        for each in (SQUARE, BANDS)
        for to in (np.int32, np.int64)
    ),
    Case("MatrixSquareRoot", {"input": DEFINITE}, near=1e-3),
    Case("MatrixSquareRoot", {"input": _double(DEFINITE)}),
    Case("MatrixLogarithm", {"input": DEFINITE.astype(np.complex64)}, near=NEAR),
]
