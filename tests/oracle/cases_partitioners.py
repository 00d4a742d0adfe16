"""Variables in pieces."""

from oracle.observe import once


def _pieces(v):
    return [p.name for p in v], [p.shape for p in v]


def pieces(tf):
    v = tf.get_variable("v", [5, 3], partitioner=tf.fixed_size_partitioner(2))
    return type(v).__name__, v.name, v.shape, v.dtype, len(v), _pieces(v)


def pieces_along_another_axis(tf):
    v = tf.get_variable("v", [2, 7], partitioner=tf.fixed_size_partitioner(3, axis=1))
    return _pieces(v), v.as_tensor().shape


def one_piece(tf):
    v = tf.get_variable("v", [2, 7], partitioner=tf.fixed_size_partitioner(1))
    return type(v).__name__, _pieces(v)


def more_pieces_than_rows(tf):
    return _pieces(tf.get_variable("v", [2, 7], partitioner=tf.fixed_size_partitioner(5)))


def a_scalar_is_not_cut(tf):
    v = tf.get_variable("v", [], partitioner=tf.fixed_size_partitioner(2))
    return v.name


def a_scope_with_a_partitioner(tf):
    with (
        tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(2)) as s,
        tf.variable_scope("t") as t,
    ):
        return _pieces(tf.get_variable("v", [4])), t.partitioner is s.partitioner


def set_partitioner(tf):
    with tf.variable_scope("s") as s:
        s.set_partitioner(tf.fixed_size_partitioner(2))
        return _pieces(tf.get_variable("v", [4]))


def sharing(tf):
    partitioner = tf.fixed_size_partitioner(2)
    v = tf.get_variable("v", [4], partitioner=partitioner)
    with tf.variable_scope("", reuse=True):
        return (
            tf.get_variable("v", [4]) is v,
            tf.get_variable("v", [4], partitioner=partitioner) is v,
            tf.get_variable("v") is v,
            tf.get_variable("v/part_0", [2]).name,
        )


def twice_without_reuse(tf):
    partitioner = tf.fixed_size_partitioner(2)
    tf.get_variable("v", [4], partitioner=partitioner)
    tf.get_variable("v", [4], partitioner=partitioner)


def whole_after_pieces(tf):
    tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(2))
    tf.get_variable("v", [4])


def pieces_after_whole(tf):
    tf.get_variable("v", [4])
    tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(2))


def sharing_other_partitions(tf):
    tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(2))
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(4))


def sharing_another_shape(tf):
    tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(2))
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [5])


def sharing_another_dtype(tf):
    tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(2))
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [4], dtype=tf.float64)


def sharing_what_is_missing(tf):
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(2))


def auto_reuse(tf):
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE, partitioner=tf.fixed_size_partitioner(2)):
        return tf.get_variable("v", [4]) is tf.get_variable("v", [4])


def a_partitioner_that_is_no_function(tf):
    tf.get_variable("v", [4], partitioner=3)


def a_partitioner_of_another_rank(tf):
    tf.get_variable("v", [4], partitioner=lambda shape, dtype: [2, 2])


def a_partitioner_that_cuts_two_axes(tf):
    tf.get_variable("v", [4, 4], partitioner=lambda shape, dtype: [2, 2])


def a_partitioner_that_gives_a_number(tf):
    tf.get_variable("v", [4], partitioner=lambda shape, dtype: 2)


def a_partitioner_that_gives_nothing(tf):
    tf.get_variable("v", [4], partitioner=lambda shape, dtype: [0])


def no_shape(tf):
    tf.get_variable("v", partitioner=tf.fixed_size_partitioner(2))


def an_unknown_dimension(tf):
    tf.get_variable("v", [None, 2], partitioner=tf.fixed_size_partitioner(2))


def what_a_partitioner_is_called_with(tf):
    seen = []

    def partitioner(shape, dtype):
        seen.append((shape, dtype))
        return [1, 2]

    tf.get_variable("v", [3, 4], partitioner=partitioner)
    return seen


def a_value(tf):
    return _pieces(
        tf.get_variable(
            "v", initializer=tf.constant([1.0, 2.0, 3.0]), partitioner=tf.fixed_size_partitioner(2)
        )
    )


def a_value_that_is_no_tensor(tf):
    v = tf.get_variable("v", [2], initializer=[1, 2, 3], partitioner=tf.fixed_size_partitioner(2))
    return _pieces(v), v.dtype


def a_value_of_another_rank(tf):
    tf.get_variable("v", [2], initializer=[[1, 2]], partitioner=tf.fixed_size_partitioner(2))


def a_value_that_is_no_tensor_and_no_shape(tf):
    tf.get_variable("v", initializer=[1.0, 2.0], partitioner=tf.fixed_size_partitioner(2))


def an_invalid_name(tf):
    tf.get_variable("_v", [2], partitioner=tf.fixed_size_partitioner(2))


@once
def what_an_initializer_is_told(tf):
    seen = []

    def initializer(shape, dtype, partition_info):
        seen.append((shape, partition_info.full_shape, partition_info.var_offset))
        return tf.zeros_initializer()(shape, dtype)

    tf.get_variable("v", [5, 2], initializer=initializer, partitioner=tf.fixed_size_partitioner(2))
    # TensorFlow builds each value more often than once.
    return [call for number, call in enumerate(seen) if call not in seen[:number]]


def regularizers_see_the_pieces(tf):
    tf.get_variable(
        "v", [4], regularizer=lambda v: tf.identity(v), partitioner=tf.fixed_size_partitioner(2)
    )
    return len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))


def a_getter_gets_the_whole(tf):
    seen = []

    def getter(getter, *args, **kwargs):
        v = getter(*args, **kwargs)
        seen.append((type(v).__name__, v.name))
        return v

    with tf.variable_scope("s", custom_getter=getter, partitioner=tf.fixed_size_partitioner(2)):
        tf.get_variable("v", [4])
    return seen


def collections_hold_the_pieces(tf):
    tf.get_variable("v", [4], collections=["mine"], partitioner=tf.fixed_size_partitioner(2))
    return tf.get_collection("mine")


def a_creator_makes_the_pieces(tf):
    seen = []

    def creator(next_creator, **kwargs):
        seen.append(kwargs["name"])
        return next_creator(**kwargs)

    with tf.variable_creator_scope(creator):
        v = tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(2))
    return seen, _pieces(v)


def by_size(tf):
    partitioner = tf.variable_axis_size_partitioner(64)
    return _pieces(tf.get_variable("v", [10, 4], partitioner=partitioner))


def by_size_that_is_not_positive(tf):
    tf.variable_axis_size_partitioner(0)


def by_least_size(tf):
    partitioner = tf.min_max_variable_partitioner(3, min_slice_size=16)
    return _pieces(tf.get_variable("v", [10, 4], partitioner=partitioner))


def by_least_size_along_a_missing_axis(tf):
    tf.get_variable("v", [10], partitioner=tf.min_max_variable_partitioner(3, axis=1))
