"""Values, where they are determined."""

import numpy as np

from oracle.observe import values_of


def values_given(tf):
    given = [1.5, 2, [1.0, 2.0], [[1], [2]], np.arange(4.0), True]
    made = [tf.get_variable(f"v{i}", initializer=value) for i, value in enumerate(given)]
    return values_of(tf, made)


def values_of_tf_variable(tf):
    return values_of(tf, [tf.Variable(v) for v in (1.5, [1, 2], lambda: [3.0])])


def initializers_of_all_kinds(tf):
    made = [
        tf.get_variable("a", [2], initializer=tf.zeros_initializer()),
        tf.get_variable("b", [2], initializer=tf.ones_initializer),
        tf.get_variable("c", [2, 2], initializer=tf.constant_initializer([1, 2, 3, 4])),
        tf.get_variable("d", [3], initializer=tf.constant_initializer(7)),
        tf.get_variable("e", [2, 3], initializer=tf.initializers.identity(2.0)),
        tf.get_variable("f", initializer=lambda: tf.constant([5.0])),
    ]
    return values_of(tf, made)


def defaults_of_dtypes_that_have_no_glorot(tf):
    dtypes = (tf.int32, tf.int64, tf.uint8, tf.bool)
    made = [tf.get_variable(f"v{i}", [2], dtype=d) for i, d in enumerate(dtypes)]
    return values_of(tf, made)


def the_initializer_of_the_scope(tf):
    with tf.variable_scope("a", initializer=tf.constant_initializer(3.0)):
        inherited = tf.get_variable("v", [2])
        own = tf.get_variable("w", [2], initializer=tf.zeros_initializer())
        with tf.variable_scope("b"):
            deeper = tf.get_variable("v", [1])
    return values_of(tf, [inherited, own, deeper])


def pieces_of_a_value(tf):
    v = tf.get_variable(
        "v", initializer=tf.constant([1.0, 2.0, 3.0]), partitioner=tf.fixed_size_partitioner(2)
    )
    return values_of(tf, [*v, v.as_tensor()])


def pieces_of_a_constant(tf):
    v = tf.get_variable(
        "v",
        [3, 2],
        initializer=tf.constant_initializer(4.0),
        partitioner=tf.fixed_size_partitioner(2),
    )
    return values_of(tf, [*v, v.as_tensor()])


def pieces_of_the_identity(tf):
    partitioner = tf.fixed_size_partitioner(2)
    v = tf.get_variable(
        "v", [3, 3], initializer=tf.initializers.identity(), partitioner=partitioner
    )
    return values_of(tf, list(v))


def regularization_losses(tf):
    def half_the_squares(v):
        return 0.5 * tf.identity(v) * v

    with tf.variable_scope("a", regularizer=half_the_squares):
        tf.get_variable("v", initializer=[1.0, 2.0])
        tf.get_variable("w", initializer=4.0)
    return values_of(tf, tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))


def the_global_steps_value(tf):
    return values_of(tf, [tf.train.get_or_create_global_step()])


def a_getter_that_scales(tf):
    def getter(getter, *args, **kwargs):
        return 2.0 * getter(*args, **kwargs)

    with tf.variable_scope("a", custom_getter=getter):
        scaled = tf.get_variable("v", initializer=[1.0, 2.0])
    return values_of(tf, [scaled])


def a_creator_that_sets_the_value(tf):
    def creator(next_creator, **kwargs):
        kwargs["initial_value"] = [8.0]
        return next_creator(**kwargs)

    with tf.variable_creator_scope(creator):
        v = tf.Variable([1.0])
    return values_of(tf, [v])
