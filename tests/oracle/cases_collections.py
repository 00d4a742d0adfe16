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


# Read in the middle: a later pass sees there what the first saw


def read_while_variables_are_made(tf):
    seen = []
    for name in ("a", "b", "c"):
        seen.append(tf.trainable_variables())
        tf.get_variable(name, [1])
        seen += [tf.global_variables(), tf.trainable_variables(name)]
    return seen


def read_between_two_towers(tf):
    def tower():
        with tf.variable_scope("fc"):
            return tf.get_variable("w", [1]), tf.get_variable("b", [1], trainable=False)

    with tf.variable_scope("one"):
        tower()
    middle = tf.trainable_variables(), tf.global_variables()
    with tf.variable_scope("two"):
        tower()
    with tf.variable_scope("one", reuse=True):
        tower()
    return middle, tf.trainable_variables(), tf.global_variables()


def read_while_tf_variables_are_made(tf):
    seen = [tf.global_variables()]
    tf.Variable(1.0)
    seen.append(tf.global_variables())
    tf.Variable(1.0)
    return [*seen, tf.global_variables()]


def read_before_a_variable_is_added(tf):
    a, b = tf.get_variable("a", [1]), tf.get_variable("b", [1])
    seen = [tf.get_collection("mine")]
    tf.add_to_collection("mine", b)
    seen.append(tf.get_collection("mine"))
    tf.add_to_collection("mine", a)
    return [*seen, tf.get_collection("mine")]


def read_inside_the_scope_that_is_being_filled(tf):
    with tf.variable_scope("s") as scope:
        tf.get_variable("a", [1])
        middle = scope.global_variables(), scope.trainable_variables()
        tf.get_variable("b", [1])
        return middle, scope.global_variables()


def the_list_itself_while_variables_are_made(tf):
    ref = tf.get_collection_ref("trainable_variables")
    seen = [list(ref)]
    tf.get_variable("a", [1])
    seen.append(list(tf.get_collection_ref("trainable_variables")))
    ref.append("x")
    tf.get_variable("b", [1])
    seen.append(list(tf.get_collection_ref("trainable_variables")))
    del ref[0]
    tf.get_variable("c", [1])
    return [*seen, tf.trainable_variables()]


def regularization_losses_while_variables_are_made(tf):
    def count(scope=None):
        return len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES, scope))

    seen = []
    for name in ("a", "b"):
        with tf.variable_scope(name, regularizer=tf.nn.l2_loss):
            seen.append(count())
            tf.get_variable("v", [1])
        seen += [count(), count("a"), count("b")]
    with tf.variable_scope("a", reuse=True, regularizer=tf.nn.l2_loss):
        tf.get_variable("v", [1])
    return [*seen, count()]


def templates_variables_while_they_are_made(tf):
    seen = []

    def two():
        seen.append([v.name for v in tf.trainable_variables()])
        tf.get_variable("a", [1])
        seen.append([v.name for v in tf.trainable_variables()])
        tf.get_variable("b", [1])

    template = tf.make_template("t", two)
    template()
    template()
    return seen, template.variables


def the_global_step_before_it_is_made(tf):
    before = tf.train.get_global_step()
    tf.train.get_or_create_global_step()
    return before, tf.train.get_global_step()
