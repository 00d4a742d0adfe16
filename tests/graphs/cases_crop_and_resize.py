"""Cases of parts of images that boxes cut out."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
A = RANDOM.rand(2, 5, 6, 3).astype(np.float32)
BOXES = np.array([[0.1, 0.2, 0.9, 0.7], [0.8, 0.1, 0.3, 1.2], [-0.2, 0.0, 0.5, 0.6]], np.float32)
CROPS = {"image": A, "boxes": BOXES, "box_ind": np.array([1, 0, 1], np.int32)}


def _numbers(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


CASES = [
    *(
        Case(
            "CropAndResize",
            {**CROPS, "crop_size": _numbers(*size)},
            {"method": method, "extrapolation_value": -1.0},
        )
        for size in ((3, 4), (1, 1))
        for method in ("bilinear", "nearest")
    ),
    Case("CropAndResize", {**CROPS, "image": A.astype(np.float64), "crop_size": _numbers(2, 3)}),
]
