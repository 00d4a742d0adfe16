"""Cases of reductions, and of what runs on along an axis."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(5)
A = RANDOM.randn(2, 3, 4).astype(np.float32)
I = RANDOM.randint(-4, 5, [2, 3, 4]).astype(np.int32)  # noqa: E741
Z = (RANDOM.randn(2, 3, 4) + 1j * RANDOM.randn(2, 3, 4)).astype(np.complex64)
EQUAL = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 2.0]], np.float32)
ZEROS = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]], np.float32)

_ANY = ("Sum", "Mean", "Prod", "EuclideanNorm")
_ORDERED = ("Max", "Min")
_AXES = ([0], [-1], [0, 2], [], [2, 1, 0], 1)


def _axes(given, dtype=np.int32):
    return np.array(given, dtype)


def _reduction(op, numbers, axes, keep=False, dtype=np.int32, **said):
    inputs = {"input": numbers, "axis": _axes(axes, dtype)}
    return Case(op, inputs, {"keep_dims": keep}, **said)


CASES = [
    *(_reduction(op, A, axes) for op in _ANY + _ORDERED for axes in _AXES),
    *(_reduction(op, A, [1], keep=True) for op in _ANY + _ORDERED),
    *(_reduction(op, A.astype(np.float64), [1], dtype=np.int64) for op in _ANY + _ORDERED),
    *(_reduction(op, A.astype(np.float16), [1], near=1e-2) for op in ("Sum", "Mean", *_ORDERED)),
    *(_reduction(op, EQUAL, [1]) for op in _ORDERED),
    *(_reduction("Prod", ZEROS, axes) for axes in ([0], [1])),
    *(_reduction(op, I, [1]) for op in (*_ORDERED, "Sum", "Prod", "Mean")),
    *(_reduction(op, I.astype(np.int64), [0, 1]) for op in (*_ORDERED, "Sum", "Prod")),
    *(_reduction(op, Z, [1]) for op in ("Sum", "Mean", "Prod")),
    *(_reduction(op, A[:, :0], [1]) for op in ("Sum", "Prod", "Max", "Min", "Mean")),
    *(_reduction(op, np.array([2, 3, 4], np.int32), [0]) for op in ("Sum", "Prod", "Max", "Min")),
    *(_reduction(op, A > 0, axes) for op in ("All", "Any") for axes in _AXES),
    *(_reduction(op, A > 0, [1], keep=True) for op in ("All", "Any")),
    *(
        Case(op, {"input": numbers, "dimension": np.int32(axis)}, {"output_type": to})
        for op in ("ArgMax", "ArgMin")
        for numbers in (A, I, EQUAL)
        for axis in (0, -1)
        for to in (np.int32, np.int64)
    ),
    *(Case(op, {"input": A, "dimension": np.int64(1)}) for op in ("ArgMax", "ArgMin")),
    *(
        Case(
            op,
            {"x": numbers, "axis": axis},
            {"exclusive": exclusive, "reverse": reverse},
            # Of complex numbers TensorFlow forgets to conjugate the other factors.
            gradients=not (op == "Cumprod" and numbers is Z),
        )
        for op in ("Cumsum", "Cumprod", "CumulativeLogsumexp")
        for numbers in (A, A.astype(np.float64), I, Z)
        for axis in (np.int32(1), np.int64(-1))
        for exclusive, reverse in ((False, False), (True, False), (False, True), (True, True))
        if not (op == "CumulativeLogsumexp" and numbers.dtype.kind in "ic")
    ),
    Case("Cumprod", {"x": ZEROS, "axis": np.int32(1)}, gradients=False),
    Case("L2Loss", {"t": A}),
    Case("L2Loss", {"t": A[0].astype(np.float64)}),
]
