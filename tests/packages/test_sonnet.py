"""Sonnet's modules are objects: they may be made before the net that calls them, or in its first pass."""

import pytest
import torch

import torchscope as ts
from packages.both import ours, quiet

snt = ours("sonnet")


class Net(ts.ScopedModule):
    """A net that makes its modules once."""

    def __init__(self, before):
        super().__init__(self.build)
        self.parts = self.made() if before else None

    @staticmethod
    def made():
        return snt.Linear(4), snt.nets.MLP([3, 2]), snt.LSTM(3)

    def build(self, x):
        if self.parts is None:
            self.parts = self.made()
        linear, mlp, lstm = self.parts
        return mlp(linear(x)), lstm(x, lstm.initial_state(2))[0], mlp(linear(2 * x))


@pytest.mark.parametrize("before", [False, True], ids=["in the first pass", "before the net"])
@quiet()
def test_a_net_keeps_its_modules(before):
    net, x = Net(before), torch.ones(2, 5)
    first, second = net(x), net(x)
    names = [v.op.name for v in net.registry.global_variables()]
    assert names == [
        *("linear/w", "linear/b", "mlp/linear_0/w", "mlp/linear_0/b"),
        *("mlp/linear_1/w", "mlp/linear_1/b", "lstm/w_gates", "lstm/b_gates"),
    ]
    for again, output in zip(second, first, strict=True):
        torch.testing.assert_close(again, output)
    compiled = torch.compile(net, backend="aot_eager")(x)
    for again, output in zip(compiled, first, strict=True):
        torch.testing.assert_close(again, output)


@quiet()
def test_a_module_belongs_to_one_net():
    linear = snt.Linear(4)
    net, other = (ts.ScopedModule(linear.__call__) for _ in range(2))
    net(torch.ones(2, 5))
    with net.registry.activate():
        assert [v.name for v in linear.get_variables()] == ["linear/w:0", "linear/b:0"]
    with pytest.raises(snt.DifferentGraphError, match="Cannot connect module to multiple Graphs"):
        other(torch.ones(2, 5))
