"""Shapes, dtypes and devices of many tensors at once."""

import pytest
import torch
from torch import nn

from torchscope._core.graphs.tensor_guards import Kinds

SAME = {
    "the same": lambda w: w,
    "other values": lambda w: nn.Parameter(w + 1),
    "another class": lambda w: w.detach(),
    "other strides": lambda w: nn.Parameter(torch.ones(3, 2).t()),
    "what is not trained": lambda w: nn.Parameter(w.detach(), requires_grad=False),
}
OTHER = {
    "another shape": lambda w: nn.Parameter(torch.ones(3, 2)),
    "a shape that broadcasts": lambda w: nn.Parameter(torch.ones(1, 3)),
    "another rank": lambda w: w[None],
    "another dtype": lambda w: nn.Parameter(w.detach().double()),
    "another device": lambda w: nn.Parameter(w.detach().to("meta")),
    "nothing": lambda w: None,
}


@pytest.mark.parametrize("change", [*SAME.values(), *OTHER.values()], ids=[*SAME, *OTHER])
def test_shapes_dtypes_and_devices_count_and_nothing_else(change):
    weight, bias = nn.Parameter(torch.zeros(2, 3)), torch.zeros(3)
    kinds, changed = Kinds([weight, bias]), change(weight)
    for _ in range(2):
        assert kinds.hold([changed, bias]) == (change in SAME.values())
        assert kinds.hold([weight, bias])


def test_a_tensor_that_became_another_is_seen():
    weight = nn.Parameter(torch.zeros(2, 3))
    kinds = Kinds([weight])
    weight.data = torch.zeros(2, 1)
    assert not kinds.hold([weight])


def test_modes_of_a_thread_do_not_count():
    weight = nn.Parameter(torch.zeros(2, 3))
    kinds = Kinds([weight])
    for mode in torch.inference_mode(), torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        with mode:
            assert kinds.hold([weight])
        assert kinds.hold([weight])


def test_the_compilers_own_check_is_there():
    weight = nn.Parameter(torch.zeros(2, 3))
    assert Kinds([weight])._check(weight)
