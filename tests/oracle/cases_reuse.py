"""Sharing: the four values of reuse, and what each request finds."""


def twice_without_reuse(tf):
    tf.get_variable("v", [1])
    tf.get_variable("v", [1])


def twice_in_one_scope(tf):
    with tf.variable_scope("s"):
        tf.get_variable("v", [1])
        tf.get_variable("v", [1])


def twice_in_two_openings_of_a_scope(tf):
    with tf.variable_scope("s"):
        tf.get_variable("v", [1])
    with tf.variable_scope("s"):
        tf.get_variable("v", [1])


def reuse_true_finds(tf):
    with tf.variable_scope("s"):
        v = tf.get_variable("v", [1])
    with tf.variable_scope("s", reuse=True) as s:
        return tf.get_variable("v", [1]) is v, s.reuse


def reuse_true_of_what_is_missing(tf):
    with tf.variable_scope("s", reuse=True):
        tf.get_variable("v", [1])


def reuse_true_of_what_tf_variable_made(tf):
    tf.Variable([1.0], name="v")
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [1])


def auto_reuse_makes_and_finds(tf):
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE) as s:
        v = tf.get_variable("v", [1])
        return tf.get_variable("v", [1]) is v, s.reuse


def auto_reuse_is_inherited(tf):
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE), tf.variable_scope("t") as t:
        return t.reuse, tf.get_variable("v", [1]) is tf.get_variable("v", [1])


def reuse_true_is_inherited(tf):
    with tf.variable_scope("s"), tf.variable_scope("t"):
        v = tf.get_variable("v", [1])
    with tf.variable_scope("s", reuse=True), tf.variable_scope("t") as t:
        return t.reuse, tf.get_variable("v", [1]) is v


def reuse_false_does_not_end_reuse(tf):
    with tf.variable_scope("s", reuse=True), tf.variable_scope("t", reuse=False) as t:
        return t.reuse


def reuse_true_inside_auto_reuse(tf):
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE), tf.variable_scope("t", reuse=True) as t:
        return t.reuse


def auto_reuse_inside_reuse_true(tf):
    with tf.variable_scope("s", reuse=True), tf.variable_scope("t", reuse=tf.AUTO_REUSE) as t:
        return t.reuse, tf.get_variable("v", [1]).name


def reuse_none(tf):
    with tf.variable_scope("s", reuse=None) as s:
        return s.reuse


def reuse_of_no_known_value(tf):
    with tf.variable_scope("s", reuse=3):
        pass


def reuse_of_a_string(tf):
    with tf.variable_scope("s", reuse="yes"):
        pass


def reuse_variables(tf):
    with tf.variable_scope("s") as s:
        v = tf.get_variable("v", [1])
        before = s.reuse
        s.reuse_variables()
        return before, s.reuse, tf.get_variable("v", [1]) is v


def reuse_variables_is_seen_by_scopes_opened_later(tf):
    with tf.variable_scope("s") as s:
        with tf.variable_scope("t"):
            v = tf.get_variable("v", [1])
        s.reuse_variables()
        with tf.variable_scope("t") as t:
            return t.reuse, tf.get_variable("v", [1]) is v


def reuse_variables_ends_with_the_scope(tf):
    with tf.variable_scope("s"):
        tf.get_variable("v", [1])
        tf.get_variable_scope().reuse_variables()
    with tf.variable_scope("s") as s:
        return s.reuse, tf.get_variable("w", [1]).name


def reuse_variables_of_the_root(tf):
    v = tf.get_variable("v", [1])
    tf.get_variable_scope().reuse_variables()
    with tf.variable_scope("s") as s:
        inner = s.reuse
    found = tf.get_variable("v", [1]) is v
    return found, inner


def reuse_by_a_flag_passed_down(tf):
    def model(reuse):
        with tf.variable_scope("m", reuse=reuse):
            return tf.get_variable("w", [2])

    return model(False) is model(True)


