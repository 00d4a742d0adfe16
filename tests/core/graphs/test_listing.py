"""The operations of a graph under TF1's names: unique, in their scopes, with sizes that may be any."""

from collections import Counter

import torch
from torch import nn

import torchscope as ts
import torchscope.tf1 as tf


def rows(graph):
    """Name, and dtype, shape and what is read, of each operation."""
    return {line.split()[0]: line.split(maxsplit=2)[2] for line in str(graph).splitlines()}


def test_an_operation_takes_no_name_that_a_variable_has():
    net = ts.ScopedModule(
        lambda x: x * ts.get_variable("Mul_1", [3]) * ts.get_variable("Mul", [3]) * 2 * 3
    )
    graph = ts.graph(net, torch.ones(2, 3))
    names = Counter(each.name for each in graph._operations())
    assert set(names) == {"Mul", "Mul_1", "Placeholder", "Mul_2", "Mul_3", "Mul_4", "Mul_5"}
    assert set(names.values()) == {1}


def test_a_placeholder_that_is_fed_by_name_has_its_name():
    def build():
        with tf.name_scope("inputs"):
            images = tf.placeholder(tf.float32, [None, 3], name="images")
        return images * tf.placeholder_with_default(1.0, [], name="rate")

    net = ts.ScopedModule(build)
    feeds = {"rate": torch.tensor(2.0), "inputs/images:0": torch.ones(2, 3)}
    names = [each.name for each in ts.graph(net, feeds=feeds)._operations()]
    assert names == ["rate", "inputs/images", "Mul"]


def test_what_lays_a_kernel_out_is_in_the_scope_of_the_kernel():
    net = ts.ScopedModule(lambda x: ts.layers.conv2d(x, 4, 3, name="stem"))
    lines = rows(ts.graph(net, torch.ones(2, 5, 5, 3)))
    assert lines["stem/Transpose"].split()[-1] == "stem/kernel"


def test_a_size_that_may_be_any_is_a_question_mark():
    graph = ts.graph(ts.ScopedModule(lambda x: ts.layers.dense(x, 4)), torch.ones(2, 3))
    assert rows(graph)["Placeholder"] == "float32  (2, 3)"
    graph(torch.ones(5, 3))
    assert rows(graph)["Placeholder"] == "float32  (?, 3)"
    graph(torch.ones(7, 3))
    assert len(graph._alike) == 1


class Mixed(nn.Module):
    """A module of PyTorch's own beside what is asked for by name."""

    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)
        self.own = nn.Sequential(nn.Linear(3, 3), nn.Tanh())

    def forward(self, x):
        with ts.variable_scope("inner"):
            return ts.layers.dense(self.own(x), 2) + self.own(x).sum()


def test_what_a_module_computes_is_in_its_path_where_no_scope_is_open():
    plain = nn.Sequential(Mixed().own, nn.Linear(3, 2))
    names = [name for name in rows(ts.graph(plain, torch.ones(2, 3))) if name[-1] not in "ts"]
    assert names == ["Placeholder", "0/0/MatMul", "0/1/Tanh", "1/MatMul"]
    names = set(rows(ts.graph(Mixed(), torch.ones(2, 3))))
    assert {"own/0/weight", "inner/Tanh", "inner/Tanh_1", "inner/dense/MatMul"} <= names
