"""Cases of special functions."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(2)
ANY = np.array([[-6.0, -1.2, -0.3, 0.1], [0.4, 1.3, 2.7, 8.0]], np.float32)
POSITIVE = np.array([[0.1, 0.4, 0.9, 1.0], [1.3, 2.7, 8.0, 20.0]], np.float32)
INSIDE = np.array([-0.9, -0.2, 0.1, 0.95], np.float32)
A = RANDOM.rand(3, 4).astype(np.float32) * 5 + 0.2
X = RANDOM.rand(4).astype(np.float32) * 8 + 0.1
B = RANDOM.rand(3, 4).astype(np.float32) * 3 + 0.2
P = RANDOM.rand(3, 4).astype(np.float32) * 0.9 + 0.05

_EVERYWHERE = ("BesselI0", "BesselI0e", "BesselI1", "BesselI1e", "BesselJ0", "BesselJ1", "Erf")
_EVERYWHERE += ("Erfc", "Dawsn", "FresnelCos", "FresnelSin")
_ABOVE = ("BesselK0", "BesselK0e", "BesselK1", "BesselK1e", "BesselY0", "BesselY1", "Lgamma")
_ABOVE += ("Digamma", "Expint", "Spence")

CASES = [
    *(Case(op, {"x": ANY}, near=1e-4) for op in _EVERYWHERE),
    *(Case(op, {"x": ANY.astype(np.float64)}, near=1e-5) for op in _EVERYWHERE),
    *(Case(op, {"x": POSITIVE}, near=1e-4) for op in _ABOVE),
    *(Case(op, {"x": POSITIVE.astype(np.float64)}, near=1e-5) for op in _ABOVE),
    Case("Lgamma", {"x": ANY}, near=1e-4),
    Case("Digamma", {"x": ANY[:, 1:]}, near=1e-4),
    Case("Erfinv", {"x": INSIDE}),
    Case("Ndtri", {"x": INSIDE / 2 + 0.5}),
    Case("Dawsn", {"x": np.float32(0)}),
    Case("Spence", {"x": np.array([0.0, 1.0, 0.5, 100.0], np.float32)}, gradients=False),
    Case("Expint", {"x": np.array([0.0, 60.0, -0.5, -3.0], np.float32)}, gradients=False),
    *(Case(op, {"a": A, "x": X}, near=1e-4) for op in ("Igamma", "Igammac", "IgammaGradA")),
    *(
        Case(op, {"a": A.astype(np.float64), "x": X.astype(np.float64)})
        for op in ("Igamma", "Igammac", "IgammaGradA")
    ),
    Case(
        "Igamma",
        {"a": np.array([1.0, 3.0], np.float32), "x": np.zeros(2, np.float32)},
        gradients=False,
    ),
    Case("Zeta", {"x": A + 1.1, "q": X}, near=1e-4),
    Case("Polygamma", {"a": np.array([[0.0], [1.0], [3.0]], np.float32), "x": X}, near=1e-4),
    Case("Betainc", {"a": A, "b": B, "x": P}, near=1e-4),
    Case(
        "Betainc", {"a": A.astype(np.float64), "b": B.astype(np.float64), "x": P.astype(np.float64)}
    ),
    Case("Betainc", {"a": np.float32(2), "b": np.float32(3), "x": P}, near=1e-4),
]
