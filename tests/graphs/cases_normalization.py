"""Cases of normalization and its gradients."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.randn(*shape).astype(np.float32)


IMAGES, VOLUMES = floats(2, 4, 5, 3), floats(2, 3, 4, 2, 3)
SCALE, OFFSET = floats(3), floats(3)
MEAN, VARIANCE = floats(3), np.square(floats(3)) + 0.5
NONE = np.zeros(0, np.float32)
WHOLE = {"x": IMAGES, "scale": SCALE, "offset": OFFSET}
BACK = {"y_backprop": floats(2, 4, 5, 3), "x": IMAGES, "scale": SCALE}
OWN = {
    "reserve_space_1": IMAGES.mean((0, 1, 2)),
    "reserve_space_2": IMAGES.var((0, 1, 2)),
}
GIVEN = {"reserve_space_1": MEAN, "reserve_space_2": VARIANCE}
# What its kernel for a CPU leaves as it is.
KEPT = ("reserve_space_1", "reserve_space_2", "reserve_space_3")
V3 = {"reserve_space_3": NONE}

CASES = [
    *(
        Case(
            op,
            {**WHOLE, "mean": NONE, "variance": NONE},
            {"epsilon": 0.01},
            left_out=KEPT[2:] if op == "FusedBatchNormV3" else (),
        )
        for op in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
    ),
    Case(
        "FusedBatchNormV3",
        {**WHOLE, "mean": MEAN, "variance": VARIANCE},
        {"exponential_avg_factor": 0.25},
        left_out=KEPT[2:],
    ),
    Case(
        "FusedBatchNorm",
        {**WHOLE, "mean": MEAN, "variance": VARIANCE},
        {"is_training": False},
        left_out=KEPT[:2],
    ),
    Case(
        "FusedBatchNormV3",
        {**WHOLE, "mean": MEAN, "variance": VARIANCE},
        {"is_training": False, "epsilon": 0.1},
        left_out=KEPT,
    ),
    Case(
        "FusedBatchNormV3",
        {
            "x": VOLUMES,
            "scale": SCALE,
            "offset": OFFSET,
            "mean": NONE,
            "variance": NONE,
        },
        {"data_format": "NDHWC"},
        left_out=KEPT[2:],
    ),
    Case(
        "FusedBatchNormV3",
        {**WHOLE, "x": floats(1, 1, 1, 3), "mean": NONE, "variance": NONE},
        left_out=KEPT[2:],
    ),
    *(
        Case(
            op,
            {**WHOLE, "x": IMAGES.astype("e"), "mean": NONE, "variance": NONE},
            {"epsilon": 0.01},
            near=1e-2,
            left_out=KEPT[2:] if op == "FusedBatchNormV3" else (),
        )
        for op in ("FusedBatchNormV2", "FusedBatchNormV3")
    ),
    Case(
        "FusedBatchNormV3",
        {**WHOLE, "x": IMAGES.astype("e"), "mean": MEAN, "variance": VARIANCE},
        {"is_training": False},
        near=1e-2,
        left_out=KEPT,
    ),
    Case(
        "FusedBatchNormV3",
        {**WHOLE, "x": IMAGES[:0], "mean": NONE, "variance": NONE},
        left_out=KEPT,
    ),
    # Their gradients, of which there are tests beside: TensorFlow computes them otherwise.
    *(
        Case(op, {**BACK, **kept, **more}, {"is_training": kept is OWN}, gradients=False)
        for kept in (OWN, GIVEN)
        for op, more in (
            ("FusedBatchNormGrad", {}),
            ("FusedBatchNormGradV2", {}),
            ("FusedBatchNormGradV3", V3),
        )
    ),
    *(
        Case("LRN", {"input": floats(2, 3, 2, 7)}, how)
        for how in (
            {},
            {"depth_radius": 2, "bias": 2.0, "alpha": 0.1, "beta": 0.75},
            {"depth_radius": 1, "bias": 1.5, "alpha": 0.3},
        )
    ),
    Case(
        "LRNGrad",
        {
            "input_grads": floats(2, 3, 2, 7),
            "input_image": IMAGES[:, :3, :2].repeat(3, 3)[..., :7],
            "output_image": floats(2, 3, 2, 7),
        },
        {"depth_radius": 2, "bias": 2.0, "alpha": 0.1, "beta": 0.75},
        gradients=False,
    ),
]
