"""The loss of sequences is contrib's, whatever is averaged and summed."""

import itertools

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.comparing import assert_alike
from tests.tensorflow1_contrib import import_contrib

theirs = import_contrib().seq2seq
DRAW = np.random.default_rng(5)
LOGITS = DRAW.normal(size=(3, 4, 5)).astype("float32")
TARGETS = DRAW.integers(0, 5, (3, 4)).astype("int32")
WEIGHTS = np.array([[1, 1, 0.5, 0], [2, 1, 0, 0], [0, 0, 0, 0]], "float32")
SWITCHES = (
    *("average_across_timesteps", "average_across_batch"),
    *("sum_over_timesteps", "sum_over_batch"),
)
SAID = [
    dict(zip(SWITCHES, said, strict=True))
    for said in itertools.product([False, True], repeat=4)
    if not (said[0] and said[2]) and not (said[1] and said[3])
]


def test_losses_are_contribs():
    assert_alike(
        lambda tf, *given: [theirs.sequence_loss(*given, **switches) for switches in SAID],
        lambda *given: [ts.seq2seq.sequence_loss(*given, **switches) for switches in SAID],
        [LOGITS, TARGETS, WEIGHTS],
        least=1.0,
    )


def test_a_loss_of_ones_own_gets_all_steps_at_once():
    def squared(labels, logits):
        assert tuple(labels.shape) == (12,) and tuple(logits.shape) == (12, 5)
        return logits[:, 0] ** 2

    assert_alike(
        lambda tf, *given: theirs.sequence_loss(*given, softmax_loss_function=squared),
        lambda *given: ts.seq2seq.sequence_loss(*given, softmax_loss_function=squared),
        [LOGITS, TARGETS, WEIGHTS],
    )


@pytest.mark.parametrize("rows", [1, 3])
def test_weights_of_zero_leave_no_loss_and_no_gradient(rows):
    logits = torch.tensor(LOGITS[:rows], requires_grad=True)
    loss = ts.seq2seq.sequence_loss(logits, TARGETS[:rows], np.zeros((rows, 4), "float32"))
    (gradient,) = torch.autograd.grad(loss, logits)
    assert loss == 0
    assert not gradient.any()
