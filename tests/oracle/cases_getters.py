"""Custom getters and variable creators: their order, what they may change, and where they run."""

from oracle.observe import once


def _where(tf, name="shadow"):
    """What names a function takes where it runs, and what it sees of the scopes there."""
    with tf.name_scope("n") as opened, tf.variable_scope("vs") as scope:
        inside = opened, scope.name, scope.original_name_scope
    shadow = tf.Variable(1.0, name=name, trainable=False) if name else None
    current = tf.get_variable_scope()
    return inside, current.name, current.original_name_scope, shadow


def a_getter_runs_outside_of_the_name_scope(tf):
    seen = []

    def getter(getter, name, *args, **kwargs):
        seen.append(_where(tf))
        variable = getter(name, *args, **kwargs)
        seen.append(_where(tf))
        return variable

    with tf.variable_scope("net", custom_getter=getter), tf.name_scope("tower"):
        tf.get_variable("v", [1])
        seen.append(_where(tf))
        with tf.variable_scope("in"):
            tf.get_local_variable("w", [1])
        seen.append(_where(tf))
    with tf.variable_scope("net", reuse=True), tf.name_scope("again"):
        tf.get_variable("v", [1], custom_getter=getter)
        seen.append(_where(tf))
    return seen


def a_getter_that_fails_leaves_the_name_scope(tf):
    def getter(getter, name, *args, **kwargs):
        with tf.name_scope("inside"):
            raise KeyError("mine")

    with tf.variable_scope("net"):
        try:
            tf.get_variable("v", [1], custom_getter=getter)
        except KeyError:
            return tf.Variable(1.0, name="x").name


def a_getter_that_goes_on_in_a_name_scope(tf):
    def getter(getter, name, *args, **kwargs):
        with tf.name_scope("deep"):
            return getter(name, *args, **kwargs)

    with tf.variable_scope("net"):
        v = tf.get_variable("v", [1], custom_getter=getter)
    with tf.variable_scope("net", reuse=True):
        return v.name, tf.get_variable("v", [1]) is v, tf.Variable(1.0)


def a_creator_that_goes_on_in_a_name_scope(tf):
    def creator(next_creator, **kwargs):
        with tf.name_scope("deep"):
            return next_creator(**kwargs)

    with tf.variable_scope("net"), tf.variable_creator_scope(creator):
        v, x = tf.get_variable("v", [1]), tf.Variable(1.0, name="x")
    with tf.variable_scope("net", reuse=True):
        return v.name, x.name, tf.get_variable("v", [1]) is v


def a_getter_in_a_getter_is_at_the_root_too(tf):
    seen = []

    def inner(getter, *args, **kwargs):
        seen.append(_where(tf))
        return getter(*args, **kwargs)

    def outer(getter, name, *args, **kwargs):
        with tf.name_scope("deep"), tf.variable_scope("deeper"):
            seen.append(tf.get_variable("other", [1], custom_getter=inner).name)
            seen.append(_where(tf))
        return getter(name, *args, **kwargs)

    with tf.variable_scope("net"):
        tf.get_variable("v", [1], custom_getter=outer)
    return seen


def a_getter_of_a_template_runs_outside_of_the_name_scope(tf):
    seen = []

    def getter(getter, *args, **kwargs):
        seen.append(_where(tf, None))
        return getter(*args, **kwargs)

    template = tf.make_template("t", lambda: tf.get_variable("v", [1]), custom_getter_=getter)
    with tf.name_scope("tower"):
        template()
        template()
    return seen


def a_creator_of_get_variable_runs_outside_of_the_name_scope(tf):
    seen = []

    def creator(next_creator, **kwargs):
        seen.append(_where(tf, None))
        return next_creator(**kwargs)

    with tf.variable_scope("net"), tf.variable_creator_scope(creator):
        tf.get_variable("v", [1])
        tf.Variable(1.0, name="x")
        with tf.name_scope("tower"):
            tf.Variable(1.0, name="x")
            tf.get_variable("w", [1])
    return seen


