"""Layers of tf.contrib.layers that tf_slim has not, or has not tested: beside tf.contrib's own."""

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1
from tests.comparing import assert_alike as assert_functions_alike
from tests.comparing import numbers
from tests.slim.kit import THEIRS, assert_alike
from tests.tensorflow1 import assert_refused_alike, evaluate, tf
from tests.tensorflow1_contrib import import_contrib

theirs = import_contrib().layers
ours = torchscope.tf1.contrib.layers
MODELS = []


def layers_of(k):
    """tf.contrib.layers of a kit."""
    return theirs if k is THEIRS else ours


def model(*shapes, **how):
    def enter(function):
        MODELS.append(pytest.param(function, shapes, how, id=function.__name__))
        return function

    return enter


IDS = [[2, 0, 1], [0, 0, 3]]


@model((2, 3, 4))
def sequences_are_embedded(k, x):
    c = layers_of(k)
    rows = c.embed_sequence(
        k.tf.constant(IDS), 5, 4, scope="s", regularizer=k.slim.l2_regularizer(0.1)
    )
    again = c.embed_sequence(k.tf.constant(IDS), scope="s", reuse=True, unique=True)
    other = c.embed_sequence(k.tf.constant(IDS), 5, 4, trainable=False)
    return x * rows + again * other


@model((2, 4))
def texts_are_bags_of_words(k, x):
    c, ids = layers_of(k), k.tf.constant(IDS)
    dense = c.bow_encoder(ids, 5, 4, sparse_lookup=False)
    sparse = c.bow_encoder(ids, 5, 4, scope="sparse")
    nothing = c.bow_encoder(k.tf.zeros([2, 3], k.tf.int32), 5, 4)
    return x * dense + sparse * nothing


@model((2, 5, 4, 3))
def images_become_sequences_and_come_back(k, x):
    c = layers_of(k)
    columns = c.images_to_sequence(x)
    assert k.get_shape(columns) == [4, 10, 3]
    first = c.sequence_to_images(columns * 2.0, 5, "channels_first")
    second = c.images_to_sequence(first, data_format="NCHW")
    return c.sequence_to_images(second, 5) + x


@model((2, 5, 3), (2, 4, 4, 3), (1, 3, 2, 2, 3))
def divisive_normalization(k, x, y, z):
    c = layers_of(k)
    x = c.gdn(x)
    y = c.gdn(y, inverse=True, gamma_init=0.3, name="g")
    y = c.gdn(y, name="g", reuse=True)
    z = c.gdn(z, activity_regularizer=k.slim.l2_regularizer(0.1), trainable=False)
    flat = [k.tf.reshape(each, [-1]) for each in (x, y, z)]
    return k.tf.concat(flat, 0)


@model((2, 4))
def older_fully_connected_layers(k, x):
    c = layers_of(k)
    x = c.legacy_relu(x, 5, weight_collections=["mine"])
    x = c.legacy_linear(x, 4, bias_init=None, name="l")
    x = c.legacy_fully_connected(
        x,
        3,
        activation_fn=k.tf.nn.tanh,
        bias_collections=["others"],
        weight_regularizer=k.slim.l2_regularizer(0.1),
    )
    held = k.tf.get_collection(k.tf.GraphKeys.ACTIVATIONS)
    return x + k.tf.reduce_sum(held[0])


def residual(k, scope):
    def function(x, side=None):
        y = k.slim.fully_connected(x, 4, activation_fn=k.tf.nn.tanh, scope=scope)
        return y if side is None else y * side[0]

    return function


@model((2, 4), (2, 4), (2, 4))
def reversible_blocks(k, x1, x2, side):
    c = layers_of(k)
    how = {"num_layers": 2, "f_side_input": [side]}
    y1, y2 = c.rev_block(x1, x2, residual(k, "f"), [residual(k, "g")] * 2, **how)
    z1, z2 = c.rev_block(y1, y2, residual(k, "f"), k.tf.nn.tanh, is_training=False)
    return k.tf.concat([y1, y2, z1, z2], 0)


