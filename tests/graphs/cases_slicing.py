"""Cases of parts of tensors."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(1)
A = RANDOM.randn(3, 4).astype(np.float32)
B = RANDOM.randn(2, 5, 6, 4).astype(np.float32)
I = np.array([[7, -7, 3], [-2, 5, 9]], np.int32)  # noqa: E741
SLICE = {
    "begin": np.array([0, 1, 0]),
    "end": np.array([3, 4, 1]),
    "strides": np.array([2, 1, 1]),
}


def _numbers(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


CASES = [
    Case("Slice", {"input": A, "begin": _numbers(1, 0), "size": _numbers(2, -1)}),
    Case("Slice", {"input": I, "begin": _numbers(0, 1), "size": _numbers(2, 0)}),
    *(
        Case("Slice", {"input": given, "begin": _numbers(0, 0), "size": _numbers(-1, -1)})
        for given in (
            A.astype(np.float64),
            A > 0,
            A.astype(np.int64),
            (A + 1j * A).astype(np.complex64),
            A[:0],
        )
    ),
    Case("StridedSlice", {"input": A, **{k: v[:2] for k, v in SLICE.items()}}),
    Case("StridedSlice", {"input": A, **SLICE}, {"shrink_axis_mask": 4, "new_axis_mask": 1}),
    Case("StridedSlice", {"input": B, **SLICE}, {"ellipsis_mask": 2, "shrink_axis_mask": 4}),
    Case("StridedSlice", {"input": B, **SLICE}, {"begin_mask": 2, "end_mask": 5}),
    Case(
        "StridedSlice",
        {"input": A, "begin": _numbers(-1, 2), "end": _numbers(0, 0), "strides": _numbers(-1, -1)},
        {"end_mask": 3},
    ),
    Case(
        "StridedSliceGrad",
        {
            "shape": _numbers(3, 4),
            "begin": _numbers(0, -1),
            "end": _numbers(3, 0),
            "strides": _numbers(2, -2),
            "dy": I[:, :2],
        },
    ),
    Case(
        "StridedSliceGrad",
        {
            "shape": _numbers(3, 4),
            "begin": _numbers(1, 1),
            "end": _numbers(2, 4),
            "strides": _numbers(1, 1),
            "dy": A[0, :3],
        },
        {"shrink_axis_mask": 1},
    ),
    Case(
        "TensorStridedSliceUpdate",
        {"input": A, **{k: v[:2] for k, v in SLICE.items()}, "value": A[1:, 1:] * 2},
    ),
    Case(
        "TensorStridedSliceUpdate",
        {"input": A, **{k: v[:2] for k, v in SLICE.items()}, "value": A[0, 1:] * 2},
        {"shrink_axis_mask": 1},
    ),
    Case(
        "StridedSlice",
        {
            "input": _numbers(4, 5, 6),
            "begin": _numbers(1),
            "end": _numbers(2),
            "strides": _numbers(1),
        },
        {"shrink_axis_mask": 1},
    ),
    Case(
        "StridedSlice",
        {
            "input": _numbers(4, 5, 6),
            "begin": _numbers(9),
            "end": _numbers(-9),
            "strides": _numbers(-2),
        },
    ),
    Case(
        "StridedSlice",
        {"input": A, "begin": _numbers(5), "end": _numbers(9), "strides": _numbers(1)},
    ),
    Case(
        "StridedSlice",
        {"input": A > 0, "begin": _numbers(0, 0), "end": _numbers(0, 2), "strides": _numbers(1, 1)},
        {"ellipsis_mask": 1, "new_axis_mask": 1},
    ),
]
