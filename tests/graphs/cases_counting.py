"""Cases of counts."""

import numpy as np

from tests.graphs.kit import Case

VALUES = np.array([1, 3, 1, 0, 7, 3, 3], np.int32)
ROWS = np.array([[1, 3, 1], [0, 7, 3], [3, 3, 3]], np.int32)
WEIGHTS = np.array([0.5, 1.0, 2.0, 0.25, 3.0, 1.5, 0.125], np.float32)
NUMBERS = np.array([[-1.0, 0.0, 1.5], [2.0, 5.0, 15.0]], np.float32)
FIVE = np.int32(5)

CASES = [
    *(
        Case("Bincount", {"arr": arr, "size": FIVE, "weights": weights})
        for arr, weights in (
            (VALUES, WEIGHTS),
            (VALUES, np.zeros([0], np.float32)),
            (VALUES, np.zeros([0], np.int32)),
            (ROWS, np.arange(9, dtype=np.float64).reshape(3, 3)),
            (VALUES[:0], np.zeros([0], np.int64)),
        )
    ),
    *(
        Case(
            "DenseBincount",
            {"input": arr, "size": arr.dtype.type(5), "weights": weights},
            {"binary_output": binary},
        )
        for binary in (False, True)
        for arr, weights in (
            (VALUES, WEIGHTS),
            (VALUES, np.zeros([0], np.float32)),
            (ROWS.astype(np.int64), np.zeros([0], np.int32)),
            (ROWS, np.arange(9, dtype=np.float64).reshape(3, 3)),
        )
        if not (binary and weights.size)
    ),
    *(
        Case(
            "SparseBincount",
            {
                "indices": np.array([[0, 1], [0, 2], [2, 0], [2, 3]], np.int64),
                "values": np.array([1, 9, 3, 3], np.int64),
                "dense_shape": np.array([3, 4], np.int64),
                "size": np.int64(5),
                "weights": weights,
            },
            {"binary_output": binary},
        )
        for binary, weights in (
            (False, np.array([0.5, 2.0, 1.0, 4.0], np.float32)),
            (False, np.zeros([0], np.int32)),
            (True, np.zeros([0], np.int32)),
        )
    ),
    *(
        Case(
            "RaggedBincount",
            {
                "splits": np.array([0, 2, 2, 7], np.int64),
                "values": VALUES,
                "size": FIVE,
                "weights": weights,
            },
            {"binary_output": binary},
        )
        for binary, weights in (
            (False, WEIGHTS),
            (False, np.zeros([0], np.int32)),
            (True, np.zeros([0], np.float32)),
        )
    ),
    *(
        Case(
            "HistogramFixedWidth",
            {"values": NUMBERS, "value_range": np.array([0.0, 5.0], np.float32), "nbins": FIVE},
            {"dtype": dtype},
            constant=True,
        )
        for dtype in (np.int32, np.int64)
    ),
    *(
        Case("Bucketize", {"input": numbers}, {"boundaries": [0.0, 1.5, 10.0]})
        for numbers in (
            NUMBERS,
            NUMBERS.astype(np.float64),
            VALUES,
            VALUES.astype(np.int64),
            NUMBERS[:0],
        )
    ),
]
