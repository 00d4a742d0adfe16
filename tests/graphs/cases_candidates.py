"""Cases of candidates that are not drawn."""

import numpy as np

from tests.graphs.kit import Case

CASES = [
    Case(
        "AllCandidateSampler",
        {"true_classes": np.array([[1], [3]], np.int64)},
        {"num_true": 1, "num_sampled": 5, "unique": True},
    ),
    Case(
        "ComputeAccidentalHits",
        {
            "true_classes": np.array([[1, 2], [3, 9], [5, 1]], np.int64),
            "sampled_candidates": np.array([5, 3, 1, 8], np.int64),
        },
        {"num_true": 2},
    ),
]
