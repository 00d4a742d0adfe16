"""Shapes, orders and repetitions: drawn ones, those made of sizes, and what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.comparing import as_torch, assert_alike, assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.sizes import Sizes

X = np.arange(24, dtype="float32").reshape(2, 3, 4)
V = np.arange(4, dtype="float32")
DTYPES = ("float32", "float64", "int32", "bool", "complex64")


@st.composite
def calls(draw):
    """A tensor, and a function of `tf` and it that has some arguments."""
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    rank = len(shape)
    x = np.arange(np.prod(shape)).reshape(shape).astype(draw(st.sampled_from(DTYPES)))
    axis = draw(st.integers(-rank, rank - 1))
    axes = draw(st.lists(st.integers(0, rank - 1), unique=True))
    new = draw(st.permutations(shape))
    place = draw(st.integers(0, rank - 1))
    new[place] = draw(st.sampled_from([new[place], -1]))
    perm = draw(st.permutations(range(rank)))
    numbers = draw(st.lists(st.integers(0, 3), min_size=rank, max_size=rank))
    lengths = np.array(
        draw(st.lists(st.integers(0, shape[-1]), min_size=shape[0], max_size=shape[0]))
    )
    wide = draw(st.lists(st.integers(1, 2), max_size=2))
    wide += [draw(st.integers(1, 3)) if size == 1 else size for size in shape]
    kind = draw(st.sampled_from([list, tuple, np.array, lambda each: np.array(each, "int64")]))
    forms = [
        lambda tf, x: tf.reshape(x, kind(new)),
        lambda tf, x: tf.reshape(tensor=x, shape=tf.constant(new, "int32")),
        lambda tf, x: tf.expand_dims(x, axis=axis),
        lambda tf, x: tf.expand_dims(x, dim=tf.constant(axis)),
        lambda tf, x: tf.squeeze(tf.expand_dims(x, axis), squeeze_dims=[axis]),
        lambda tf, x: tf.transpose(x, kind(perm)),
        lambda tf, x: tf.transpose(a=x, perm=tf.constant(perm, "int32")),
        lambda tf, x: tf.transpose(x, conjugate=True),
        lambda tf, x: tf.reverse(x, axis=axes or [0]),
        lambda tf, x: tf.tile(x, multiples=kind(numbers)),
        lambda tf, x: tf.repeat(x, numbers[0], axis=axis),
        lambda tf, x: tf.repeat(x, (numbers * 3)[: shape[axis]], axis),
        lambda tf, x: tf.broadcast_to(x, kind(wide)),
        lambda tf, x: tf.roll(x, shift=numbers, axis=list(range(rank))),
        lambda tf, x: (
            tf.roll(x, tf.constant(numbers), tf.range(rank) if tf is not ours else perm)
            if tf is not ours or sorted(perm) == perm
            else tf.roll(x, numbers, list(range(rank)))
        ),
    ]
    if rank > 1:
        forms.append(lambda tf, x: tf.matrix_transpose(x, conjugate=True))
        forms.append(lambda tf, x: tf.reverse_sequence(x, lengths, seq_dim=rank - 1, batch_dim=0))
    return x, draw(st.sampled_from(forms))


@settings(max_examples=30, deadline=None)
@given(calls())
def test_a_shape_or_an_order_is_tensorflows(drawn):
    x, call = drawn
    assert_alike(call, lambda x: call(ours, x), [x])


OF_SIZES = [
    lambda tf, s: tf.reshape(s, [-1]),
    lambda tf, s: tf.squeeze(s[:1]),
    lambda tf, s: tf.tile(s, [2]),
    lambda tf, s: tf.reverse(s, [0]),
    lambda tf, s: tf.concat([s[:1], [7], s[2:]], 0),
    lambda tf, s: tf.concat([[], s], 0),
    lambda tf, s: s[:0] + 3,
    lambda tf, s: s[:0] * s[:1],
    lambda tf, s: tf.unstack(s)[1],
    lambda tf, s: tf.split(s, [1, -1])[1],
    lambda tf, s: tf.gather(s, [2, 0]),
    lambda tf, s: tf.gather(s, 1),
    lambda tf, s: tf.slice(s, [1], [2]),
    lambda tf, s: tf.strided_slice(s, [2], [0], [-1]),
    lambda tf, s: tf.broadcast_dynamic_shape(s, [5, 1, 1, 1]),
]


# One size is a Python integer, which has no dtype.
OF_ONE_SIZE = [
    lambda tf, s: tf.reshape(s[0], [1]),
    lambda tf, s: tf.expand_dims(s[1], 0),
    lambda tf, s: tf.stack([s[0], s[1] * s[2], -1]),
]


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        *((call, kind) for call in OF_SIZES for kind in ("int32", "int64")),
        *((call, "int32") for call in OF_ONE_SIZE),
    ],
)
def test_what_is_made_of_sizes_are_sizes(call, kind):
    """Nobody reads them from a device, and TensorFlow has the same numbers."""
    found = call(ours, ours.shape(torch.tensor(X), out_type=kind))
    assert isinstance(found, int | Sizes)
    expected = evaluate(lambda tf: call(tf, tf.shape(tf.constant(X), out_type=kind)))
    if isinstance(found, int):
        assert found == expected
    else:
        assert_close(as_tensor(found), expected)


def test_a_list_of_bools_says_for_each_axis_whether_it_is_meant():
    """As in the first versions of TF1; later ones read True as 1."""
    x = torch.tensor(X)
    for dims in ([True, False, True], torch.tensor([True, False, True])):
        assert torch.equal(ours.reverse(x, dims), x.flip(0, 2))
    with pytest.raises(ValueError, match="Dimension must be 3 but is 2"):
        ours.reverse(x, [True, False])


def test_a_shape_may_be_a_mixture():
    x = torch.tensor(X)
    for shape in ([torch.tensor(4), -1], (ours.shape(x)[2], np.int64(6)), torch.tensor([4, 6])):
        assert ours.reshape(x, shape).shape == (4, 6)
    assert ours.reshape(torch.zeros(0, 2), [-1, 0]).shape == (2, 0)
    assert ours.broadcast_static_shape([None, 3, 1], [1, None]) == (None, 3, None)


REFUSED = [
    lambda tf, x: tf.reshape(x, [5, 5]),
    lambda tf, x: tf.reshape(x, [-1, 5]),
    lambda tf, x: tf.reshape(x, [-2, 12]),
    lambda tf, x: tf.reshape(x, 24),
    lambda tf, x: tf.reshape(x, [[2, 12]]),
    lambda tf, x: tf.reshape(x, [2.0, 12]),
    lambda tf, x: tf.reshape(x, "a"),
    lambda tf, x: tf.reshape(x, None),
    lambda tf, x: tf.reshape(None, [2]),
    lambda tf, x: tf.expand_dims(x, 4),
    lambda tf, x: tf.expand_dims(x, -5),
    lambda tf, x: tf.expand_dims(x),
    lambda tf, x: tf.expand_dims(x, 0, dim=0),
    lambda tf, x: tf.expand_dims(x, [0, 1]),
    lambda tf, x: tf.expand_dims(x, 1.0),
    lambda tf, x: tf.expand_dims(None, 0),
    lambda tf, x: tf.transpose(x, [0, 1]),
    lambda tf, x: tf.transpose(x, [0, 1, 3]),
    lambda tf, x: tf.transpose(x, [0.0, 1, 2]),
    lambda tf, x: tf.transpose(x, 0),
    lambda tf, x: tf.transpose(None),
    lambda tf, x: tf.matrix_transpose(x[0, 0]),
    lambda tf, x: tf.tile(x, [1, 2]),
    lambda tf, x: tf.tile(x, [1, 2, 1.5]),
    lambda tf, x: tf.tile(x, 2),
    lambda tf, x: tf.tile(None, [1]),
    lambda tf, x: tf.broadcast_to(x[0, 0], [3, 5]),
    lambda tf, x: tf.broadcast_to(x, [3, 4]),
    lambda tf, x: tf.broadcast_to(x, 4),
    lambda tf, x: tf.broadcast_to(x, [3.0, 4]),
    lambda tf, x: tf.reverse(x, 0),
    lambda tf, x: tf.reverse(x, [0, -3]),
    lambda tf, x: tf.reverse(x, [1.0]),
    lambda tf, x: tf.reverse(None, [1]),
    lambda tf, x: tf.roll(x, [1, -2], 0),
    lambda tf, x: tf.roll(x, [1], [0, 1]),
    lambda tf, x: tf.roll(x, 1.5, 0),
    lambda tf, x: tf.roll(5, 1, 0),
    lambda tf, x: tf.ensure_shape(x, [2, None]),
    lambda tf, x: tf.ensure_shape(x, [2, None, 5]),
    lambda tf, x: tf.ensure_shape(x, 3),
    lambda tf, x: tf.reverse_sequence(x, [1, 3], seq_axis=1, seq_dim=1),
    lambda tf, x: tf.reverse_sequence(x, [1, 3, 2], seq_axis=1),
    lambda tf, x: tf.reverse_sequence(x, [1, 3], seq_axis=5),
    lambda tf, x: tf.reverse_sequence(x, [1, 3], seq_axis=1, batch_axis=7),
    lambda tf, x: tf.reverse_sequence(x, [1, 3], seq_axis=1, batch_axis=-3),
    lambda tf, x: tf.reverse_sequence(x, [1, 3]),
    lambda tf, x: tf.reverse_sequence(x, [1.0, 3], 1),
    lambda tf, x: tf.reverse_sequence(x, 3, 1),
    lambda tf, x: tf.repeat(x, [2, 3]),
    lambda tf, x: tf.repeat(x, 2, 3),
    lambda tf, x: tf.repeat(x, [[1, 2]], 0),
    lambda tf, x: tf.invert_permutation([[0]]),
    lambda tf, x: tf.invert_permutation([0.0]),
    lambda tf, x: tf.identity_n([]),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf, tf.constant(X)), lambda: call(ours, torch.tensor(X)))


# What TensorFlow refuses when the graph runs, in the same words.
REFUSED_WHEN_RUN = [
    (lambda tf, x: tf.reshape(x, [-1, -1]), "Only one input size may be -1, not both 0 and 1"),
    (lambda tf, x: tf.transpose(x, [0, 1, 1]), "2 is missing from {0,1,1}"),
    (lambda tf, x: tf.tile(x, [1, 2, -1]), "Expected multiples[2] >= 0, but got -1"),
    (lambda tf, x: tf.broadcast_to(x, [2, 2, 3, -1]), "Dimension -1 must be >= 0"),
    (lambda tf, x: tf.roll(x, 1, 3), "axis 3 is out of range"),
    (lambda tf, x: tf.reverse_sequence(x, [1, 4], 1), "seq_lens(1) > input.dims(1)"),
    (lambda tf, x: tf.reverse_sequence(x, [1, -1], 1), "seq_lens(1) < 0"),
    (lambda tf, x: tf.reverse_sequence(x, [1, 3], 0), "batch_dim == seq_dim == 0"),
    (lambda tf, x: tf.invert_permutation([2, 0, 3]), "3 is not between 0 and 3"),
    (lambda tf, x: tf.invert_permutation([2, 0, 0]), "0 is duplicated in the input"),
    (lambda tf, x: tf.invert_permutation([-1, 0]), "-1 is not between 0 and 2"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED_WHEN_RUN, ids=range(len(REFUSED_WHEN_RUN)))
def test_what_tensorflow_refuses_when_it_runs_is_refused_in_its_words(call, words):
    with pytest.raises(tf.errors.InvalidArgumentError) as theirs:
        evaluate(lambda tf: call(tf, tf.constant(X)))
    assert words in str(theirs.value)
    with pytest.raises(ValueError, match="^" + words.translate({ord(c): "." for c in "()[]{}"})):
        call(ours, as_torch(X))
