"""What PyTorch puts on a scope's module: parametrizations, weight_norm, hooks."""

import copy
import warnings

import pytest
import torch
from nets import Siamese, pairs
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

import torchscope as ts


class Doubled(nn.Module):
    def forward(self, original):
        return 2 * original

    def right_inverse(self, value):
        return value / 2


class Skew(nn.Module):
    """A parametrization that cannot be inverted."""

    def forward(self, original):
        return original.triu() - original.triu().T


@pytest.fixture
def net():
    net = Siamese()
    net(*pairs())
    return net


def outputs(net):
    return torch.cat([features.flatten() for features in net(*pairs())])


def test_get_variable_gives_what_a_parametrization_computes(net):
    before, original = outputs(net), net.model.conv1.weights
    parametrize.register_parametrization(net.model.conv1, "weights", Doubled())
    for _ in range(3):
        torch.testing.assert_close(outputs(net), before)
    with net.scopes.activate(), ts.variable_scope("model/conv1"):
        torch.testing.assert_close(ts.get_variable("weights", [3, 3, 3, 4]), 2 * original)
    assert net.model.conv1.parametrizations.weights.original is original
    outputs(net).sum().backward()
    assert original.grad.any()


def test_an_optimizer_that_has_the_original_goes_on(net):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    parametrize.register_parametrization(net.model.conv1, "weights", Doubled())
    before = outputs(net)
    before.square().mean().backward()
    optimizer.step()
    assert not torch.allclose(outputs(net), before)


def test_without_its_parametrization_a_variable_is_what_it_was(net):
    before, original = outputs(net), net.model.conv1.weights
    keys = sorted(net.state_dict())
    parametrize.register_parametrization(net.model.conv1, "weights", Doubled())
    outputs(net)
    parametrize.remove_parametrizations(net.model.conv1, "weights")
    torch.testing.assert_close(outputs(net), before)
    assert net.model.conv1.weights is original
    assert original.name == "model/conv1/weights:0"
    assert sorted(net.state_dict()) == keys
    assert net.scopes.variables["model/conv1/weights"] is original


def test_weight_norm_splits_a_kernel_into_length_and_direction(net):
    before = outputs(net)
    parametrizations.weight_norm(net.model.conv1, "weights", dim=3)
    torch.testing.assert_close(outputs(net), before)
    outputs(net).sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())
    assert net.model.conv1.parametrizations.weights.original0.shape == (1, 1, 1, 4)
    parametrize.remove_parametrizations(net.model.conv1, "weights")
    torch.testing.assert_close(outputs(net), before)
    assert net.model.conv1.weights.name == "model/conv1/weights:0"


def test_a_variable_can_be_made_a_parameter_anew():
    v = ts.get_variable("a", [2])
    twin = nn.Parameter(v, requires_grad=False)
    assert isinstance(twin, nn.Parameter)
    assert (twin.requires_grad, v.requires_grad) == (False, True)
    assert twin.data_ptr() == v.data_ptr()
    assert type(v.detach()) is torch.Tensor


@pytest.mark.parametrize("normed", [False, True])
def test_a_parametrized_net_is_saved_and_loaded_and_copied(net, normed):
    def change(net):
        if normed:
            parametrizations.weight_norm(net.model.conv1, "weights")
        else:
            parametrize.register_parametrization(net.model.conv1, "weights", Doubled())

    change(net)
    twin = Siamese()
    twin(*pairs())
    change(twin)
    assert not torch.equal(outputs(net), outputs(twin))
    twin.load_state_dict(net.state_dict())
    for same in (twin, copy.deepcopy(net)):
        assert torch.equal(outputs(net), outputs(same))


def test_a_parametrized_net_compiles(net):
    parametrizations.weight_norm(net.model.conv1, "weights")
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    for _ in range(2):
        torch.testing.assert_close(compiled(*pairs()), net(*pairs()))


def test_initialisation_and_constraints_reach_the_original():
    net = ts.ScopedModule(
        lambda: ts.get_variable("w", [2], initializer=ts.ones_initializer, constraint=torch.relu)
    )
    net()
    parametrize.register_parametrization(net, "w", Doubled())
    with torch.no_grad():
        net.parametrizations.w.original.fill_(-7.0)
    net.registry.apply_constraints_()
    assert net().tolist() == [0.0, 0.0]
    net.registry.initialize_()
    assert net().tolist() == [1.0, 1.0]
    assert net.parametrizations.w.original.tolist() == [0.5, 0.5]


def test_a_parametrization_that_cannot_be_inverted_refuses_to_be_initialised():
    net = ts.ScopedModule(lambda: ts.get_variable("w", [2, 2]))
    net()
    parametrize.register_parametrization(net, "w", Skew())
    before = net.parametrizations.w.original.clone()
    with pytest.raises(RuntimeError, match="right_inverse"):
        net.registry.initialize_()
    assert torch.equal(net.parametrizations.w.original, before)


def test_a_registry_is_not_taken_off_while_a_variable_is_parametrized(net):
    parametrize.register_parametrization(net.model.conv1, "weights", Doubled())
    keys = list(net.state_dict())
    with pytest.raises(ValueError, match="Variable model/conv1/weights is parametrized"):
        net.scopes.detach()
    assert list(net.state_dict()) == keys
    parametrize.remove_parametrizations(net.model.conv1, "weights")
    assert len(net.scopes.detach()) == 4


def test_what_pytorch_computes_by_a_hook_of_the_module_is_refused_with_what_to_use_instead(net):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        nn.utils.weight_norm(net.model.conv1, "weights")
    advice = "a plain variable_scope never calls it: use .*parametrizations.weight_norm"
    with pytest.raises(ReferenceError, match=advice):
        net(*pairs())
    pruned = Siamese()
    pruned(*pairs())
    prune.random_unstructured(pruned.model.conv1, "biases", 0.5)
    with pytest.raises(ReferenceError, match=f"model/conv1/biases.*{advice}"):
        pruned(*pairs())
    prune.remove(pruned.model.conv1, "biases")
    pruned(*pairs())
    assert pruned.model.conv1.biases.name == "model/conv1/biases:0"


def test_a_plain_scope_never_calls_its_module_and_so_none_of_its_forward_hooks(net):
    called = []
    net.model.conv1.register_forward_hook(lambda *_: called.append("after"))
    net.model.conv1.register_forward_pre_hook(lambda *_: called.append("before"))
    net.register_forward_pre_hook(lambda *_: called.append("net"))
    net(*pairs())
    assert called == ["net"]
