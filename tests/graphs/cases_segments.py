"""Cases of sums and the like of rows by the number of their segment."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
A = RANDOM.randn(6, 2).astype(np.float32)
I = RANDOM.randint(-5, 5, [6, 2]).astype(np.int32)  # noqa: E741
IDS = np.array([0, 0, 1, 3, 3, 3], np.int32)
MIXED = np.array([2, 0, 2, -1, 1, 0], np.int32)
PICKED = np.array([5, 0, 0, 2, 3, 5, 1], np.int32)
OF_PICKED = np.array([0, 0, 1, 1, 1, 2, 2], np.int32)
EQUAL = np.array(
    [[1.0, 2.0], [1.0, 0.0], [3.0, 3.0], [0.0, 1.0], [0.0, 1.0], [-1.0, 1.0]], np.float32
)

_SORTED = ("SegmentSum", "SegmentMean", "SegmentMax", "SegmentMin", "SegmentProd")
_UNSORTED = ("UnsortedSegmentSum", "UnsortedSegmentMax", "UnsortedSegmentMin")
_UNSORTED += ("UnsortedSegmentProd",)
_PICKED = ("SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN")

CASES = [
    *(
        Case(op, {"data": data, "segment_ids": ids})
        for op in _SORTED
        for data, ids in (
            (A, IDS),
            (A.astype(np.float64)[:, 0], IDS.astype(np.int64)),
            (EQUAL, IDS),
            (I, IDS),
            (A[:0], IDS[:0]),
            (A[:1], np.array([2], np.int32)),
        )
    ),
    Case("SegmentSum", {"data": A + 1j * A[::-1], "segment_ids": IDS}),
    *(
        Case(op, {"data": data, "segment_ids": ids, "num_segments": np.int32(4)})
        for op in _UNSORTED
        for data, ids in (
            (A, MIXED),
            (A.astype(np.float64)[:, 0], MIXED.astype(np.int64)),
            (EQUAL, IDS),
            (I, MIXED),
            (A, np.array([[0, 1], [1, 3], [0, 0], [2, 2], [1, -1], [0, 3]], np.int32)),
            (A[:0], MIXED[:0]),
        )
    ),
    *(
        Case(op, {"data": data, "indices": PICKED, "segment_ids": ids})
        for op in _PICKED
        for data, ids in ((A, OF_PICKED), (A.astype(np.float64), OF_PICKED * 2))
    ),
    *(
        Case(
            f"{op}WithNumSegments",
            {"data": A, "indices": PICKED, "segment_ids": OF_PICKED, "num_segments": np.int32(5)},
        )
        for op in _PICKED
    ),
    *(
        Case(
            f"{op}",
            {"data": A, "indices": PICKED, "segment_ids": OF_PICKED},
            {"sparse_gradient": True},
        )
        for op in _PICKED
    ),
    *(
        Case(
            f"{op}Grad",
            {
                "grad": A[:3],
                "indices": PICKED.astype(np.int64),
                "segment_ids": OF_PICKED,
                "output_dim0": np.int32(8),
            },
        )
        for op in _PICKED
    ),
    *(
        Case(
            f"{op}GradV2",
            {
                "grad": A[:3],
                "indices": PICKED,
                "segment_ids": OF_PICKED,
                "dense_output_dim0": np.int32(8),
            },
        )
        for op in _PICKED
    ),
]
