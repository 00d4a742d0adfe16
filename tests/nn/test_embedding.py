"""torchscope.nn.embedding_lookup against TensorFlow's."""

import numpy as np
import pytest
import torch
from comparing import assert_alike
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

STRATEGIES = st.sampled_from(["mod", "div"])


def cut(table, pieces, strategy):
    """A table in pieces, which may differ by one row."""
    if strategy == "mod":
        return [table[number::pieces] for number in range(pieces)]
    return np.array_split(table, pieces)


@st.composite
def lookups(draw):
    """A table in pieces, and ids of its rows."""
    rows = draw(st.integers(1, 9))
    of_rows = draw(st.lists(st.integers(1, 3), max_size=2))
    generator = np.random.default_rng(draw(st.integers(0, 99)))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    table = generator.normal(0, 2, (rows, *of_rows)).astype(dtype)
    strategy = draw(STRATEGIES)
    pieces = cut(table, draw(st.integers(1, min(rows, 4))), strategy)
    shape = draw(st.lists(st.integers(0, 3), max_size=2))
    ids = generator.integers(0, rows, shape).astype(draw(st.sampled_from(["int32", "int64"])))
    return pieces, ids, strategy, draw(st.sampled_from([None, 0.5, 2, 100.0]))


@settings(max_examples=60)
@given(lookups())
def test_lookups_have_tensorflows_rows_and_gradients(lookup):
    pieces, ids, strategy, max_norm = lookup

    def theirs(tf, *params):
        params = [tf.convert_to_tensor(each) for each in params]
        return tf.nn.embedding_lookup(params, ids, strategy, max_norm=max_norm)

    def build(tf):
        # Gradients of rows are slices, which a session can only give once they are tensors.
        leaves = [tf.constant(piece) for piece in pieces]
        output = theirs(tf, *leaves)
        weights = np.random.default_rng(1).uniform(0.5, 1.5, output.shape.as_list())
        weights = tf.constant(weights.astype(pieces[0].dtype))
        gradients = tf.gradients(output, leaves, weights)
        return output, weights, [tf.convert_to_tensor(each) for each in gradients]

    expected, weights, gradients = evaluate(build)
    leaves = [torch.tensor(piece, requires_grad=True) for piece in pieces]
    params = leaves if len(leaves) > 1 else leaves[0]
    output = ts.nn.embedding_lookup(params, torch.tensor(ids), strategy, max_norm=max_norm)
    tolerance = {"float32": 1e-5, "float64": 1e-10}[pieces[0].dtype.name]
    np.testing.assert_allclose(output.detach(), expected, tolerance, tolerance)
    output.backward(torch.tensor(weights))
    for leaf, gradient in zip(leaves, gradients, strict=True):
        np.testing.assert_allclose(leaf.grad, gradient, tolerance, tolerance)


@settings(max_examples=40)
@given(
    rows=st.integers(1, 12),
    shape=st.lists(st.integers(0, 4), max_size=3),
    strategy=STRATEGIES,
    data=st.data(),
)
def test_a_table_in_pieces_is_looked_up_like_the_whole(rows, shape, strategy, data):
    table = np.arange(2.0 * rows).reshape(rows, 2)
    pieces = cut(table, data.draw(st.integers(1, rows)), strategy)
    ids = torch.randint(rows, shape)
    whole = ts.nn.embedding_lookup(torch.tensor(table), ids)
    assert torch.equal(ts.nn.embedding_lookup([*map(torch.tensor, pieces)], ids, strategy), whole)


def test_a_piece_may_be_empty_where_no_id_is_of_it():
    arrays = [np.ones((1, 2)), 2 * np.ones((1, 2)), np.ones((0, 2))]
    for ids in (np.array([0, 1, 1]), np.array([], int)):
        assert_alike(
            lambda tf, *pieces: tf.nn.embedding_lookup(list(pieces), ids),  # noqa: B023
            lambda *pieces: ts.nn.embedding_lookup(list(pieces), torch.tensor(ids)),  # noqa: B023
            arrays,
            gradients=False,
        )
    with pytest.raises(ValueError, match=r"is not in \[0, 0\)"):
        ts.nn.embedding_lookup(list(map(torch.tensor, arrays)), [2])
    meta = [torch.tensor(array, device="meta") for array in arrays]
    ids = torch.zeros(3, dtype=torch.int64, device="meta")
    assert ts.nn.embedding_lookup(meta, ids).shape == (3, 2)


def test_a_partitioned_variable_is_looked_up_by_pieces():
    with ts.variable_scope("", partitioner=ts.fixed_size_partitioner(3)):
        table = ts.get_variable("table", [7, 2])
    ids = torch.tensor([[6, 0], [3, 3]])
    rows = ts.nn.embedding_lookup(table, ids, "div")
    assert torch.equal(rows, table.as_tensor()[ids])
    rows.sum().backward()
    assert [piece.grad[:, 0].tolist() for piece in table] == [[1, 0, 0], [2, 0], [0, 1]]


