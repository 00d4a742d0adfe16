"""A graph that trains itself: its train_op, run step by step, leaves what it leaves in TensorFlow."""

from typing import Any

import numpy as np
import pytest
import torch

import torchscope.tf1 as ts1
from tests.graphs.kit import compare
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs

STEPS = 3
RANDOM = np.random.RandomState(0)
WORDS = [RANDOM.randint(0, 7, [4, 5]).astype(np.int32) for _ in range(STEPS)]
LABELS = [RANDOM.randn(4, 2).astype(np.float32) for _ in range(STEPS)]

OPTIMIZERS = {
    "GradientDescent": lambda: tf.train.GradientDescentOptimizer(0.1),
    "Momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    "Nesterov": lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "Adam": lambda: tf.train.AdamOptimizer(0.01),
    "Adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "AdagradDA": lambda: tf.train.AdagradDAOptimizer(0.1, tf.train.get_global_step()),
    "Adadelta": lambda: tf.train.AdadeltaOptimizer(1.0, epsilon=1e-4),
    "RMSProp": lambda: tf.train.RMSPropOptimizer(0.01, momentum=0.5),
    "CenteredRMSProp": lambda: tf.train.RMSPropOptimizer(0.01, centered=True),
    "Ftrl": lambda: tf.train.FtrlOptimizer(
        0.1, l1_regularization_strength=0.01, l2_shrinkage_regularization_strength=0.01
    ),
    "ProximalGradientDescent": lambda: tf.train.ProximalGradientDescentOptimizer(0.1, 0.01, 0.02),
    "ProximalAdagrad": lambda: tf.train.ProximalAdagradOptimizer(0.1, 0.1, 0.01, 0.02),
}


def _dense(inputs: Any, units: int, name: str) -> Any:
    kernel = tf.get_variable(f"{name}/kernel", [inputs.shape[-1], units])
    bias = tf.get_variable(f"{name}/bias", [units], initializer=tf.zeros_initializer())
    return tf.matmul(inputs, kernel) + bias


def _model(*, sparse: bool) -> Any:
    words = tf.placeholder(tf.int32, [None, 5], name="words")
    labels = tf.placeholder(tf.float32, [None, 2], name="labels")
    table = tf.get_variable("embeddings", [7, 3], initializer=tf.random_normal_initializer())
    if sparse:
        inputs = tf.nn.embedding_lookup(table, words)
    else:
        inputs = tf.tensordot(tf.one_hot(words, 7), table, 1)
    hidden = tf.tanh(_dense(tf.reduce_mean(inputs, 1), 4, "hidden"))
    return tf.reduce_mean(tf.square(_dense(hidden, 2, "out") - labels), name="loss")


def _trained(build: Any, path: Any) -> dict[str, Any]:
    """Builds a graph, saves it and its first values, and trains it: what its variables hold then."""
    with tf.Graph().as_default(), plain_session() as session:
        tf.set_random_seed(0)
        build()
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(path / "model"))
        for words, labels in zip(WORDS, LABELS, strict=True):
            session.run("train", {"words:0": words, "labels:0": labels})
        return {each.op.name: session.run(each) for each in tf.global_variables()}


def _check(build: Any, path: Any) -> None:
    expected = _trained(build, path)
    net = graphs.import_meta_graph(path / "model.meta")
    for words, labels in zip(WORDS, LABELS, strict=True):
        net(feeds={"words:0": words, "labels:0": labels}, fetches="train")
    with net.registry.activate():
        found = {each.op.name: each for each in ts1.global_variables()}
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        compare(found[name], value, 2e-5, name)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_train_op_leaves_in_all_variables_what_it_leaves_in_tensorflow(
    optimizer, resource, sparse, tmp_path
):
    def build() -> None:
        step = tf.train.get_or_create_global_step()
        with tf.variable_scope("", use_resource=resource):
            loss = _model(sparse=sparse)
            OPTIMIZERS[optimizer]().minimize(loss, step, name="train")

    _check(build, tmp_path)


def _clipped_and_averaged() -> None:
    step = tf.train.get_or_create_global_step()
    loss = _model(sparse=False)
    rate = tf.train.exponential_decay(0.1, step, 2, 0.5, staircase=True)
    optimizer = tf.train.AdamOptimizer(rate)
    gradients, variables = zip(*optimizer.compute_gradients(loss), strict=True)
    clipped, _ = tf.clip_by_global_norm(gradients, 0.1)
    train = optimizer.apply_gradients(zip(clipped, variables, strict=True), step)
    averages = tf.train.ExponentialMovingAverage(0.9, step)
    with tf.control_dependencies([train]):
        tf.group(averages.apply(variables), name="train")


