"""What the errors of schedules advise."""

import functools

import torch

import torchscope.tf1 as tf
from remedies import tried
from torchscope.optim.schedulers import ScheduleLR

CASES = []
remedy = tried(CASES)


@remedy(
    ValueError, "None values not supported.", "Write tf.train.get_or_create_global_step(), which"
)
def a_schedule_without_a_global_step():
    yield lambda: tf.train.exponential_decay(0.1, tf.train.get_global_step(), 10, 0.5)
    step = tf.train.get_or_create_global_step()
    assert tf.train.exponential_decay(0.5, step, 10, 0.5) == 0.5


@remedy(TypeError, "wants floats for", "Write 1.0 for 1, or convert it: tf.cast(x, tf.float32).")
def a_learning_rate_of_an_integer():
    yield lambda: tf.train.polynomial_decay(1, 0, 10)
    assert tf.train.polynomial_decay(1.0, 0, 10) == 1
    assert tf.train.polynomial_decay(tf.cast(torch.tensor(1), tf.float32), 0, 10) == 1


@remedy(TypeError, "is the same on every step: give it as a bool of Python's.")
def a_staircase_that_is_a_tensor():
    yield lambda: tf.train.exponential_decay(0.5, 3, 10, 0.5, staircase=torch.tensor(True))
    assert tf.train.exponential_decay(0.5, 3, 10, 0.5, staircase=True) == 0.5


@remedy(ValueError, "Boundaries (", "Write them as numbers of its kind: 1 for an integer")
def boundaries_of_floats():
    yield lambda: tf.train.piecewise_constant(3, [1.0], [1.0, 0.5])
    assert tf.train.piecewise_constant(3, [1], [1.0, 0.5]) == 0.5
    assert tf.train.piecewise_constant(3.0, [1.0], [1.0, 0.5]) == 0.5


@remedy(ValueError, "Values must have elements", "Write them all as floats: 1.0 for 1.")
def values_of_two_kinds():
    yield lambda: tf.train.piecewise_constant(3, [1], [1, 0.5])
    assert tf.train.piecewise_constant(3, [1], [1.0, 0.5]) == 0.5


@remedy(IndexError, "there are no boundaries, so the value is always the same. Use it as it is.")
def a_piece_alone():
    yield lambda: tf.train.piecewise_constant(3, [], [0.5])


@remedy(
    tf.errors.InvalidArgumentError, "The boundaries fall", "Write them in their order, each with"
)
def boundaries_that_fall():
    yield lambda: tf.train.piecewise_constant(15, [20, 10], [1.0, 2.0, 3.0])
    assert tf.train.piecewise_constant(15, [10, 20], [3.0, 2.0, 1.0]) == 2


@remedy(TypeError, "wants a function of a rate", "Write functools.partial(exponential_decay, ")
def a_rate_for_a_schedule():
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    yield lambda: ScheduleLR(optimizer, tf.train.exponential_decay(0.5, 0, 100, 0.5))
    decay = functools.partial(tf.train.exponential_decay, decay_steps=100, decay_rate=0.5)
    assert ScheduleLR(optimizer, decay).get_last_lr() == [0.5]
    assert ScheduleLR(optimizer, lambda rate, step: rate / 2).get_last_lr() == [0.25]
