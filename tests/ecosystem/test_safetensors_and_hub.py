"""Files of safetensors, and the mixin of huggingface_hub, which saves and loads a net from a folder."""

import pytest
import torch
from huggingface_hub import PyTorchModelHubMixin
from safetensors.torch import load_model, save_model
from torch import nn

import torchscope as ts
from ecosystem.classifier import KEYS, X, logits_of

pytestmark = pytest.mark.ecosystem


class Net(nn.Module, PyTorchModelHubMixin):
    def __init__(self, width=16):
        super().__init__()
        self.width = width
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, x):
        return logits_of(x, self.width)


def test_a_safetensors_file_goes_into_a_net_that_has_not_run(tmp_path):
    net = ts.build(Net(), X)
    save_model(net, tmp_path / "net.safetensors")
    fresh = Net()
    assert load_model(fresh, tmp_path / "net.safetensors") == (set(), [])
    assert torch.equal(fresh(X), net(X))


def test_the_hubs_mixin_saves_and_loads_a_net_with_its_arguments(tmp_path):
    net = ts.build(Net(width=7), X)
    net.save_pretrained(tmp_path)
    fresh = Net.from_pretrained(tmp_path, strict=True)
    assert fresh.width == 7
    assert set(fresh.state_dict()) == set(KEYS)
    assert torch.equal(fresh(X), net(X))
