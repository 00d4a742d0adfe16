"""Cases of convolutions and their gradients."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(1)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.randn(*shape).astype(np.float32)


IMAGES, KERNEL = floats(2, 7, 6, 4), floats(3, 2, 4, 6)
GROUPED = floats(3, 3, 2, 6)
VOLUMES, CUBE = floats(2, 5, 4, 6, 3), floats(3, 2, 2, 3, 4)
EACH = floats(3, 2, 4, 2)
EXPLICIT = {"padding": "EXPLICIT", "explicit_paddings": [0, 0, 1, 2, 0, 1, 0, 0]}

# How windows move, and the size of what they give of 7 by 6 with a kernel of 3 by 2.
MOVES = [
    ({"strides": [1, 1, 1, 1], "padding": "SAME"}, (7, 6)),
    ({"strides": [1, 1, 1, 1], "padding": "VALID"}, (5, 5)),
    ({"strides": [1, 2, 2, 1], "padding": "SAME"}, (4, 3)),
    ({"strides": [1, 2, 2, 1], "padding": "VALID"}, (3, 3)),
    ({"strides": [1, 1, 1, 1], **EXPLICIT}, (8, 6)),
]
VOLUME_MOVES = [
    ({"strides": [1, 1, 1, 1, 1], "padding": "SAME"}, (5, 4, 6)),
    ({"strides": [1, 2, 1, 3, 1], "padding": "VALID"}, (2, 3, 2)),
    ({"strides": [1, 2, 2, 2, 1], "padding": "SAME"}, (3, 2, 3)),
]
DILATED = {"strides": [1, 1, 1, 1], "padding": "SAME", "dilations": [1, 2, 3, 1]}

SMALL = RANDOM.randint(-9, 9, (1, 5, 5, 2)).astype(np.int32)

LARGE = np.int32([3, 2]).reshape(1, 1, 2, 1)

CASES = [
    *(Case("Conv2D", {"input": IMAGES, "filter": KERNEL}, how) for how, _ in MOVES),
    # TensorFlow has no gradients of these two on a CPU.
    Case("Conv2D", {"input": IMAGES, "filter": KERNEL}, DILATED, gradients=False),
    Case("Conv2D", {"input": IMAGES, "filter": GROUPED}, MOVES[2][0], gradients=False),
    Case("Conv2D", {"input": IMAGES.astype(float), "filter": KERNEL.astype(float)}, MOVES[2][0]),
    Case(
        "Conv2D",
        {
            "input": SMALL,
            "filter": RANDOM.randint(-9, 9, (2, 2, 2, 3)).astype(np.int32),
        },
        MOVES[0][0],
    ),
    # Sums that are too large go around.
    Case(
        "Conv2D",
        {"input": np.int32([2**30, 2**30]).reshape(1, 1, 1, 2), "filter": LARGE},
        MOVES[0][0],
    ),
    Case("Conv2D", {"input": IMAGES, "filter": floats(1, 1, 4, 1)}, MOVES[2][0]),
    Case("Conv2D", {"input": IMAGES.astype("e"), "filter": KERNEL.astype("e")}, MOVES[2][0], 1e-2),
    Case("Conv2D", {"input": IMAGES[:0], "filter": KERNEL}, MOVES[2][0]),
    Case(
        "DepthwiseConv2dNative",
        {"input": IMAGES[:0], "filter": EACH},
        MOVES[2][0],
        # TensorFlow leaves the filter's as it is.
        gradients=False,
    ),
    Case(
        "DepthwiseConv2dNative",
        {"input": IMAGES.astype("e"), "filter": EACH.astype("e")},
        MOVES[2][0],
        1e-2,
    ),
    Case("Conv3D", {"input": VOLUMES[:0], "filter": CUBE}, VOLUME_MOVES[2][0]),
    *(
        case
        for how, (rows, columns) in MOVES
        for case in (
            Case(
                "Conv2DBackpropInput",
                {
                    "input_sizes": np.array(IMAGES.shape, np.int32),
                    "filter": KERNEL,
                    "out_backprop": floats(2, rows, columns, 6),
                },
                how,
            ),
            Case(
                "Conv2DBackpropFilter",
                {
                    "input": IMAGES,
                    "filter_sizes": np.array(KERNEL.shape, np.int32),
                    "out_backprop": floats(2, rows, columns, 6),
                },
                how,
            ),
        )
    ),
    *(Case("Conv", {"input": IMAGES, "filter": KERNEL}, how) for how, _ in MOVES[:4]),
    Case(
        "Conv", {"input": floats(3, 2, 7, 6, 4), "filter": KERNEL}, {**MOVES[2][0], "batch_dims": 2}
    ),
    *(Case("Conv", {"input": VOLUMES, "filter": CUBE}, how) for how, _ in VOLUME_MOVES),
    *(Case("Conv3D", {"input": VOLUMES, "filter": CUBE}, how) for how, _ in VOLUME_MOVES),
    *(
        case
        for how, size in VOLUME_MOVES
        for case in (
            Case(
                "Conv3DBackpropInputV2",
                {
                    "input_sizes": np.array(VOLUMES.shape, np.int32),
                    "filter": CUBE,
                    "out_backprop": floats(2, *size, 4),
                },
                how,
            ),
            Case(
                "Conv3DBackpropFilterV2",
                {
                    "input": VOLUMES,
                    "filter_sizes": np.array(CUBE.shape, np.int32),
                    "out_backprop": floats(2, *size, 4),
                },
                how,
            ),
        )
    ),
    *(Case("DepthwiseConv2dNative", {"input": IMAGES, "filter": EACH}, how) for how, _ in MOVES),
    *(
        case
        for how, (rows, columns) in MOVES
        for case in (
            Case(
                "DepthwiseConv2dNativeBackpropInput",
                {
                    "input_sizes": np.array(IMAGES.shape, np.int32),
                    "filter": EACH,
                    "out_backprop": floats(2, rows, columns, 8),
                },
                how,
            ),
            Case(
                "DepthwiseConv2dNativeBackpropFilter",
                {
                    "input": IMAGES,
                    "filter_sizes": np.array(EACH.shape, np.int32),
                    "out_backprop": floats(2, rows, columns, 8),
                },
                how,
            ),
        )
    ),
]
