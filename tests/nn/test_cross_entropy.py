"""torchscope.nn's cross entropies against TensorFlow's."""

import numpy as np
import pytest
import torch
from comparing import as_array, assert_alike, assert_close
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

FLOATS = st.sampled_from(["float32", "float64"])
SHAPES = st.lists(st.integers(0, 4), max_size=2)


def drawn(seed, shape, dtype):
    """Logits around 0, some of them 0 itself, where formulas have corners."""
    values = np.random.default_rng(seed).normal(0, 3, shape)
    values[np.abs(values) < 0.3] = 0.0
    return as_array(values, dtype)


def probabilities(seed, shape, dtype, *, normal):
    """Labels, which sum to 1 along the last axis or do not."""
    values = np.random.default_rng(seed + 1).uniform(0, 1, shape)
    return as_array(values / values.sum(-1, keepdims=True) if normal else values, dtype)


# softmax


@settings(max_examples=30)
@given(
    outer=SHAPES,
    classes=st.integers(1, 5),
    dtype=FLOATS,
    normal=st.booleans(),
    axis=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_softmax_cross_entropies_have_tensorflows_outputs_and_gradients(
    outer, classes, dtype, normal, axis, seed
):
    """Also where labels do not sum to 1, and with respect to labels."""
    axis = min(axis, len(outer))
    logits = np.moveaxis(drawn(seed, (*outer, classes), dtype), -1, axis)
    labels = probabilities(seed, (*outer, classes), dtype, normal=normal)
    labels = np.moveaxis(labels, -1, axis)
    for name, keyword in (
        ("softmax_cross_entropy_with_logits_v2", "axis"),
        ("softmax_cross_entropy_with_logits", "dim"),
    ):
        assert_alike(
            lambda tf, x, y: getattr(tf.nn, name)(labels=y, logits=x, **{keyword: axis}),  # noqa: B023
            lambda x, y: getattr(ts.nn, name)(labels=y, logits=x, **{keyword: axis}),  # noqa: B023
            [logits, labels],
        )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_softmax_cross_entropies_of_short_floats_are_computed_in_float32(dtype):
    logits, labels = drawn(0, (4, 50), dtype), probabilities(0, (4, 50), dtype, normal=True)
    assert_alike(
        lambda tf, x, y: tf.nn.softmax_cross_entropy_with_logits_v2(y, x),
        lambda x, y: ts.nn.softmax_cross_entropy_with_logits_v2(y, x),
        [logits, labels],
    )


@pytest.mark.parametrize(
    ("labels", "logits"),
    [
        *(([3], [2, 3]), ([1, 3], [2, 3]), ([2, 1], [2, 3]), ([2, 3], [2, 1]), ([3], [3])),
        *(([2, 3], [1, 2, 3]), ([2, 2, 3], [4, 3]), ([4, 3], [2, 2, 3])),
        *(([0, 3], [0, 3]), ([1, 3], [0, 3])),
    ],
    ids=str,
)
def test_labels_are_broadcast_as_tensorflow_broadcasts_them(labels, logits):
    """It has gradients only where no example or class is repeated."""
    arrays = [drawn(1, logits, "float64"), np.abs(drawn(2, labels, "float64"))]
    assert_alike(
        lambda tf, x, y: tf.nn.softmax_cross_entropy_with_logits_v2(y, x),
        lambda x, y: ts.nn.softmax_cross_entropy_with_logits_v2(y, x),
        arrays,
        gradients=np.prod(labels) == np.prod(logits),
    )


def test_labels_may_be_integers():
    labels, logits = np.array([[0, 1, 0]], "int32"), drawn(0, (1, 3), "float32")
    assert_alike(
        lambda tf, x: tf.nn.softmax_cross_entropy_with_logits_v2(labels, x),
        lambda x: ts.nn.softmax_cross_entropy_with_logits_v2(torch.tensor(labels), x),
        [logits],
    )


def test_the_old_cross_entropy_gives_labels_no_gradient():
    labels = torch.tensor([[0.5, 0.5]], requires_grad=True)
    logits = torch.zeros(1, 2, requires_grad=True)
    ts.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits).sum().backward()
    assert labels.grad is None
    assert logits.grad is not None


def test_a_softmax_cross_entropy_can_be_differentiated_twice_and_mapped():
    logits = drawn(3, (4, 3), "float64")
    labels = probabilities(3, (4, 3), "float64", normal=False)

    def twice(tf):
        leaf = tf.constant(logits)
        cost = tf.nn.softmax_cross_entropy_with_logits_v2(labels, leaf)
        (first,) = tf.gradients(cost, leaf)
        return tf.gradients(first * first, leaf)[0]

    leaf = torch.tensor(logits, requires_grad=True)
    cost = ts.nn.softmax_cross_entropy_with_logits_v2(torch.tensor(labels), leaf)
    (first,) = torch.autograd.grad(cost.sum(), leaf, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), leaf)
    assert_close(second, evaluate(twice))
    mapped = torch.func.vmap(ts.nn.softmax_cross_entropy_with_logits_v2)(
        torch.tensor(labels), torch.tensor(logits)
    )
    torch.testing.assert_close(mapped, cost)


