"""Cases of boxes that overlap."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
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

CASES = [
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
]
