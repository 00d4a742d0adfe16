"""Scope objects: entering again, default names, what is inherited, and the setters."""


def entering_a_scope_object_again(tf):
    with tf.variable_scope("s") as s:
        v = tf.get_variable("v", [1])
    with tf.variable_scope(s, reuse=True) as again:
        return again.name, again.original_name_scope, tf.get_variable("v", [1]) is v, again is s


def entering_again_from_elsewhere(tf):
    with tf.variable_scope("a"), tf.variable_scope("b") as b:
        pass
    with tf.variable_scope("c"), tf.variable_scope(b) as again:
        return (
            again.name,
            again.original_name_scope,
            tf.get_variable("w", [1]).name,
            tf.Variable(1.0, name="v").name,
        )


def entering_again_inherits_from_the_object_and_not_from_around(tf):
    init = tf.zeros_initializer()
    with tf.variable_scope("a", initializer=init) as a:
        pass
    with tf.variable_scope("b", reuse=True, dtype=tf.float64), tf.variable_scope(a) as again:
        return again.reuse, again.dtype, again.initializer is init


def a_reuse_scope_object_reuses_when_entered(tf):
    with tf.variable_scope("a"):
        tf.get_variable("v", [1])
    with tf.variable_scope("a", reuse=True) as a:
        pass
    with tf.variable_scope(a) as again:
        return again.reuse, tf.get_variable("v", [1]).name


def reuse_variables_after_entering_again_stays_inside(tf):
    with tf.variable_scope("a") as a:
        pass
    with tf.variable_scope(a) as again:
        again.reuse_variables()
    return a.reuse


def scopes_inside_a_scope_entered_again(tf):
    with tf.variable_scope("a") as a, tf.variable_scope("b"):
        pass
    with tf.variable_scope(a), tf.variable_scope("b") as b:
        return b.name, b.original_name_scope, tf.get_variable("v", [1]).name


def the_root_scope_entered_again(tf):
    root = tf.get_variable_scope()
    with tf.variable_scope("a"), tf.variable_scope(root) as again:
        return (
            again.name,
            again.original_name_scope,
            tf.get_variable("v", [1]).name,
            tf.Variable(1.0, name="w").name,
        )


def the_current_scope_entered_again(tf):
    with (
        tf.variable_scope("a"),
        tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE) as s,
    ):
        return s.name, s.original_name_scope, s.reuse, tf.Variable(1.0, name="w").name


def a_scope_object_as_argument(tf):
    def layer(scope):
        with tf.variable_scope(scope, "layer"):
            return tf.get_variable("w", [1]).name

    with tf.variable_scope("given") as given:
        pass
    return layer(given), layer("named"), layer(None), layer(None)


def no_name_at_all(tf):
    with tf.variable_scope(None):
        pass


def a_scope_of_another_type(tf):
    with tf.variable_scope(3):
        pass


def default_name(tf):
    with tf.variable_scope(None, "d") as s:
        return s.name, s.original_name_scope, tf.get_variable("v", [1]).name


def default_names_are_made_unique(tf):
    names = []
    for name in (None, None, "x", None):
        with tf.variable_scope(name, "d") as s:
            names += [s.name, s.original_name_scope]
    return names


def default_name_beside_a_scope_of_that_name(tf):
    with tf.variable_scope("d"):
        pass
    with tf.variable_scope(None, "d") as s:
        return s.name, s.original_name_scope


def default_names_start_afresh_in_each_scope(tf):
    names = []
    for outer in ("a", "b", "a"):
        with tf.variable_scope(outer):
            for _ in range(2):
                with tf.variable_scope(None, "d") as s:
                    names += [s.name, s.original_name_scope]
    return names


def default_names_are_counted_apart_from_name_scopes(tf):
    with tf.name_scope("d"):
        pass
    with tf.variable_scope(None, "d") as s:
        return s.name, s.original_name_scope


def default_name_with_reuse(tf):
    with tf.variable_scope(None, "d", reuse=True):
        pass


def default_name_with_auto_reuse(tf):
    with tf.variable_scope(None, "d", reuse=tf.AUTO_REUSE):
        pass


def default_name_inside_a_reusing_scope(tf):
    with tf.variable_scope("a"), tf.variable_scope(None, "d"):
        tf.get_variable("v", [1])
    with tf.variable_scope("a", reuse=True), tf.variable_scope(None, "d") as s:
        return s.name, tf.get_variable("v", [1]).name


def default_name_is_not_used_with_a_name(tf):
    with tf.variable_scope("x", "d") as s, tf.variable_scope(s, "d") as again:
        return s.name, again.name


def default_names_after_a_slash_name(tf):
    with tf.variable_scope("p/x"):
        pass
    with tf.variable_scope("p"), tf.variable_scope(None, "x") as s:
        return s.name


