"""Cases of greyscale morphology."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(1)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.randn(*shape).astype(np.float32)


IMAGES = floats(2, 7, 6, 4)

CASES = [
    *(
        case
        for how, (rows, columns) in [
            ({"strides": [1, 1, 1, 1], "rates": [1, 1, 1, 1], "padding": "SAME"}, (7, 6)),
            ({"strides": [1, 2, 1, 1], "rates": [1, 1, 2, 1], "padding": "VALID"}, (3, 4)),
        ]
        for case in (
            Case("Dilation2D", {"input": IMAGES, "filter": floats(3, 2, 4)}, how),
            Case(
                "Dilation2DBackpropInput",
                {
                    "input": IMAGES,
                    "filter": floats(3, 2, 4),
                    "out_backprop": floats(2, rows, columns, 4),
                },
                how,
            ),
            Case(
                "Dilation2DBackpropFilter",
                {
                    "input": IMAGES,
                    "filter": floats(3, 2, 4),
                    "out_backprop": floats(2, rows, columns, 4),
                },
                how,
            ),
        )
    ),
]
