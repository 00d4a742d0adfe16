"""Cases of a convolution and what is before it."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(1)
IMAGES = RANDOM.randn(1, 7, 6, 4).astype(np.float32)
KERNEL = RANDOM.randn(3, 2, 4, 6).astype(np.float32)

CASES = [
    # TensorFlow computes the first image of a batch, and gives it for all.
    Case(
        "FusedPadConv2D",
        {
            "input": IMAGES,
            "paddings": np.array([[0, 0], [1, 2], [2, 1], [0, 0]], np.int32),
            "filter": KERNEL,
        },
        {"mode": "REFLECT", "strides": [1, 2, 2, 1], "padding": "VALID"},
        constant=True,
    ),
    Case(
        "FusedResizeAndPadConv2D",
        {
            "input": IMAGES,
            "size": np.array([9, 5], np.int32),
            "paddings": np.array([[0, 0], [1, 1], [2, 1], [0, 0]], np.int32),
            "filter": KERNEL,
        },
        {"mode": "SYMMETRIC", "strides": [1, 1, 1, 1], "padding": "SAME"},
        constant=True,
    ),
]