def a_loop_of_towers(tf):
    towers = []
    with tf.variable_scope(tf.get_variable_scope()):
        for i in range(3):
            with tf.name_scope(f"tower_{i}"):
                towers.append(tf.get_variable("w", [2]))
                tf.get_variable_scope().reuse_variables()
    return all(t is towers[0] for t in towers), towers[0].name, tf.get_variable_scope().reuse


def another_shape(tf):
    tf.get_variable("v", [2])
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [3])


def another_rank(tf):
    tf.get_variable("v", [2])
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [2, 1])


def a_partly_known_shape_that_fits(tf):
    v = tf.get_variable("v", [2, 3])
    with tf.variable_scope("", reuse=True):
        return tf.get_variable("v", [None, 3]) is v


def a_partly_known_shape_that_does_not_fit(tf):
    tf.get_variable("v", [2, 3])
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [None, 4])


def no_shape(tf):
    v = tf.get_variable("v", [2, 3])
    with tf.variable_scope("", reuse=True):
        return tf.get_variable("v") is v


def another_dtype(tf):
    tf.get_variable("v", [2])
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [2], dtype=tf.float64)


def an_integer_found_without_its_dtype(tf):
    tf.get_variable("v", [2], dtype=tf.int32)
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [2])


def an_integer_found_with_its_dtype(tf):
    v = tf.get_variable("v", [2], dtype=tf.int32)
    with tf.variable_scope("", reuse=True):
        return tf.get_variable("v", [2], dtype=tf.int32) is v


def a_value_as_initializer_does_not_matter_to_what_is_found(tf):
    v = tf.get_variable("v", initializer=[1.0, 2.0])
    with tf.variable_scope("", reuse=True):
        return tf.get_variable("v", initializer=[3.0, 4.0]) is v


def a_value_and_a_shape_are_refused_even_where_found(tf):
    tf.get_variable("v", [2])
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [2], initializer=[3.0, 4.0])


def trainable_does_not_matter_to_what_is_found(tf):
    v = tf.get_variable("v", [2])
    with tf.variable_scope("", reuse=True):
        w = tf.get_variable("v", [2], trainable=False)
    return w is v, w.trainable


def collections_do_not_matter_to_what_is_found(tf):
    tf.get_variable("v", [2])
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [2], collections=["mine"])
    return len(tf.get_collection("mine"))


def a_failed_request_changes_nothing(tf):
    try:
        tf.get_variable("v", [-2])
    except ValueError:
        pass
    return tf.get_variable("v", [2]).name


def a_missing_variable_can_be_made_afterwards(tf):
    try:
        with tf.variable_scope("s", reuse=True):
            tf.get_variable("v", [1])
    except ValueError:
        pass
    with tf.variable_scope("s") as s:
        return tf.get_variable("v", [1]).name, s.original_name_scope


def siamese_filter(tf):
    def my_image_filter():
        with tf.variable_scope("conv1"):
            a = tf.get_variable("weights", [5, 5, 32, 32])
        with tf.variable_scope("conv2"):
            return a, tf.get_variable("weights", [5, 5, 32, 32])

    with tf.variable_scope("image_filters") as scope:
        first = my_image_filter()
        scope.reuse_variables()
        second = my_image_filter()
    return [a is b for a, b in zip(first, second, strict=True)]


def siamese_filter_without_reuse(tf):
    def my_image_filter():
        with tf.variable_scope("conv1"):
            return tf.get_variable("weights", [5, 5, 32, 32])

    my_image_filter()
    my_image_filter()


def local_variables_are_shared_as_well(tf):
    v = tf.get_local_variable("v", [1])
    with tf.variable_scope("", reuse=True):
        return tf.get_local_variable("v", [1]) is v


def what_was_refused_is_refused_again_when_the_variable_is_there(tf):
    def refusal(**arguments):
        try:
            tf.get_variable("a", **arguments)
        except (ValueError, TypeError) as error:
            return type(error).__name__

    refused = [
        refusal(initializer=tf.zeros_initializer()),
        refusal(initializer=tf.zeros_initializer),
        refusal(shape=[1], collections="losses"),
        refusal(shape=[1], constraint=3),
        refusal(),
    ]
    tf.get_variable("a", [1])
    return refused
