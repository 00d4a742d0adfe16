"""What an error advises works: in specs, hooks and training steps."""

import itertools

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from remedies import follow, tried

CASES = []
remedy = tried(CASES)
TRAIN, PREDICT = tf.estimator.ModeKeys.TRAIN, tf.estimator.ModeKeys.PREDICT


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


def weight():
    return ts.get_variable("w", initializer=1.0)


def sgd():
    return tf.train.GradientDescentOptimizer(0.5)


def optimized(loss, **given):
    return tf.contrib.layers.optimize_loss(loss, None, 0.5, "SGD", **given)


@remedy(ValueError, "Missing train_op. Give what an optimizer's minimize(loss) gives.")
def a_spec_that_cannot_train():
    loss = tf.square(weight())
    yield lambda: tf.estimator.EstimatorSpec(TRAIN, loss=loss)
    spec = tf.estimator.EstimatorSpec(TRAIN, loss=loss, train_op=sgd().minimize(loss))
    spec.train_op.run()
    assert ts.global_variables()[0].item() == 0


@remedy(ValueError, "Loss must be scalar", "Make one number of it: tf.reduce_mean(loss).")
def a_spec_whose_loss_is_a_batch_of_losses():
    losses = torch.tensor([1.0, 3.0])
    yield lambda: tf.estimator.EstimatorSpec("eval", loss=losses)
    assert tf.estimator.EstimatorSpec("eval", loss=tf.reduce_mean(losses)).loss.item() == 2


@remedy(
    ValueError,
    "is specified as the default. Do this by naming one of them with ",
    "'serving_default'",
)
def outputs_of_which_none_is_the_default():
    one = tf.estimator.export.PredictOutput(torch.ones(1))
    outputs = {"a": one, "b": one}
    yield lambda: tf.estimator.EstimatorSpec(PREDICT, torch.ones(1), export_outputs=outputs)
    outputs = {"a": one, "serving_default": one}
    spec = tf.estimator.EstimatorSpec(PREDICT, torch.ones(1), export_outputs=outputs)
    assert spec.export_outputs == outputs


@remedy(ValueError, "mode of EstimatorSpec cannot be changed", ": call the model function with ")
def a_spec_of_another_mode():
    def model_fn(mode):
        return tf.estimator.EstimatorSpec(mode, torch.ones(1), torch.ones(()), tf.no_op())

    spec = model_fn(TRAIN)
    yield lambda: spec._replace(mode=PREDICT)
    assert model_fn(PREDICT).mode == PREDICT


@remedy(
    ValueError, "Classification scores must be a float32 Tensor", ". Give what tf.nn.softmax gives."
)
def scores_that_are_integers():
    logits = torch.tensor([1, 1])
    yield lambda: tf.estimator.export.ClassificationOutput(logits)
    scores = tf.nn.softmax(tf.cast(logits, tf.float32))
    assert tf.estimator.export.ClassificationOutput(scores).scores.tolist() == [0.5, 0.5]


@remedy(ValueError, "Regression output value must be", ". Give it as tf.cast(value, tf.float32).")
def a_regression_that_gives_integers():
    value = torch.tensor([1])
    yield lambda: tf.estimator.export.RegressionOutput(value)
    given = tf.estimator.export.RegressionOutput(tf.cast(value, tf.float32))
    assert given.value.tolist() == [1.0]


@remedy(NotImplementedError, "can be made, and not be run", " Write into the loop what it did: ")
def a_hook_that_is_run():
    hook = tf.train.StopAtStepHook(num_steps=2)
    yield hook.begin
    assert list(itertools.islice(itertools.count(), 2)) == [0, 1]


@remedy(TypeError, "copy_from_scaffold is not a Scaffold instance.", "; give a tf.train.Scaffold.")
def a_scaffold_that_is_copied_from_a_saver():
    yield lambda: tf.train.Scaffold(copy_from_scaffold="saver")
    first = tf.train.Scaffold(saver="saver")
    assert tf.train.Scaffold(copy_from_scaffold=first).saver == "saver"


@remedy(ValueError, "Expected scalar shape", "Make one number of it: tf.reduce_mean(loss).")
def a_step_of_a_batch_of_losses():
    losses = weight() * torch.tensor([1.0, 3.0])
    yield lambda: optimized(losses)
    assert optimized(tf.reduce_mean(losses)).run().item() == 2


@remedy(ValueError, " for clip_gradients. Give a float or a function of pairs.")
def a_clip_that_is_an_integer():
    loss = 3.0 * weight()
    yield lambda: optimized(loss, clip_gradients=1)
    optimized(loss, clip_gradients=1.0).run()
    assert ts.global_variables()[0].item() == 0.5


@remedy(
    ValueError,
    "is required for learning_rate_decay_fn. Call tf.train.get_or_create_global_step() before.",
)
def a_decay_that_has_no_step():
    loss = tf.square(weight())

    def decay(rate, step):
        return tf.train.exponential_decay(rate, step, 1, 0.5)

    yield lambda: optimized(loss, learning_rate_decay_fn=decay)
    step = tf.train.get_or_create_global_step()
    optimized(loss, learning_rate_decay_fn=decay).run()
    assert step.item() == 1


@remedy(
    AssertionError,
    "There are no variables to train. Ask for those of the model before create_train_op is called",
    ", or name some in variables_to_train.",
)
def a_step_before_the_model():
    yield lambda: tf.contrib.training.create_train_op(torch.ones(()), sgd())
    loss = tf.square(weight())
    assert tf.contrib.training.create_train_op(loss, sgd()).run().item() == 1


@remedy(AssertionError, " is not trained (trainable=False). Leave it out.")
def a_step_of_a_variable_that_is_not_trained():
    frozen = ts.get_variable("frozen", initializer=2.0, trainable=False)
    loss, trained = frozen * weight(), ts.trainable_variables()
    everything = ts.global_variables()
    yield lambda: tf.contrib.training.create_train_op(loss, sgd(), variables_to_train=everything)
    tf.contrib.training.create_train_op(loss, sgd(), variables_to_train=trained).run()
    assert trained[0].item() == 0