def default_names_after_entering_again(tf):
    with tf.variable_scope("p"), tf.variable_scope("x") as x:
        pass
    with tf.variable_scope(x):
        pass
    with tf.variable_scope("p"), tf.variable_scope(None, "x") as s:
        return s.name


def default_names_inside_a_scope_entered_again(tf):
    names = []
    with tf.variable_scope("p") as p, tf.variable_scope(None, "d") as s:
        names.append(s.name)
    for _ in range(2):
        with tf.variable_scope(p):
            for _ in range(2):
                with tf.variable_scope(None, "d") as s:
                    names.append(s.name)
    with tf.variable_scope("p"), tf.variable_scope(None, "d") as s:
        names.append(s.name)
    return names


def default_names_inside_the_root_entered_again(tf):
    names = []
    with tf.variable_scope(None, "d"):
        pass
    with tf.variable_scope(tf.get_variable_scope()):
        for _ in range(2):
            with tf.variable_scope(None, "d") as s:
                names.append(s.name)
    with tf.variable_scope(None, "d") as s:
        names.append(s.name)
    return names


def values_are_accepted(tf):
    with tf.variable_scope(None, "d", values=[tf.constant(1.0)]) as s:
        return s.name


def without_an_auxiliary_name_scope(tf):
    with tf.variable_scope("a", auxiliary_name_scope=False) as s:
        return (
            s.name,
            s.original_name_scope,
            tf.Variable(1.0, name="v").name,
            tf.get_variable("v", [1]).name,
        )


def without_an_auxiliary_name_scope_inside_others(tf):
    with tf.variable_scope("a"), tf.name_scope("n"):
        with tf.variable_scope("b", auxiliary_name_scope=False) as s:
            return s.name, s.original_name_scope, tf.Variable(1.0, name="v").name


def without_an_auxiliary_name_scope_by_default_name(tf):
    with tf.variable_scope(None, "d", auxiliary_name_scope=False) as s:
        first = s.name, s.original_name_scope
    with tf.variable_scope(None, "d", auxiliary_name_scope=False) as s:
        return first, s.name, s.original_name_scope


def without_an_auxiliary_name_scope_entered_again(tf):
    with tf.variable_scope("a") as a:
        pass
    with tf.variable_scope("b"), tf.variable_scope(a, auxiliary_name_scope=False) as s:
        return s.name, s.original_name_scope, tf.Variable(1.0, name="v").name


def auxiliary_name_scope_of_another_type(tf):
    with tf.variable_scope("a", auxiliary_name_scope=3):
        pass


def initializer_is_inherited(tf):
    with (
        tf.variable_scope("a", initializer=tf.constant_initializer(7.0)) as a,
        tf.variable_scope("b") as b,
    ):
        return a.initializer is b.initializer


def initializer_of_the_inner_scope_wins(tf):
    one, zero = tf.ones_initializer(), tf.zeros_initializer()
    with tf.variable_scope("a", initializer=one), tf.variable_scope("b", initializer=zero) as b:
        return b.initializer is zero


def dtype_is_inherited(tf):
    with tf.variable_scope("a", dtype=tf.float64), tf.variable_scope("b") as b:
        return b.dtype, tf.get_variable("v", [1]).dtype


def dtype_of_the_request_wins(tf):
    with tf.variable_scope("a", dtype=tf.float64):
        return tf.get_variable("v", [1], dtype=tf.float32).dtype


def regularizer_is_inherited(tf):
    def regularizer(v):
        return tf.identity(v)

    with tf.variable_scope("a", regularizer=regularizer) as a, tf.variable_scope("b") as b:
        tf.get_variable("v", [1])
        tf.get_variable("w", [1], regularizer=tf.no_regularizer)
        return (
            a.regularizer is b.regularizer,
            len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)),
        )


def a_regularizer_runs_once_for_each_variable(tf):
    def regularizer(v):
        return tf.identity(v)

    tf.get_variable("v", [1], regularizer=regularizer)
    with tf.variable_scope("", reuse=True):
        tf.get_variable("v", [1], regularizer=regularizer)
    return len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))


def a_regularizer_that_gives_none(tf):
    tf.get_variable("v", [1], regularizer=lambda v: None)
    return len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))


def regularization_losses_by_scope(tf):
    for name in ("a", "b"):
        with tf.variable_scope(name, regularizer=lambda v: tf.identity(v)):
            tf.get_variable("v", [1])
    key = tf.GraphKeys.REGULARIZATION_LOSSES
    return [len(tf.get_collection(key, scope)) for scope in (None, "a", "b/", "c")]


def constraint_is_inherited(tf):
    def constraint(v):
        return v

    with tf.variable_scope("a", constraint=constraint), tf.variable_scope("b") as b:
        return b.constraint is constraint, tf.get_variable("v", [1]).constraint is constraint