def a_loss_is_found_by_the_name_that_was_asked_for(tf):
    def creator(next_creator, **kwargs):
        return next_creator(**{**kwargs, "name": "c"})

    with tf.variable_creator_scope(creator):
        tf.get_variable("a", [1], regularizer=tf.nn.l2_loss)
    key = tf.GraphKeys.REGULARIZATION_LOSSES
    return [len(tf.get_collection(key, scope)) for scope in ("a", "c")]


def a_partitioner_runs_outside_of_the_name_scope(tf):
    seen = []

    def partitioner(shape, dtype):
        seen.append(_where(tf))
        return [2]

    with tf.variable_scope("net", partitioner=partitioner):
        tf.get_variable("v", [4])
    return seen


@once
def an_initializer_runs_in_a_name_scope_of_the_variable(tf):
    seen = []

    def initializer(shape, dtype=None, partition_info=None):
        seen.append(_where(tf))
        return tf.zeros_initializer()(shape, dtype)

    def value():
        seen.append(_where(tf))
        return tf.zeros_initializer()([2], tf.float32)

    with tf.variable_scope("net"), tf.name_scope("tower"):
        tf.get_variable("v", [2], initializer=initializer)
        tf.get_variable("u", initializer=value)
        tf.get_variable("p", [4], initializer=initializer, partitioner=tf.fixed_size_partitioner(2))
        tf.get_local_variable("l", [2], initializer=initializer)
        tf.Variable(value, name="x")
        tf.Variable(value, name="x")
        seen.append(_where(tf))
    return seen


@once
def an_initializer_asks_for_a_variable(tf):
    def initializer(shape, dtype=None, partition_info=None):
        return tf.zeros_initializer()(shape, dtype) + tf.get_variable("scale", [])

    with tf.variable_scope("net"):
        return tf.get_variable("v", [2], initializer=initializer).name


def what_getters_and_creators_are_told_of_replicas(tf):
    seen = []
    keys = ("synchronization", "aggregation", "use_resource", "validate_shape", "caching_device")

    def getter(getter, *args, **kwargs):
        seen.append(["getter", *(kwargs[key] for key in keys)])
        return getter(*args, **kwargs)

    def creator(next_creator, **kwargs):
        seen.append(["creator", *(kwargs[key] for key in keys)])
        return next_creator(**kwargs)

    on_read, mean = tf.VariableSynchronization.ON_READ, tf.VariableAggregation.MEAN
    with tf.variable_creator_scope(creator):
        tf.get_variable("u", [1])
        tf.get_variable("v", [1], custom_getter=getter)
        tf.get_variable("n", [1], custom_getter=getter, synchronization=None, aggregation=None)
        tf.get_variable("w", [1], synchronization=on_read, aggregation=mean, custom_getter=getter)
        tf.get_local_variable("l", [1], custom_getter=getter)
        tf.get_variable("p", [2], partitioner=tf.fixed_size_partitioner(2))
        tf.Variable(1.0)
        with tf.variable_scope("s", use_resource=False):
            tf.get_variable("v", [1], custom_getter=getter)
    return seen


def a_getter_sees_the_request(tf):
    seen = []

    def getter(getter, name, *args, **kwargs):
        seen.append((name, args, sorted(kwargs)))
        return getter(name, *args, **kwargs)

    v = tf.get_variable("v", [1], custom_getter=getter)
    return v.name, seen


def a_getter_sees_the_values(tf):
    seen = []

    def getter(getter, **kwargs):
        seen.append(
            [kwargs[k] for k in ("name", "shape", "dtype", "reuse", "trainable", "collections")]
        )
        return getter(**kwargs)

    with tf.variable_scope("s", custom_getter=getter):
        tf.get_variable("v", [1], trainable=False, collections=["mine"])
    with tf.variable_scope("s", custom_getter=getter, reuse=True):
        tf.get_variable("v", [1])
    return seen


def a_getter_without_constraint(tf):
    def getter(
        getter,
        name,
        shape,
        dtype,
        initializer,
        regularizer,
        reuse,
        trainable,
        collections,
        caching_device,
        partitioner,
        validate_shape,
        use_resource,
        synchronization,
        aggregation,
    ):
        return getter(name, shape, dtype, initializer, reuse=reuse)

    return tf.get_variable("v", [1], custom_getter=getter).name


