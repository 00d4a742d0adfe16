"""tf.metrics: TensorFlow's numbers from batch to batch, in variables of its names."""

import inspect

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_close
from tests.tensorflow1 import assert_refused_alike, tf

THRESHOLDS = [0.2, 0.5, 0.9]

# Of each measure what its labels and predictions are, and the arguments after them.
MEASURES = {
    "accuracy": ("classes", {}),
    "auc": ("rates", {}),
    "false_negatives": ("truth", {}),
    "false_negatives_at_thresholds": ("rates", {"thresholds": THRESHOLDS}),
    "false_positives": ("truth", {}),
    "false_positives_at_thresholds": ("rates", {"thresholds": THRESHOLDS}),
    "mean": ("values", {}),
    "mean_absolute_error": ("numbers", {}),
    "mean_cosine_distance": ("numbers", {"dim": 1}),
    "mean_iou": ("classes", {"num_classes": 4}),
    "mean_per_class_accuracy": ("classes", {"num_classes": 4}),
    "mean_relative_error": ("numbers", {"normalizer": np.float32([[0, 1, 2]] * 4)}),
    "mean_squared_error": ("numbers", {}),
    "mean_tensor": ("values", {}),
    "percentage_below": ("values", {"threshold": 0.3}),
    "precision": ("truth", {}),
    "precision_at_thresholds": ("rates", {"thresholds": THRESHOLDS}),
    "recall": ("truth", {}),
    "recall_at_thresholds": ("rates", {"thresholds": THRESHOLDS}),
    "root_mean_squared_error": ("numbers", {}),
    "sensitivity_at_specificity": ("rates", {"specificity": 0.6}),
    "specificity_at_sensitivity": ("rates", {"sensitivity": 0.6}),
    "true_negatives": ("truth", {}),
    "true_negatives_at_thresholds": ("rates", {"thresholds": THRESHOLDS}),
    "true_positives": ("truth", {}),
    "true_positives_at_thresholds": ("rates", {"thresholds": THRESHOLDS}),
}


def batch(kind, draw):
    """The tensors of one batch."""
    numbers = draw.uniform(size=(4, 3)).astype("float32")
    return {
        "values": [numbers],
        "numbers": [numbers, draw.uniform(size=(4, 3)).astype("float32")],
        "rates": [draw.integers(0, 2, (4, 3)), numbers],
        "truth": [draw.integers(0, 2, (4, 3)), draw.integers(0, 2, (4, 3))],
        "classes": [draw.integers(0, 4, (4, 3)), draw.integers(0, 4, (4, 3))],
    }[kind]


def in_tensorflow(function, batches, keywords):
    """The values and updates of the batches, and the names of the variables."""
    with tf.Graph().as_default(), tf.Session() as session:
        given_ = [tf.placeholder(array.dtype, array.shape) for array in batches[0]]
        tensors = {
            key: tf.constant(each) if isinstance(each, np.ndarray) else each
            for key, each in keywords.items()
        }
        value, update = function(*given_, **tensors)
        variables = tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)
        assert variables == tf.local_variables()
        session.run(tf.local_variables_initializer())
        found = []
        for arrays in batches:
            updated = session.run(update, dict(zip(given_, arrays, strict=True)))
            found.append((updated, session.run(value)))
        return found, [(v.op.name, v.dtype.base_dtype.name) for v in variables]


def in_torchscope(function, batches, keywords):
    net = ts.ScopedModule(lambda *tensors: (function(*tensors, **keywords), ours.local_variables()))
    found = []
    for arrays in batches:
        tensors = [torch.tensor(array) for array in arrays]
        (_, update), _ = net(*tensors)
        updated = update.run()
        (value, _), variables = net(*tensors)
        found.append((updated, value))
    assert net.registry.get_collection(ours.GraphKeys.METRIC_VARIABLES) == variables
    assert not net.state_dict()
    return found, [(v.op.name, str(v.dtype).removeprefix("torch.")) for v in variables]


def compare(name, batches, keywords):
    expected, names = in_tensorflow(getattr(tf.metrics, name), batches, keywords)
    found, mine = in_torchscope(getattr(ours.metrics, name), batches, keywords)
    assert mine == names
    for pairs in zip(found, expected, strict=True):
        for one, other in zip(*pairs, strict=True):
            assert_close(one, other, 1e-5)


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_is_tensorflows_over_several_batches(name):
    kind, keywords = MEASURES[name]
    draw = np.random.default_rng(0)
    compare(name, [batch(kind, draw) for _ in range(3)], keywords)


