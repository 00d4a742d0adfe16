"""TensorShape and Dimension beside TensorFlow's: what each expression gives, or how it is refused."""

import copy
import operator
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.tensorflow1 import assert_refused_alike, tf

SIZES = st.none() | st.integers(0, 4)
SHAPES = st.none() | st.lists(SIZES, max_size=3)


def alike(call):
    """`call(tf)` gives what TensorFlow gives, or is refused as there."""
    try:
        expected = call(tf)
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        assert_refused_alike(lambda: call(tf), lambda: call(ours))
    else:
        assert repr(call(ours)) == repr(expected)


DIMENSIONS = [
    *(operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod, operator.truediv),
    *(operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge),
]


@settings(max_examples=60, deadline=None)
@given(
    SIZES,
    SIZES | st.sampled_from([2.5, "a", np.int64(2)]),
    st.sampled_from(DIMENSIONS),
    st.sampled_from(["left", "right", "both"]),
)
def test_arithmetic_of_dimensions(one, other, operation, side):
    if operation is operator.mul and isinstance(other, str):
        return
    if side == "both" and isinstance(other, str | float):
        side = "left"

    def call(tf):
        a = tf.Dimension(one) if side != "right" else other
        b = (
            tf.Dimension(other)
            if side == "both"
            else tf.Dimension(one)
            if side == "right"
            else other
        )
        return operation(a, b)

    alike(call)


OF_TWO = [
    lambda a, b: a.merge_with(b),
    lambda a, b: a.concatenate(b),
    lambda a, b: a.is_compatible_with(b),
    lambda a, b: a.assert_is_compatible_with(b),
    lambda a, b: a.assert_same_rank(b),
    lambda a, b: a + b,
    lambda a, b: b + a,
    lambda a, b: a == b,
    lambda a, b: a != b,
    lambda a, b: a == (b if b is None else tuple(b)),
]


@settings(max_examples=60, deadline=None)
@given(SHAPES, SHAPES, st.sampled_from(OF_TWO), st.booleans())
def test_two_shapes(one, other, operation, plain):
    def call(tf):
        return operation(tf.TensorShape(one), other if plain else tf.TensorShape(other))

    if plain and operation is OF_TWO[3]:
        # TensorFlow writes a list as it stands.
        plain = False
    alike(call)


OF_ONE = [
    lambda s: s,
    str,
    len,
    list,
    bool,
    lambda s: s.as_list(),
    lambda s: (s.ndims, s.rank, s.dims),
    lambda s: s.num_elements(),
    lambda s: s.is_fully_defined(),
    lambda s: s.assert_is_fully_defined(),
    *(lambda s, n=n: s.with_rank(n) for n in (0, 2)),
    *(lambda s, n=n: s.with_rank_at_least(n) for n in (1, 3)),
    *(lambda s, n=n: s.with_rank_at_most(n) for n in (1, 2)),
    lambda s: s.assert_has_rank(1),
    *(lambda s, n=n: s[n] for n in (0, -1, 2)),
    lambda s: s[1:],
    lambda s: s[:2],
    lambda s: s[0:3:2],
    lambda s: s[-1:],
    lambda s: s == 5,
    lambda s: s == [1.5],
    lambda s: 2 in s,
]


@settings(max_examples=80, deadline=None)
@given(SHAPES, st.sampled_from(OF_ONE))
def test_a_shape_by_itself(dims, ask):
    alike(lambda tf: ask(tf.TensorShape(dims)))


GIVEN = [3, "a", [-1], [2.5], ["a"], np.array([2, 3]), (1, None), None, 2.5, range(3)]


@pytest.mark.parametrize("dims", GIVEN, ids=str)
def test_what_a_shape_is_made_of(dims):
    alike(lambda tf: tf.TensorShape(dims))
    alike(lambda tf: tf.TensorShape(tf.TensorShape(dims)))


OF_DIMENSIONS = [
    lambda tf: tf.Dimension(2.5),
    lambda tf: tf.Dimension(-1),
    lambda tf: hash(tf.Dimension(1)),
    lambda tf: int(tf.Dimension(3)),
    lambda tf: [1, 2, 3][tf.Dimension(1)],
    lambda tf: str(tf.Dimension(None)),
    lambda tf: bool(tf.Dimension(0)),
    lambda tf: tf.Dimension(None).merge_with(4),
    lambda tf: tf.Dimension(3).merge_with(4),
    lambda tf: tf.Dimension(3).is_compatible_with(4),
    lambda tf: tf.dimension_value(tf.Dimension(None)),
    lambda tf: tf.dimension_at_index(tf.TensorShape(None), 1),
]


@pytest.mark.parametrize("call", OF_DIMENSIONS, ids=range(len(OF_DIMENSIONS)))
def test_a_dimension_by_itself(call):
    alike(call)


def test_an_unknown_dimension_is_no_integer():
    with pytest.raises(TypeError, match=r"__int__ returned non-int \(type NoneType\)"):
        range(ours.Dimension(None))


def test_what_takes_a_shape_takes_this_one():
    shape = ours.TensorShape([2, 3])
    assert ours.zeros(shape).shape == (2, 3)
    assert ours.fill([shape[0], 4], 1).shape == (2, 4)
    assert ours.random_normal(shape).shape == (2, 3)
    assert ours.get_variable("a", shape).shape == (2, 3)
    assert ours.get_variable("b", [shape[1], 1]).shape == (3, 1)
    assert ours.constant(1.0, shape=shape).shape == (2, 3)
    assert ours.convert_to_tensor(shape).tolist() == [2, 3]
    assert ours.convert_to_tensor([shape[0], 5]).dtype == torch.int32
    assert ours.convert_to_tensor([shape[0], 5], "int64").tolist() == [2, 5]
    assert ours.range(shape[1]).tolist() == [0, 1, 2]
    assert ours.shape([1, 2]).get_shape() == [1]
    assert_refused_alike(
        lambda: tf.convert_to_tensor(tf.TensorShape([2, None])),
        lambda: ours.convert_to_tensor(ours.TensorShape([2, None])),
    )
    with pytest.raises(ValueError, match="Cannot convert an unknown Dimension"):
        ours.convert_to_tensor(ours.Dimension(None))


def test_it_is_copied_and_pickled():
    shape = ours.TensorShape([2, None])
    assert copy.deepcopy(shape) == pickle.loads(pickle.dumps(shape)) == shape
    assert pickle.loads(pickle.dumps(shape[0])) == 2


def test_a_recording_is_not_bound_to_a_size():
    def build(x):
        shape = ours.TensorShape(x.shape)
        return ours.zeros(shape.concatenate([shape[0] * 2]))

    count = torch._dynamo.testing.CompileCounter()
    compiled = torch.compile(ts.ScopedModule(build), fullgraph=True, backend=count, dynamic=True)
    for size in (3, 5, 7):
        assert compiled(torch.ones(size)).shape == (size, size * 2)
    assert count.frame_count == 1
