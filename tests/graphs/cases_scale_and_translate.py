"""Cases of images scaled and moved."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(3)
A = RANDOM.rand(2, 5, 6, 3).astype(np.float32)

CASES = [
    *(
        Case(
            "ScaleAndTranslate",
            {
                "images": A,
                "size": np.array([4, 9], np.int32),
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
]
