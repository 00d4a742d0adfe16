"""Cases of images that are turned, sheared or seen in perspective."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
A = RANDOM.rand(2, 5, 6, 3).astype(np.float32)
BYTES = RANDOM.randint(0, 256, [1, 4, 5, 3]).astype(np.uint8)
PROJECTIONS = np.array(
    [[1.3, 0.4, -8.2, 0.2, 1.1, -7.3, 0, 0], [0.7, -0.1, 0.6, 0.1, 0.9, -0.4, 0.02, -0.01]],
    np.float32,
)


def _numbers(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


CASES = [
    *(
        Case(
            "ImageProjectiveTransformV3",
            {
                "images": images,
                "transforms": transforms,
                "output_shape": _numbers(9, 8),
                "fill_value": np.float32(2),
            },
            {"interpolation": interpolation, "fill_mode": mode},
        )
        for interpolation in ("NEAREST", "BILINEAR")
        for mode in ("CONSTANT", "REFLECT", "WRAP", "NEAREST")
        for images, transforms in ((A, PROJECTIONS), (A, PROJECTIONS[:1]), (BYTES, PROJECTIONS[:1]))
    ),
    Case(
        "ImageProjectiveTransformV2",
        {"images": A, "transforms": PROJECTIONS, "output_shape": _numbers(5, 6)},
        {"interpolation": "BILINEAR"},
    ),
]
