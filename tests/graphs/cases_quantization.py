"""Cases of numbers that are rounded to steps."""

import itertools

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(5)
A = (3 * RANDOM.randn(4, 5)).astype(np.float32)
LEAST = (-1 - RANDOM.rand(5)).astype(np.float32)
MOST = (1 + RANDOM.rand(5)).astype(np.float32)
ENDS = ((-1.3, 2.1), (0.0, 3.0), (-2.0, 0.0), (0.5, 2.0), (0.0, 0.0))
BETWEEN = {"input": A, "input_min": np.float32(-1.5), "input_max": np.float32(2.2)}
ALONG = {"input": A, "input_min": LEAST, "input_max": MOST}


def _ends(least: float, most: float) -> dict[str, np.ndarray]:
    return {"min": np.float32(least), "max": np.float32(most)}


CASES = [
    *(
        Case("FakeQuantWithMinMaxVars", {"inputs": A, **_ends(*ends)}, how)
        for ends in ENDS
        for how in ({}, {"num_bits": 4, "narrow_range": True})
    ),
    *(
        Case(
            "FakeQuantWithMinMaxVarsPerChannel", {"inputs": inputs, "min": LEAST, "max": MOST}, how
        )
        for inputs in (A, A[0], A.reshape(2, 2, 5))
        for how in ({}, {"num_bits": 4, "narrow_range": True})
    ),
    Case("FakeQuantWithMinMaxArgs", {"inputs": A}),
    Case(
        "FakeQuantWithMinMaxArgs",
        {"inputs": A},
        {"min": -1.0, "max": 2.0, "num_bits": 3, "narrow_range": True},
    ),
    *(
        Case(
            op,
            BETWEEN,
            {
                "signed_input": signed,
                "range_given": given,
                "round_mode": mode,
                "narrow_range": narrow,
                "num_bits": 4,
            },
        )
        for op in ("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV4")
        for signed, given, narrow in itertools.product((False, True), repeat=3)
        for mode in ("HALF_TO_EVEN", "HALF_UP")
    ),
    # TensorFlow's kernels of V2 and V4 refuse what its own check of shapes demands of an axis.
    *(
        Case(
            "QuantizeAndDequantizeV3",
            {**BETWEEN, "num_bits": np.int32(5)},
            {"signed_input": signed, "range_given": given},
        )
        for signed, given in itertools.product((False, True), repeat=2)
    ),
    Case("QuantizeAndDequantizeV3", {**ALONG, "num_bits": np.int32(5)}, {"axis": 1}),
]
