"""Cases of images at another size."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
A = RANDOM.rand(2, 5, 6, 3).astype(np.float32)
BYTES = RANDOM.randint(0, 256, [1, 4, 5, 3]).astype(np.uint8)
FLAGS = ({}, {"align_corners": True}, {"half_pixel_centers": True})
RESIZED = ("ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor")


def _numbers(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


CASES = [
    *(
        Case(op, {"images": A, "size": _numbers(*size)}, flags)
        for op in RESIZED
        for flags in FLAGS
        for size in ((8, 3), (1, 9), (5, 6))
    ),
    *(
        Case(op, {"images": BYTES, "size": _numbers(3, 9)}, flags)
        for op in RESIZED
        for flags in FLAGS
    ),
    *(Case(op, {"images": A.astype(np.float64), "size": _numbers(3, 9)}) for op in RESIZED),
    *(
        Case("ResizeArea", {"images": images, "size": _numbers(3, 9)}, flags)
        for flags in FLAGS[:2]
        for images in (A, BYTES)
    ),
]