# sparse


@settings(max_examples=30)
@given(
    outer=SHAPES,
    classes=st.integers(1, 5),
    dtype=st.sampled_from(["float16", "float32", "float64"]),
    of_labels=st.sampled_from(["int32", "int64"]),
    seed=st.integers(0, 99),
)
def test_the_sparse_cross_entropy_is_tensorflows(outer, classes, dtype, of_labels, seed):
    labels = np.random.default_rng(seed).integers(0, classes, outer).astype(of_labels)
    assert_alike(
        lambda tf, x: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=x),
        lambda x: ts.nn.sparse_softmax_cross_entropy_with_logits(
            labels=torch.tensor(labels), logits=x
        ),
        [drawn(seed, (*outer, classes), dtype)],
    )


@pytest.mark.parametrize("labels", [[0, -1], [0, 3], [[1, 5]], [0, -100]], ids=str)
def test_a_label_out_of_range_is_a_value_error_on_the_cpu(labels):
    """TensorFlow says the same when the graph runs, with an exception of its own."""
    labels = np.array(labels)
    shape = (*labels.shape, 3)
    theirs = refusal(
        lambda: evaluate(
            lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=labels, logits=tf.ones(shape)
            )
        )
    )
    error = refusal(
        lambda: ts.nn.sparse_softmax_cross_entropy_with_logits(
            labels=torch.tensor(labels), logits=torch.ones(shape)
        )
    )
    assert type(error) is ValueError
    assert str(error).split(":")[0] in str(theirs)


# sigmoid, weighted, Poisson


@settings(max_examples=20)
@given(
    shape=SHAPES,
    dtype=FLOATS,
    weight=st.sampled_from([0.0, 0.5, 1, 3.0]),
    full=st.booleans(),
    seed=st.integers(0, 99),
)
def test_elementwise_cross_entropies_are_tensorflows(shape, dtype, weight, full, seed):
    """At logits of exactly 0 as well."""
    logits = drawn(seed, shape, dtype)
    labels = probabilities(seed, (*shape, 1), dtype, normal=False)[..., 0]
    for call in (
        lambda nn, x, y: nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x),
        lambda nn, x, y: nn.weighted_cross_entropy_with_logits(y, x, weight),
        lambda nn, x, y: nn.log_poisson_loss(5 * y, x / 3, full),
    ):
        assert_alike(
            lambda tf, x, y: call(tf.nn, x, y),  # noqa: B023
            lambda x, y: call(ts.nn, x, y),  # noqa: B023
            [logits, labels],
        )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_elementwise_cross_entropies_keep_short_floats(dtype):
    logits = drawn(0, [5], dtype)
    labels = as_array([0, 1, 0.5, 0.25, 1], dtype)
    for name, rest in (
        ("sigmoid_cross_entropy_with_logits", {}),
        ("weighted_cross_entropy_with_logits", {"pos_weight": 2.0}),
    ):
        assert_alike(
            lambda tf, x, y: getattr(tf.nn, name)(labels=y, logits=x, **rest),  # noqa: B023
            lambda x, y: getattr(ts.nn, name)(labels=y, logits=x, **rest),  # noqa: B023
            [logits, labels],
            2e-2,
        )


def test_the_weight_of_positives_may_be_a_tensor_and_labels_may_be_called_targets():
    arrays = [drawn(0, (2, 3), "float64"), probabilities(0, (2, 3), "float64", normal=False)]
    assert_alike(
        lambda tf, x, y, w: tf.nn.weighted_cross_entropy_with_logits(
            targets=y, logits=x, pos_weight=w
        ),
        lambda x, y, w: ts.nn.weighted_cross_entropy_with_logits(targets=y, logits=x, pos_weight=w),
        [*arrays, np.array([1.0, 2.0, 3.0])],
    )


def test_cross_entropies_work_on_the_meta_device():
    logits = torch.ones(2, 3, device="meta")
    labels = torch.zeros(2, dtype=torch.int64, device="meta")
    nn = ts.nn
    for cost in (
        nn.softmax_cross_entropy_with_logits(labels=logits, logits=logits),
        nn.softmax_cross_entropy_with_logits_v2(logits, logits),
        nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits),
    ):
        assert (cost.device.type, cost.shape) == ("meta", (2,))
    assert nn.sigmoid_cross_entropy_with_logits(labels=logits, logits=logits).shape == (2, 3)


# What is refused

BOTH = ([2, 3], [2, 3])