def _normalized() -> None:
    """Batch normalization of numbers, with its moving averages as update operations."""
    x = tf.one_hot(tf.placeholder(tf.int32, [None, 5], name="words"), 7)
    labels = tf.placeholder(tf.float32, [None, 2], name="labels")
    hidden = _dense(tf.reduce_mean(x, 1), 4, "hidden")
    mean, variance = tf.nn.moments(hidden, [0])
    updates = []
    for name, value in (("mean", mean), ("variance", variance)):
        average = tf.get_variable(name, [4], trainable=False)
        updates.append(tf.assign_sub(average, 0.1 * (average - value)))
    normal = tf.nn.batch_normalization(hidden, mean, variance, None, None, 1e-3)
    loss = tf.reduce_mean(tf.square(_dense(normal, 2, "out") - labels))
    with tf.control_dependencies(updates):
        tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, name="train")


def _sometimes() -> None:
    """A step of two optimizers in turn."""
    step = tf.train.get_or_create_global_step()
    loss = _model(sparse=True)
    first, second = tf.train.GradientDescentOptimizer(0.1), tf.train.AdagradOptimizer(0.1)
    gradients = first.compute_gradients(loss)
    train = tf.cond(
        tf.equal(step % 2, 0),
        lambda: tf.group(first.apply_gradients(gradients)),
        lambda: tf.group(second.apply_gradients(gradients)),
    )
    with tf.control_dependencies([train]):
        tf.group(tf.assign_add(step, 1), name="train")


def _recurrent() -> None:
    words = tf.placeholder(tf.int32, [None, 5], name="words")
    labels = tf.placeholder(tf.float32, [None, 2], name="labels")
    table = tf.get_variable("embeddings", [7, 3])
    outputs, _ = tf.nn.dynamic_rnn(
        tf.nn.rnn_cell.LSTMCell(4), tf.nn.embedding_lookup(table, words), dtype=tf.float32
    )
    loss = tf.reduce_mean(tf.square(_dense(outputs[:, -1], 2, "out") - labels))
    tf.train.AdamOptimizer(0.01).minimize(loss, name="train")


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize(
    "build",
    [_clipped_and_averaged, _normalized, _sometimes, _recurrent],
    ids=lambda build: build.__name__.strip("_"),
)
@pytest.mark.filterwarnings("ignore:.*is deprecated:UserWarning")
def test_a_step_with_more_in_it_leaves_the_same(build, resource, tmp_path):
    def within() -> None:
        with tf.variable_scope("", use_resource=resource):
            build()

    _check(within, tmp_path)


def test_a_compiled_step_leaves_the_same(tmp_path):
    def build() -> None:
        x = tf.cast(tf.placeholder(tf.int32, [4, 5], name="words"), tf.float32)
        labels = tf.placeholder(tf.float32, [4, 2], name="labels")
        loss = tf.reduce_mean(tf.square(_dense(tf.tanh(_dense(x, 4, "hidden")), 2, "out") - labels))
        tf.train.AdamOptimizer(0.01).minimize(loss, name="train")

    expected = _trained(build, tmp_path)
    net = graphs.import_meta_graph(tmp_path / "model.meta")
    compiled = torch.compile(net, backend="eager", fullgraph=True)
    for words, labels in zip(WORDS, LABELS, strict=True):
        feeds = {"words:0": torch.from_numpy(words), "labels:0": torch.from_numpy(labels)}
        compiled(feeds=feeds, fetches="train")
    with net.registry.activate():
        for each in ts1.global_variables():
            compare(each, expected[each.op.name], 2e-5, each.op.name)


METRICS = {
    "mean": lambda _, found: tf.metrics.mean(found),
    "accuracy": lambda labels, found: tf.metrics.accuracy(labels > 0.5, found > 0.5),
    "auc": lambda labels, found: tf.metrics.auc(labels, found, num_thresholds=20),
    "precision": lambda labels, found: tf.metrics.precision(labels, found > 0.5),
    "recall": lambda labels, found: tf.metrics.recall(labels, found > 0.5),
    "error": lambda labels, found: tf.metrics.root_mean_squared_error(labels, found * 2.0),
}


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_is_updated_as_in_tensorflow(metric):
    pairs = [(RANDOM.randint(0, 2, 6).astype(np.float32), RANDOM.rand(6)) for _ in range(STEPS)]
    feeds = [{"labels:0": one, "found:0": two.astype(np.float32)} for one, two in pairs]
    with tf.Graph().as_default() as graph, plain_session() as session:
        labels, found = (tf.placeholder(tf.float32, [None], name=n) for n in ("labels", "found"))
        value, update = METRICS[metric](labels, found)
        session.run(tf.local_variables_initializer())
        for each in feeds:
            session.run(update, each)
        expected = session.run(value)
    net = graphs.import_graph_def(graph.as_graph_def())
    for each in feeds:
        net(feeds=each, fetches=update.name)
    compare(net(fetches=value.name), expected, 1e-5, metric)
