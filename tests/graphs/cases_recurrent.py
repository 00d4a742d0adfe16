"""Cases of the cells that are one node."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(6)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.randn(*shape).astype(np.float32)


STEPS, BATCH, DEPTH, UNITS = 5, 3, 4, 2
STATE = {"cs_prev": floats(BATCH, UNITS), "h_prev": floats(BATCH, UNITS)}
WEIGHTS = {
    "w": floats(DEPTH + UNITS, 4 * UNITS),
    "wci": floats(UNITS),
    "wcf": floats(UNITS),
    "wco": floats(UNITS),
    "b": floats(4 * UNITS),
}
STEP = {"x": floats(BATCH, DEPTH), **STATE, **WEIGHTS}
WHOLE = {"x": floats(STEPS, BATCH, DEPTH), **STATE, **WEIGHTS}
GATES = ("i", "cs", "f", "o", "ci", "co", "h")
# The first three are between 0 and 1.
INSIDE = np.abs(np.tanh(floats(STEPS, BATCH, UNITS)))
FORWARD = {
    name: INSIDE if name in "ifo" else np.tanh(floats(STEPS, BATCH, UNITS)) for name in GATES
}
BACK = {"cs_grad": floats(STEPS, BATCH, UNITS), "h_grad": floats(STEPS, BATCH, UNITS)}
GRU = {
    "x": floats(BATCH, DEPTH),
    "h_prev": floats(BATCH, UNITS),
    "w_ru": floats(DEPTH + UNITS, 2 * UNITS),
    "w_c": floats(DEPTH + UNITS, UNITS),
    "b_ru": floats(2 * UNITS),
    "b_c": floats(UNITS),
}


def until(step: int) -> dict:
    return {"seq_len_max": np.array(step, np.int64)}


# The gradients of single steps are nodes of their own, below. Those that TensorFlow registers are other ones as soon as
# somebody has imported tf.contrib, which takes some of the outputs alone.
CASES = [
    *(
        Case("LSTMBlockCell", STEP, how, gradients=False)
        for how in (
            {},
            {"cell_clip": 0.5, "forget_bias": 0.0},
            {"cell_clip": -1.0, "use_peephole": True},
        )
    ),
    *(
        Case(
            "LSTMBlockCellGrad",
            {
                **STEP,
                **{name: each[0] for name, each in FORWARD.items() if name != "h"},
                **{name: each[0] for name, each in BACK.items()},
            },
            {"use_peephole": peephole},
            # Without peepholes it leaves their gradients as they are.
            left_out=() if peephole else ("wci_grad", "wcf_grad", "wco_grad"),
        )
        for peephole in (True, False)
    ),
    # TensorFlow's gradient of the second one takes its gates for those of the first.
    *(
        Case(op, {**until(STEPS), **WHOLE}, how, gradients=op == "BlockLSTM")
        for op in ("BlockLSTM", "BlockLSTMV2")
        for how in ({}, {"cell_clip": 0.5}, {"use_peephole": True})
    ),
    Case("BlockLSTM", {**until(STEPS), **WHOLE}, {"forget_bias": 0.0, "cell_clip": 0.0}),
    *(
        Case(
            op,
            {**until(3), **WHOLE},
            left_out=("i", "f", "o", "ci", "co"),
            gradients=op == "BlockLSTM",
        )
        for op in ("BlockLSTM", "BlockLSTMV2")
    ),
    *(
        Case(op, {**until(steps), **WHOLE, **FORWARD, **BACK}, {"use_peephole": peephole})
        for op in ("BlockLSTMGrad", "BlockLSTMGradV2")
        for steps in (STEPS, 3)
        for peephole in (True, False)
    ),
    Case("GRUBlockCell", GRU, gradients=False),
    Case(
        "GRUBlockCellGrad",
        {
            **GRU,
            "r": INSIDE[0],
            "u": INSIDE[1],
            "c": np.tanh(floats(BATCH, UNITS)),
            "d_h": floats(BATCH, UNITS),
        },
    ),
]
