"""What get_variable and tf.Variable take: shapes, dtypes, initializers, and what is refused."""

import numpy as np

from oracle.observe import once


def shapes_in_all_forms(tf):
    forms = [(), [], [2], (2, 3), 4, np.array([2, 3]), [np.int64(2)]]
    return [tf.get_variable(f"v{i}", shape).shape for i, shape in enumerate(forms)]


def an_empty_variable(tf):
    return tf.get_variable("v", [0, 3]).shape


def no_shape_and_no_initializer(tf):
    tf.get_variable("v")


def an_unknown_dimension(tf):
    tf.get_variable("v", [None, 3])


def a_negative_dimension(tf):
    tf.get_variable("v", [-1, 3])


def a_dimension_that_is_a_float(tf):
    tf.get_variable("v", [2.5])


def dtypes(tf):
    names = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
    made = [tf.get_variable(n, [1], dtype=getattr(tf, n)) for n in names]
    return [v.dtype for v in made]


def dtypes_by_name(tf):
    return [tf.get_variable(n, [1], dtype=n).dtype for n in ("float64", "int32", "bool")]


def dtypes_of_numpy(tf):
    made = [tf.get_variable(d.__name__, [1], dtype=d) for d in (np.float64, np.int32)]
    return [v.dtype for v in made]


def complex_without_an_initializer(tf):
    tf.get_variable("v", [1], dtype=tf.complex64)


def complex_with_an_initializer(tf):
    return tf.get_variable("v", [1], dtype=tf.complex64, initializer=tf.zeros_initializer()).dtype


def dtypes_of_values(tf):
    values = [1.0, 1, True, [1.0, 2.0], [1, 2], np.float64(1.0), np.array([1, 2]), np.array([1.0])]
    values.append(np.array([1, 2], np.uint8))
    return [tf.get_variable(f"v{i}", initializer=v).dtype for i, v in enumerate(values)]


def dtypes_of_values_of_tf_variable(tf):
    values = [1.0, 1, True, [1.0, 2.0], np.float64(1.0), np.array([1, 2])]
    return [tf.Variable(v).dtype for v in values]


def shapes_of_values(tf):
    values = [1.0, [1.0, 2.0], [[1], [2]], np.zeros([2, 0])]
    return [tf.get_variable(f"v{i}", initializer=v).shape for i, v in enumerate(values)]


def dtype_of_tf_variable(tf):
    return [tf.Variable(1, dtype=d).dtype for d in (tf.float64, tf.int64, "float32", None)]


def dtype_of_tf_variable_that_does_not_fit(tf):
    tf.Variable(1.5, dtype=tf.int32)


def dtype_and_a_value_of_another(tf):
    tf.get_variable("v", dtype=tf.int32, initializer=tf.constant([1.0, 2.0]))


def dtype_and_a_value_that_fits(tf):
    return tf.get_variable("v", dtype=tf.int32, initializer=tf.constant([1, 2])).dtype


def shape_and_a_value(tf):
    tf.get_variable("v", [2], initializer=tf.constant([1.0, 2.0]))


def an_initializer_that_is_a_string(tf):
    tf.get_variable("v", [2], initializer="zeros")


def an_initializer_class(tf):
    return tf.get_variable("v", [2], initializer=tf.zeros_initializer).shape


def an_initializer_without_arguments(tf):
    v = tf.get_variable("v", initializer=lambda: tf.constant([1, 2]))
    return v.shape, v.dtype


@once
def an_initializer_of_shape_and_dtype(tf):
    seen = []

    def initializer(shape, dtype):
        seen.append((shape, dtype))
        return tf.zeros_initializer()(shape, dtype)

    v = tf.get_variable("v", (2, 3), initializer=initializer)
    # TensorFlow builds the value more often than once.
    return v.shape, seen[0]


