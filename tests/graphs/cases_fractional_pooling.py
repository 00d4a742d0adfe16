"""Cases of the gradients of pooling by windows of random sizes."""

import numpy as np
import torch

from tests.graphs.kit import Case
from torchscope.graphs.operations.fractional_pooling import largest

RANDOM = np.random.RandomState(9)
IMAGES = RANDOM.randint(0, 9, (2, 7, 9, 3)).astype(np.float32)
SLOPES = RANDOM.randn(2, 4, 5, 3).astype(np.float32)
ROWS, COLUMNS = np.array([0, 2, 3, 5, 7]), np.array([0, 1, 3, 5, 7, 9])
SEQUENCES = {"row_pooling_sequence": ROWS, "col_pooling_sequence": COLUMNS}
FIRST = torch.from_numpy(IMAGES), torch.from_numpy(ROWS), torch.from_numpy(COLUMNS)

CASES = [
    case
    for overlapping in (False, True)
    for case in (
        Case(
            "FractionalMaxPoolGrad",
            {
                "orig_input": IMAGES,
                "orig_output": largest(*FIRST, overlapping).numpy(),
                "out_backprop": SLOPES,
                **SEQUENCES,
            },
            {"overlapping": overlapping},
        ),
        Case(
            "FractionalAvgPoolGrad",
            {
                "orig_input_tensor_shape": np.array(IMAGES.shape),
                "out_backprop": SLOPES,
                **SEQUENCES,
            },
            {"overlapping": overlapping},
        ),
    )
]
