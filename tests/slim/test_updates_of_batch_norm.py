"""When the averages of slim's batch_norm move."""

import pytest
import torch

import torchscope as ts
from torchscope import slim

# What chooses another of the ways that TF1 has behind the name.
WAYS = [
    {},
    {"fused": False},
    {"updates_collections": None},
    {"updates_collections": None, "fused": False},
    {"zero_debias_moving_mean": True},
    {"batch_weights": torch.ones(4)},
]


@pytest.mark.parametrize("keywords", WAYS)
def test_a_checkpointed_block_moves_its_averages_once(keywords):
    def block(x):
        return torch.sin(slim.batch_norm(x, decay=0.5, **keywords))

    plain = ts.ScopedModule(block)
    again = ts.ScopedModule(lambda x: ts.recompute(block, x))
    x = torch.randn(4, 3, requires_grad=True)
    for net in (plain, again):
        net(x).sum().backward()
    assert list(again.registry.variables) == list(plain.registry.variables)
    for name, variable in plain.registry.variables.items():
        assert torch.equal(again.registry.variables[name], variable), name
