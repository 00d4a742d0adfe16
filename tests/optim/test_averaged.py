"""A net on the averages of its variables, which has its own values again afterwards."""

import copy
import pickle

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from torchscope.optim import averaged


def model(x, names=("ExponentialMovingAverage",)):
    """Two weights that are trained, one of them with averages, and a step."""
    with tf.variable_scope("fc"):
        w = tf.get_variable("w", [2, 2], initializer=tf.ones_initializer())
    b = tf.get_variable("b", [2], initializer=tf.zeros_initializer())
    updates = [tf.train.ExponentialMovingAverage(0.5, name=name).apply([w]) for name in names]
    return x @ w + b, tf.group(*updates)


def output(x):
    """What the model computes, for evaluation."""
    return model(x)[0]


def trained(names=("ExponentialMovingAverage",)):
    """A net whose weights are 3, and whose averages are 2."""
    net = ts.ScopedModule(model)
    _, update = net(torch.ones(1, 2), names)
    with torch.no_grad():
        net.fc.w.fill_(3.0)
    update.run()
    return net


def outputs(net, *names):
    """What the net gives of ones: twice its weight."""
    return net(torch.ones(1, 2), *names)[0].detach().unique().tolist()


def test_a_net_computes_with_its_averages_and_then_with_its_own_weights():
    net = trained()
    w, average = net.fc.w, net.registry.variables["fc/w/ExponentialMovingAverage"]
    memory, optimizer = w.data_ptr(), torch.optim.SGD(net.parameters(), lr=1.0)
    state = {key: value.clone() for key, value in net.state_dict().items()}
    with averaged(net) as without:
        assert without == ["b"]
        assert outputs(net) == [4.0]
        assert net.fc.w is w
        # Nothing was copied.
        assert w.data_ptr() == average.data_ptr()
        assert average.unique().tolist() == [2.0]
    assert outputs(net) == [6.0]
    assert w.data_ptr() == memory
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())
    net(torch.ones(1, 2))[0].sum().backward()
    optimizer.step()
    assert net.fc.w.unique().tolist() == [2.0]
    assert average.unique().tolist() == [2.0]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_whatever_happens_inside_the_weights_come_back(error):
    net = trained()
    with pytest.raises(error, match="inside"), averaged(net):
        raise error("inside")
    assert outputs(net) == [6.0]


def test_contexts_may_be_inside_one_another():
    net = trained(("ExponentialMovingAverage", "other"))
    with torch.no_grad():
        net.registry.variables["fc/w/other"].fill_(7.0)
    with averaged(net):
        with averaged(net):
            assert outputs(net) == [4.0]
        with averaged(net, "other"):
            assert outputs(net) == [14.0]
        assert outputs(net) == [4.0]
    assert outputs(net) == [6.0]


def test_wrapped_compiled_copied_and_pickled_nets_are_averaged():
    net, x = ts.ScopedModule(output), torch.ones(1, 2)
    ts.build(net, x)
    net.load_state_dict(trained().state_dict())
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    graph = ts.graph(copy.deepcopy(net), x)
    wrapped = torch.nn.Sequential(net)
    again = pickle.loads(pickle.dumps(net))
    with averaged(wrapped), averaged(graph), averaged(again):
        found = [each(x).unique().tolist() for each in (compiled, graph, wrapped, again)]
    assert found == [[4.0]] * 4
    found = [each(x).unique().tolist() for each in (compiled, graph, wrapped, again)]
    assert found == [[6.0]] * 4


def test_what_was_computed_outside_is_not_differentiated_inside():
    net, x = trained(), torch.ones(1, 2, requires_grad=True)
    y = net(x)[0].sum()
    with averaged(net), pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [[6.0, 6.0]]
    with averaged(net):
        y = net(x)[0].sum()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_an_average_that_lies_otherwise_in_memory_is_copied():
    net = trained()
    average = net.registry.variables["fc/w/ExponentialMovingAverage"]
    average.data = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).t()
    own, strides = net.fc.w.tolist(), net.fc.w.stride()
    with averaged(net):
        assert net.fc.w.tolist() == [[1.0, 3.0], [2.0, 4.0]]
        assert net.fc.w.stride() == strides
    assert net.fc.w.tolist() == own


def test_no_averages_are_told_and_their_names_looked_for():
    net = ts.ScopedModule(model)
    with pytest.raises(ValueError, match=r"call the net, or ts\.build"), averaged(net):
        pass
    with (
        pytest.raises(ValueError, match=r"named 'Exponential'. Its slots are named Exp"),
        averaged(trained(), "Exponential"),
    ):
        pass
    with pytest.raises(TypeError, match="averaged takes a module; this is 3"), averaged(3):
        pass


def test_two_averages_of_one_name_are_told_apart_or_refused():
    net = trained(("avg", "avg"))
    with torch.no_grad():
        net.registry.variables["fc/w/avg_1"].fill_(5.0)
    for name, expected in (("avg", [4.0]), ("avg_1", [10.0])):
        with averaged(net, name):
            assert outputs(net, ("avg", "avg")) == expected

    def scoped(x):
        w = tf.get_variable("w", [1])
        for scope in ("", "a"):
            with tf.variable_scope(scope):
                tf.train.ExponentialMovingAverage(0.5).apply([w])
        return x * w

    net = ts.ScopedModule(scoped)
    net(torch.ones(1))
    with pytest.raises(ValueError, match="Variable w has two averages named Exp"), averaged(net):
        pass
