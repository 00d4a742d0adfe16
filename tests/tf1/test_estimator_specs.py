"""tf.estimator: a model function of TF1's kind is a net for its three modes."""

import re

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1 as ours
from tests.optim.train.both import in_tensorflow
from tests.tensorflow1 import assert_refused_alike, tf

# TensorFlow warns of its layers.
pytestmark = pytest.mark.filterwarnings("ignore:.*tf.layers.dense. is deprecated")

TRAIN, EVAL, PREDICT = "train", "eval", "infer"
PARAMS = {"lr": 0.1, "classes": 3}


def parts(tf, features, labels, mode, params):
    """A model function's predictions, loss, train_op and measures."""
    hidden = tf.layers.dense(features["x"], 8, tf.nn.relu)
    logits = tf.layers.dense(hidden, params["classes"])
    predictions = {"classes": tf.argmax(logits, 1), "probabilities": tf.nn.softmax(logits)}
    if mode == PREDICT:
        return predictions, None, None, None
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    if mode == EVAL:
        return (
            predictions,
            loss,
            None,
            {"accuracy": tf.metrics.accuracy(labels, predictions["classes"])},
        )
    optimizer = tf.train.AdamOptimizer(params["lr"])
    train_op = optimizer.minimize(loss, tf.train.get_or_create_global_step())
    return predictions, loss, train_op, None


def model_fn(features, labels, mode, params):
    predictions, loss, train_op, metrics = parts(ours, features, labels, mode, params)
    return ours.estimator.EstimatorSpec(mode, predictions, loss, train_op, metrics)


def batches(number):
    random = np.random.default_rng(0)
    return [
        (random.normal(size=(6, 4)).astype("float32"), random.integers(0, 3, 6))
        for _ in range(number)
    ]


def test_one_net_trains_is_measured_and_predicts_as_in_tensorflow():
    train, test = batches(8), batches(11)[8:]
    theirs, begun = in_tensorflow(
        lambda tf, x, y: parts(tf, {"x": x}, y, TRAIN, PARAMS)[1:3], train
    )
    net = ts.ScopedModule(model_fn)
    tensors = [({"x": torch.from_numpy(x)}, torch.from_numpy(y)) for x, y in train]
    ts.build(net, *tensors[0], TRAIN, PARAMS)
    for name, value in begun.items():
        net.registry.variables[name].load(value)
    for (x, y), (expected,) in zip(tensors, theirs.results, strict=True):
        spec = net(x, y, TRAIN, PARAMS)
        spec.train_op.run()
        assert spec.loss.item() == pytest.approx(expected, rel=1e-4)
    assert list(net.registry.variables) == list(theirs.variables)

    with tf.Graph().as_default(), tf.Session() as session:
        x, y = tf.placeholder(tf.float32, [6, 4]), tf.placeholder(tf.int64, [6])
        predictions, _, _, metrics = parts(tf, {"x": x}, y, EVAL, PARAMS)
        session.run([tf.local_variables_initializer(), tf.global_variables_initializer()])
        for variable in tf.global_variables():
            variable.load(theirs.variables[variable.op.name], session)
        for batch in test:
            session.run(metrics["accuracy"][1], dict(zip((x, y), batch, strict=True)))
        accuracy = session.run(metrics["accuracy"][0])
        probabilities = session.run(predictions["probabilities"], {x: test[0][0]})

    with torch.no_grad():
        for x, y in test:
            spec = net({"x": torch.from_numpy(x)}, torch.from_numpy(y), EVAL, PARAMS)
            assert spec.train_op is None
            measured = spec.eval_metric_ops["accuracy"][1].run()
        spec = net({"x": torch.from_numpy(test[0][0])}, None, PREDICT, PARAMS)
    assert measured.item() == pytest.approx(accuracy)
    np.testing.assert_allclose(
        spec.predictions["probabilities"], probabilities, rtol=1e-3, atol=1e-5
    )
    # What training has made is all still there, and nothing else is but the totals.
    assert list(net.registry.variables)[len(theirs.variables) :] == [
        "accuracy/total",
        "accuracy/count",
    ]


def test_a_spec_comes_out_of_graphs_and_compiled_nets():
    net = ts.ScopedModule(model_fn)
    (x, y), *_ = batches(1)
    features = {"x": torch.from_numpy(x)}
    ts.build(net, features, torch.from_numpy(y), TRAIN, PARAMS)
    graph = ts.graph(net, features, None, PREDICT, PARAMS)
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    with torch.no_grad():
        expected = net(features, None, PREDICT, PARAMS)
        for spec in (
            graph(features, None, PREDICT, PARAMS),
            compiled(features, None, PREDICT, PARAMS),
        ):
            assert type(spec) is ours.estimator.EstimatorSpec
            assert spec.mode == PREDICT
            assert isinstance(spec.scaffold, ours.train.Scaffold)
            torch.testing.assert_close(spec.predictions, expected.predictions)
            served = spec.export_outputs["serving_default"]
            torch.testing.assert_close(served.outputs, expected.predictions)


