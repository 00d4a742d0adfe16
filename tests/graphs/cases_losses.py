"""Cases of losses, and of texts that are read out of logits."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(4)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.randn(*shape).astype(np.float32)


LOGITS = floats(4, 5)
CHANCES = np.abs(floats(4, 5))
# Texts of two, one and three labels; in the last two are equal.
TEXTS = {
    "labels_indices": np.array([[0, 0], [0, 1], [1, 0], [2, 0], [2, 1], [2, 2]], np.int64),
    "labels_values": np.array([0, 2, 1, 3, 3, 0], np.int32),
    "sequence_length": np.array([6, 4, 7], np.int32),
}
LATTICE = floats(7, 3, 5)

CASES = [
    Case("SoftmaxCrossEntropyWithLogits", {"features": LOGITS, "labels": CHANCES}),
    Case(
        "SoftmaxCrossEntropyWithLogits",
        {"features": LOGITS.astype("e"), "labels": CHANCES.astype("e")},
        near=1e-2,
    ),
    Case("SoftmaxCrossEntropyWithLogits", {"features": LOGITS[:0], "labels": CHANCES[:0]}),
    Case(
        "SparseSoftmaxCrossEntropyWithLogits",
        {"features": LOGITS.astype("e"), "labels": np.array([0, 4, 2, 2], np.int32)},
        near=1e-2,
    ),
    # TensorFlow's gradients of what is broadcast are not of its shape.
    *(
        Case("SoftmaxCrossEntropyWithLogits", {"features": x, "labels": y}, gradients=False)
        for x, y in ((LOGITS, CHANCES[:1]), (LOGITS[:1], CHANCES))
    ),
    Case(
        "SoftmaxCrossEntropyWithLogits",
        {"features": LOGITS.astype(float), "labels": CHANCES.astype(float)},
    ),
    Case(
        "SparseSoftmaxCrossEntropyWithLogits",
        {"features": LOGITS, "labels": np.array([0, 4, 2, 2], np.int32)},
    ),
    Case(
        "SparseSoftmaxCrossEntropyWithLogits",
        {"features": LOGITS.astype(float), "labels": np.array([0, 4, 2, 2], np.int64)},
    ),
    *(
        Case("BiasAddGrad", {"out_backprop": floats(*shape)}, {"data_format": form})
        for shape, form in (((4, 3), "NHWC"), ((2, 3, 4, 5), "NHWC"), ((2, 3, 4, 5), "NCHW"))
    ),
    Case("CTCLoss", {"inputs": LATTICE, **TEXTS}, near=1e-4),
    Case("CTCLoss", {"inputs": LATTICE, **TEXTS}, {"preprocess_collapse_repeated": True}, 1e-4),
    Case(
        "CTCLoss",
        {"inputs": LATTICE, **TEXTS, "sequence_length": np.array([1, 4, 7], np.int32)},
        {"ignore_longer_outputs_than_inputs": True},
        near=1e-4,
    ),
    *(
        Case(
            "CTCGreedyDecoder",
            {"inputs": LATTICE, "sequence_length": np.array([6, 4, 7], np.int32)},
            how,
        )
        for how in ({}, {"merge_repeated": True}, {"blank_index": 1})
    ),
    *(
        Case(
            "CTCBeamSearchDecoder",
            {"inputs": LATTICE, "sequence_length": np.array([6, 4, 7], np.int32)},
            {"beam_width": 100, "top_paths": 2, "merge_repeated": merge},
        )
        for merge in (True, False)
    ),
]
