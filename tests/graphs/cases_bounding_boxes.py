"""Cases of boxes in images."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
A = RANDOM.rand(2, 5, 6, 3).astype(np.float32)
BOXES = np.array([[[0.1, 0.2, 0.9, 0.7]], [[0.8, 0.1, 0.3, 1.2]]], np.float32)

CASES = [
    Case("DrawBoundingBoxes", {"images": A, "boxes": BOXES}),
    Case("DrawBoundingBoxesV2", {"images": A, "boxes": BOXES, "colors": A[0, 0]}),
]
