"""Cases of what is computed of draws."""

import numpy as np

from tests.graphs.kit import Case

ALPHA = np.array([0.3, 1.0, 4.0, 20.0], np.float32)
SAMPLE = np.array([[0.2, 1.5, 3.0, 22.0], [0.9, 0.1, 7.0, 15.0]], np.float32)

CASES = [
    Case("RandomGammaGrad", {"alpha": ALPHA, "sample": SAMPLE}, near=1e-3, gradients=False),
    Case("RandomGammaGrad", {"alpha": ALPHA.astype(np.float64), "sample": SAMPLE.astype(np.float64)}, near=1e-3, gradients=False),
]  # fmt: skip
