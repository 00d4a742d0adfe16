"""Cases of pooling and its gradients."""

import numpy as np
import torch

import torchscope.tf1 as tf
from tests.graphs.kit import Case

RANDOM = np.random.RandomState(2)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.randn(*shape).astype(np.float32)


IMAGES, VOLUMES = floats(2, 7, 6, 3), floats(2, 5, 4, 6, 2)
# Many numbers are equal.
EQUAL = RANDOM.randint(0, 3, (2, 7, 6, 3)).astype(np.float32)
MOVES = [
    ({"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "SAME"}, (4, 3)),
    ({"ksize": [1, 3, 2, 1], "strides": [1, 1, 2, 1], "padding": "VALID"}, (5, 3)),
    ({"ksize": [1, 3, 3, 1], "strides": [1, 2, 1, 1], "padding": "SAME"}, (4, 6)),
]
EXPLICIT = {
    "ksize": [1, 3, 2, 1],
    "strides": [1, 2, 1, 1],
    "padding": "EXPLICIT",
    "explicit_paddings": [0, 0, 1, 2, 0, 1, 0, 0],
}
VOLUME_MOVES = [
    ({"ksize": [1, 2, 2, 2, 1], "strides": [1, 2, 2, 2, 1], "padding": "SAME"}, (3, 2, 3)),
    ({"ksize": [1, 3, 1, 2, 1], "strides": [1, 1, 1, 2, 1], "padding": "VALID"}, (3, 4, 3)),
    ({"ksize": [1, 3, 2, 3, 1], "strides": [1, 2, 1, 1, 1], "padding": "SAME"}, (3, 4, 6)),
]


def largest(images: np.ndarray, how: dict) -> np.ndarray:
    """The maxima of windows, which the gradients take."""
    pool = tf.nn.max_pool if images.ndim == 4 else tf.nn.max_pool3d
    return pool(torch.from_numpy(images), how["ksize"], how["strides"], how["padding"]).numpy()


def inputs_of_v2(how: dict) -> dict:
    return {
        "ksize": np.array(how["ksize"], np.int32),
        "strides": np.array(how["strides"], np.int32),
    }


CASES = [
    *(Case("MaxPool", {"input": IMAGES}, how) for how, _ in [*MOVES, (EXPLICIT, ())]),
    Case("MaxPool", {"input": EQUAL}, MOVES[2][0]),
    Case("MaxPool", {"input": EQUAL.astype(np.int32)}, MOVES[2][0]),
    Case("MaxPool", {"input": IMAGES[:0]}, MOVES[0][0]),
    *(Case("AvgPool", {"value": IMAGES}, how) for how, _ in MOVES),
    Case("AvgPool", {"value": IMAGES.astype(float)}, MOVES[2][0]),
    Case("AvgPool", {"value": IMAGES.astype("e")}, MOVES[2][0], 1e-2),
    Case("MaxPool", {"input": IMAGES.astype("e")}, MOVES[2][0], 1e-2),
    Case("AvgPool", {"value": IMAGES[:0]}, MOVES[2][0]),
    Case("AvgPool3D", {"input": VOLUMES[:0]}, VOLUME_MOVES[2][0]),
    Case("MaxPool3D", {"input": VOLUMES[:0]}, VOLUME_MOVES[2][0]),
    *(
        Case(
            "MaxPoolV2",
            {"input": EQUAL, **inputs_of_v2(how)},
            {"padding": how["padding"]},
            # Where the window is fed TensorFlow knows no rank: its sum's gradient is another.
            gradients=False,
        )
        for how, _ in MOVES
    ),
    *(Case("MaxPool3D", {"input": VOLUMES}, how) for how, _ in VOLUME_MOVES),
    *(Case("AvgPool3D", {"input": VOLUMES}, how) for how, _ in VOLUME_MOVES),
    *(
        Case("MaxPoolWithArgmax", {"input": EQUAL}, {**how, **more})
        for how, _ in MOVES
        for more in ({}, {"include_batch_in_index": True})
    ),
    # TensorFlow has no gradient of this one on a CPU.
    Case(
        "MaxPoolWithArgmax", {"input": EQUAL}, {**MOVES[2][0], "Targmax": np.int32}, gradients=False
    ),
    *(
        Case(
            "AvgPoolGrad",
            {"orig_input_shape": np.array(IMAGES.shape, np.int32), "grad": floats(2, *size, 3)},
            how,
        )
        for how, size in MOVES
    ),
    *(
        Case(
            "AvgPool3DGrad",
            {"orig_input_shape": np.array(VOLUMES.shape, np.int32), "grad": floats(2, *size, 2)},
            how,
        )
        for how, size in VOLUME_MOVES
    ),
    *(
        case
        for how, size in MOVES
        for case in (
            Case(
                "MaxPoolGrad",
                {
                    "orig_input": EQUAL,
                    "orig_output": largest(EQUAL, how),
                    "grad": floats(2, *size, 3),
                },
                how,
            ),
            Case(
                "MaxPoolGradGrad",
                {
                    "orig_input": EQUAL,
                    "orig_output": largest(EQUAL, how),
                    "grad": floats(2, 7, 6, 3),
                },
                how,
            ),
            Case(
                "MaxPoolGradV2",
                {
                    "orig_input": EQUAL,
                    "orig_output": largest(EQUAL, how),
                    "grad": floats(2, *size, 3),
                    **inputs_of_v2(how),
                },
                {"padding": how["padding"]},
            ),
            Case(
                "MaxPoolGradGradV2",
                {
                    "orig_input": EQUAL,
                    "orig_output": largest(EQUAL, how),
                    "grad": floats(2, 7, 6, 3),
                    **inputs_of_v2(how),
                },
                {"padding": how["padding"]},
            ),
        )
    ),
    *(
        case
        for how, size in VOLUME_MOVES
        for case in (
            Case(
                "MaxPool3DGrad",
                {
                    "orig_input": VOLUMES,
                    "orig_output": largest(VOLUMES, how),
                    "grad": floats(2, *size, 2),
                },
                how,
            ),
            Case(
                "MaxPool3DGradGrad",
                {
                    "orig_input": VOLUMES,
                    "orig_output": largest(VOLUMES, how),
                    "grad": floats(*VOLUMES.shape),
                },
                how,
            ),
        )
    ),
]
