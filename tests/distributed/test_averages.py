"""A net that is wrapped or sharded is evaluated on its averages, on two ranks as on one."""

import torch
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel as DDP

import torchscope as ts
import torchscope.tf1 as tf
from distributed import ranks
from torchscope.optim import averaged

X = torch.arange(8.0).reshape(2, 4)


def model(x):
    """A layer that is averaged when it is run, and its weight."""
    with tf.variable_scope("fc"):
        w = tf.get_variable("w", [4, 2], initializer=tf.ones_initializer())
    with tf.control_dependencies([tf.train.ExponentialMovingAverage(0.5).apply([w])]):
        return x @ w


def evaluated(net, call):
    """What is computed with the averages, and then with the weights, after the weights became 3."""
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    for parameter in net.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.full_like(parameter, -2.0)
    optimizer.step()
    with torch.no_grad():
        call(X)
        with averaged(call):
            inside = call(X)
        return inside.tolist(), call(X).tolist()


def wrapped(rank):
    net = ts.build(ts.ScopedModule(model), X)
    return evaluated(net, DDP(net))


def sharded(rank):
    net = ts.build(ts.ScopedModule(model), X)
    fully_shard(net)
    return evaluated(net, net)


def test_a_wrapped_net_is_evaluated_on_its_averages(tmp_path):
    net = ts.build(ts.ScopedModule(model), X)
    inside, outside = evaluated(net, net)
    # The average of 1 and 3, and 3.
    assert (inside[0], outside[0]) == ([12.0, 12.0], [18.0, 18.0])
    assert ranks.run(wrapped, 2, tmp_path) == [(inside, outside)] * 2


def test_a_sharded_net_is_evaluated_on_its_averages(tmp_path):
    net = ts.build(ts.ScopedModule(model), X)
    assert ranks.run(sharded, 2, tmp_path) == [evaluated(net, net)] * 2