def test_ids_may_be_a_list_a_number_or_short_integers():
    table = torch.arange(6.0).reshape(3, 2)
    assert ts.nn.embedding_lookup(table, [2, 0]).tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert ts.nn.embedding_lookup(table, 1).tolist() == [2.0, 3.0]
    assert ts.nn.embedding_lookup(table, np.array([1], "int16")).tolist() == [[2.0, 3.0]]


@pytest.mark.parametrize("dtype", ["int32", "float16", "bfloat16"])
def test_a_table_keeps_its_dtype(dtype):
    table = torch.arange(6).reshape(3, 2).to(getattr(torch, dtype))
    assert_rows = ts.nn.embedding_lookup([table[:2], table[2:]], [2, 1], "div")
    assert assert_rows.dtype == table.dtype
    assert torch.equal(assert_rows, table[[2, 1]])


@pytest.mark.parametrize("max_norm", [0.0, -1.0, 0.5])
def test_a_norm_may_be_any_number_or_a_tensor(max_norm):
    table = np.array([[3.0, 4.0], [0.3, 0.4]])
    for norm in (lambda tf: max_norm, lambda tf: tf.constant(max_norm)):
        assert_alike(
            lambda tf, x: tf.nn.embedding_lookup(x, 0, max_norm=norm(tf)),  # noqa: B023
            lambda x: ts.nn.embedding_lookup(x, 0, max_norm=torch.tensor(max_norm)),
            [table],
            gradients=False,
        )


def test_lookups_work_on_the_meta_device():
    table, ids = torch.ones(4, 2, device="meta"), torch.zeros(3, dtype=torch.int64, device="meta")
    assert ts.nn.embedding_lookup(table, ids).shape == (3, 2)
    assert ts.nn.embedding_lookup(table, [0, 1]).device.type == "meta"
    assert ts.nn.embedding_lookup([table, table], ids, max_norm=1.0).shape == (3, 2)


# What is refused


@pytest.mark.parametrize("params", [None, [], ()], ids=str)
def test_no_table_is_refused_in_tensorflows_words(params):
    assert_refused_alike(
        lambda: tf.nn.embedding_lookup(params, [0]), lambda: ts.nn.embedding_lookup(params, [0])
    )


@pytest.mark.parametrize(
    ("shapes", "of_ids", "dtypes", "strategy"),
    [
        ([[2, 3], [2, 3]], "int32", ["float32"] * 2, "other"),
        ([[2, 3]], "float32", ["float32"], "mod"),
        ([[2, 3]] * 2, "float32", ["float32"] * 2, "div"),
        ([[2, 3]], "uint8", ["float32"], "mod"),
        ([[]], "int32", ["float32"], "mod"),
        ([[2, 3]] * 2, "int32", ["float32", "float64"], "mod"),
    ],
    ids=str,
)
def test_lookups_refuse_what_tensorflow_refuses_in_its_words(shapes, of_ids, dtypes, strategy):
    tables = [np.ones(*each) for each in zip(shapes, dtypes, strict=True)]
    ids = np.zeros(2, of_ids)
    error = refusal(
        lambda: ts.nn.embedding_lookup([*map(torch.tensor, tables)], torch.tensor(ids), strategy)
    )
    theirs = refusal(
        lambda: tf.nn.embedding_lookup([*map(tf.constant, tables)], tf.constant(ids), strategy)
    )
    assert type(error) is type(theirs)
    assert str(error)[:40] == str(theirs)[:40]


@pytest.mark.parametrize("ids", [[0, -1], [[0, 2]], [5], 7], ids=str)
def test_an_id_out_of_range_is_a_value_error_on_the_cpu(ids):
    """TensorFlow says the same when the graph runs, with an exception of its own."""
    for shape in ([2, 3], [2], [2, 1, 1]):
        theirs = refusal(lambda: evaluate(lambda tf: tf.nn.embedding_lookup(tf.ones(shape), ids)))  # noqa: B023
        error = refusal(lambda: ts.nn.embedding_lookup(torch.ones(shape), ids))  # noqa: B023
        assert type(error) is ValueError
        assert str(error).split(":")[0] in str(theirs)


@pytest.mark.parametrize("strategy", ["mod", "div"])
@pytest.mark.parametrize("number", [-1, 5, 6, 100])
def test_an_id_that_no_piece_has_is_refused(strategy, number):
    pieces = [*map(torch.tensor, cut(np.ones([5, 2]), 3, strategy))]
    with pytest.raises(ValueError, match=r"is not in \[0,"):
        ts.nn.embedding_lookup(pieces, [0, number], strategy)


def test_pieces_whose_rows_differ_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\), \(2, 4\)"):
        ts.nn.embedding_lookup([torch.ones(2, 3), torch.ones(2, 4)], [0])
