"""Cases of windows of images."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
A = RANDOM.rand(2, 5, 6, 3).astype(np.float32)

CASES = [
    *(
        Case(
            op,
            {
                "input": A,
                "size": np.array([3, 4], np.int32),
                "offsets": (np.array([[0.3, -0.5], [0.8, 0.1]]) * scale).astype(np.float32),
            },
            {
                "centered": centered,
                "normalized": normalized,
                "uniform_noise": False,
                "noise": "zero",
            },
        )
        for op in ("ExtractGlimpse", "ExtractGlimpseV2")
        for centered in (False, True)
        for normalized, scale in ((False, 6), (True, 1))
    ),
]
