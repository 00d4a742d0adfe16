"""Initializers that draw: what is sure of the numbers, whoever draws them."""

import math

import numpy as np

from oracle.observe import values_of

SHAPE = [40, 160]
FAN_IN, FAN_OUT, MEAN = 40, 160, 100


def _drawn(tf, *initializers, shape=SHAPE):
    made = [
        tf.get_variable(f"v{i}", shape, initializer=initializer)
        for i, initializer in enumerate(initializers)
    ]
    return [np.array(values) for values in values_of(tf, made)]


def _uniform(values, limit):
    """Whether they fill what lies between two limits."""
    within = np.abs(values).max() <= limit * (1 + 1e-6) and np.abs(values).max() > 0.99 * limit
    return bool(within) and math.isclose(values.std(), limit / math.sqrt(3), rel_tol=0.06)


def _truncated(values, stddev):
    """Whether they are normal ones of a deviation, cut off at twice of it."""
    cut = np.abs(values).max()
    return bool(1.9 * stddev < cut <= 2.0001 * stddev) and math.isclose(
        values.std(), 0.8796 * stddev, rel_tol=0.06
    )


def _normal(values, mean, stddev):
    """Whether they are normal, with numbers beyond three deviations."""
    return (
        math.isclose(values.std(), stddev, rel_tol=0.06)
        and abs(values.mean() - mean) < 0.07 * stddev
        and bool(np.abs(values - mean).max() > 3 * stddev)
    )


def _of_variance(values, variance):
    """A uniform distribution's limit and a truncated normal one's deviation, of a variance."""
    return _uniform(values, math.sqrt(3 * variance)), _truncated(
        values, math.sqrt(variance) / 0.87962566103423978
    )


def glorot_by_all_its_names(tf):
    drawn = _drawn(
        tf,
        None,
        tf.glorot_uniform_initializer(),
        tf.initializers.glorot_uniform(),
        tf.glorot_normal_initializer(),
        tf.initializers.glorot_normal(),
    )
    return [_of_variance(values, 1 / MEAN) for values in drawn]


def he_and_lecun(tf):
    he = _drawn(tf, tf.initializers.he_uniform(), tf.initializers.he_normal())
    with tf.variable_scope("lecun"):
        lecun = _drawn(tf, tf.initializers.lecun_uniform(), tf.initializers.lecun_normal())
    return [_of_variance(values, 2 / FAN_IN) for values in he] + [
        _of_variance(values, 1 / FAN_IN) for values in lecun
    ]


def scaled_variances(tf):
    drawn = _drawn(
        tf,
        tf.variance_scaling_initializer(3.0, mode="fan_out"),
        tf.initializers.variance_scaling(3.0, mode="fan_out", distribution="uniform"),
    )
    return [_of_variance(values, 3 / FAN_OUT) for values in drawn]


def a_variance_of_a_normal_distribution_without_limits(tf):
    (values,) = _drawn(tf, tf.variance_scaling_initializer(distribution="untruncated_normal"))
    return _normal(values, 0, math.sqrt(1 / FAN_IN))


def uniform_numbers(tf):
    drawn = _drawn(
        tf,
        tf.random_uniform_initializer(),
        tf.initializers.random_uniform(2.0, 6.0),
        tf.random_uniform_initializer(-1, 1),
    )
    return [
        _uniform(values - middle, limit)
        for values, middle, limit in zip(drawn, (0.5, 4, 0), (0.5, 2, 1), strict=True)
    ]


def normal_numbers(tf):
    drawn = _drawn(tf, tf.random_normal_initializer(), tf.initializers.random_normal(3.0, 0.5))
    return [_normal(drawn[0], 0, 1), _normal(drawn[1], 3, 0.5)]


def truncated_numbers(tf):
    drawn = _drawn(
        tf, tf.truncated_normal_initializer(), tf.initializers.truncated_normal(3.0, 0.5)
    )
    return [_truncated(drawn[0], 1), _truncated(drawn[1] - 3, 0.5)]


def uniform_unit_scaling(tf):
    drawn = _drawn(
        tf, tf.uniform_unit_scaling_initializer(), tf.initializers.uniform_unit_scaling(2.0)
    )
    limit = math.sqrt(3 / FAN_IN)
    return [_uniform(drawn[0], limit), _uniform(drawn[1], 2 * limit)]


def orthogonal_columns_and_rows(tf):
    made = [
        tf.get_variable("tall", [6, 3], initializer=tf.orthogonal_initializer()),
        tf.get_variable("wide", [2, 5], initializer=tf.initializers.orthogonal(3.0)),
    ]
    tall, wide = map(np.array, values_of(tf, made))
    return np.round(tall.T @ tall, 4).tolist(), np.round(np.abs(wide @ wide.T), 4).tolist()


def constants_by_their_other_names(tf):
    made = [
        tf.get_variable("a", [2], initializer=tf.initializers.zeros()),
        tf.get_variable("b", [2], initializer=tf.initializers.ones()),
        tf.get_variable("c", [2], initializer=tf.initializers.constant([3.0, 4.0])),
    ]
    return values_of(tf, made)