def a_getter_of_a_scope(tf):
    def getter(getter, name, *args, **kwargs):
        return getter(name + "_x", *args, **kwargs)

    with tf.variable_scope("s", custom_getter=getter):
        return tf.get_variable("v", [1]).name, tf.Variable(1.0, name="w").name


def getters_nest(tf):
    order = []

    def make(label):
        def getter(getter, name, *args, **kwargs):
            order.append((label, name))
            return getter(f"{name}_{label}", *args, **kwargs)

        return getter

    with tf.variable_scope("a", custom_getter=make("outer")):
        with tf.variable_scope("b", custom_getter=make("inner")):
            v = tf.get_variable("v", [1])
            w = tf.get_variable("w", [1], custom_getter=make("own"))
    return v.name, w.name, order


def three_getters_nest(tf):
    order = []

    def make(label):
        def getter(getter, *args, **kwargs):
            order.append(label)
            return getter(*args, **kwargs)

        return getter

    with (
        tf.variable_scope("a", custom_getter=make(1)),
        tf.variable_scope("b", custom_getter=make(2)),
    ):
        with tf.variable_scope("c", custom_getter=make(3)):
            tf.get_variable("v", [1])
    return order


def a_getter_of_a_scope_entered_again(tf):
    order = []

    def make(label):
        def getter(getter, *args, **kwargs):
            order.append(label)
            return getter(*args, **kwargs)

        return getter

    with tf.variable_scope("a", custom_getter=make(1)) as a:
        pass
    with tf.variable_scope("b", custom_getter=make(2)), tf.variable_scope(a, custom_getter=make(3)):
        tf.get_variable("v", [1])
    return order


def a_getter_that_replaces(tf):
    def getter(getter, name, *args, **kwargs):
        return tf.identity(getter(name, *args, **kwargs))

    with tf.variable_scope("s", custom_getter=getter):
        v = tf.get_variable("v", [3])
    return v.shape, tf.global_variables()


def a_getter_that_makes_two(tf):
    def getter(getter, name, *args, **kwargs):
        g = getter(f"{name}/g", *args, **kwargs)
        v = getter(f"{name}/v", *args, **kwargs)
        return g * v

    with tf.variable_scope("s", custom_getter=getter):
        w = tf.get_variable("w", [3])
    return w.shape, tf.global_variables()


def a_getter_that_fixes_what_is_trainable(tf):
    def getter(getter, *args, **kwargs):
        kwargs["trainable"] = False
        return getter(*args, **kwargs)

    with tf.variable_scope("s", custom_getter=getter):
        return tf.get_variable("v", [1]).trainable


def a_getter_that_always_shares(tf):
    def getter(getter, *args, **kwargs):
        kwargs["reuse"] = tf.AUTO_REUSE
        return getter(*args, **kwargs)

    with tf.variable_scope("s", custom_getter=getter):
        return tf.get_variable("v", [1]) is tf.get_variable("v", [1])


def a_getter_that_asks_elsewhere(tf):
    def getter(getter, name, *args, **kwargs):
        return getter("elsewhere/" + name.split("/")[-1], *args, **kwargs)

    with tf.variable_scope("s", custom_getter=getter):
        return tf.get_variable("v", [1]).name


def a_getter_that_is_no_function(tf):
    with tf.variable_scope("s", custom_getter=3):
        tf.get_variable("v", [1])


def a_getter_that_fails(tf):
    def getter(getter, *args, **kwargs):
        raise KeyError("mine")

    with tf.variable_scope("s", custom_getter=getter):
        tf.get_variable("v", [1])


def a_getter_and_reuse(tf):
    def getter(getter, name, *args, **kwargs):
        return getter(name, *args, **kwargs)

    with tf.variable_scope("s", custom_getter=getter):
        v = tf.get_variable("v", [1])
    with tf.variable_scope("s", reuse=True):
        found = tf.get_variable("v", [1]) is v
    with tf.variable_scope("s", custom_getter=getter):
        tf.get_variable("v", [1])
    return found


