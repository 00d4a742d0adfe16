"""Slim's own losses beside tf_slim's: predictions first, weights of the first dimensions."""

import warnings

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.slim
from tests.comparing import assert_close, numbers
from tests.slim.kit import OURS, THEIRS
from tests.tensorflow1 import assert_refused_alike, tf

SHAPE = (4, 3, 2)
WEIGHTS = {
    "one": 2.0,
    "zero": 0.0,
    "examples": np.array([1, 0, 2, 3], "float32"),
    "rows": np.array([[1, 0, 2], [0, 0, 0], [1, 1, 1], [3, 2, 0]], "float32"),
    "all": np.abs(numbers(*SHAPE, seed=4)) * (numbers(*SHAPE, seed=5) > 0),
    "none": np.zeros(4, "float32"),
}
LOSSES = [
    lambda k, x, y, w: k.slim.losses.absolute_difference(x, y, w),
    lambda k, x, y, w: k.slim.losses.mean_squared_error(x, y, w),
    lambda k, x, y, w: k.slim.losses.log_loss(x * x, y * y, w, epsilon=2.0),
    lambda k, x, y, w: k.slim.losses.sigmoid_cross_entropy(x, y, w, label_smoothing=0.2),
    lambda k, x, y, w: k.slim.losses.compute_weighted_loss(x * y, w),
]


def assert_losses_alike(function, *arrays):
    """One loss and one gradient in both, and the same in the collection."""
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs = [tf.constant(each) for each in arrays]
        loss = function(THEIRS, *inputs)
        floats = [each for each in inputs[:1] if each.dtype.is_floating]
        total = THEIRS.slim.losses.get_total_loss() if tf.losses.get_losses() else tf.zeros([])
        expected = session.run([loss, tf.gradients(loss, floats), total])
    leaves = [torch.from_numpy(each) for each in arrays]
    leaves[0].requires_grad_()
    loss = function(OURS, *leaves)
    assert_close(loss, expected[0], 1e-5)
    (gradient,) = torch.autograd.grad(loss.sum(), leaves[:1])
    assert_close(gradient, expected[1][0], 1e-5, least=1.0)
    kept = ts.slim.losses.get_losses()
    total = ts.slim.losses.get_total_loss() if kept else torch.zeros([])
    assert_close(total, expected[2], 1e-5)


@pytest.mark.parametrize("function", LOSSES)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_loss_is_that_of_tf_slim_however_it_is_weighed(function, weights):
    assert_losses_alike(
        lambda k, x, y: function(k, x, y, WEIGHTS[weights]),
        numbers(*SHAPE),
        numbers(*SHAPE, seed=1),
    )


def test_losses_of_classes_are_those_of_tf_slim():
    logits, labels = numbers(4, 3), np.eye(3, dtype="float32")[[0, 2, 1, 1]]
    weights = WEIGHTS["examples"]
    assert_losses_alike(
        lambda k, x, y: k.slim.losses.softmax_cross_entropy(x, y, weights, label_smoothing=0.1),
        *(logits, labels),
    )
    ts.reset_default_registry()
    assert_losses_alike(
        lambda k, x, y: k.slim.losses.sparse_softmax_cross_entropy(x, y, weights[:, None]),
        *(logits, np.array([[0], [2], [1], [1]])),
    )
    ts.reset_default_registry()
    assert_losses_alike(
        lambda k, x, y: k.slim.losses.hinge_loss(x, y), logits, (logits > 0.3).astype("float32")
    )
    assert ts.slim.losses.get_losses() == []


@pytest.mark.parametrize("weights", ["one", "examples", "none"])
def test_distances_of_vectors_and_of_pairs_are_those_of_tf_slim(weights):
    weights = WEIGHTS[weights]
    x, y = numbers(4, 3), numbers(4, 3, seed=1)
    assert_losses_alike(lambda k, x, y: k.slim.losses.cosine_distance(x, y, 1, weights), x, y)
    ts.reset_default_registry()
    assert_losses_alike(
        lambda k, x, y: k.slim.losses.mean_pairwise_squared_error(x, y, weights), x, y
    )


def test_losses_are_found_by_their_name_scopes():
    ts.slim.losses.mean_squared_error(torch.ones(2), torch.zeros(2), scope="mine")
    with ts.slim.arg_scope([ts.slim.losses.add_loss], loss_collection="others"):
        ts.slim.losses.add_loss(torch.tensor(3.0))
    assert [loss.item() for loss in ts.slim.losses.get_losses("mine")] == [1.0]
    assert [loss.item() for loss in ts.slim.losses.get_losses()] == [1.0]
    assert ts.get_collection("others") == [torch.tensor(3.0)]


@pytest.mark.parametrize(
    "call",
    [
        lambda k, x: k.slim.losses.cosine_distance(x(4, 3), x(4, 3)),
        lambda k, x: k.slim.losses.cosine_distance(x(4, 3), x(4, 3), axis=1, dim=1),
    ],
)
def test_losses_refuse_what_tf_slim_refuses(call):
    def theirs():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call(THEIRS, lambda *shape: tf.zeros(shape))

    assert_refused_alike(theirs, lambda: call(OURS, torch.zeros))


@pytest.mark.parametrize(
    "weights", [None, torch.ones(3), torch.ones(4, 2), torch.ones(4, 3, 2, 1, 2)]
)
def test_weights_that_do_not_fit_are_refused_with_both_shapes(weights):
    with pytest.raises(ValueError, match="weights"):
        ts.slim.losses.mean_squared_error(torch.ones(SHAPE), torch.ones(SHAPE), weights)
    assert ts.slim.losses.get_losses() == []
