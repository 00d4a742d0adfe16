"""torchscope.losses against TensorFlow's tf.losses."""

import numpy as np
import pytest
import torch
from comparing import assert_alike, assert_close
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, tf
from torchscope import tf1

REDUCTIONS = (
    *("none", "weighted_sum", "weighted_mean", "weighted_sum_over_batch_size"),
    "weighted_sum_by_nonzero_weights",
)
# Of numbers, of which TF1 computes losses in float32, and of classes.
NUMBERS = {
    "absolute_difference": {},
    "mean_squared_error": {},
    "huber_loss": {"delta": 0.7},
    "cosine_distance": {"axis": -1},
    "hinge_loss": {},
    "log_loss": {"epsilon": 1e-3},
}
PAIRS = (*NUMBERS, "mean_pairwise_squared_error", "sigmoid_cross_entropy", "softmax_cross_entropy")
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3)


@st.composite
def weights_of(draw, shape):
    """One number, or dimensions that broadcast; some are 0, or all."""
    if draw(st.booleans()):
        return np.array(draw(st.sampled_from([0.0, 1.0, 0.3, -2.0])), "float32")
    shape = [draw(st.sampled_from([1, size])) for size in shape]
    values = np.random.default_rng(draw(st.integers(0, 99))).uniform(-1, 1, shape)
    values[np.abs(values) < draw(st.sampled_from([0.0, 0.5, 2.0]))] = 0.0
    return values.astype("float32")


def pair(seed, shape, dtype):
    """Labels and predictions in (0, 1)."""
    generator = np.random.default_rng(seed)
    return [generator.uniform(0.05, 0.95, shape).astype(dtype) for _ in range(2)]


