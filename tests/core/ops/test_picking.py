"""Picking, choosing, scattering, sorting: drawn arguments, and what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_alike, assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

X = np.arange(24, dtype="float32").reshape(2, 3, 4)
V = np.arange(4, dtype="float32")
I = np.arange(6, dtype="int32").reshape(2, 3)  # noqa: E741 - indices


def drawn_indices(draw, shape, least):
    """Indices of some shape, all less than a number."""
    return draw(st.integers(0, 2**31).map(np.random.default_rng)).integers(0, least, shape)


@st.composite
def calls(draw):
    """A tensor, and a function of `tf` and it that has some arguments."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    rank, least = len(shape), min(shape)
    dtype = draw(st.sampled_from(["float32", "float64", "int32"]))
    # Sorted, equal numbers are in question; half of them are.
    x = np.random.default_rng(rank).integers(-3, 3, shape).astype(dtype)
    axis = draw(st.integers(0, rank - 1))
    batches = draw(st.integers(0, axis))
    kind = draw(st.sampled_from(["int32", "int64"]))
    places = drawn_indices(draw, draw(st.lists(st.integers(1, 3), max_size=2)), shape[axis])
    of_batches = drawn_indices(draw, (*shape[:batches], 2), shape[axis])
    count = draw(st.integers(0, rank))
    points = drawn_indices(draw, (2, count), least)
    begin = [draw(st.integers(0, size)) for size in shape]
    size = [
        draw(st.sampled_from([-1, *range(s - b + 1)])) for s, b in zip(shape, begin, strict=True)
    ]
    masks = [draw(st.integers(0, 2**rank - 1)) for _ in range(2)]
    ends = [draw(st.integers(-5, 5)) for _ in shape]
    steps = [draw(st.sampled_from([1, 2, -1, -2])) for _ in shape]
    whole = draw(st.integers(0, 2**rank - 1))
    whole &= sum(1 << place for place, step in enumerate(steps) if step > 0)
    starts = [
        draw(st.integers(-s, s - 1)) if whole >> place & 1 else draw(st.integers(-5, 5))
        for place, s in enumerate(shape)
    ]
    mask = x[(..., *[0] * (rank - axis - 1))] > 0
    chosen = int(mask.sum())
    rows = np.arange(shape[0]) % 2 == 0
    direction = draw(st.sampled_from(["ASCENDING", "DESCENDING"]))
    update = np.ones((2, *shape[count:]), dtype)
    forms = [
        lambda tf, x: tf.gather(x * 1, places.astype(kind), axis=axis),
        lambda tf, x: tf.gather(x * 1, of_batches.astype(kind), axis=axis, batch_dims=batches),
        lambda tf, x: tf.gather_nd(x, points.astype(kind)),
        lambda tf, x: tf.slice(x, begin, size),
        lambda tf, x: tf.slice(x, tf.constant(begin), np.array(size)),
        lambda tf, x: tf.strided_slice(x, starts, ends, steps, *masks, shrink_axis_mask=whole),
        lambda tf, x: tf.reshape(tf.boolean_mask(x, mask), [chosen, *shape[axis + 1 :]]),
        lambda tf, x: tf.where(rows, x, -x),
        lambda tf, x: tf.where(x > 0, x, x * 2),
        lambda tf, x: tf.where_v2(x > 0, x, 1),
        lambda tf, x: tf.sort(x, axis, direction),
        lambda tf, x: tf.argsort(
            tf.stop_gradient(x) if tf is not ours else x.detach(), axis, direction=direction
        ),
        lambda tf, x: tf.tensor_scatter_nd_add(x, points, update),
    ]
    if count:
        forms.append(lambda tf, x: tf.scatter_nd(points, x.dtype.as_numpy_dtype(1) * update
                     if tf is not ours else torch.tensor(update), shape))  # fmt: skip
    return x, draw(st.sampled_from(forms))