def set_custom_getter(tf):
    order = []

    def make(label):
        def getter(getter, *args, **kwargs):
            order.append(label)
            return getter(*args, **kwargs)

        return getter

    with tf.variable_scope("a", custom_getter=make(1)), tf.variable_scope("b") as b:
        b.set_custom_getter(make(2))
        tf.get_variable("v", [1])
    return order


def creators_run_from_the_inside_out(tf):
    order = []

    def make(label):
        def creator(next_creator, **kwargs):
            order.append((label, kwargs["name"]))
            return next_creator(**kwargs)

        return creator

    with tf.variable_creator_scope(make(1)), tf.variable_creator_scope(make(2)):
        v, w = tf.get_variable("v", [1]), tf.Variable(1.0, name="w")
    tf.get_variable("x", [1])
    return v.name, w.name, order


def creators_see_the_keywords(tf):
    seen = []

    def creator(next_creator, **kwargs):
        kept = (
            "name",
            "trainable",
            "collections",
            "validate_shape",
            "caching_device",
            "constraint",
        )
        seen.append({k: kwargs[k] for k in kept})
        return next_creator(**kwargs)

    with tf.variable_creator_scope(creator), tf.variable_scope("s"):
        tf.get_variable("v", [1], collections=["mine"])
        tf.Variable(1.0, trainable=False)
    return seen


def a_creator_changes_what_is_trainable(tf):
    def creator(next_creator, **kwargs):
        kwargs["trainable"] = False
        return next_creator(**kwargs)

    with tf.variable_creator_scope(creator):
        return tf.get_variable("v", [1]).trainable, tf.Variable(1.0).trainable


def a_creator_changes_the_collections(tf):
    def creator(next_creator, **kwargs):
        kwargs["collections"] = ["mine"]
        return next_creator(**kwargs)

    with tf.variable_creator_scope(creator):
        tf.get_variable("v", [1])
    return tf.get_collection("mine")


def a_creator_renames_a_tf_variable(tf):
    def creator(next_creator, **kwargs):
        kwargs["name"] = "renamed"
        return next_creator(**kwargs)

    with tf.variable_creator_scope(creator):
        return tf.Variable(1.0, name="v").name


def a_creator_renames_what_get_variable_makes(tf):
    def creator(next_creator, **kwargs):
        kwargs["name"] = "renamed"
        return next_creator(**kwargs)

    with tf.variable_scope("s"), tf.variable_creator_scope(creator):
        v = tf.get_variable("v", [1])
    with tf.variable_scope("s", reuse=True):
        return v.name, tf.get_variable("v", [1]) is v


def a_creator_renames_what_could_not_be_named_so(tf):
    def creator(next_creator, **kwargs):
        kwargs["name"] = "renamed"
        return next_creator(**kwargs)

    seen = []
    for _ in range(2):
        try:
            seen.append(tf.get_variable("_x", [1]).name)
        except ValueError:
            seen.append("ValueError")
        with tf.variable_creator_scope(creator), tf.variable_scope("", reuse=tf.AUTO_REUSE):
            seen.append(tf.get_variable("_x", [1]).name)
    return seen


def a_creator_is_not_asked_for_what_is_found(tf):
    asked = []

    def creator(next_creator, **kwargs):
        asked.append(kwargs["name"])
        return next_creator(**kwargs)

    v = tf.get_variable("v", [1])
    with tf.variable_creator_scope(creator), tf.variable_scope("", reuse=True):
        return tf.get_variable("v", [1]) is v, asked


def getters_come_before_creators(tf):
    order = []

    def getter(getter, *args, **kwargs):
        order.append("getter")
        return getter(*args, **kwargs)

    def creator(next_creator, **kwargs):
        order.append("creator")
        return next_creator(**kwargs)

    with tf.variable_creator_scope(creator):
        tf.get_variable("v", [1], custom_getter=getter)
    return order


def a_creator_that_fails(tf):
    def creator(next_creator, **kwargs):
        raise KeyError("mine")

    with tf.variable_creator_scope(creator):
        tf.get_variable("v", [1])