@settings(max_examples=25)
@given(st.data())
def test_with_weights_too(data):
    name = data.draw(st.sampled_from(sorted(MEASURES)))
    kind, keywords = MEASURES[name]
    if "thresholds" in name:
        keywords = {
            "thresholds": data.draw(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=3))
        }
    draw = np.random.default_rng(data.draw(st.integers(0, 100)))
    shapes = [(), (4, 1), (4, 3)] if name != "mean_cosine_distance" else [(), (4, 1)]
    if name in {"mean_iou", "mean_per_class_accuracy"}:
        shapes = [(4, 3)]
    weights = draw.integers(0, 3, data.draw(st.sampled_from(shapes))).astype("float32")
    compare(name, [batch(kind, draw)], {**keywords, "weights": weights})


@pytest.mark.parametrize("curve", ["ROC", "PR"])
@pytest.mark.parametrize("method", ["trapezoidal", "careful_interpolation", "minoring", "majoring"])
@pytest.mark.parametrize("more", [{"num_thresholds": 7}, {"thresholds": [0.7, 0.1]}], ids=str)
def test_the_area_under_a_curve_is_summed_as_tensorflow_sums_it(curve, method, more):
    draw = np.random.default_rng(1)
    batches = [batch("rates", draw) for _ in range(2)]
    compare("auc", batches, {"curve": curve, "summation_method": method, **more})


@pytest.mark.parametrize("name", MEASURES)
def test_the_arguments_are_tensorflows(name):
    def of(function):
        return [
            (p.name, p.default)
            for p in inspect.signature(inspect.unwrap(function)).parameters.values()
        ]

    assert of(getattr(ours.metrics, name)) == of(getattr(tf.metrics, name))


def test_names_and_collections_are_tensorflows():
    def build(tf):
        labels, predictions = tf.constant([1.0, 2.0]), tf.constant([1.0, 3.0])
        collections = {"metrics_collections": ["m", "n"], "updates_collections": "u"}
        with tf.variable_scope("v"), tf.name_scope("s"):
            tf.metrics.mean(labels, **collections)
        tf.metrics.mean(labels, name="mine")
        tf.metrics.mean(labels, name="mine")
        tf.metrics.precision(labels, predictions, **collections)
        tf.metrics.precision(labels, predictions)
        tf.metrics.mean_iou([1, 0], [1, 1], 2) if tf is ours else None
        sizes = [len(tf.get_collection(key)) for key in ("m", "n", "u")]
        return [v.op.name for v in tf.local_variables() if "iou" not in v.op.name], sizes

    with tf.Graph().as_default():
        expected = build(tf)
    assert build(ours) == expected


def test_nothing_is_added_until_the_update_is_run_and_then_once():
    value, update = ours.metrics.mean([2.0])
    count = ours.local_variables()[1]
    assert (value.item(), count.item(), update.name) == (0.0, 0.0, "mean/update_op")
    assert update.op is update
    with ours.control_dependencies([ours.group(update)]):
        assert count.item() == 1.0
    assert update.run().item() == 2.0
    assert (value.item(), count.item()) == (0.0, 1.0)
    with pytest.raises(RuntimeError, match="Operation mean/update_op was run already"):
        update.run()


def test_a_value_that_was_given_stays_what_it_was():
    value, update = ours.metrics.true_positives([1], [1])
    update.run()
    assert value.item() == 0


def test_labels_of_one_dimension_more_are_taken():
    _, update = ours.metrics.accuracy([[1], [2]], [1.0, 3.0], weights=[[1.0], [3.0]])
    assert update.run().item() == 0.25


REFUSED = [
    lambda tf: tf.metrics.accuracy([1, 2, 3], [1, 2]),
    lambda tf: tf.metrics.mean(tf.constant([1.0, 2.0]), weights=[1.0, 1.0, 1.0]),
    lambda tf: tf.metrics.mean_squared_error(tf.constant([1]), tf.constant([1.0])),
    lambda tf: tf.metrics.mean_absolute_error(tf.constant([1]), tf.constant([1.0])),
    lambda tf: tf.metrics.auc(tf.constant([1]), tf.constant([1.0]), curve="ABC"),
    lambda tf: tf.metrics.auc(tf.constant([1]), tf.constant([1.0]), summation_method="a"),
    lambda tf: tf.metrics.sensitivity_at_specificity(tf.constant([1]), tf.constant([1.0]), 2),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


def test_numbers_that_are_no_rates_and_classes_that_are_not_there_are_refused():
    with pytest.raises(ours.errors.InvalidArgumentError, match=r"predictions must be in \[0, 1\]"):
        ours.metrics.auc([1], [1.5])
    with pytest.raises(ours.errors.InvalidArgumentError, match="`labels` out of bound"):
        ours.metrics.mean_iou([2], [1], 2)


def test_a_net_that_measures_is_built():
    net = ts.ScopedModule(lambda x: ours.metrics.auc(x > 0.5, x)[0])
    ts.build(net, torch.rand(5))
    assert len(net.registry.local_variables()) == 4
    assert ts.graph(net, torch.rand(5))(torch.rand(5)).item() == net(torch.rand(5)).item()
