"""Cases of what is found at places and put there."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(2)
A = RANDOM.randn(5, 4).astype(np.float32)
U = RANDOM.randn(3, 4).astype(np.float32)
TIED = np.array([[1, 3, 3, 2, 3], [0, 0, 1, 1, -1]], np.float32)
PLACES = np.array([[1], [3], [1]], np.int32)
PAIRS = np.array([[1, 0], [3, 2], [0, 3]], np.int64)
MANY = np.array([3, 1, 3, 3, 7, 1], np.int32)
ROWS = np.array([[3, 1], [0, 1], [3, 1], [0, 0]], np.int32)
SORTED = np.sort(RANDOM.randn(2, 6).astype(np.float32), -1)
STITCHED = {
    "indices": [np.int32(4), np.array([[0, 2], [1, 3]], np.int32)],
    "data": [U[0], RANDOM.randn(2, 2, 4).astype(np.float32)],
}


def _axis(*axes: int) -> np.ndarray:
    return np.array(axes, np.int64)


CASES = [
    Case("Where", {"condition": A > 0}),
    Case("Where", {"condition": np.array([0.0, 2.0, -1.0], np.float32)}),
    Case("Where", {"condition": np.zeros([2, 0], np.bool_)}),
    Case("UnravelIndex", {"indices": np.array([22, 41, 37]), "dims": np.array([7, 6])}),
    Case("UnravelIndex", {"indices": np.int32(22), "dims": np.array([7, 6], np.int32)}),
    # Scattered
    Case("ScatterNd", {"indices": PLACES, "updates": U, "shape": np.array([5, 4], np.int32)}),
    Case("ScatterNd", {"indices": PAIRS, "updates": U[:, 0], "shape": np.array([5, 4])}),
    Case("ScatterNd", {"indices": PAIRS, "updates": MANY[:3], "shape": np.array([5, 4])}),
    *(
        Case(op, {"tensor": A, "indices": PAIRS, "updates": U[:, 0]})
        for op in (
            "TensorScatterUpdate",
            "TensorScatterAdd",
            "TensorScatterSub",
            "TensorScatterMin",
            "TensorScatterMax",
        )
    ),
    *(
        Case(op, {"tensor": A, "indices": PLACES, "updates": U})
        for op in ("TensorScatterAdd", "TensorScatterSub", "TensorScatterMin", "TensorScatterMax")
    ),
    Case("ScatterNdNonAliasingAdd", {"input": A, "indices": PLACES, "updates": U}),
    # TensorFlow changes the array that it is fed.
    *(
        Case(op, {"x": A, "i": np.array([3, 0, 2], np.int32), "v": U}, constant=True)
        for op in ("InplaceAdd", "InplaceSub", "InplaceUpdate")
    ),
    # Taken apart and stitched
    Case(
        "DynamicPartition",
        {"data": A, "partitions": np.array([0, 2, 0, 2, 2], np.int32)},
        {"num_partitions": 3},
    ),
    Case("DynamicPartition", {"data": ROWS, "partitions": ROWS}, {"num_partitions": 4}),
    Case("DynamicStitch", STITCHED),
    Case("ParallelDynamicStitch", STITCHED),
    # What occurs once
    Case("Unique", {"x": MANY}),
    Case("Unique", {"x": TIED[0]}, {"out_idx": np.int64}),
    Case("Unique", {"x": MANY[:0]}),
    Case("UniqueWithCounts", {"x": MANY}),
    Case("UniqueV2", {"x": MANY, "axis": _axis()}),
    Case("UniqueV2", {"x": ROWS, "axis": _axis(0)}),
    Case("UniqueV2", {"x": ROWS, "axis": _axis(1)}),
    Case("UniqueWithCountsV2", {"x": ROWS, "axis": _axis(0)}, {"out_idx": np.int64}),
    Case("UniqueWithCountsV2", {"x": MANY, "axis": _axis()}),
    Case("ListDiff", {"x": MANY, "y": MANY[:1]}),
    # Sorted
    *(
        Case(op, {"sorted_inputs": SORTED, "values": SORTED[:, ::2]}, {"out_type": dtype})
        for op in ("LowerBound", "UpperBound")
        for dtype in (np.int32, np.int64)
    ),
    Case("TopKV2", {"input": A, "k": np.int32(2)}),
    Case("TopKV2", {"input": TIED, "k": np.int32(5)}),
    Case("TopKV2", {"input": MANY, "k": np.int32(3)}, {"index_type": np.int64}),
    Case("ApproxTopK", {"input": A}, {"k": 3}, constant=True),
    Case("InTopKV2", {"predictions": A, "targets": np.array([0, 3, 1, 2, 2]), "k": np.array(2)}),
    Case("InTopK", {"predictions": TIED, "targets": np.array([3, 1], np.int32)}, {"k": 3}),
    Case("NthElement", {"input": A, "n": np.int32(1)}),
    Case("NthElement", {"input": TIED, "n": np.int32(1)}, {"reverse": True}),
    Case("NthElement", {"input": ROWS, "n": np.int32(0)}),
    # Other dtypes, and sizes at the edge
    *(
        Case("Where", {"condition": given})
        for given in (A > 9, MANY - 3, A.astype(np.float64), (A > 0) * 1j)
    ),
    *(
        Case(op, {"tensor": tensor, "indices": PLACES[:2], "updates": tensor[3:]})
        for op in (
            "TensorScatterUpdate",
            "TensorScatterAdd",
            "TensorScatterSub",
            "TensorScatterMin",
            "TensorScatterMax",
        )
        for tensor in (A.astype(np.float64), (9 * A).astype(np.int64), (9 * A).astype(np.int32))
    ),
    Case("TensorScatterUpdate", {"tensor": A > 0, "indices": PLACES[:2], "updates": A[:2] < 0}),
    Case("TensorScatterAdd", {"tensor": A, "indices": PLACES[:0], "updates": A[:0]}),
    Case(
        "ScatterNd", {"indices": PLACES[:0], "updates": U[:0], "shape": np.array([5, 4], np.int32)}
    ),
    Case("ScatterNd", {"indices": PLACES, "updates": U > 0, "shape": np.array([5, 4], np.int32)}),
    Case("DynamicPartition", {"data": A[:0], "partitions": MANY[:0]}, {"num_partitions": 2}),
    Case("DynamicPartition", {"data": MANY, "partitions": MANY}, {"num_partitions": 8}),
    Case("DynamicStitch", {"indices": [MANY[:2], MANY[2:3]], "data": [A[:2] > 0, A[2:3] > 0]}),
    Case("DynamicStitch", {"indices": [MANY[:2], MANY[1:2]], "data": [MANY[:2], MANY[2:3]]}),
    Case("DynamicStitch", {"indices": [MANY[:0]], "data": [A[:0]]}),
    Case("Unique", {"x": np.array([2, 1, 2])}),
    Case("Unique", {"x": np.array([2, 1, 2], np.uint8)}),
    Case("UniqueV2", {"x": TIED, "axis": _axis(1)}),
    Case("UniqueWithCounts", {"x": MANY[:0]}, {"out_idx": np.int64}),
    Case("ListDiff", {"x": TIED[0], "y": TIED[0, :2]}, {"out_idx": np.int64}),
    Case("ListDiff", {"x": np.array([5, 6, 7]), "y": np.array([6])}),
    Case("ListDiff", {"x": MANY, "y": MANY[:0]}),
    Case(
        "LowerBound", {"sorted_inputs": np.array([[1, 3, 3, 9]]), "values": np.array([[3, 0, 10]])}
    ),
    Case(
        "UpperBound", {"sorted_inputs": np.array([[1, 3, 3, 9]]), "values": np.array([[3, 0, 10]])}
    ),
    Case("TopKV2", {"input": A.astype(np.float64), "k": np.int32(0)}),
    Case("TopKV2", {"input": (9 * A).astype(np.int64), "k": np.int32(2)}),
    Case(
        "TopKV2",
        {"input": np.array([1, np.nan, 3, -np.inf], np.float32), "k": np.int32(2)},
        gradients=False,
    ),
    Case(
        "InTopKV2",
        {
            "predictions": np.array([[1, np.inf, 2], [1, 2, 3]], np.float32),
            "targets": np.array([1, 7]),
            "k": np.array(1),
        },
    ),
    Case("NthElement", {"input": A.astype(np.float64), "n": np.int32(3)}, {"reverse": True}),
]
