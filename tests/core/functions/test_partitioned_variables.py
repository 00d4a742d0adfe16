"""Lists of pieces against TensorFlow's: names, shapes, values, collections, and what is refused."""

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1 as ours
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

ROWS = np.arange(15, dtype="float64").reshape(5, 3)


def ones(tf):
    return {"initializer": tf.ones_initializer()}


CASES = {
    "rows": lambda tf: {**ones(tf), "shape": [5, 3], "slicing": [2, 1]},
    "columns": lambda tf: {**ones(tf), "shape": (5, 3), "slicing": (1, 2), "name": "a"},
    "one piece": lambda tf: {**ones(tf), "shape": [5, 3], "slicing": [1, 1], "name": "a"},
    "apart": lambda tf: {
        **ones(tf),
        "shape": [4],
        "slicing": [4],
        "name": "a/b",
        "trainable": False,
        "collections": ["mine", "variables"],
        "dtype": tf.int32,
    },
    "values": lambda tf: {"initializer": ROWS, "shape": [5, 3], "slicing": [1, 2]},
    "tensor": lambda tf: {
        "initializer": tf.constant(ROWS),
        "dtype": tf.float64,
        "shape": [5, 3],
        "slicing": [3, 1],
    },
    "scope": lambda tf: {"initializer": None, "shape": [5, 3], "slicing": [1, 2]},
}


def facts(tf, pieces):
    keys = ("GLOBAL_VARIABLES", "TRAINABLE_VARIABLES", "REGULARIZATION_LOSSES")
    collections = [tf.get_collection(getattr(tf.GraphKeys, key)) for key in keys]
    collections.append(tf.get_collection("mine"))
    return (
        [(each.name, [int(size) for size in each.shape]) for each in pieces],
        [[getattr(each, "name", "").split(":")[0] for each in found] for found in collections[:2]],
        [len(found) for found in collections],
    )


def twice(tf, arguments):
    with tf.variable_scope("s", initializer=tf.zeros_initializer(), regularizer=tf.reduce_sum):
        first = tf.create_partitioned_variables(**arguments)
        more = {} if "name" in arguments else {"name": "PartitionedVariable"}
        again = tf.create_partitioned_variables(**arguments, **more, reuse=True)
        assert all(a is b for a, b in zip(first, again, strict=True))
        if more:
            first += tf.create_partitioned_variables(**arguments)
    return first


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_pieces_are_tensorflows(case):
    found = {}

    def build(tf):
        pieces = twice(tf, case(tf))
        found["theirs"] = facts(tf, pieces)
        return pieces

    expected = evaluate(build)

    def model():
        pieces = twice(ours, case(ours))
        found["ours"] = facts(ours, pieces)
        return list(pieces)

    net = ts.ScopedModule(model)
    for _ in range(2):
        for piece, value in zip(net(), expected, strict=True):
            assert piece.detach().numpy().dtype == value.dtype
            np.testing.assert_array_equal(piece.detach().numpy(), value)
        assert found["ours"] == found["theirs"]


def test_gradients_reach_the_pieces():
    def model(x):
        pieces = ours.create_partitioned_variables([5, 3], [2, 1], ours.ones_initializer())
        return x @ ours.concat(pieces, 0)

    net = ts.ScopedModule(model)
    net(torch.arange(5.0)).sum().backward()
    assert [p.grad[:, 0].tolist() for p in net.parameters()] == [[0.0, 1.0, 2.0], [3.0, 4.0]]


def getter(getter, *args, **kwargs):
    return getter(*args, **kwargs)


def asked(tf, shape, slicing, times=1, reuse=None, **scope):
    def ask():
        with tf.variable_scope("s", **scope):
            for _ in range(times):
                tf.create_partitioned_variables(
                    shape, slicing, tf.ones_initializer(), name="a", reuse=reuse
                )

    return ask


@pytest.mark.parametrize(
    ("arguments", "scope"),
    [
        (([5, 3], [2]), {}),
        (([], []), {}),
        (([5, 3], [2, 2]), {}),
        (([5, 3], [0, 2]), {}),
        (([5, 3], [1, 9]), {}),
        (([5, 3], [1, 2], 2), {}),
        (([5, 3], [1, 2], 1, True), {}),
        (([5, 3], [1, 2]), {"custom_getter": getter}),
    ],
)
def test_what_tensorflow_refuses_is_refused_alike(arguments, scope):
    assert_refused_alike(asked(tf, *arguments, **scope), asked(ours, *arguments, **scope))
