"""Cases of images, and of boxes in them."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
A = RANDOM.rand(2, 5, 6, 3).astype(np.float32)
BYTES = RANDOM.randint(0, 256, [1, 4, 5, 3]).astype(np.uint8)
BOXES = np.array([[0.1, 0.2, 0.9, 0.7], [0.8, 0.1, 0.3, 1.2], [-0.2, 0.0, 0.5, 0.6]], np.float32)
CROPS = {"image": A, "boxes": BOXES, "box_ind": np.array([1, 0, 1], np.int32)}
CORNERS = RANDOM.rand(12, 2).astype(np.float32)
MANY = np.concatenate([CORNERS, CORNERS + 0.3 + 0.3 * RANDOM.rand(12, 2)], 1).astype(np.float32)
RATED = RANDOM.rand(12).astype(np.float32)
NMS = {"boxes": MANY, "scores": RATED, "max_output_size": np.int32(6)}
IOU, LEAST = {"iou_threshold": np.float32(0.3)}, {"score_threshold": np.float32(0.2)}
COMBINED = {
    "boxes": MANY.reshape(2, 6, 1, 4),
    "scores": RANDOM.rand(2, 6, 3).astype(np.float32),
    "max_output_size_per_class": np.int32(2),
    "max_total_size": np.int32(8),
    **IOU,
    **LEAST,
}
OVERLAPS = np.minimum(RATED[:, None], RATED)
PROJECTIONS = np.array(
    [[1.3, 0.4, -8.2, 0.2, 1.1, -7.3, 0, 0], [0.7, -0.1, 0.6, 0.1, 0.9, -0.4, 0.02, -0.01]],
    np.float32,
)
VOLUME = RANDOM.randn(1, 4, 5, 3, 2).astype(np.float32)


def _numbers(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


FLAGS = ({}, {"align_corners": True}, {"half_pixel_centers": True})
RESIZED = ("ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor")

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
    *(
        Case(
            "ScaleAndTranslate",
            {
                "images": A,
                "size": _numbers(4, 9),
                "scale": np.array([0.6, 1.4], np.float32),
                "translation": np.array([-0.3, 1.2], np.float32),
            },
            {"kernel_type": kernel, "antialias": antialias},
        )
        for kernel in (
            *("lanczos1", "lanczos3", "lanczos5", "gaussian"),
            *("box", "triangle", "keyscubic", "mitchellcubic"),
        )
        for antialias in (False, True)
    ),
    # Boxes
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
    Case("NonMaxSuppression", NMS, {"iou_threshold": 0.3}),
    Case("NonMaxSuppressionV2", {**NMS, **IOU}),
    Case("NonMaxSuppressionV3", {**NMS, **IOU, **LEAST}),
    *(
        Case("NonMaxSuppressionV4", {**NMS, **IOU, **LEAST}, {"pad_to_max_output_size": pad})
        for pad in (False, True)
    ),
    *(
        Case(
            "NonMaxSuppressionV5",
            {**NMS, **IOU, **LEAST, "soft_nms_sigma": np.float32(sigma)},
            {"pad_to_max_output_size": pad},
        )
        for pad in (False, True)
        for sigma in (0.0, 0.5)
    ),
    Case(
        "NonMaxSuppressionWithOverlaps",
        {
            "overlaps": OVERLAPS,
            "scores": RATED,
            "max_output_size": np.int32(6),
            "overlap_threshold": np.float32(0.4),
            **LEAST,
        },
    ),
    *(
        Case("CombinedNonMaxSuppression", COMBINED, {"pad_per_class": pad, "clip_boxes": clip})
        for pad in (False, True)
        for clip in (False, True)
    ),
    Case("DrawBoundingBoxes", {"images": A, "boxes": BOXES[:2, None]}),
    Case("DrawBoundingBoxesV2", {"images": A, "boxes": BOXES[:2, None], "colors": A[0, 0]}),
    # Colors
    Case("RGBToHSV", {"images": A}),
    Case("HSVToRGB", {"images": A}),
    Case("AdjustContrastv2", {"images": A, "contrast_factor": np.float32(1.5)}),
    Case("AdjustHue", {"images": A, "delta": np.float32(0.3)}),
    Case("AdjustSaturation", {"images": A, "scale": np.float32(0.4)}),
    # Patches
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
    *(
        Case(
            op,
            {
                "input": A,
                "size": _numbers(3, 4),
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
    # Projections
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