def constraint_around_a_scope_with_settings_of_its_own(tf):
    with tf.variable_scope("a", constraint=lambda v: v) as a:
        with tf.variable_scope("b", initializer=tf.zeros_initializer()) as b:
            return a.constraint is None, b.constraint is None


def a_constraint_that_is_no_function(tf):
    with tf.variable_scope("a", constraint=3):
        tf.get_variable("v", [1])


def setters(tf):
    init, getter = tf.zeros_initializer(), lambda getter, *args, **kwargs: getter(*args, **kwargs)
    with tf.variable_scope("a") as a:
        a.set_initializer(init)
        a.set_dtype(tf.float64)
        a.set_regularizer(tf.no_regularizer)
        a.set_custom_getter(getter)
        a.set_use_resource(False)
        a.set_caching_device("/cpu:0")
        with tf.variable_scope("b") as b:
            return (
                b.initializer is init,
                b.dtype,
                b.regularizer is tf.no_regularizer,
                b.custom_getter is getter,
                b.use_resource,
                b.caching_device,
                tf.get_variable("v", [1]).dtype,
            )


def setters_do_not_reach_scopes_that_are_open(tf):
    with tf.variable_scope("a") as a, tf.variable_scope("b") as b:
        a.set_dtype(tf.float64)
        return a.dtype, b.dtype


def setters_on_the_root(tf):
    tf.get_variable_scope().set_dtype(tf.float64)
    with tf.variable_scope("a") as a:
        return a.dtype, tf.get_variable("v", [1]).dtype


def collections_of_a_scope(tf):
    with tf.variable_scope("a") as a:
        tf.get_variable("v", [1])
        tf.get_variable("w", [1], trainable=False)
        tf.get_local_variable("l", [1])
    tf.get_variable("ab", [1])
    return (
        a.global_variables(),
        a.trainable_variables(),
        a.local_variables(),
        a.get_collection("variables"),
    )


def collections_of_the_root_scope(tf):
    tf.get_variable("v", [1])
    return tf.get_variable_scope().global_variables()


def variable_scope_by_its_constructor(tf):
    s = tf.VariableScope(None, name="given", initializer=tf.zeros_initializer(), name_scope="n/")
    with tf.variable_scope(s) as again:
        return again.name, again.original_name_scope, again.reuse, tf.get_variable("v", [1]).name


def a_with_statement_object_used_twice(tf):
    scope = tf.variable_scope("a")
    names = []
    for _ in range(2):
        with scope as s:
            names += [s.name, s.original_name_scope]
    return names


def an_exception_leaves_the_scope(tf):
    try:
        with tf.variable_scope("a"), tf.name_scope("n"):
            tf.get_variable("v", [1])
            raise KeyError("x")
    except KeyError:
        pass
    return tf.get_variable_scope().name, tf.Variable(1.0, name="w").name


def an_exception_inside_a_scope_entered_again(tf):
    with tf.variable_scope("a") as a:
        pass
    try:
        with tf.variable_scope(a, reuse=True):
            tf.get_variable("v", [1])
    except ValueError:
        pass
    with tf.variable_scope(a):
        return tf.get_variable("v", [1]).name


def deep_nesting(tf):
    names = []
    with tf.variable_scope("a") as a:
        with tf.variable_scope("b") as b:
            with tf.variable_scope(a), tf.variable_scope("b") as b2:
                names += [b2.name, b2.original_name_scope]
                with tf.variable_scope(b) as b3, tf.variable_scope(None, "c") as c:
                    names += [b3.original_name_scope, c.name, c.original_name_scope]
                    names.append(tf.Variable(1.0).name)
            with tf.variable_scope(None, "c") as c:
                names += [c.name, c.original_name_scope]
    return names


def a_scope_entered_again_while_it_is_open(tf):
    names = []
    with tf.variable_scope("a") as a:
        with tf.variable_scope(None, "d"):
            pass
        with tf.variable_scope(a):
            with tf.variable_scope(None, "d") as d:
                names.append(d.name)
            with tf.variable_scope(None, "a") as inner:
                names.append(inner.name)
        with tf.variable_scope(None, "d") as d:
            names.append(d.name)
    with tf.variable_scope(None, "a") as other:
        names.append(other.name)
    return names


def leaving_a_scope_entered_again_forgets_what_was_opened_anywhere(tf):
    def outer():
        with tf.variable_scope("a"):
            pass
        with tf.variable_scope(root):
            with tf.variable_scope("a"):
                pass
            inner = tf.make_template("a", lambda: None)
            inner()
        with tf.variable_scope(tf.get_variable_scope()):
            inner()

    root = tf.get_variable_scope()
    tf.make_template("a", outer)()
    return tf.make_template("a", lambda: tf.get_variable("v", [2]).name)()
