"""What the messages of training in a model function advise works."""

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from remedies import follow, tried
from torchscope import optim

CASES = []
remedy = tried(CASES)
X = torch.ones(2, 3)


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


def loss_of(x):
    w, v = (tf.get_variable(name, [3, 3], initializer=tf.ones_initializer()) for name in "wv")
    return torch.tanh(x @ w @ v * 0.1).sum()


def trained(x):
    loss = loss_of(x)
    return loss, tf.train.GradientDescentOptimizer(0.1).minimize(loss)


@remedy(
    RuntimeError,
    "The loss was computed where gradients are off",
    "Call the net with gradients on, and leave its train_op alone where it is only evaluated.",
)
def a_step_of_what_is_only_evaluated():
    net = ts.ScopedModule(trained)
    with torch.no_grad():
        _, train_op = net(X)
    yield train_op.run
    before = net.registry.variables["w"].clone()
    _, train_op = net(X)
    train_op.run()
    assert not torch.equal(net.registry.variables["w"], before)


@remedy(
    RuntimeError,
    "Call the net itself, or train what the graph gives by torchscope.optim.",
)
def a_step_in_a_graph():
    def stepping(x):
        loss, train_op = trained(x)
        with tf.control_dependencies([train_op]):
            return tf.identity(loss)

    yield lambda: ts.graph(ts.ScopedModule(stepping), X)(X)
    by_itself = ts.ScopedModule(stepping)
    by_itself(X)
    net = ts.ScopedModule(loss_of)
    graph = ts.graph(net, X)
    optimizer = optim.GradientDescent(graph.parameters(), 0.1)
    graph(X).backward()
    optimizer.step()
    for name, value in net.registry.variables.items():
        torch.testing.assert_close(value, by_itself.registry.variables[name])


@remedy(
    RuntimeError,
    "Call the net again and run what that call gives",
    "run both at once, by tf.group(first, second).",
)
def two_steps_of_one_call():
    def stepping(x):
        loss = loss_of(x)
        w, v = tf.trainable_variables()
        return [
            tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=[each])
            for each in (v, w)
        ]

    net = ts.ScopedModule(stepping)
    # What a first pass reads is kept as it was.
    net(X)
    first, second = net(X)
    first.run()
    yield second.run
    _, second = net(X)
    second.run()
    both = ts.ScopedModule(stepping)
    both(X)
    tf.group(*both(X)).run()
    alone = ts.ScopedModule(trained)
    alone(X)[1].run()
    for name, value in both.registry.variables.items():
        torch.testing.assert_close(value, alone.registry.variables[name])