@settings(max_examples=30, deadline=None)
@given(calls())
def test_what_is_picked_is_what_tensorflow_picks(drawn):
    x, call = drawn
    assert_alike(call, lambda x: call(ours, x), [x])


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_numbers_are_marked_as_in_tensorflow(data):
    shape = data.draw(st.lists(st.integers(1, 3), max_size=2))
    numbers = data.draw(st.integers(0, 2**31).map(np.random.default_rng)).integers(-1, 4, shape)
    numbers = numbers.astype(data.draw(st.sampled_from(["int32", "int64", "int8"])))
    keywords = data.draw(
        st.sampled_from(
            [
                {},
                {"on_value": 5},
                {"off_value": 2.0},
                {"on_value": True, "off_value": False},
                {"on_value": 1.5, "off_value": -1.0, "dtype": "float64"},
                {"dtype": "int64"},
                {"off_value": 1, "dtype": "float32"},
            ]
        )
    )
    axis, depth = data.draw(st.integers(-1, len(shape))), data.draw(st.integers(0, 4))
    # TensorFlow has no mask of int8.
    lengths = numbers.astype("int32" if numbers.dtype == "int8" else numbers.dtype)
    for call in (
        lambda tf: tf.one_hot(numbers, depth, axis=axis, **keywords),
        lambda tf: tf.sequence_mask(lengths, depth, dtype="int32"),
        lambda tf: tf.sequence_mask(lengths=lengths, maxlen=tf.constant(depth)),
        lambda tf: tf.sequence_mask(lengths),
    ):
        assert_close(call(ours), evaluate(call))


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_a_place_among_others_is_tensorflows(data):
    batch = data.draw(st.sampled_from([(), (1,), (2,)]))
    draw = data.draw(st.integers(0, 2**31).map(np.random.default_rng))
    row, asked = np.sort(draw.integers(0, 5, (*batch, 4))), draw.integers(-1, 6, (*batch, 3))
    side = data.draw(st.sampled_from(["left", "right"]))
    for kind in ("int32", "int64"):
        call = lambda tf: tf.searchsorted(row, asked, side=side, out_type=kind)  # noqa: B023
        assert_close(call(ours), evaluate(call))


def test_gradients_of_ties_are_shared_as_tensorflow_shares_them():
    for which in ("min", "max"):
        assert_alike(
            lambda tf, x, u, w=which: getattr(tf, f"tensor_scatter_nd_{w}")(x, [[0], [2], [1]], u),
            lambda x, u, w=which: getattr(ours, f"tensor_scatter_nd_{w}")(x, [[0], [2], [1]], u),
            [V, np.array([0.0, 9.0, 0.5], "float32")],
        )


@pytest.mark.parametrize("which", ["update", "add", "sub", "mul", "div", "min", "max"])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_rows_of_a_variable_change_as_in_tensorflow(which, dtype):
    first = (np.arange(12).reshape(3, 4) - 5).astype(dtype)
    updates = (np.arange(8).reshape(2, 4) % 3 + 1).astype(dtype)
    for indices, numbers in (([2, 0], updates), ([[1]], updates[None, :1]), ([0, 2], 2)):

        def build(tf, name="v", indices=indices, numbers=numbers):
            v = tf.get_variable(name, initializer=tf.constant(first), use_resource=True)
            return tf.identity(getattr(tf, f"scatter_{which}")(v, indices, numbers))

        with ts.variable_scope(None, "s"):
            assert_close(build(ours), evaluate(build))


def test_what_was_read_stays_what_it_was_for_backward():
    def build(x):
        v = ours.get_variable("v", initializer=torch.ones(3))
        out = (v * v * x).sum()
        ours.scatter_update(v, [0], [5.0])
        ours.scatter_nd_add(v, [[1]], [2.0])
        return out

    net = ts.ScopedModule(build)
    x = torch.arange(3.0)
    net(x).backward()
    (v,) = net.parameters()
    assert v.grad.tolist() == [0.0, 2.0, 4.0]
    assert v.tolist() == [5.0, 3.0, 1.0]