def spec(**fields):
    """A spec that is good but for these fields."""
    one, op = torch.tensor(1.0), ours.no_op()
    return ours.estimator.EstimatorSpec(
        **{"mode": TRAIN, "predictions": one, "loss": one, "train_op": op, **fields}
    )


@pytest.mark.parametrize(
    ("fields", "error", "says"),
    [
        ({"train_op": None}, ValueError, "Missing train_op."),
        ({"loss": None}, ValueError, "Missing loss."),
        ({"mode": EVAL, "loss": None}, ValueError, "Missing loss."),
        ({"mode": PREDICT, "predictions": None}, ValueError, "Missing predictions."),
        ({"train_op": 1.0}, TypeError, "train_op must be Operation or Tensor, given: 1.0"),
        ({"loss": 1.0}, TypeError, "loss must be Tensor, given: 1.0"),
        ({"loss": torch.ones(2)}, ValueError, "Loss must be scalar, given: tensor([1., 1.])"),
        ({"predictions": {"a": 1}}, TypeError, "predictions[a] must be Tensor, given: 1"),
        ({"predictions": "a"}, TypeError, "predictions must be Tensor, given: a"),
        ({"eval_metric_ops": [1]}, TypeError, "eval_metric_ops must be a dict, given: [1]"),
        (
            {"eval_metric_ops": {"a": torch.ones(())}},
            TypeError,
            "Values of eval_metric_ops must be (metric_value, update_op) tuples, given: 1.0 for key: a",
        ),
        (
            {"eval_metric_ops": {"a": (torch.ones(()), 2)}},
            TypeError,
            "eval_metric_ops[a] must be Operation or Tensor, given: 2",
        ),
        (
            {"training_hooks": ["hook"]},
            TypeError,
            "All hooks must be SessionRunHook instances, given: hook",
        ),
        ({"scaffold": "it"}, TypeError, "scaffold must be tf.train.Scaffold. Given: it"),
        (
            {"mode": PREDICT, "export_outputs": []},
            TypeError,
            "export_outputs must be a dict, given: []",
        ),
        (
            {"mode": PREDICT, "export_outputs": {"a": 1}},
            TypeError,
            "Values in export_outputs must be ExportOutput objects. Given: {'a': 1}",
        ),
        (
            {
                "mode": PREDICT,
                "export_outputs": dict.fromkeys(
                    "ab", ours.estimator.export.PredictOutput(torch.ones(1))
                ),
            },
            ValueError,
            "Multiple export_outputs were provided, but none of them is specified as the default.",
        ),
    ],
)
def test_a_spec_is_checked(fields, error, says):
    with pytest.raises(error, match=re.escape(says)):
        spec(**fields)


def test_what_a_mode_does_not_need_may_be_missing():
    made = ours.estimator.EstimatorSpec(EVAL, loss=torch.ones(1))
    assert made.loss.shape == ()
    assert made.predictions == {}
    assert made.train_op is None
    assert made.export_outputs is None
    assert made.eval_metric_ops == {}
    assert made.training_hooks == ()
    one = ours.estimator.export.RegressionOutput(torch.ones(1))
    made = ours.estimator.EstimatorSpec(PREDICT, torch.ones(1), export_outputs={"a": one})
    assert made.export_outputs == {"a": one, "serving_default": one}


def test_a_spec_with_other_fields_is_checked_again():
    made = spec()
    other = ours.no_op()
    assert made._replace(train_op=other).train_op is other
    assert made.train_op is not other
    with pytest.raises(ValueError, match="Missing loss"):
        made._replace(loss=None)
    with pytest.raises(ValueError, match="mode of EstimatorSpec cannot be changed"):
        made._replace(mode=EVAL)


@pytest.mark.parametrize(
    "make",
    [
        lambda tf, export: export.PredictOutput({1: tf.ones([1])}),
        lambda tf, export: export.PredictOutput({"a": 1}),
        lambda tf, export: export.ClassificationOutput(scores=tf.ones([1], tf.int32)),
        lambda tf, export: export.ClassificationOutput(),
        lambda tf, export: export.RegressionOutput(tf.ones([1], tf.int32)),
    ],
)
def test_outputs_are_refused_as_tensorflow_refuses_them(make):
    def begins(error):
        return str(error).split("; got")[0].rstrip(".")

    from tensorflow.python.saved_model.model_utils import export_output  # noqa: PLC0415

    errors = []
    for library, export in ((tf, export_output), (ours, ours.estimator.export)):
        with tf.Graph().as_default(), pytest.raises(ValueError, match=r"must be|empty") as caught:
            make(library, export)
        errors.append(begins(caught.value))
    assert errors[0] == errors[1]


def test_outputs_hold_what_they_are_given():
    export = ours.estimator.export
    scores = torch.ones(2)
    assert export.PredictOutput(scores).outputs == {"output": scores}
    assert export.PredictOutput({("head", "a"): scores}).outputs == {"head/a": scores}
    assert export.ClassificationOutput(scores, ["a", "b"]).classes == ["a", "b"]
    assert export.RegressionOutput(scores).value is scores


