"""Adafactor beside tensor2tensor's own source: each argument over 50 steps, in float32."""

import numpy as np
import pytest
import torch
from packages import both
from torch import nn

from optim.beside import by_tensorflow, by_torchscope, gradients, start
from torchscope import optim


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"multiply_by_parameter_scale": False},
        {"lr": 0.1, "decay_rate": 0.9, "name": "Own"},
        {"beta1": 0.5},
        {"clipping_threshold": None, "beta1": 0.9},
        {"clipping_threshold": 2.0, "factored": False},
        {"epsilon1": 0.1, "epsilon2": 10.0},
    ],
    ids=str,
)
def test_fifty_steps_are_those_of_tensor2tensor(arguments):
    named = dict(arguments)
    if "lr" in named:
        named["learning_rate"] = named.pop("lr")
    module = both.theirs("tensor2tensor.utils.adafactor")
    first, moves = start(5), gradients(5, 50, 1.0)
    dtypes = ("float32",)
    after, slots, names = by_torchscope(
        lambda params: optim.Adafactor(params, **arguments), first, moves, dtypes
    )
    expected, kept, called = by_tensorflow(
        lambda step: module.AdafactorOptimizer(**named), first, moves, dtypes
    )
    assert names == called
    for key in names:
        own, other = (np.array([values[key] for values in each]) for each in (after, expected))
        np.testing.assert_allclose(own, other, rtol=2e-5, atol=2e-5)
        assert slots[key].keys() == kept[key].keys()
        for slot, value in kept[key].items():
            np.testing.assert_allclose(slots[key][slot], value, rtol=2e-5, atol=2e-6)


def test_of_more_dimensions_the_last_two_are_factored():
    w = nn.Parameter(torch.randn(2, 3, 4))
    optimizer = optim.Adafactor([w])
    w.grad = torch.randn(2, 3, 4)
    optimizer.step()
    assert [list(v.shape) for v in optimizer.state[w].values()] == [[2, 3], [2, 4]]
    alone = [nn.Parameter(p.detach().clone()) for p in w]
    assert optim.Adafactor(alone).slot_names(None, alone[0]) == {
        "vr": "Adafactor",
        "vc": "Adafactor_1",
    }
