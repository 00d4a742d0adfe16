"""Nets that an older release has pickled: they load, give what they gave, and go on."""

import copy
import pickle

import pytest
import torch

from tests.goldens.older import older, outputs


@pytest.fixture(scope="module")
def kept():
    return older()


def test_each_net_gives_what_it_gave_when_it_was_pickled(kept):
    assert len(kept) > 100
    for net, x, given, _ in kept:
        again = outputs(net, x)
        assert len(again) == len(given)
        for mine, its in zip(again, given, strict=True):
            torch.testing.assert_close(mine, its)


def test_a_net_is_pickled_anew_under_the_names_of_now(kept):
    net, x, given, _ = kept[0]
    text = pickle.dumps(net)
    assert b"torchscope._core.modules.registry" in text
    assert b"torchscope.registry" not in text
    torch.testing.assert_close(outputs(pickle.loads(text), x), given)


def test_a_copy_of_an_optimizer_goes_on_where_it_was(kept):
    net, x, _, optimizer = copy.deepcopy(kept[0])
    before = {
        name: v.detach().clone()
        for name, v in net.scopes.trainable_variables() and net.scopes.variables.items()
    }
    net(x).sum().backward()
    optimizer.step()
    moved = [name for name, v in net.scopes.variables.items() if not torch.equal(v, before[name])]
    assert "template/scope/w" in moved
