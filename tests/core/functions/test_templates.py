"""Templates that were made with their scope, in the passes that follow."""

import pytest
import torch

import torchscope as ts
from tests.tensorflow1 import tf
from torchscope import tf1


def scale(tf, name="scale"):
    return tf.make_template(name, lambda x: x * tf.get_variable("w", []), create_scope_now_=True)


@pytest.mark.parametrize("inside", [False, True], ids=["made outside", "made in the first pass"])
def test_its_scope_is_its_own_whatever_scope_is_open(inside):
    with tf.Graph().as_default():
        template = scale(tf)
        with tf.variable_scope("outer"):
            template(1.0)
        expected = [v.name for v in tf.global_variables()]
    made = [] if inside else [scale(tf1)]

    def build(x):
        made.extend([] if made else [scale(tf1)])
        with tf1.variable_scope("outer"):
            return made[0](x)

    net = ts.ScopedModule(build)
    first, second = net(torch.ones(1)), net(torch.ones(1))
    assert [v.name for v in net.registry.global_variables()] == expected
    assert torch.equal(first, second)


def test_its_scope_is_known_before_its_first_call_in_a_pass():
    template = scale(tf1)
    names = []

    def build(x):
        names.append(template.variable_scope.name)
        return template(x)

    net = ts.ScopedModule(build)
    net(torch.ones(1))
    net(torch.ones(1))
    assert names == ["scale", "scale"]
    assert tf1.make_template("later", lambda: None).variable_scope is None
