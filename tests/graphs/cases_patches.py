"""Cases of patches of images and volumes."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
A = RANDOM.rand(2, 5, 6, 3).astype(np.float32)
VOLUME = RANDOM.randn(1, 4, 5, 3, 2).astype(np.float32)

CASES = [
    *(
        Case(
            "ExtractImagePatches",
            {"images": A},
            {
                "ksizes": [1, 2, 3, 1],
                "strides": [1, 2, 1, 1],
                "rates": [1, 1, 2, 1],
                "padding": padding,
            },
        )
        for padding in ("SAME", "VALID")
    ),
    *(
        Case(
            "ExtractVolumePatches",
            {"input": VOLUME},
            {"ksizes": [1, 2, 3, 1, 1], "strides": [1, 2, 1, 1, 1], "padding": padding},
        )
        for padding in ("SAME", "VALID")
    ),
]
