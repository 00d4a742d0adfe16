"""Accelerate prepares a net, in half precision too, saves its state, and gives it back."""

import copy
import inspect
import pickle

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

import torchscope as ts
from ecosystem.classifier import KEYS, Classifier, X, Y, built, loader
from torchscope.checkpoint import load_checkpoint
from torchscope.optim import Adam

pytestmark = pytest.mark.ecosystem


@pytest.fixture(autouse=True)
def _fresh_state():
    # Trainers of other packages make one as well.
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


def trained(accelerator):
    """What Accelerate made of the net and its optimizer, after some epochs."""
    net = built(Classifier())
    optimizer = Adam(net.parameters(), lr=0.05)
    net, optimizer, batches = accelerator.prepare(net, optimizer, loader())
    first = net(X, Y)["loss"].item()
    for _ in range(5):
        for x, y in batches:
            with accelerator.accumulate(net):
                optimizer.zero_grad()
                accelerator.backward(net(x, y)["loss"])
                optimizer.step()
    assert net(X, Y)["loss"].item() < first
    return net, optimizer


def test_accelerate_trains_saves_and_loads_a_net(tmp_path):
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
    net, _ = trained(accelerator)
    assert accelerator.unwrap_model(net) is net
    accelerator.save_state(tmp_path / "state")
    before = {key: value.clone() for key, value in net.state_dict().items()}
    net.scopes.initialize_()
    accelerator.load_state(tmp_path / "state")
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())

    accelerator.save_model(net, tmp_path / "model")
    kept = load_checkpoint(str(tmp_path / "model" / "model.safetensors"))
    assert set(kept) == set(KEYS)


def test_in_half_precision_the_net_is_called_in_autocast_and_comes_back_as_it_was(tmp_path):
    accelerator = Accelerator(cpu=True, mixed_precision="bf16")
    net, _ = trained(accelerator)
    expected = net(X, Y)["logits"]
    assert torch.equal(expected, expected.bfloat16().float())
    plain = accelerator.unwrap_model(net, keep_fp32_wrapper=False)
    result = plain(X, Y)["logits"]
    assert not torch.equal(result, result.bfloat16().float())
    torch.testing.assert_close(result, expected, rtol=0.05, atol=0.05)
    # Accelerate has bound what stands before forward; the call has put it back.
    assert not inspect.ismethod(plain.forward)
    for other in (copy.deepcopy(plain), pickle.loads(pickle.dumps(plain))):
        assert other.scopes.module is other
        assert torch.equal(other(X, Y)["logits"], result)
    assert torch.equal(ts.graph(plain, X, Y)(X, Y)["logits"], result)


def test_a_copy_of_what_is_prepared_in_half_precision_computes_with_the_weights_of_the_original():
    # docs/works_with.md says so. Where this fails Accelerate has learned it, and the page is to say that.
    net = Accelerator(cpu=True, mixed_precision="bf16").prepare(built(Classifier()))
    other = copy.deepcopy(net)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    assert torch.equal(other(X, Y)["logits"], net(X, Y)["logits"])
