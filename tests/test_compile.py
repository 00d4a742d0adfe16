"""torch.compile: a net that has run once is traced whole, and not traced again."""

import pytest
import torch
from nets import Siamese, pairs
from torch._dynamo.testing import CompileCounter
from torch._dynamo.utils import counters

import torchscope as ts


@pytest.fixture(autouse=True)
def _fresh_dynamo():
    torch._dynamo.reset()
    counters.clear()


def test_a_net_is_one_graph_and_gives_the_same_numbers():
    net, count = Siamese(), CompileCounter()
    expected = net(*pairs())
    compiled = torch.compile(net, fullgraph=True, backend=count)
    for _ in range(3):
        assert all(torch.equal(a, b) for a, b in zip(compiled(*pairs()), expected, strict=True))
    assert count.frame_count == 1
    assert len(net.scopes.get_collection("losses")) == 1


def test_a_net_trains_compiled():
    net = Siamese()
    net(*pairs())
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    sum(f.sum() for f in net(*pairs())).backward()
    expected = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    sum(f.sum() for f in compiled(*pairs())).backward()
    for parameter, grad in zip(net.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, grad)


def scopes_of_all_kinds(x):
    with ts.variable_scope("a", initializer=ts.ones_initializer()) as scope:
        w = ts.get_variable("w", [1])
        scope.reuse_variables()
        x = x * ts.get_variable("w", [1])
    for _ in range(2):
        with ts.variable_scope(None, default_name="layer"), ts.name_scope("n"):
            x = x + ts.get_variable("b", [1], regularizer=ts.l2_regularizer(0.1))
    with ts.variable_scope(scope):
        x = x * ts.get_variable("w", [1])
    return x * w + sum(ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES))


def test_scopes_of_all_kinds_are_traced():
    net, count = ts.ScopedModule(scopes_of_all_kinds), CompileCounter()
    x = torch.ones(3)
    expected = net(x)
    compiled = torch.compile(net, fullgraph=True, backend=count)
    for _ in range(2):
        torch.testing.assert_close(compiled(x), expected)
    assert count.frame_count == 1


def test_a_first_pass_that_is_compiled_says_what_to_do():
    net = ts.ScopedModule(lambda x: x * ts.get_variable("w", [1]))
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    with pytest.raises(Exception, match=r"Call ts.build\(net, \*inputs\) first"):
        compiled(torch.ones(1))