@pytest.mark.parametrize(
    "make",
    [
        lambda train: train.LoggingTensorHook(["a"]),
        lambda train: train.LoggingTensorHook(["a"], 1, 1),
        lambda train: train.LoggingTensorHook(["a"], every_n_iter=0),
        lambda train: train.StopAtStepHook(),
        lambda train: train.StopAtStepHook(1, 2),
        lambda train: train.CheckpointSaverHook("a"),
        lambda train: train.CheckpointSaverHook("a", 1, 2),
        lambda train: train.CheckpointSaverHook("a", 1, saver="a", scaffold="b"),
        lambda train: train.StepCounterHook(1, 2),
        lambda train: train.SummarySaverHook(1),
        lambda train: train.SummarySaverHook(summary_op="a"),
        lambda train: train.SecondOrStepTimer(),
        lambda train: train.SecondOrStepTimer(1, 2),
        lambda train: train.Scaffold(copy_from_scaffold="a"),
    ],
)
def test_hooks_are_refused_as_tensorflow_refuses_them(make):
    assert_refused_alike(lambda: make(tf.train), lambda: make(ours.train))


@pytest.mark.parametrize(
    "hook",
    [
        lambda train: train.LoggingTensorHook({"loss": torch.ones(())}, every_n_iter=10),
        lambda train: train.LoggingTensorHook(["loss"], at_end=True),
        lambda train: train.StopAtStepHook(last_step=10),
        lambda train: train.CheckpointSaverHook("folder", save_secs=10),
        lambda train: train.StepCounterHook(),
        lambda train: train.NanTensorHook(torch.ones(())),
        lambda train: train.SummarySaverHook(10, summary_op="a"),
    ],
)
def test_a_hook_can_be_given_and_says_what_to_write_when_it_is_run(hook):
    made = hook(ours.train)
    assert spec(training_hooks=[made]).training_hooks == (made,)
    for run in (
        made.begin,
        lambda: made.before_run(None),
        lambda: made.after_run(None, None),
        lambda: made.end(None),
    ):
        with pytest.raises(
            NotImplementedError,
            match=f"tf.train.{type(made).__name__} can be made.*Write into the loop",
        ):
            run()


def test_a_timer_goes_as_tensorflows():
    def triggered(train, steps, **every):
        timer = train.SecondOrStepTimer(**every)
        due = timer.should_trigger_for_step
        found = [(step, timer.update_last_triggered_step(step)[1]) for step in steps if due(step)]
        last = timer.last_triggered_step()
        timer.reset()
        return found, last, timer.last_triggered_step(), timer.should_trigger_for_step(last)

    for every in ({"every_steps": 3}, {"every_secs": 0}, {"every_secs": 1000}):
        steps = [0, 1, 2, 3, 3, 5, 6, 20]
        assert triggered(ours.train, steps, **every) == triggered(tf.train, steps, **every)


def test_a_scaffold_holds_what_a_loop_is_to_use():
    called = []
    first = ours.train.Scaffold(
        init_fn=lambda scaffold, net: called.append((scaffold, net)),
        saver="saver",
        summary_op="ops",
    )
    second = ours.train.Scaffold(copy_from_scaffold=first, summary_op="others")
    second.init_fn("net")
    assert called == [(second, "net")]
    assert (second.saver, second.summary_op, second.init_op) == ("saver", "others", None)
    assert ours.train.Scaffold().init_fn is None


@pytest.mark.parametrize("named", [False, True])
def test_what_was_meant_for_tpus_too_becomes_a_spec(named):
    def metric_fn(labels, classes):
        return {"accuracy": ours.metrics.accuracy(labels, classes)}

    scaffold, hook = ours.train.Scaffold(), ours.train.NanTensorHook(None)

    def model(x, y):
        given = {"labels": y, "classes": x} if named else [y, x]
        made = ours.contrib.tpu.TPUEstimatorSpec(
            EVAL,
            loss=torch.ones(1),
            eval_metrics=(metric_fn, given),
            scaffold_fn=lambda: scaffold,
            evaluation_hooks=[hook],
        )
        assert made.loss.shape == ()
        return made.as_estimator_spec()

    spec = ts.ScopedModule(model)(torch.tensor([1, 2]), torch.tensor([1, 0]))
    assert spec.eval_metric_ops["accuracy"][1].run() == 0.5
    assert (spec.mode, spec.scaffold, spec.evaluation_hooks) == (EVAL, scaffold, (hook,))


def test_what_was_meant_for_tpus_is_checked_too():
    make = ours.contrib.tpu.TPUEstimatorSpec
    with pytest.raises(ValueError, match="Missing loss"):
        make(EVAL)
    with pytest.raises(TypeError, match="eval_metrics should be a pair of a function"):
        make(EVAL, loss=torch.ones(1), eval_metrics={"accuracy": 1})
    plain = make(PREDICT, torch.ones(1)).as_estimator_spec()
    assert plain.eval_metric_ops == {}
