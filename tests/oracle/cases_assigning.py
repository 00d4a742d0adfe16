"""Values that are read and assigned: what each step gives, one after the other."""

from oracle.observe import values_after


def assign_gives_the_new_value(tf):
    v = tf.get_variable("v", initializer=[1.0, 2.0])
    return values_after(tf, lambda: v.assign([3.0, 4.0]), lambda: v)


def assign_adds_and_subtracts(tf):
    v = tf.get_variable("v", initializer=[1.0, 2.0])
    return values_after(
        tf, lambda: v.assign_add([1.0, 1.0]), lambda: v.assign_sub([5.0, 0.5]), lambda: v
    )


def the_functions_do_what_the_methods_do(tf):
    v = tf.get_variable("v", initializer=[1, 2])
    return values_after(
        tf,
        lambda: tf.assign(v, [3, 4]),
        lambda: tf.assign_add(v, [1, 1]),
        lambda: tf.assign_sub(v, [0, 2]),
        lambda: v,
    )


def a_value_of_another_variable_is_assigned(tf):
    v, w = tf.Variable(1.0), tf.Variable(5.0)
    return values_after(tf, lambda: v.assign(w), lambda: w.assign_add(v), lambda: v)


def a_variable_is_read(tf):
    v = tf.get_variable("v", initializer=[1.0, 2.0])
    return values_after(tf, v.value, v.read_value, lambda: v.assign([7.0, 8.0]), v.read_value)


def what_was_read_is_no_variable(tf):
    v = tf.get_variable("v", [2])
    return v.read_value().shape, v.read_value().dtype, v.value().shape


def a_value_of_another_shape_is_not_assigned(tf):
    try:
        tf.get_variable("v", [2]).assign([1.0, 2.0, 3.0])
    except ValueError:
        return "ValueError"


def a_frozen_variable_is_assigned(tf):
    v = tf.get_variable("v", initializer=1.0, trainable=False)
    return values_after(tf, lambda: v.assign_add(1.0), lambda: v)
