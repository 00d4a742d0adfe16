"""Putting together and taking apart: drawn shapes, the order of TF 0.x, what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.comparing import as_list, assert_alike, assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf
from torchscope._core.ops import known
from torchscope._core.ops.sizes import tensor_of

X = np.arange(24, dtype="float32").reshape(2, 3, 4)
WHOLE = np.array([[1, 2, 3], [4, 5, 6]], "int32")


@st.composite
def calls(draw):
    """Tensors, and a function of `tf` and them."""
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    dtype = draw(st.sampled_from(["float32", "float64", "int64", "bool"]))
    tensors = [
        np.random.default_rng(seed).normal(size=shape).astype(dtype)
        for seed in range(draw(st.integers(1, 3)))
    ]
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    length = shape[axis]
    cut = draw(st.integers(0, length))
    forms = [
        lambda tf, *xs: tf.concat(xs, axis),
        lambda tf, *xs: tf.concat(values=[*xs, tensors[0]], axis=tf.constant(axis)),
        lambda tf, *xs: tf.stack(xs, axis),
        lambda tf, *xs: tf.stack([*xs, tensors[0]], axis=axis),
        lambda tf, *xs: tf.unstack(xs[0], axis=axis),
        lambda tf, *xs: tf.unstack(xs[0], length, axis),
        lambda tf, *xs: tf.split(xs[0], length, axis),
        lambda tf, *xs: tf.split(xs[0], num_or_size_splits=[cut, -1], axis=axis),
        lambda tf, *xs: tf.split(xs[0], np.array([cut, length - cut]), axis=axis),
    ]
    if dtype != "bool":
        forms.append(lambda tf, *xs: tf.meshgrid(*xs, indexing="ij"))
        forms.append(lambda tf, *xs: tf.meshgrid(*xs))
    return tensors, draw(st.sampled_from(forms))


@settings(max_examples=25, deadline=None)
@given(calls())
def test_tensors_are_put_together_and_taken_apart_as_in_tensorflow(drawn):
    tensors, call = drawn
    assert_alike(call, lambda *xs: as_list(call(ours, *xs)), tensors)


def test_the_order_of_the_first_versions_is_understood():
    x = torch.tensor(X)
    assert torch.equal(ours.concat(1, [x, x]), torch.cat([x, x], 1))
    assert torch.equal(ours.concat(concat_dim=1, values=[x, x]), torch.cat([x, x], 1))
    for parts in (ours.split(1, 3, x), ours.split(x, split_dim=1, num_split=3)):
        assert [part.shape for part in parts] == [(2, 1, 4)] * 3
    assert torch.equal(ours.split_v(x, [1, 2], 1)[1], x[:, 1:])


LITERALS = [
    lambda tf: tf.stack([1, 2.5]),
    lambda tf: tf.stack([[1, 2], [3, 4]]),
    lambda tf: tf.stack([[1, 2], [3, 4]], 1),
    lambda tf: tf.stack([[1, 2], [3.5, 4]]),
    lambda tf: tf.stack([]),
    lambda tf: tf.stack(5.0),
    lambda tf: tf.stack([1, tf.constant(2, "int64")]),
    lambda tf: tf.concat([[1], [2.5, 3.5]][1:], 0),
    lambda tf: tf.concat([WHOLE, [[7, 8, 9]]], 0),
    lambda tf: tf.meshgrid([1, 2], [3, 4, 5]),
    lambda tf: tf.meshgrid([[1, 2], [3, 4]], 5),
]


@pytest.mark.parametrize("call", LITERALS, ids=range(len(LITERALS)))
def test_numbers_are_read_as_tensorflow_reads_them(call):
    for mine, its in zip(as_list(call(ours)), as_list(evaluate(call)), strict=True):
        assert_close(mine, its)


def test_integers_of_numpy_are_sizes_beside_sizes():
    size = ours.shape(torch.ones(2, 3))
    for row in ((np.int64(5),), [np.int32(5)], np.array([5])):
        made = ours.concat([size, row], 0)
        assert made == (2, 3, 5)
        assert type(made) is type(size)
        assert made.dtype == torch.int32
    assert isinstance(ours.concat([np.array([5]), np.array([6])], 0), torch.Tensor)


def test_what_is_known_of_integers_stays_known():
    one, two = tensor_of([2, 3], torch.int32, None), tensor_of(4, torch.int32, None)
    assert known.of(ours.concat([one, [5]], 0)) == [2, 3, 5]
    assert known.of(ours.stack([two, 7])) == [4, 7]
    assert [known.of(each) for each in ours.unstack(one)] == [2, 3]
    assert known.of(ours.expand_dims(two, 0)) == [4]
    assert known.of(ours.reverse(one, [0])) == [3, 2]
    assert known.of(ours.slice(one, [1], [1])) == [3]


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_rows_are_stitched_and_shared_out_as_in_tensorflow(data):
    rows, width = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 2))
    x = np.random.default_rng(rows).normal(size=(rows, width)).astype("float32")
    number = st.lists(st.integers(0, 3), min_size=rows, max_size=rows)
    one, two = (np.array(data.draw(number), "int32") for _ in range(2))
    most = max(*one, *two) + 1

    def stitch(tf, x):
        return tf.reshape(tf.dynamic_stitch([one, two], [x, x * 2]), [int(most), width])

    def share(tf, x):
        return tf.reshape(tf.concat(tf.dynamic_partition(x, one, 4)[::-1], 0), [rows, width])

    for call in (stitch, share):
        assert_alike(call, lambda x, c=call: c(ours, x), [x])


REFUSED = [
    lambda tf, x: tf.stack([x, x], 4),
    lambda tf, x: tf.stack([x, x[0]]),
    lambda tf, x: tf.stack([x, WHOLE], 1),
    lambda tf, x: tf.stack([x, x[:, :2]]),
    lambda tf, x: tf.stack([1, None]),
    lambda tf, x: tf.stack([tf.constant(1), 2.5]),
    lambda tf, x: tf.unstack(x, 2, 1),
    lambda tf, x: tf.unstack(x, axis=3),
    lambda tf, x: tf.unstack(5),
    lambda tf, x: tf.split(x, 2, 1),
    lambda tf, x: tf.split(x, [1, 1], 1),
    lambda tf, x: tf.split(x, [-1, -1], 1),
    lambda tf, x: tf.split(x, [2, -1, 3], 1),
    lambda tf, x: tf.split(x, 0, 1),
    lambda tf, x: tf.split(x, 1, 5),
    lambda tf, x: tf.split(x, [1.0, 1.0], 0),
    lambda tf, x: tf.split(x, 2.0, 0),
    lambda tf, x: tf.split(x, 3, 1.0),
    lambda tf, x: tf.split(x, 3, [1]),
    lambda tf, x: tf.split(None, 2, 0),
    lambda tf, x: tf.split(x, None, 0),
    lambda tf, x: tf.meshgrid([1, 2], [3, 4], indexing="k"),
    lambda tf, x: tf.meshgrid([1, 2], foo=1),
    lambda tf, x: tf.meshgrid([1, 2], tf.constant([3.0])),
    lambda tf, x: tf.parallel_stack([]),
    lambda tf, x: tf.dynamic_stitch([[0, 2], [1]], [[1.0, 3.0], [2]]),
    lambda tf, x: tf.dynamic_stitch([[0, 2], [1]], [[1.0, 3.0]]),
    lambda tf, x: tf.dynamic_stitch([[0, 2]], [[1.0, 3.0, 4.0]]),
    lambda tf, x: tf.dynamic_stitch([], []),
    lambda tf, x: tf.dynamic_stitch([[0.0, 2]], [[1.0, 3.0]]),
    lambda tf, x: tf.dynamic_partition(x, [0, 1, 0], 3),
    lambda tf, x: tf.dynamic_partition(x, [0, 1], 0),
    lambda tf, x: tf.dynamic_partition(x, [0.5, 1], 2),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf, tf.constant(X)), lambda: call(ours, torch.tensor(X)))


def test_numbers_of_no_row_are_refused():
    with pytest.raises(ValueError, match=r"^indices.1. is out of range"):
        ours.dynamic_stitch([[0, -1]], [[1.0, 3.0]])
    with pytest.raises(ValueError, match=r"^partitions.1. = 4 is not in .0, 3"):
        ours.dynamic_partition(torch.tensor(X), [0, 4], 3)