@once
def an_initializer_of_partition_info(tf):
    seen = []

    def initializer(shape, dtype, partition_info):
        seen.append(partition_info)
        return tf.zeros_initializer()(shape, dtype)

    tf.get_variable("v", (2, 3), initializer=initializer)
    return seen[0]


def an_initializer_of_shape_alone(tf):
    try:
        tf.get_variable("v", (2, 3), initializer=lambda shape: tf.zeros_initializer()(shape))
    except TypeError:
        return "TypeError"


def an_initializer_that_needs_arguments_and_gets_no_shape(tf):
    tf.get_variable("v", initializer=lambda shape, dtype: tf.zeros_initializer()(shape, dtype))


def an_initializer_object_without_a_shape(tf):
    tf.get_variable("v", initializer=tf.zeros_initializer())


def a_dtype_that_the_initializer_cannot_give(tf):
    tf.get_variable("v", [2], dtype=tf.int32, initializer=tf.random_normal_initializer())


def no_initial_value(tf):
    tf.Variable(None)


def trainable(tf):
    made = [tf.get_variable("a", [1], trainable=t) for t in (True,)]
    made += [tf.get_variable("b", [1], trainable=False), tf.get_variable("c", [1])]
    made += [tf.Variable(1.0, trainable=False), tf.Variable(1.0), tf.Variable(1.0, False)]
    return [v.trainable for v in made]


def local_variables(tf):
    v = tf.get_local_variable("v", [1])
    return v.name, v.trainable, tf.local_variables(), tf.global_variables()


def local_variables_with_collections(tf):
    tf.get_local_variable("v", [1], collections=["mine"])
    return tf.get_collection("mine"), tf.local_variables()


def local_and_not_trainable(tf):
    v = tf.get_variable("v", [1], collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    return v.trainable


def local_and_trainable_said(tf):
    v = tf.get_variable("v", [1], collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=True)
    return v.trainable


def collections_that_are_no_list(tf):
    tf.get_variable("v", [1], collections="mine")


def collections_of_tf_variable_that_are_no_list(tf):
    tf.Variable(1.0, collections="mine")


def a_constraint_of_tf_variable_that_is_no_function(tf):
    tf.Variable(1.0, constraint=3)


def arguments_that_mean_nothing_here(tf):
    v = tf.get_variable("v", [1], caching_device="/cpu:0", validate_shape=True, use_resource=False)
    return v.name


def positional_arguments_of_get_variable(tf):
    v = tf.get_variable("v", [2], tf.float64, tf.zeros_initializer(), None, False, ["mine"])
    return v.dtype, v.trainable, tf.get_collection("mine")


def positional_arguments_of_tf_variable(tf):
    v, w = tf.Variable([1.0], False), tf.Variable([1.0], True)
    return v.name, v.trainable, w.trainable


def an_invalid_name_of_tf_variable(tf):
    tf.Variable(1.0, name="a b")


def an_invalid_name_of_tf_variable_inside_a_scope(tf):
    with tf.variable_scope("s"):
        tf.Variable(1.0, name="a b")


@once
def the_global_step(tf):
    none = tf.train.get_global_step()
    step = tf.train.get_or_create_global_step()
    return (
        none,
        step,
        step.dtype,
        tf.train.get_global_step() is step,
        tf.train.get_or_create_global_step() is step,
    )


@once
def the_global_step_inside_a_scope(tf):
    with tf.variable_scope("s"), tf.name_scope("n"):
        return tf.train.create_global_step().name


def two_global_steps(tf):
    tf.train.create_global_step()
    tf.train.create_global_step()


def a_global_step_of_floats(tf):
    tf.Variable(0.0, name="global_step", trainable=False)
    tf.train.get_global_step()


def a_global_step_that_is_no_scalar(tf):
    tf.Variable([0], name="global_step", trainable=False)
    tf.train.get_global_step()


def a_global_step_by_collection(tf):
    v = tf.Variable(0, name="mine")
    tf.add_to_collection(tf.GraphKeys.GLOBAL_STEP, v)
    return tf.train.get_global_step() is v
