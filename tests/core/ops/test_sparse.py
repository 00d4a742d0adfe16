"""Sparse tensors beside TensorFlow's: drawn shapes and places, bad input, nets that take and give them."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch._dynamo.testing import CompileCounter
from torch.utils._pytree import tree_map

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_alike, assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

INDICES = [[0, 1], [1, 0], [1, 2]]


def sparse(tf, values=(1.0, 2.0, 3.0), indices=INDICES, shape=(2, 3)):
    return tf.SparseTensor(indices, list(values), list(shape))


@st.composite
def drawn(draw, rank=None):
    """Indices in the order of rows, values and a shape."""
    rank = draw(st.integers(1, 3)) if rank is None else rank
    shape = draw(st.lists(st.integers(1, 4), min_size=rank, max_size=rank))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    indices = np.argwhere(random.uniform(size=shape) < draw(st.sampled_from([0.2, 0.5, 1.0])))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    return indices, random.normal(size=len(indices)).astype(dtype), shape


def parts(given):
    """What comes out, as a list of dense tensors."""
    found = []
    for each in given if isinstance(given, list | tuple) else [given]:
        dense = hasattr(each, "indices") and hasattr(each, "dense_shape")
        found += [each.indices, each.values, each.dense_shape] if dense else [each]
    return found


def axes_of(rank, draw):
    """Some axes, either sign, or all."""
    axis = st.integers(-rank, rank - 1)
    return draw(st.none() | axis | st.lists(axis, max_size=rank))


# Each is given tf, a sparse tensor, a dense one of its shape, and hypothesis' data.draw.
FUNCTIONS = {
    "to_dense": lambda tf, x, y, draw: tf.sparse_tensor_to_dense(x),
    "to_dense_default": lambda tf, x, y, draw: tf.sparse.to_dense(x, 2.5, validate_indices=False),
    "add_dense": lambda tf, x, y, draw: tf.sparse_add(x, y),
    "add": lambda tf, x, y, draw: tf.sparse.add(x, tf.sparse.from_dense(y)),
    "add_threshold": lambda tf, x, y, draw: tf.sparse_add(x, tf.sparse.from_dense(y), thresh=0.7),
    "maximum": lambda tf, x, y, draw: tf.sparse.maximum(x, tf.sparse.from_dense(y)),
    "times": lambda tf, x, y, draw: x * y,
    "over": lambda tf, x, y, draw: x / (y * y + 1.0),
    "reduce_sum": lambda tf, x, y, draw: tf.sparse_reduce_sum(
        x, axes_of(len(x.get_shape()), draw), draw(st.booleans())
    ),
    "reduce_max": lambda tf, x, y, draw: tf.sparse.reduce_max(
        x, reduction_axes=axes_of(len(x.get_shape()), draw), keep_dims=draw(st.booleans())
    ),
    "reshape": lambda tf, x, y, draw: tf.sparse_reshape(
        x, draw(st.sampled_from([[-1], [1, -1, 1]]))
    ),
    "transpose": lambda tf, x, y, draw: tf.sparse_transpose(
        x, draw(st.permutations(range(len(x.get_shape()))))
    ),
    "reorder": lambda tf, x, y, draw: tf.sparse.reorder(x),
    "concat": lambda tf, x, y, draw: tf.sparse_concat(
        draw(st.integers(0, len(x.get_shape()) - 1)), [x, x, x]
    ),
    "slice": lambda tf, x, y, draw: tf.sparse_slice(
        x, *([draw(st.integers(0, 3)) for _ in x.get_shape()] for _ in range(2))
    ),
    "split": lambda tf, x, y, draw: tf.sparse_split(
        sp_input=x, num_split=draw(st.integers(1, int(x.get_shape()[0]))), axis=0
    ),
    "expand": lambda tf, x, y, draw: tf.sparse.expand_dims(
        x, draw(st.integers(-len(x.get_shape()) - 1, len(x.get_shape()) - 1))
    ),
    "reset": lambda tf, x, y, draw: tf.sparse_reset_shape(x),
    "fill": lambda tf, x, y, draw: tf.sparse_fill_empty_rows(x, 9.0),
    "dense": lambda tf, x, y, draw: tf.sparse.from_dense(y),
}


class Replayed:
    """Draws what was drawn before, in the same order."""

    def __init__(self, draw):
        self.draw, self.answers, self.at = draw, [], 0

    def __call__(self, strategy):
        if self.at == len(self.answers):
            self.answers.append(self.draw(strategy))
        self.at += 1
        return self.answers[self.at - 1]


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=12)
@given(given_=drawn(), data=st.data())
def test_a_function_gives_what_tensorflow_gives(name, given_, data):
    indices, values, shape = given_
    dense = np.random.default_rng(1).normal(size=shape).round().astype(values.dtype)
    draw = Replayed(data.draw)

    def call(tf, values, dense):
        draw.at = 0
        return parts(FUNCTIONS[name](tf, tf.SparseTensor(indices, values, shape), dense, draw))

    expected = evaluate(lambda tf: call(tf, tf.constant(values), tf.constant(dense)))
    found = call(ours, torch.tensor(values), torch.tensor(dense))
    for mine, its in zip(found, expected, strict=True):
        assert_close(mine if isinstance(mine, torch.Tensor) else mine.as_tensor(), its)


@settings(max_examples=20)
@given(
    given_=drawn(rank=2),
    width=st.integers(1, 3),
    adjoint_a=st.booleans(),
    adjoint_b=st.booleans(),
    imaginary=st.booleans(),
)
def test_a_product_and_its_gradients_are_tensorflows(
    given_, width, adjoint_a, adjoint_b, imaginary
):
    indices, values, shape = given_
    inner = shape[0] if adjoint_a else shape[1]
    dense = np.random.default_rng(0).normal(size=(width, inner) if adjoint_b else (inner, width))
    factor = 1j if imaginary else np.ones((), values.dtype)

    def call(tf, values, dense):
        return tf.sparse_tensor_dense_matmul(
            tf.SparseTensor(indices, values, shape), dense, adjoint_a, adjoint_b
        )

    arrays = [values * factor, dense.astype(values.dtype) * factor]
    if imaginary:
        arrays = [each.astype("complex64") for each in arrays]
    assert_alike(call, lambda *tensors: call(ours, *tensors), arrays)


@settings(max_examples=15)
@given(rank=st.integers(2, 3), data=st.data())
def test_a_softmax_and_its_gradients_are_tensorflows(rank, data):
    indices, values, shape = data.draw(drawn(rank))

    def call(tf, values):
        return tf.sparse_softmax(tf.SparseTensor(indices, values * 3, shape)).values ** 2

    assert_alike(call, lambda *tensors: call(ours, *tensors), [values], least=1.0)


GRADIENTS = {
    "slice": lambda tf, x: tf.sparse_slice(x, [0, 0], [2, 2]),
    "retain": lambda tf, x: tf.sparse_retain(x, [True, False, True]),
    "add": lambda tf, x: tf.sparse_add(x, sparse(tf, [3.0], [[1, 0]])),
    "fill": lambda tf, x: tf.sparse_fill_empty_rows(x, 5.0)[0],
    "reset": lambda tf, x: tf.sparse_reset_shape(x),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_what_chooses_values_has_tensorflows_gradients(name):
    def call(tf, values):
        chosen = GRADIENTS[name](tf, tf.SparseTensor(INDICES, values, [2, 3]))
        return tf.sparse_reduce_sum(chosen * chosen.values[0])

    array = np.array([1.0, 2.0, 3.0], "float32")

    def theirs(tf):
        leaf = tf.constant(array)
        return tf.convert_to_tensor(tf.gradients(theirs_of(tf, leaf), leaf)[0])

    def theirs_of(tf, values):
        chosen = GRADIENTS[name](tf, tf.SparseTensor(INDICES, values, [2, 3]))
        return tf.reduce_sum(tf.square(chosen.values))

    leaf = torch.tensor(array, requires_grad=True)
    chosen = GRADIENTS[name](ours, ours.SparseTensor(INDICES, leaf, [2, 3]))
    chosen.values.square().sum().backward()
    assert_close(leaf.grad, evaluate(theirs))


REFUSED = [
    lambda tf, x: tf.SparseTensor([0, 1], [1.0, 2.0], [3]),
    lambda tf, x: tf.SparseTensor([[0, 1]], [1.0, 2.0], [3, 3]),
    lambda tf, x: tf.SparseTensor([[0, 1]], [[1.0]], [3, 3]),
    lambda tf, x: tf.SparseTensor([[0, 1]], [1.0], [3]),
    lambda tf, x: tf.SparseTensor([[0.0, 1]], [1.0], [3, 3]),
    lambda tf, x: tf.SparseTensor(tf.constant([[0, 1]]), [1.0], [3, 3]),
    lambda tf, x: tf.SparseTensor(None, [1.0], [3, 3]),
    lambda tf, x: tf.SparseTensor.from_value(5),
    lambda tf, x: x.with_values([4.0, 5.0]),
    lambda tf, x: x.set_shape([3, 3]),
    lambda tf, x: tf.sparse_tensor_to_dense(np.ones((2, 3))),
    lambda tf, x: tf.sparse_tensor_to_dense(sparse(tf, [1, 2, 3]), default_value=7.0),
    lambda tf, x: tf.sparse_to_dense([1, 2], [4], 5, 1.0),
    lambda tf, x: tf.sparse_to_dense([1, 2], [4], 5.0, tf.constant(1)),
    lambda tf, x: tf.sparse_to_dense([1.0, 2.0], [4], [5.0, 6.0]),
    lambda tf, x: tf.sparse_tensor_dense_matmul(x, tf.constant([[1], [1], [1]])),
    lambda tf, x: tf.sparse_tensor_dense_matmul(x, np.ones((3, 2))),
    lambda tf, x: tf.sparse_tensor_dense_matmul(x, np.ones((2, 2), "float32")),
    lambda tf, x: tf.sparse_tensor_dense_matmul(x, np.ones((3,), "float32")),
    lambda tf, x: tf.sparse_tensor_dense_matmul(np.ones((3, 2)), np.ones((2, 2))),
    lambda tf, x: tf.sparse_matmul(np.ones((2, 2), "float32"), np.ones((3, 2), "float32")),
    lambda tf, x: tf.sparse_add(x, sparse(tf, shape=[3, 3])),
    lambda tf, x: tf.sparse_add(x, sparse(tf, [1, 2, 3])),
    lambda tf, x: tf.sparse_add(np.ones((2, 3)), np.ones((2, 3))),
    lambda tf, x: tf.sparse_retain(x, [True, False]),
    lambda tf, x: tf.sparse_concat(
        1, [x, x], expand_nonconcat_dim=True, expand_nonconcat_dims=True
    ),
    lambda tf, x: tf.sparse_concat(1, []),
    lambda tf, x: tf.sparse_concat(1, x),
    lambda tf, x: tf.sparse_concat(0, [x, sparse(tf, [1, 2, 3])]),
    lambda tf, x: tf.sparse_concat(0, [x, sparse(tf, [1.0], [[0]], [3])]),
    lambda tf, x: tf.sparse_reshape(x, [4, -1]),
    lambda tf, x: tf.sparse_reshape(x, [4]),
    lambda tf, x: tf.sparse_reshape(x, [-1, -1]),
    lambda tf, x: tf.sparse_transpose(x, [0]),
    lambda tf, x: tf.sparse_fill_empty_rows(sparse(tf, [1, 2, 3]), 9.0),
    lambda tf, x: tf.sparse_fill_empty_rows(x, [9.0, 1.0]),
    lambda tf, x: tf.sparse_reset_shape(x, [1]),
    lambda tf, x: tf.sparse_split(sp_input=x, axis=1),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf, sparse(tf)), lambda: call(ours, sparse(ours)))


REFUSED_WHEN_RUN = [
    lambda tf, x: tf.sparse_tensor_to_dense(sparse(tf, indices=[[1, 0], [0, 1], [1, 2]])),
    lambda tf, x: tf.sparse_tensor_to_dense(sparse(tf, indices=[[0, 1], [0, 1], [1, 2]])),
    lambda tf, x: tf.sparse_tensor_to_dense(sparse(tf, indices=[[0, 1], [1, 0], [1, 5]])),
    lambda tf, x: tf.sparse_tensor_to_dense(sparse(tf, indices=[[0, 1], [1, 0], [-1, 2]])),
    lambda tf, x: tf.sparse_tensor_to_dense(x, default_value=[7.0, 8.0]),
    lambda tf, x: tf.sparse_to_dense([1, 2], [4], [5.0, 6.0, 7.0]),
    lambda tf, x: tf.sparse_to_dense([[1, 2]], [4], [5.0]),
    lambda tf, x: tf.sparse_reduce_sum(x, 5),
    lambda tf, x: tf.sparse_softmax(sparse(tf, [1.0], [[0]], [3])).values,
    lambda tf, x: tf.sparse_add(x, np.ones(3, "float32")),
    lambda tf, x: tf.sparse_slice(x, [0, 1], [-1, -1]).values,
    lambda tf, x: tf.sparse_slice(x, [0], [1]).values,
    lambda tf, x: tf.sparse_concat(1, [x, sparse(tf, shape=[4, 3])]).values,
    lambda tf, x: tf.sparse_transpose(x, [0, -1]).values,
    lambda tf, x: tf.sparse.from_dense(5).values,
    lambda tf, x: tf.sparse_minimum(x, sparse(tf, shape=[3, 3])).values,
    lambda tf, x: tf.sparse_split(sp_input=x, num_split=9, axis=1)[0].values,
    lambda tf, x: tf.sparse_fill_empty_rows(sparse(tf, indices=[[0, 1], [1, 0], [-1, 2]]), 9.0)[1],
]


@pytest.mark.parametrize("call", REFUSED_WHEN_RUN, ids=range(len(REFUSED_WHEN_RUN)))
def test_what_tensorflow_refuses_when_it_runs_is_a_value_error_in_its_words(call):
    said = refusal(lambda: evaluate(lambda tf: call(tf, sparse(tf))))
    assert isinstance(said, tf.errors.InvalidArgumentError)
    with pytest.raises(ValueError, match=r".") as error:
        call(ours, sparse(ours))
    sentence = str(error.value).partition(". ")[0].partition(": `")[0]
    assert sentence in str(said)


def test_indices_outside_are_refused_by_products_and_sums():
    outside = sparse(ours, indices=[[0, 1], [1, 0], [1, 5]])
    for call in (
        lambda: ours.sparse_tensor_dense_matmul(outside, torch.ones(3, 2)),
        lambda: ours.sparse_reduce_sum(outside, 1),
        lambda: ours.sparse_reduce_max(outside, 0),
        lambda: ours.sparse_add(outside, torch.zeros(2, 3)),
        lambda: outside * torch.ones(2, 3),
    ):
        with pytest.raises(ValueError, match=r"indices\[2\] = \[1,5\] is out of bounds"):
            call()


def test_a_single_size_is_no_shape():
    with pytest.raises(ValueError, match="Received a scalar value '3' as shape"):
        ours.SparseTensor([[0, 1]], [1.0], 3)


def test_a_shape_that_does_not_go_in_a_product_by_element_is_refused():
    with pytest.raises(ValueError, match=r"incompatible shapes: \[2,3\] vs. \[4\]"):
        sparse(ours) * torch.ones(4)


def test_values_that_are_no_numbers_are_not_summed():
    with pytest.raises(TypeError, match="'input_values' has DataType bool not in list of allowed"):
        ours.sparse_reduce_sum(sparse(ours, [True, False, True]))
    with pytest.raises(TypeError, match="'sp_values' has DataType int32 not in list of allowed"):
        ours.sparse_softmax(sparse(ours, [1, 2, 3]))


def test_a_tensor_of_sizes_is_read_when_they_are_asked_for():
    size = torch.tensor([2, 3])
    x = ours.SparseTensor(INDICES, [1.0, 2.0, 3.0], size)
    assert x.dense_shape is size
    assert x.get_shape() == x.shape == (2, 3)
    assert ours.sparse_tensor_to_dense(x).tolist() == [[0, 1, 0], [2, 0, 3]]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_net_makes_a_sparse_tensor_and_gives_one(compiled):
    def convolved(indices, values, features):
        adjacency = ours.SparseTensor(indices, values, [3, 3])
        kernel = ts.get_variable("kernel", [4, 2])
        hidden = ours.sparse_tensor_dense_matmul(ours.sparse_softmax(adjacency), features @ kernel)
        return ours.sparse_transpose(adjacency), hidden

    net = ts.ScopedModule(convolved)
    torch.manual_seed(0)
    given = torch.tensor(INDICES), torch.tensor([1.0, 2.0, 3.0]), torch.randn(3, 4)
    expected = net(*given)
    count = CompileCounter()
    if compiled:
        torch._dynamo.reset()
        net = torch.compile(net, fullgraph=True, backend=count)
    turned, hidden = net(*given)
    assert count.frame_count == compiled
    assert turned.shape == (3, 3)
    torch.testing.assert_close(turned.values, expected[0].values)
    torch.testing.assert_close(hidden, expected[1])
    hidden.sum().backward()


def test_a_net_takes_a_sparse_tensor_and_is_a_graph_of_it():
    net = ts.ScopedModule(
        lambda x: [x * ts.get_variable("scale", []), ours.sparse_reduce_sum(x, 1)]
    )
    x = sparse(ours)
    expected = net(x)
    graph = ts.graph(net, x)
    scaled, total = graph(x.with_values([4.0, 5.0, 6.0]))
    assert isinstance(scaled, ours.SparseTensor)
    assert total.tolist() == [4.0, 11.0]
    torch.testing.assert_close(graph(x)[0].values, expected[0].values)


def test_it_is_a_tree_that_is_mapped_and_copied():
    x = sparse(ours)
    doubled = tree_map(lambda part: part * 2 if isinstance(part, torch.Tensor) else part, x)
    assert doubled.values.tolist() == [2, 4, 6]
    assert doubled.shape == (2, 3)
    assert copy.deepcopy(x).shape == x.shape
    assert "values=tensor([1., 2., 3.])" in repr(x)