REFUSED = [
    lambda tf, x: tf.gather(x, [0, 1], axis=3),
    lambda tf, x: tf.gather(x, [0.0]),
    lambda tf, x: tf.gather(x, None),
    lambda tf, x: tf.gather(None, [0]),
    lambda tf, x: tf.gather(5, 0),
    lambda tf, x: tf.gather(x, [0, 1], axis=1.0),
    lambda tf, x: tf.gather(x, [0, 1], axis=[1]),
    lambda tf, x: tf.gather(x, np.array([0, 1], "uint8")),
    lambda tf, x: tf.gather(x, [[0, 1], [1, 2]], batch_dims=3),
    lambda tf, x: tf.gather_nd(x, [[0, 1, 2, 3]]),
    lambda tf, x: tf.gather_nd(x, 1),
    lambda tf, x: tf.gather_nd(x, [0.0]),
    lambda tf, x: tf.slice(x, [0, 1], [1, 2]),
    lambda tf, x: tf.slice(x, [0, 4, 0], [1, -1, 1]),
    lambda tf, x: tf.slice(x, [0, 3, 0], [1, -2, 1]),
    lambda tf, x: tf.slice(x, [0, 1, 0], [1, 2]),
    lambda tf, x: tf.slice(x, 0, 1),
    lambda tf, x: tf.slice(x, [0.0, 1, 0], [1, 2, 1]),
    lambda tf, x: tf.slice(x, [0, 1, 0], [1.0, 2, 1]),
    lambda tf, x: tf.slice(x, None, [1, 2, 3]),
    lambda tf, x: tf.strided_slice(x, [2], [3], [1], shrink_axis_mask=1),
    lambda tf, x: tf.strided_slice(x, [-3], [3], [1], shrink_axis_mask=1),
    lambda tf, x: tf.strided_slice(x, [0], [3], [0]),
    lambda tf, x: tf.strided_slice(x, [0] * 4, [1] * 4),
    lambda tf, x: tf.strided_slice(x, [0, 0], [3], [1, 1]),
    lambda tf, x: tf.strided_slice(x, 0, 1),
    lambda tf, x: tf.strided_slice(x, [0.0], [9]),
    lambda tf, x: tf.strided_slice(x, [0, 0], [9, 9], ellipsis_mask=3),
    lambda tf, x: tf.strided_slice(x, [-1], [-3], [-1], shrink_axis_mask=1),
    lambda tf, x: tf.boolean_mask(x, [True, False, True]),
    lambda tf, x: tf.boolean_mask(x, True),
    lambda tf, x: tf.boolean_mask(x, [True, False], axis=3),
    lambda tf, x: tf.where(x > 3, x, 0.0),
    lambda tf, x: tf.where([True], x, x),
    lambda tf, x: tf.where([[True, False, True]], x, x),
    lambda tf, x: tf.where([True, False], x, x[0]),
    lambda tf, x: tf.where([1, 0], x, x),
    lambda tf, x: tf.where([True, False], x),
    lambda tf, x: tf.where([True, False], [1, 2], [3.5, 4]),
    lambda tf, x: tf.where_v2([True, False, True], x, x),
    lambda tf, x: tf.one_hot([0, 2], 3, axis=-2),
    lambda tf, x: tf.one_hot([0, 2], 3, 5, -1.5),
    lambda tf, x: tf.one_hot([0, 2], 3, 5.0, dtype=tf.int32),
    lambda tf, x: tf.one_hot([0, 2], 3, dtype=tf.bool),
    lambda tf, x: tf.one_hot([0.0, 2], 3),
    lambda tf, x: tf.one_hot([0, 2], -1),
    lambda tf, x: tf.one_hot([0, 2], 3.0),
    lambda tf, x: tf.one_hot([0, 2], [3]),
    lambda tf, x: tf.one_hot([0, 2], None),
    lambda tf, x: tf.one_hot(None, 3),
    lambda tf, x: tf.sort(x, direction="a"),
    lambda tf, x: tf.sort(x, axis=3),
    lambda tf, x: tf.sort(x, axis=None),
    lambda tf, x: tf.searchsorted([1, 3, 5], [0], "a"),
    lambda tf, x: tf.searchsorted([1, 3, 5], [0.0]),
    lambda tf, x: tf.searchsorted([1, 3, 5], 4),
    lambda tf, x: tf.searchsorted([1, 3, 5], [4], out_type=tf.float32),
    lambda tf, x: tf.scatter_nd(1, [9.0], [2]),
    lambda tf, x: tf.scatter_nd([[1.0]], [9.0], [2]),
    lambda tf, x: (
        tf.scatter_nd([[1]], [9.0], tf.constant([2], tf.int64)[:1] + 0)
        if tf is not ours
        else tf.scatter_nd(torch.tensor([[1]], dtype=torch.int32), [9.0], torch.tensor([2]))
    ),
    lambda tf, x: tf.unravel_index([1.0], [2, 3]),
    lambda tf, x: tf.unravel_index([1], [[2, 3]]),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf, tf.constant(X)), lambda: call(ours, torch.tensor(X)))


