"""Assignments to parts of a variable, beside TensorFlow's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

NAMES = ["update", "add", "sub", "mul", "div", "min", "max"]


def slices(library, values, indices):
    return library.IndexedSlices(library.constant(values), library.constant(indices))


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.lists(st.integers(0, 4), max_size=5),
    st.sampled_from(["float32", "float64", "int32", "int64"]),
    st.sampled_from([(), (2,), (2, 3)]),
    st.booleans(),
)
def test_rows_are_written(name, rows, dtype, rest, one_number):
    if name == "update":
        # Which of two updates of a row stays, TensorFlow does not say.
        rows = list(dict.fromkeys(rows))
    draw = np.random.default_rng(0)
    start = draw.integers(-9, 9, (5, *rest)).astype(dtype)
    updates = draw.integers(1, 9, (len(rows), *rest)).astype(dtype)
    rows = np.array(rows, "int32")

    def call(tf):
        given_ = updates[0].flatten()[0] if one_number and len(rows) else updates
        return getattr(tf, f"scatter_{name}")(tf.Variable(start), rows, given_)

    assert_close(call(ours), evaluate(call), 1e-6)
    if name == "add":
        # PyTorch's tensors have a method of this name.
        return

    def method(tf):
        return getattr(tf.Variable(start), f"scatter_{name}")(slices(tf, updates, rows))

    assert_close(method(ours), evaluate(method), 1e-6)


@pytest.mark.parametrize("name", ["update", "add", "sub"])
def test_numbers_are_written(name):
    start = np.arange(12, dtype="float32").reshape(3, 4)
    for indices, updates in (
        ([[0, 1], [2, 3]], [5.0, 6.0]),
        ([[2], [0]], [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]),
        ([[[0, 1]], [[2, 3]]], [[5.0], [6.0]]),
    ):

        def call(tf, indices=indices, updates=updates):
            return getattr(tf.Variable(start), f"scatter_nd_{name}")(indices, updates)

        assert_close(call(ours), evaluate(call))


ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
REFUSED = [
    lambda tf, v: tf.scatter_update(v, [0, 1], [1.0, 2.0]),
    lambda tf, v: tf.scatter_update(v, [0.0], [[1.0, 2.0]]),
    lambda tf, v: tf.scatter_update(v, [0], tf.constant([[1, 2]])),
    lambda tf, v: tf.scatter_update(v, [0], [[1.0, 2.0, 3.0]]),
    lambda tf, v: tf.scatter_add(v, [0, 1, 1], [[1.0, 2.0]]),
    lambda tf, v: v.scatter_sub([[1.0, 2.0]]),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(
        lambda: call(tf, tf.Variable(ROWS)), lambda: call(ours, ours.Variable(ROWS))
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("row", [5, -1])
def test_there_must_be_such_a_row(name, row):
    variable = ours.Variable(ROWS)
    with pytest.raises(ValueError, match=rf"{row} is not in \[0, 3\)"):
        getattr(ours, f"scatter_{name}")(variable, [row], [[1.0, 2.0]])
    assert variable.tolist() == ROWS


def test_only_variables_are_written():
    with pytest.raises(
        TypeError, match="requires that input 'ref' be a mutable tensor: a variable"
    ):
        ours.scatter_update(torch.ones(2), [0], [1.0])


def test_what_was_read_keeps_its_value_for_backward():
    def build(x):
        v = ts.get_variable("v", initializer=[2.0, 3.0])
        loss = (x * v * v).sum()
        ours.scatter_update(v, [0], [10.0])
        return loss

    net = ts.ScopedModule(build)
    net(torch.ones(2)).backward()
    (variable,) = net.parameters()
    assert variable.grad.tolist() == [4.0, 6.0]
    assert variable.tolist() == [10.0, 3.0]
