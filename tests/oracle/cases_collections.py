"""Collections: what joins them, in which order, and how they are filtered."""


def variables_in_the_order_in_which_they_were_made(tf):
    tf.get_variable("a", [1])
    tf.Variable(1.0, name="b")
    tf.get_variable("c", [1], trainable=False)
    return tf.global_variables(), tf.trainable_variables()


def collections_given(tf):
    tf.get_variable("a", [1], collections=["mine"])
    tf.get_variable("b", [1], collections=["mine", tf.GraphKeys.GLOBAL_VARIABLES])
    tf.get_variable("c", [1], collections=[], trainable=False)
    return tf.get_collection("mine"), tf.global_variables(), tf.trainable_variables()


def collections_given_twice(tf):
    tf.get_variable("a", [1], collections=["mine", "mine"])
    return tf.get_collection("mine")


def collections_in_other_forms(tf):
    tf.get_variable("a", [1], collections=("mine",))
    tf.get_variable("b", [1], collections={"mine"})
    return tf.get_collection("mine")


def trainable_variables_given_as_a_collection(tf):
    v = tf.get_variable("a", [1], trainable=False, collections=[tf.GraphKeys.TRAINABLE_VARIABLES])
    return v.trainable


def adding(tf):
    tf.add_to_collection("mine", 1)
    tf.add_to_collection("mine", "x")
    tf.add_to_collection("mine", 1)
    return tf.get_collection("mine")


def adding_a_variable(tf):
    v = tf.get_variable("v", [1])
    tf.add_to_collection("mine", v)
    tf.add_to_collection("mine", v)
    return tf.get_collection("mine")


def adding_between_variables(tf):
    tf.get_variable("a", [1], collections=["mine"])
    tf.add_to_collection("mine", 1)
    tf.get_variable("b", [1], collections=["mine"])
    tf.add_to_collection("mine", 2)
    return tf.get_collection("mine")


def adding_to_several(tf):
    tf.add_to_collections(["mine", "other", "mine"], 1)
    tf.add_to_collections("mine", 2)
    tf.add_to_collections(("other",), 3)
    return tf.get_collection("mine"), tf.get_collection("other")


def a_collection_that_is_not_there(tf):
    return tf.get_collection("mine"), tf.get_collection_ref("other")


def get_collection_gives_a_copy(tf):
    tf.add_to_collection("mine", 1)
    tf.get_collection("mine").append(2)
    return tf.get_collection("mine")


def get_collection_ref_gives_the_list(tf):
    tf.add_to_collection("mine", 1)
    ref = tf.get_collection_ref("mine")
    ref.append(2)
    tf.add_to_collection("mine", 3)
    return ref, tf.get_collection("mine"), ref is tf.get_collection_ref("mine")


def get_collection_ref_can_empty_a_collection(tf):
    tf.get_variable("v", [1])
    del tf.get_collection_ref(tf.GraphKeys.GLOBAL_VARIABLES)[:]
    tf.get_variable("w", [1])
    return tf.global_variables()


def get_collection_ref_sees_later_variables(tf):
    tf.get_collection_ref(tf.GraphKeys.TRAINABLE_VARIABLES)
    tf.get_variable("v", [1])
    return [v.name for v in tf.trainable_variables()], len(
        tf.get_collection_ref("trainable_variables")
    )


def filtered_by_scope(tf):
    for name in ("a", "ab", "b"):
        with tf.variable_scope(name):
            tf.get_variable("v", [1])
    return [tf.global_variables(scope) for scope in ("a", "a/", "b", "", "v", ".*v", "a|b/")]


def filtered_by_a_regular_expression(tf):
    for name in ("conv1", "conv2", "fc"):
        with tf.variable_scope(name):
            tf.get_variable("w", [1])
    return tf.trainable_variables(r"conv\d/w"), tf.get_collection("variables", scope="c.*2")


def filtered_items_without_a_name(tf):
    tf.add_to_collection("mine", 1)
    tf.add_to_collection("mine", tf.get_variable("v", [1]))
    return tf.get_collection("mine", "v"), tf.get_collection("mine", "w")


def filtered_by_the_scopes_name(tf):
    with tf.variable_scope("a") as a:
        tf.get_variable("v", [1])
    return tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope=a.name)


def each_of_the_named_collections(tf):
    keys = tf.GraphKeys
    tf.get_variable("v", [1], collections=[keys.MODEL_VARIABLES, keys.GLOBAL_VARIABLES])
    tf.get_variable("w", [1], collections=[keys.MOVING_AVERAGE_VARIABLES], trainable=False)
    return (
        tf.model_variables(),
        tf.moving_average_variables(),
        tf.global_variables(),
        tf.local_variables(),
        tf.model_variables("v"),
        tf.moving_average_variables("v"),
    )


def keys(tf):
    return {
        name: getattr(tf.GraphKeys, name)
        for name in dir(tf.GraphKeys)
        if not name.startswith("_") and name != "VARIABLES"
    }


def older_spellings(tf):
    tf.get_variable("v", [1])
    return tf.all_variables(), tf.GraphKeys.VARIABLES


def shared_variables_join_once(tf):
    with tf.variable_scope("", reuse=tf.AUTO_REUSE):
        for _ in range(3):
            tf.get_variable("v", [1], collections=["mine"])
    return tf.get_collection("mine")


def a_model_with_weight_decay(tf):
    def layer(name):
        with tf.variable_scope(name):
            w = tf.get_variable("w", [2, 2])
            tf.add_to_collection("mine", w)
            return w

    layer("a"), layer("b")
    names = [v.name for v in tf.trainable_variables() if "a/" in v.name]
    return names, [v.op.name for v in tf.get_collection("mine")]