# What TensorFlow refuses when the graph runs, in the same words.
REFUSED_WHEN_RUN = [
    (lambda tf, x: tf.gather(x, [[0], [2]]), "indices[1,0] = 2 is not in [0, 2)"),
    (lambda tf, x: tf.gather(x, [0, -1], axis=1), "indices[1] = -1 is not in [0, 3)"),
    (
        lambda tf, x: tf.gather(x, [[0, 5], [1, 2]], batch_dims=1),
        "indices[0,1] = 5 is not in [0, 3)",
    ),
    (
        lambda tf, x: tf.gather(x, [[0], [1], [0]], batch_dims=1),
        "params.shape[0]: 2 should be equal",
    ),
    (
        lambda tf, x: tf.gather_nd(x, [[0, 3]]),
        "indices[0] = [0, 3] does not index into param shape",
    ),
    (lambda tf, x: tf.gather_nd(x, [[0, -1]]), "indices[0] = [0, -1] does not index into param"),
    (lambda tf, x: tf.slice(x, [0, 1, 0], [3, 2, -1]), "Expected size[0] in [0, 2], but got 3"),
    (lambda tf, x: tf.slice(x, [0, 1, -1], [1, 2, 1]), "Expected begin[2] in [0, 4], but got -1"),
    (lambda tf, x: tf.where(True), "WhereOp : Unhandled input dimensions: 0"),
    (lambda tf, x: tf.one_hot([[0, 2]], 3, axis=3), "Expected axis to be -1 or between [0, 3)"),
    (lambda tf, x: tf.one_hot([0, 2], 3, [1.0, 2.0]), "on_value must be a scalar, but got: [2]"),
    (lambda tf, x: tf.unravel_index([6], [2, 3]), "index is out of bound as with dims"),
    (lambda tf, x: tf.searchsorted([1, 3], [[0], [1]]), "Leading dim_size of both tensors must"),
    (
        lambda tf, x: tf.scatter_nd([[1], [4]], [9.0, 1], [4]),
        "indices[1] = [4] does not index into",
    ),
    (lambda tf, x: tf.scatter_nd([[1], [-1]], [9.0, 1], [4]), "indices[1] = [-1] does not index"),
    (
        lambda tf, x: tf.tensor_scatter_nd_max(x, [[2]], x[:1]),
        "indices[0] = [2] does not index into",
    ),
]


@pytest.mark.parametrize(("call", "words"), REFUSED_WHEN_RUN, ids=range(len(REFUSED_WHEN_RUN)))
def test_what_tensorflow_refuses_when_it_runs_is_refused_in_its_words(call, words):
    with pytest.raises(tf.errors.InvalidArgumentError) as theirs:
        evaluate(lambda tf: call(tf, tf.constant(X)))
    assert words in str(theirs.value)
    with pytest.raises(ValueError, match="^" + words.translate({ord(c): "." for c in "()[]{}"})):
        call(ours, torch.tensor(X))


def test_the_length_of_masks_is_one_number():
    with pytest.raises(ValueError, match=r"^Argument `maxlen` must be scalar for sequence_mask"):
        ours.sequence_mask([1], [2])


def test_a_variable_refuses_rows_that_it_has_not():
    v = ours.get_variable("refuses", [3, 2])
    for call in (ours.scatter_update, ours.scatter_mul):
        with pytest.raises(ValueError, match=r"^indices.0. = 3 is not in .0, 3."):
            call(v, [3], [[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"^indices.0. = .-1. does not index into shape .3,2."):
        ours.scatter_nd_add(v, [[-1]], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="Shapes must be equal rank, but are 1 and 2"):
        ours.scatter_add(v, [1], [1.0])
    with pytest.raises(TypeError, match="requires that input 'ref' be a mutable tensor"):
        ours.scatter_add(torch.ones(3), [1], [1.0])
    with pytest.raises(TypeError, match="Input 'updates' of 'ScatterAdd' Op has type float64"):
        ours.scatter_add(v, [1], torch.ones(1, 2, dtype=torch.float64))
