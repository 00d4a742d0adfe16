"""Model objects that keep reuse=True after their first call, as GANs of TF1 did."""

import copy
import pickle

import pytest
import torch
from torch import nn

import torchscope as ts


class Critic:
    """Makes its variables in its first call, and shares them in all others."""

    def __init__(self, partitioner=None):
        self.reuse = None
        self.partitioner = partitioner

    def __call__(self, x):
        with ts.variable_scope("critic", reuse=self.reuse, partitioner=self.partitioner) as scope:
            w = ts.get_variable("w", [3, 4])
            if self.partitioner is not None:
                w = w.as_tensor()
            h = torch.tanh(x @ w)
            out = ts.layers.dense(h, 1, name="out") if self.partitioner is None else h.sum()
        self.names = (
            scope.name,
            scope.original_name_scope,
            [v.op.name for v in ts.global_variables()],
        )
        self.reuse = True
        return out


class Gan(nn.Module):
    """A net that calls its critic twice in a pass."""

    def __init__(self, partitioner=None):
        super().__init__()
        self.judge = Critic(partitioner)
        self.scopes = ts.ScopedParameterRegistry(self, reuse_from_earlier_passes=True)

    def forward(self, real, fake):
        a = self.judge(real)
        first = self.judge.names
        b = self.judge(fake)
        return a.sum() - b.sum(), (first, self.judge.names, ts.Variable(0.0, name="critic/w").name)


def pair():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, 3, generator=generator), torch.randn(2, 3, generator=generator)


def test_it_trains_over_several_passes():
    net = Gan()
    first, names = net(*pair())
    variables = dict(net.named_parameters())
    assert sorted(variables) == ["critic.out.bias", "critic.out.kernel", "critic.w", "critic.w_1"]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss, again = net(*pair())
        assert again == names
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == first.item() and losses[-1] < losses[0]
    assert dict(net.named_parameters()).keys() == variables.keys()


def test_without_it_the_second_pass_is_refused_and_names_it():
    critic = Critic()
    net = ts.ScopedModule(critic)
    net(torch.ones(1, 3))
    with pytest.raises(ValueError, match="does not exist") as caught:
        net(torch.ones(1, 3))
    message = str(caught.value)
    assert "ScopedParameterRegistry(module, reuse_from_earlier_passes=True)" in message
    critic = Critic()
    net = ts.ScopedModule(critic, reuse_from_earlier_passes=True)
    assert torch.equal(net(torch.ones(1, 3)), net(torch.ones(1, 3)))


def test_what_nobody_made_is_refused_all_the_same():
    def model(early, name="w"):
        with ts.variable_scope("s", reuse=early):
            return ts.get_variable(name, [1])

    net = ts.ScopedModule(model, reuse_from_earlier_passes=True)
    with pytest.raises(ValueError, match="Variable s/w does not exist"):
        net(early=True)
    made = net(early=None)
    assert net(early=True) is made
    with pytest.raises(ValueError, match="Variable s/v does not exist"):
        net(early=True, name="v")
    with ts.variable_scope("", reuse=True), pytest.raises(ValueError, match="does not exist"):
        ts.get_variable("w", [1])


def test_a_request_that_disagrees_or_does_not_share_is_refused_as_ever():
    def model(reuse, shape=(2,), times=1, **kwargs):
        for _ in range(times):
            with ts.variable_scope("s", reuse=reuse):
                found = ts.get_variable("w", shape, **kwargs)
        return found

    net = ts.ScopedModule(model, reuse_from_earlier_passes=True)
    made = net(None)
    assert net(True, shape=None) is made
    with pytest.raises(ValueError, match=r"specified shape \(3,\) and found shape \(2,\)"):
        net(True, shape=(3,))
    with pytest.raises(ValueError, match="specified dtype float64 and found dtype float32"):
        net(True, dtype=torch.float64)
    with pytest.raises(ValueError, match="already exists, disallowed"):
        net(None, times=2)
    assert net(True, times=2) is net(ts.AUTO_REUSE) is made


def test_it_builds_copies_and_pickles():
    net = ts.build(Gan(), *pair())
    expected = net(*pair())[0]
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert other.judge.reuse is True
        assert torch.equal(other(*pair())[0], expected)
    fresh = Gan()
    fresh.load_state_dict(net.state_dict())
    for _ in range(2):
        assert torch.equal(fresh(*pair())[0], expected)


def test_it_compiles_whole():
    net = ts.ScopedModule(Critic(), reuse_from_earlier_passes=True)
    expected = net(pair()[0])
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    for _ in range(2):
        torch.testing.assert_close(compiled(pair()[0]), expected)


def test_variables_in_pieces_are_found_again():
    net = Gan(ts.fixed_size_partitioner(2))
    expected, names = net(*pair())
    for _ in range(2):
        again = net(*pair())
        assert torch.equal(again[0], expected)
        assert again[1] == names
    assert sum("part_" in name for name in net.scopes.variables) == 2


def test_pieces_that_another_entry_made_are_found():
    class Coder(nn.Module):
        def __init__(self):
            super().__init__()
            self.scopes = ts.ScopedParameterRegistry(self, entries=("encode", "decode"))

        def weights(self, reuse):
            cut = ts.fixed_size_partitioner(2)
            with ts.variable_scope("s", reuse=reuse, partitioner=cut):
                return ts.get_variable("w", [4])

        def encode(self):
            return self.weights(None)

        def decode(self):
            return self.weights(True)

    net = Coder()
    with pytest.raises(ValueError, match="PartitionedVariable s/w does not exist"):
        net.decode()
    made = net.encode()
    assert [v is w for v, w in zip(net.decode(), made, strict=True)] == [True, True]


def test_creators_see_what_they_saw_in_the_first_pass():
    def doubled(make, **kwargs):
        return make(**kwargs) * 2

    def model(reuse):
        with ts.variable_creator_scope(doubled), ts.variable_scope("s", reuse=reuse):
            return ts.get_variable("w", [1], initializer=ts.ones_initializer)

    net = ts.ScopedModule(model, reuse_from_earlier_passes=True)
    assert [net(reuse).item() for reuse in (None, True, True)] == [2.0, 2.0, 2.0]
