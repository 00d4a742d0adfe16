"""A convolution adds the bias that follows it, where it is nobody else's."""

import numpy as np
import pytest

from tests.graphs.written import near, write
from tests.tensorflow1 import tf
from torchscope import graphs

X = np.random.RandomState(0).rand(2, 5, 5, 3).astype(np.float32)


def two():
    """Two convolutions with biases, one of them in a branch."""
    x = tf.placeholder(tf.float32, [None, 5, 5, 3], name="x")

    def layer(x, name):
        kernel = tf.get_variable(f"{name}/kernel", [3, 3, int(x.shape[3]), 4])
        bias = tf.get_variable(f"{name}/bias", [4], initializer=tf.random_normal_initializer())
        made = tf.nn.conv2d(x, kernel, [1, 2, 2, 1], "SAME", name=f"{name}/conv")
        return tf.nn.bias_add(made, bias, name=f"{name}/out")

    y = layer(x, "first")
    return tf.cond(tf.reduce_sum(x) > 0, lambda: layer(y, "second"), lambda: y)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write(two, {"x:0": X}, tmp_path_factory.mktemp("two"))


@pytest.fixture
def net(written):
    return graphs.import_meta_graph(written.meta)


def named(module):
    """The functions of a graph, and of its branches."""
    found = [node.target.__name__ for node in module.graph.nodes if node.op == "call_function"]
    return found + [name for each in module.children() for name in named(each)]


def test_it_is_one_operation_in_a_branch_as_well(written, net):
    near([net(feeds={"x:0": X}, fetches=written.fetches[0])], written.given)
    found = named(net._ts_latest.module)
    assert found.count("conv2d_and_bias") == 2
    assert not {"conv2d", "bias_add"} & set(found)


def test_it_is_trained_as_it_was(net):
    net(feeds={"x:0": X}, fetches="first/out:0").square().sum().backward()
    one = [net.first.kernel.grad.clone(), net.first.bias.grad.clone()]
    net.zero_grad()
    both = net(feeds={"x:0": X}, fetches=["first/out:0", "first/conv:0"])
    both[0].square().sum().backward()
    near(one, [net.first.kernel.grad.numpy(), net.first.bias.grad.numpy()])


def test_what_somebody_else_takes_is_computed_before(net):
    out, before = net(feeds={"x:0": X}, fetches=["first/out:0", "first/conv:0"])
    near([out - before], [np.broadcast_to(net.first.bias.detach().numpy(), out.shape)])
    assert "bias_add" in named(net._ts_latest.module)


def test_what_cannot_be_computed_is_told_by_the_convolutions_name(net):
    with pytest.raises(graphs.GraphError, match="The node 'first/conv' cannot be computed: "):
        net(feeds={"x:0": X, "first/kernel/read:0": np.ones((3, 3, 2, 4))}, fetches="first/out:0")


def test_integers_and_other_layouts_are_as_they_were(tmp_path):
    def build():
        x = tf.placeholder(tf.int32, [1, 3, 3, 1], name="x")
        made = tf.raw_ops.Conv2D(
            input=x, filter=tf.ones([2, 2, 1, 2], tf.int32), strides=[1] * 4, padding="VALID"
        )
        return [
            tf.nn.bias_add(made, [1, 2], name="out"),
            tf.nn.bias_add(tf.transpose(made, [0, 3, 1, 2]), [1, 2], "NCHW", name="other"),
        ]

    x = np.arange(9, dtype=np.int32).reshape(1, 3, 3, 1)
    written = write(build, {"x:0": x}, tmp_path)
    net = graphs.import_graph_def(written.frozen)
    near([net(feeds={"x:0": x}, fetches=each) for each in written.fetches], written.given)
    assert "conv2d" in named(net._ts_latest.module)
    net(feeds={"x:0": x}, fetches="out:0")
    assert named(net._ts_latest.module) == ["conv2d_and_bias"]
