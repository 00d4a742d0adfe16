"""Cases of images in other colors."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
A = RANDOM.rand(2, 5, 6, 3).astype(np.float32)

CASES = [
    Case("RGBToHSV", {"images": A}),
    Case("HSVToRGB", {"images": A}),
    Case("AdjustContrastv2", {"images": A, "contrast_factor": np.float32(1.5)}),
    Case("AdjustHue", {"images": A, "delta": np.float32(0.3)}),
    Case("AdjustSaturation", {"images": A, "scale": np.float32(0.4)}),
]
