"""How long the operations of a graph take, and that measuring them leaves nothing behind."""

import time

import pytest
import torch
from torch import nn

import torchscope as ts

SLOW = 0.05


@torch.library.custom_op("torchscope_tests::slow", mutates_args=())
def slow(x: torch.Tensor) -> torch.Tensor:
    """The same, after a while."""
    time.sleep(SLOW)
    return x.clone()


@slow.register_fake
def _(x):
    return torch.empty_like(x)


def model(x):
    with ts.variable_scope("fast"):
        x = ts.layers.dense(x, 4)
    with ts.variable_scope("slow"):
        return ts.layers.dense(slow(x), 4)


def test_each_operation_has_its_own_time():
    graph = ts.graph(ts.ScopedModule(model), torch.ones(2, 3))
    seconds = graph.measure(torch.ones(2, 3))
    assert list(seconds) == ["fast/dense/MatMul", "slow/Slow", "slow/dense/MatMul"]
    # As print names them, in the same order.
    names = [line.split()[0] for line in str(graph).splitlines()]
    assert [name for name in names if name in seconds] == list(seconds)
    assert max(seconds, key=seconds.get) == "slow/Slow"
    assert seconds["slow/Slow"] >= SLOW
    assert min(seconds.values()) > 0


def test_they_add_up_to_the_time_of_a_call():
    def sleepy(x):
        for _ in range(5):
            x = slow(x)
        return x

    graph = ts.graph(ts.ScopedModule(sleepy), torch.ones(2))
    seconds = graph.measure(torch.ones(2))
    start = time.perf_counter()
    graph(torch.ones(2))
    whole = time.perf_counter() - start
    assert all(SLOW <= each < whole / 2 for each in seconds.values())
    assert 5 * SLOW <= sum(seconds.values()) < 2 * whole


class Net(nn.Module):
    """Moves averages, draws random numbers, writes to its input, counts, and collects."""

    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)
        self.normalized = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5))

    def forward(self, x):
        calls = ts.get_variable("calls", initializer=0.0, trainable=False)
        calls.assign(calls + 1)
        x += 1
        ts.add_to_collection("seen", x)
        return self.normalized(x)


def test_measuring_leaves_the_net_the_inputs_and_random_numbers_as_they_were():
    net = Net()
    graph = ts.graph(net, torch.ones(3, 4))
    x = torch.randn(3, 4)
    graph(x)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    (seen,) = net.scopes.get_collection("seen")
    given, drawn = x.clone(), torch.get_rng_state()
    assert "BatchNorm" in "".join(graph.measure(x))
    assert torch.equal(x, given)
    assert torch.equal(torch.get_rng_state(), drawn)
    assert net.scopes.get_collection("seen")[0] is seen
    for key, value in net.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert all(each.grad is None for each in net.parameters())


def test_a_mode_is_measured_in_which_the_net_is():
    graph = ts.graph(Net(), torch.ones(3, 4))
    assert any("Dropout" in name for name in graph.measure(torch.ones(3, 4)))
    graph.eval()
    assert not any("Dropout" in name for name in graph.measure(torch.ones(3, 4)))


def test_what_was_recorded_before_can_be_measured_and_is_shown_then():
    one, other = torch.ones(2, 3), torch.ones(2, 3, dtype=torch.float64)
    graph = ts.graph(nn.Tanh(), one)
    graph.record(other)
    assert "float64" in str(graph)
    graph.measure(one)
    assert "float32" in str(graph)


def test_a_graph_without_operations_takes_no_time():
    assert ts.graph(nn.Identity(), torch.ones(2)).measure(torch.ones(2)) == {}


def test_tensors_without_values_take_no_time():
    graph = ts.graph(nn.Tanh(), torch.empty(2, device="meta"))
    with pytest.raises(ValueError, match=r"Give inputs that have some, torch\.randn"):
        graph.measure(torch.empty(2, device="meta"))


@pytest.mark.cuda
def test_a_gpu_is_waited_for():
    x = torch.randn(8192, 8192, device="cuda")
    seconds = ts.graph(ts.ScopedModule(lambda x: (x @ x).sum()), x).measure(x)
    # A million million additions, which no GPU does while one is begun.
    assert seconds["MatMul"] > 1e-3
    assert seconds["MatMul"] > 3 * seconds["Sum"]