@pytest.mark.parametrize(
    ("name", "labels", "logits", "dtypes", "keywords"),
    [
        *(
            (f"softmax_cross_entropy_with_logits{version}", *shapes, ("float32",) * 2, {})
            for version in ("", "_v2")
            for shapes in (([2, 3], [2, 4]), ([3, 2], [2, 3]), ([2, 3], [3]), ([3, 3], [2, 3]))
        ),
        *(
            (f"softmax_cross_entropy_with_logits{version}", *BOTH, ("float32", "int32"), {})
            for version in ("", "_v2")
        ),
        *(
            (f"softmax_cross_entropy_with_logits{version}", *BOTH, ("float32",) * 2, keywords)
            for version, keywords in (
                ("_v2", {"axis": 0, "dim": 0}),
                ("", {"axis": 0, "dim": 0}),
                ("", {"axis": 0}),
            )
        ),
        *(
            ("sparse_softmax_cross_entropy_with_logits", *shapes, ("int32", "float32"), {})
            for shapes in (([2, 1], [2, 3]), ([3], [2, 3]), ([2, 3], [3, 2, 4]), ([2, 3], [2, 3]))
        ),
        *(
            ("sparse_softmax_cross_entropy_with_logits", [2], [2, 3], dtypes, {})
            for dtypes in (("float32",) * 2, ("uint8", "float32"), ("bool", "float32"))
        ),
        ("sparse_softmax_cross_entropy_with_logits", [2], [2, 3], ("int32", "int32"), {}),
        *(
            ("sigmoid_cross_entropy_with_logits", *shapes, dtypes, {})
            for shapes, dtypes in (
                (([2, 3], [3]), ("float32",) * 2),
                (BOTH, ("float64", "float32")),
                (BOTH, ("int32", "float32")),
                (BOTH, ("int32", "int32")),
            )
        ),
        *(
            ("weighted_cross_entropy_with_logits", *shapes, ("float32",) * 2, {"pos_weight": 2.0})
            for shapes in (([2, 3], [3]), ([2], [2, 1]))
        ),
        ("weighted_cross_entropy_with_logits", *BOTH, ("float32",) * 2, {}),
    ],
)
def test_cross_entropies_refuse_what_tensorflow_refuses_in_its_words(
    name, labels, logits, dtypes, keywords
):
    labels, logits = np.ones(labels, dtypes[0]), np.ones(logits, dtypes[1])
    assert_refused_alike(
        lambda: getattr(tf.nn, name)(
            labels=tf.constant(labels), logits=tf.constant(logits), **keywords
        ),
        lambda: getattr(ts.nn, name)(
            labels=torch.tensor(labels), logits=torch.tensor(logits), **keywords
        ),
    )


@pytest.mark.parametrize("kind", ["softmax", "sparse_softmax", "sigmoid"])
def test_missing_labels_or_logits_are_refused_in_tensorflows_words(kind):
    name = f"{kind}_cross_entropy_with_logits"
    for given_one in ("labels", "logits"):
        theirs = refusal(lambda: getattr(tf.nn, name)(**{given_one: tf.ones([2, 3])}))  # noqa: B023
        error = refusal(lambda: getattr(ts.nn, name)(**{given_one: torch.ones(2, 3)}))  # noqa: B023
        assert type(error) is type(theirs) is ValueError
        assert str(error).split(": labels")[0] == str(theirs).split(": labels")[0]
    with pytest.raises(ValueError, match=r"^None values not supported"):
        ts.nn.softmax_cross_entropy_with_logits_v2(None, torch.ones(2, 3))


@pytest.mark.parametrize("kind", ["softmax", "sparse_softmax", "sigmoid"])
def test_labels_and_logits_are_given_by_name(kind):
    """TF1 wanted it; newer TensorFlows do not."""
    function = getattr(ts.nn, f"{kind}_cross_entropy_with_logits")
    with pytest.raises(ValueError, match=rf"^Only call `{kind}_cross.*` with named arguments"):
        function(torch.ones(2, 3), torch.ones(2, 3))


def test_a_cross_entropy_along_no_axis_is_refused():
    for axis in (2, -3):
        with pytest.raises(ValueError, match=r"^`dim` must be in the range \[-2, 2\)"):
            ts.nn.softmax_cross_entropy_with_logits_v2(torch.ones(2, 3), torch.ones(2, 3), axis)


def test_log_poisson_loss_refuses_other_shapes_and_dtypes_in_tensorflows_words():
    for shape, dtype in (([3], "float32"), ([2, 3], "float64")):
        assert_refused_alike(
            lambda: tf.nn.log_poisson_loss(tf.ones([2, 3]), tf.ones(shape, dtype)),  # noqa: B023
            lambda: ts.nn.log_poisson_loss(
                torch.ones(2, 3),
                torch.ones(shape, dtype=getattr(torch, dtype)),  # noqa: B023
            ),
        )
