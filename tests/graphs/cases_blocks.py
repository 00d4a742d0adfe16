"""Cases of blocks of space that become channels or batches."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(1)
B = RANDOM.randn(2, 5, 6, 4).astype(np.float32)


def _numbers(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


CASES = [
    Case("SpaceToDepth", {"input": B[:, :4]}, {"block_size": 2}),
    Case("DepthToSpace", {"input": B}, {"block_size": 2}),
    Case(
        "SpaceToBatch",
        {"input": B, "paddings": _numbers(1, 0, 0, 2).reshape(2, 2)},
        {"block_size": 2},
    ),
    Case(
        "BatchToSpace",
        {"input": np.repeat(B, 2, 0), "crops": _numbers(1, 0, 0, 2).reshape(2, 2)},
        {"block_size": 2},
    ),
    Case(
        "SpaceToBatchND",
        {
            "input": B,
            "block_shape": _numbers(3, 2),
            "paddings": _numbers(1, 0, 0, 2).reshape(2, 2),
        },
        constant=True,
    ),
    Case(
        "BatchToSpaceND",
        {
            "input": np.repeat(B, 3, 0),
            "block_shape": _numbers(3, 2),
            "crops": _numbers(1, 0, 0, 2).reshape(2, 2),
        },
        constant=True,
    ),
    Case("SpaceToDepth", {"input": np.zeros([0, 2, 2, 1], np.float32)}, {"block_size": 2}),
]