@model((2, 4))
def functions_that_are_computed_again(k, x):
    c = layers_of(k)
    seen = []

    @c.recompute_grad
    def first(x):
        return k.slim.fully_connected(x, 4, activation_fn=k.tf.nn.tanh, scope="a")

    @c.recompute_grad(tupleize_grads=True)
    def second(x, is_recomputing=False):
        seen.append(is_recomputing)
        return k.slim.fully_connected(x, 4, activation_fn=k.tf.nn.tanh, scope="b")

    with k.tf.variable_scope("", use_resource=True):
        y = second(first(x))
    assert seen == [False]
    return y


@pytest.mark.parametrize(("function", "shapes", "how"), MODELS)
def test_layers_are_those_of_tensorflow(function, shapes, how):
    arrays = [numbers(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    assert_alike(function, *arrays, **how)


X = numbers(3, 4, seed=3)


@pytest.mark.parametrize(
    ("call", "arrays"),
    [
        (lambda c, x: c.poincare_normalize(x), [X]),
        (lambda c, x: c.poincare_normalize(x * 0.1, axis=0, epsilon=0.25), [X]),
        (lambda c, x: c.poincare_normalize(x, axis=[0, 1]), [X]),
        (lambda c, x: c.dense_to_sparse(x).values, [np.array([[3, 0], [5, 7]], "int32")]),
        (lambda c, x: c.dense_to_sparse(x, eos_token=7).indices, [np.array([[3, 0], [5, 7]])]),
        (lambda c, x: c.embedding_lookup_unique(x * 1.0, IDS), [numbers(4, 3)]),
    ],
)
def test_functions_are_those_of_tensorflow(call, arrays):
    assert_functions_alike(
        lambda _, *tensors: call(theirs, *tensors), lambda *tensors: call(ours, *tensors), arrays
    )


def test_older_layers_take_tensors_of_any_rank():
    with torchscope.tf1.Graph().as_default():
        x = torch.tensor(numbers(2, 3, 4))
        outputs = ours.legacy_linear(x, 5, name="l")
        weights = torchscope.tf1.global_variables()[0]
        torch.testing.assert_close(outputs, x @ weights)


# What dynamo does with a function that has a gradient of its own.
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
def test_gradients_are_scaled():
    x = torch.tensor(X, requires_grad=True)
    scaled = ours.scale_gradient(x, X[:1])
    assert torch.equal(scaled, x)
    (gradient,) = torch.autograd.grad(scaled.sum(), x)
    torch.testing.assert_close(gradient, torch.tensor(X[:1]).expand(3, 4))
    compiled = torch.compile(ours.scale_gradient, backend="eager", fullgraph=True)
    (again,) = torch.autograd.grad(compiled(x, torch.tensor(X[:1])).sum(), x)
    torch.testing.assert_close(again, gradient)


def test_what_lies_below_a_bound_only_rises():
    layer = ours.GDN(beta_min=0.25)
    layer(torch.ones(1, 1, 2))
    with torch.no_grad():
        layer.weights[0].copy_(torch.tensor([0.1, 3.0]))
    again = ours.GDN(beta_min=0.25, name="gdn", _reuse=True)
    again(torch.ones(1, 1, 2))
    for sign, expected in ((1.0, [0.0, 6.0]), (-1.0, [-1.0, -6.0])):
        (gradient,) = torch.autograd.grad(
            again.beta.sum() * sign, layer.weights[0], retain_graph=True
        )
        torch.testing.assert_close(gradient, torch.tensor(expected))


def test_a_reversible_block_gives_its_inputs_back():
    with torchscope.tf1.Graph().as_default():
        block = ours.RevBlock(torch.tanh, lambda x: x * ts.get_variable("w", [4]), num_layers=3)
        x1, x2 = torch.tensor(X), torch.tensor(X[::-1].copy())
        found = block.backward(*block.forward(x1, x2))
        torch.testing.assert_close(found, (x1, x2))
        assert [v.op.name for v in block.trainable_weights] == [
            f"revblock/revlayer_{number}/g/w" for number in range(3)
        ]


def test_blocks_say_that_they_run_again():
    @torchscope.tf1.recompute_grad
    def counted(x, factor, is_recomputing):
        seen.append(is_recomputing)
        return torch.sin(x) * factor

    seen = []
    x = torch.ones(2, requires_grad=True)
    ts.ScopedModule(lambda x: counted(x, factor=3.0))(x).sum().backward()
    assert seen == [False, True]
    torch.testing.assert_close(x.grad, 3.0 * torch.cos(torch.ones(2)))


REFUSED = {
    "no sizes": lambda c, api: c.embed_sequence([1]),
    "no sizes of texts": lambda c, api: c.bow_encoder([[1]], 0, 3),
    "a vector": lambda c, api: c.legacy_linear(api.zeros([3]), 2),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_as_tensorflow_refuses_it(case):
    assert_refused_alike(
        lambda: REFUSED[case](theirs, tf), lambda: REFUSED[case](ours, torchscope.tf1)
    )


@pytest.mark.parametrize(
    ("call", "kind", "says"),
    [
        (lambda: ours.GDN(data_format="NHWC"), ValueError, "Unsupported `data_format` for GDN"),
        (lambda: ours.images_to_sequence(torch.ones(1), "NC"), ValueError, "either NCHW or NHWC"),
        (lambda: ours.sequence_to_images(torch.ones(2, 3, 4), 2), ValueError, "no multiple of the"),
        (lambda: ours.RevBlock([torch.tanh], torch.tanh, 2), ValueError, "Give one, or as many as"),
        (lambda: ours.recompute_grad(3), TypeError, "recompute_grad takes a function"),
        (
            lambda: ours.bow_encoder(
                torchscope.tf1.SparseTensor([[0, 0]], [1], [1, 1]), 2, 3, sparse_lookup=False
            ),
            TypeError,
            "Leave out sparse_lookup=False",
        ),
        (lambda: ours.GDN().compute_output_shape([1] * 6), ValueError, "rank 3 to 5, inclusive"),
    ],
)
def test_what_cannot_be_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()


SPARSE = {
    "indices": [[0, 0], [0, 1], [2, 0], [2, 3]],
    "shape": [4, 4],
}


@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn", None])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("max_norm", [None, 1.5])
def test_sparse_lookups_are_those_of_tensorflow(combiner, weighted, max_norm):
    table, weights = numbers(5, 3), np.array([0.5, -0.25, 2.0, 1.0], "float32")

    def build(api, table, weights):
        indices, shape = SPARSE["indices"], SPARSE["shape"]
        ids = api.SparseTensor(indices, api.constant([2, 0, 1, 4]), shape)
        pruned = api.SparseTensor(indices, api.constant([2, -1, -3, 4]), shape)
        by = api.SparseTensor(indices, weights, shape) if weighted else None
        pieces = [table[:3], table[3:]]
        cube = api.sparse_reshape(pruned, [2, 2, 4])
        how = {"combiner": combiner or "mean", "max_norm": max_norm}
        found = [
            api.nn.embedding_lookup_sparse(table, ids, by, combiner=combiner, max_norm=max_norm),
            api.nn.embedding_lookup_sparse(pieces, ids, by, "div", combiner=combiner),
            api.nn.safe_embedding_lookup_sparse(table, pruned, by, **how),
            api.nn.safe_embedding_lookup_sparse([table], cube, None, default_id=3, **how),
        ]
        # TensorFlow does not know how many rows they have.
        shapes = [[3, 3], [3, 3], [4, 3], [2, 2, 3]]
        return [api.reshape(*each) for each in zip(found, shapes, strict=True)]

    assert_functions_alike(
        build,
        lambda *tensors: build(torchscope.tf1, *tensors),
        [table, weights],
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.nn.embedding_lookup_sparse(api.ones([2, 2]), [1], None),
        lambda api: api.nn.embedding_lookup_sparse(api.ones([2, 2]), _ids(api), [1.0]),
        lambda api: api.nn.embedding_lookup_sparse(
            api.ones([2, 2]), _ids(api), None, combiner="max"
        ),
        lambda api: api.nn.safe_embedding_lookup_sparse(None, _ids(api)),
        lambda api: api.nn.safe_embedding_lookup_sparse([], _ids(api)),
    ],
)
def test_bad_sparse_lookups_are_refused_as_tensorflow_refuses_them(call):
    with pytest.raises(Exception) as theirs_:
        evaluate(call)
    with pytest.raises(type(theirs_.value)) as ours_:
        call(torchscope.tf1)
    assert str(ours_.value)[:20] == str(theirs_.value)[:20]


def _ids(api):
    return api.SparseTensor([[0, 0]], [1], [1, 1])