@settings(max_examples=40)
@given(
    shape=SHAPES,
    dtype=st.sampled_from(["float32", "float64", "float16", "int32"]),
    name=st.sampled_from(sorted(NUMBERS)),
    reduction=st.sampled_from(REDUCTIONS),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_losses_of_numbers_are_tensorflows(shape, dtype, name, reduction, seed, data):
    """With gradients for labels, predictions and weights; in float32 whatever the dtype."""
    losses = [*shape[:-1], 1] if name == "cosine_distance" else shape
    weights = data.draw(weights_of(losses))
    keywords = {"reduction": reduction, **NUMBERS[name]}
    assert_alike(
        lambda tf, x, y, w: getattr(tf.losses, name)(x, y, weights=w, **keywords),
        lambda x, y, w: getattr(ts.losses, name)(x, y, weights=w, **keywords),
        [*pair(seed, shape, dtype), weights],
        2e-3 if dtype == "float16" else 1e-5,
    )


@settings(max_examples=25)
@given(shape=SHAPES, seed=st.integers(0, 99), data=st.data())
def test_the_pairwise_loss_is_tensorflows(shape, seed, data):
    weights = data.draw(weights_of([*shape[:1], *(1 for _ in shape[1:])]))
    weights = data.draw(st.sampled_from([weights, *[np.float32(1.0)] * 2]))
    assert_alike(
        lambda tf, x, y, w: tf.losses.mean_pairwise_squared_error(x, y, w),
        ts.losses.mean_pairwise_squared_error,
        [*pair(seed, shape, "float32"), weights],
        # Two sums are subtracted from each other.
        1e-4,
    )


@settings(max_examples=30)
@given(
    outer=st.lists(st.integers(1, 3), max_size=2),
    classes=st.integers(1, 4),
    dtype=st.sampled_from(["float32", "float64"]),
    name=st.sampled_from(["sigmoid", "softmax", "sparse_softmax"]),
    smoothing=st.sampled_from([0, 0.1]),
    reduction=st.sampled_from(REDUCTIONS),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_losses_of_classes_are_tensorflows(
    outer, classes, dtype, name, smoothing, reduction, seed, data
):
    shape = [*outer, classes]
    labels, logits = pair(seed, shape, dtype)
    keywords = {"reduction": reduction, "label_smoothing": smoothing}
    if name == "sparse_softmax":
        del keywords["label_smoothing"]
        labels = np.random.default_rng(seed).integers(0, classes, outer)
        if data.draw(st.booleans()):
            labels = labels[..., None]
    weights = data.draw(weights_of(shape if name == "sigmoid" else outer))
    name = f"{name}_cross_entropy"
    assert_alike(
        lambda tf, x, y, w: getattr(tf.losses, name)(x, y, weights=w, **keywords),
        lambda x, y, w: getattr(ts.losses, name)(x, y, weights=w, **keywords),
        [labels, 5 * logits - 2, weights],
        1e-5,
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weights", [0.0, 1.0, 2, True, [[0.0], [3.0]]], ids=str)
@pytest.mark.parametrize("dtype", ["int32", "float16", "float64"])
def test_weighted_losses_keep_their_dtype(reduction, weights, dtype):
    losses = np.arange(6).reshape(2, 3).astype(dtype)
    assert_alike(
        lambda tf, x: tf.losses.compute_weighted_loss(x, weights, reduction=reduction),
        lambda x: ts.losses.compute_weighted_loss(x, weights, reduction=reduction),
        [losses],
        2e-3 if dtype == "float16" else 1e-6,
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_no_losses_and_infinite_ones_without_weight_are_as_in_tensorflow(reduction):
    for losses, weights in (
        (np.zeros((0, 3), "float32"), 1.0),
        (np.full((2, 3), np.inf, "float32"), 0.0),
        (np.full((2, 3), np.inf, "float32"), np.zeros((2, 1), "float32")),
    ):
        expected = evaluate(
            lambda tf: tf.losses.compute_weighted_loss(losses, weights, reduction=reduction)  # noqa: B023
        )
        actual = ts.losses.compute_weighted_loss(losses, weights, reduction=reduction)
        assert_close(actual, expected)


def test_a_softmax_over_no_class_can_be_smoothed():
    nothing = torch.ones(0)
    losses = ts.losses.softmax_cross_entropy(
        nothing, nothing, label_smoothing=0.1, reduction=ts.losses.Reduction.NONE
    )
    assert losses.shape == ()


def test_all_weights_zero_leave_no_nan_in_the_gradients():
    for reduction in REDUCTIONS:
        losses = torch.ones(3, requires_grad=True)
        weights = torch.zeros(3, requires_grad=True)
        loss = ts.losses.compute_weighted_loss(losses, weights, reduction=reduction)
        loss.sum().backward()
        assert losses.grad.isfinite().all()
        assert weights.grad.isfinite().all()


def test_the_labels_of_a_softmax_get_no_gradient():
    labels = torch.tensor([[0.5, 0.5]], requires_grad=True)
    logits = torch.zeros(1, 2, requires_grad=True)
    ts.losses.softmax_cross_entropy(labels, logits).backward()
    assert labels.grad is None


def test_reductions_are_tensorflows():
    theirs = tf.losses.Reduction
    assert ts.losses.Reduction.all() == theirs.all()
    for name in ("NONE", "SUM", "MEAN", "SUM_OVER_BATCH_SIZE", "SUM_BY_NONZERO_WEIGHTS"):
        assert getattr(ts.losses.Reduction, name) == getattr(theirs, name)
    assert ts.losses.Reduction.SUM_OVER_NONZERO_WEIGHTS == theirs.SUM_OVER_NONZERO_WEIGHTS


@pytest.mark.parametrize("name", PAIRS)
def test_losses_work_on_the_meta_device(name):
    x = torch.ones(2, 3, device="meta")
    keywords = NUMBERS.get(name, {})
    for weights in (1.0, torch.ones(2, 1, device="meta")):
        if name == "softmax_cross_entropy" and isinstance(weights, torch.Tensor):
            weights = weights[:, 0]  # noqa: PLW2901
        assert getattr(ts.losses, name)(x, x, weights=weights, **keywords).device.type == "meta"


@pytest.mark.parametrize("name", PAIRS)
def test_numbers_are_put_where_the_tensor_beside_them_is(name):
    x, numbers = torch.ones(2, 2, device="meta"), [[0.0, 1.0], [1.0, 0.0]]
    for pair_ in ((x, numbers), (numbers, x)):
        loss = getattr(ts.losses, name)(*pair_, **NUMBERS.get(name, {}))
        assert loss.device.type == "meta"
    assert ts.losses.sparse_softmax_cross_entropy([0, 1], x, [1.0, 2.0]).device.type == "meta"


# Collections


def scopes_of_losses(tf):
    """Which losses each scope finds, after losses with and without scopes of their own."""
    pair = [1.0, 2.0], [2.0, 4.0]
    losses = tf.losses
    losses.absolute_difference(*pair)
    losses.absolute_difference(*pair, weights=2.0)
    losses.huber_loss(*pair, scope="named")
    losses.mean_pairwise_squared_error(*[[values] for values in pair])
    with tf.name_scope("tower"):
        losses.mean_squared_error(*pair)
        losses.mean_squared_error(*pair, scope="absolute/")
        losses.compute_weighted_loss([1.0])
    with tf.variable_scope("model"):
        losses.log_loss(*[[0.5], [0.25]])
        losses.hinge_loss(*pair, loss_collection="others")
        losses.hinge_loss(*pair, loss_collection=None)
        losses.softmax_cross_entropy([[1.0, 0.0]], [[1.0, 2.0]])
    losses.sigmoid_cross_entropy(*pair)
    losses.sparse_softmax_cross_entropy([1], [[1.0, 2.0]])
    losses.cosine_distance(*pair, axis=0)
    losses.add_loss(tf.constant(7.0))
    losses.add_loss(tf.constant(8.0), "others")
    losses.add_loss(tf.constant(9.0), None)
    scopes = [
        *(None, "tower", "tower/mean_squared_error", "model", "named", "absolute", "mean", "weigh"),
        *("absolute_difference_1", "absolute_difference$", "sig", "sparse_soft", "cosine_dist"),
        *("softmax_cross_entropy_loss", "model/softmax_cross_entropy_loss", "model/log_loss"),
    ]
    found = [losses.get_losses(scope) for scope in scopes]
    found.append(losses.get_losses(loss_collection="others"))
    return [
        *([tf.convert_to_tensor(each) for each in each_scope] for each_scope in found),
        [losses.get_total_loss()],
        [losses.get_total_loss(scope="tower")],
    ]


def test_losses_are_found_in_their_collections_under_their_scopes():
    expected = evaluate(scopes_of_losses)
    actual = [[float(each) for each in found] for found in scopes_of_losses(tf1)]
    for ours, theirs in zip(actual, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def regularized(tf):
    """The sums with losses of variables in them."""
    with tf.variable_scope("a", regularizer=lambda w: 0.5 * w):
        tf.get_variable("w", initializer=3.0)
    tf.get_variable("v", initializer=5.0, regularizer=lambda w: 2.0 * w)
    tf.losses.mean_squared_error([1.0], [3.0])
    losses = tf.losses
    return [
        losses.get_regularization_loss(),
        losses.get_regularization_loss("a"),
        losses.get_regularization_loss("none"),
        *losses.get_regularization_losses("v"),
        losses.get_total_loss(),
        losses.get_total_loss(add_regularization_losses=False),
    ]


def test_sums_take_the_losses_of_variables():
    assert [each.item() for each in regularized(tf1)] == evaluate(regularized)


def test_a_forward_that_runs_again_keeps_the_losses_of_its_last_pass_only():
    def model(x):
        w = ts.get_variable("w", [3], regularizer=ts.l2_regularizer(0.1))
        ts.losses.mean_squared_error(x, x * w)
        return ts.losses.get_total_loss()

    net = ts.ScopedModule(model)
    first = net(torch.ones(3))
    for _ in range(3):
        assert torch.equal(net(torch.ones(3)), first)
    assert len(net.registry.get_collection("losses")) == 1


# What is refused


@pytest.mark.parametrize("name", PAIRS)
def test_losses_refuse_what_tensorflow_refuses_in_its_words(name):
    keywords = NUMBERS.get(name, {})

    def both(first, second, weights=1.0, **more):
        """Shapes, or None."""

        def call(losses, ones):
            arguments = [None if each is None else ones(each) for each in (first, second)]
            given_weights = ones(weights) if isinstance(weights, list) else weights
            return getattr(losses, name)(*arguments, weights=given_weights, **keywords, **more)

        assert_refused_alike(lambda: call(tf.losses, tf.ones), lambda: call(ts.losses, torch.ones))

    both(None, [2, 3])
    both([2, 3], None)
    both([2, 3], [3, 2])
    both([2, 3], [3])
    both([2, 3], [2, 3], weights=None)
    both([2, 3, 4], [2, 3, 4], weights=[2])
    if name != "mean_pairwise_squared_error":
        both([2, 3], [2, 3], reduction="other")
    assert ts.losses.get_losses() == []


@pytest.mark.parametrize("weights", [[3, 3], [2, 2], [1, 2]], ids=str)
def test_weights_that_do_not_broadcast_are_refused_with_the_axis(weights):
    with tf.Graph().as_default(), pytest.raises(ValueError) as theirs:
        tf.losses.compute_weighted_loss(tf.ones([2, 3]), tf.ones(weights))
    with pytest.raises(ValueError) as error:
        ts.losses.compute_weighted_loss(torch.ones(2, 3), torch.ones(weights))
    start = "weights can not be broadcast to values. Mismatch at dim"
    assert str(theirs.value).startswith(start)
    assert str(error.value)[: len(start) + 2] == str(theirs.value)[: len(start) + 2]
    assert "weights.shape=" in str(error.value)


@pytest.mark.parametrize(
    ("labels", "logits", "weights"),
    [([2], [2, 3], [3]), ([2], [3], []), ([2, 1, 1], [2, 3], []), ([3], [2, 3], [])],
    ids=str,
)
def test_the_sparse_loss_refuses_shapes_that_tensorflow_refuses(labels, logits, weights):
    assert_refused_alike(
        lambda: tf.losses.sparse_softmax_cross_entropy(
            tf.zeros(labels, "int32"), tf.ones(logits), tf.ones(weights)
        ),
        lambda: ts.losses.sparse_softmax_cross_entropy(
            torch.zeros(labels, dtype=torch.int32), torch.ones(logits), torch.ones(weights)
        ),
    )


@pytest.mark.parametrize(
    "keywords", [{}, {"axis": 1, "dim": 1}, {"axis": 2}, {"axis": -3}], ids=str
)
def test_a_cosine_without_an_axis_is_refused_in_tensorflows_words(keywords):
    assert_refused_alike(
        lambda: tf.losses.cosine_distance(tf.ones([2, 3]), tf.ones([2, 3]), **keywords),
        lambda: ts.losses.cosine_distance(torch.ones(2, 3), torch.ones(2, 3), **keywords),
    )


def test_sums_of_nothing_or_of_unlike_losses_are_refused_in_tensorflows_words():
    def total(module, *losses):
        for loss in losses:
            module.losses.add_loss(loss)
        try:
            return module.losses.get_total_loss()
        finally:
            module.get_collection_ref("losses").clear()

    assert_refused_alike(lambda: total(tf), lambda: total(tf1))
    for first, second in (
        (np.float32(1.0), np.float64(2.0)),
        (np.ones([], "float32"), np.ones([2], "float32")),
        (np.ones([2], "float32"), np.ones([3], "float32")),
    ):
        assert_refused_alike(
            lambda: total(tf, tf.constant(first), tf.constant(second)),  # noqa: B023
            lambda: total(tf1, torch.tensor(first), torch.tensor(second)),  # noqa: B023
        )
