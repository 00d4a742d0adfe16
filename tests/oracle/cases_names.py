"""Names of scopes and variables."""


def get_variable_in_nested_scopes(tf):
    with tf.variable_scope("a"), tf.variable_scope("b"):
        return tf.get_variable("v", [1]).name


def slash_in_a_scope_name(tf):
    with tf.variable_scope("a/b") as s:
        return s.name, s.original_name_scope, tf.get_variable("v", [1]).name


def slash_in_a_variable_name(tf):
    return tf.get_variable("a/b/v", [1]).name, tf.get_variable("a/v", [1]).name


def dots_and_dashes(tf):
    with tf.variable_scope("v1.5-x"):
        return tf.get_variable("w>\\", [1]).name


def underscore_inside_a_scope(tf):
    with tf.variable_scope("a"):
        return tf.get_variable("_w", [1]).name


def underscore_at_the_root(tf):
    return tf.get_variable("_w", [1])


def space_in_a_variable_name(tf):
    return tf.get_variable("a b", [1])


def space_in_a_scope_name(tf):
    with tf.variable_scope("a b"):
        pass


def space_in_an_inner_scope_name(tf):
    with tf.variable_scope("a"), tf.variable_scope("b c"):
        pass


def space_in_a_name_scope(tf):
    with tf.name_scope("a b"):
        pass


def a_number_as_name(tf):
    return tf.get_variable(3, [1])


def a_number_as_name_scope(tf):
    with tf.name_scope(3):
        pass


def scope_name_that_ends_with_a_slash(tf):
    with tf.variable_scope("a/") as s:
        return s.name, s.original_name_scope, tf.get_variable("w", [1]).name


def variable_name_that_begins_with_a_slash(tf):
    with tf.variable_scope("a"):
        return tf.get_variable("/w", [1]).name


def two_slashes(tf):
    return tf.get_variable("w//x", [1]).name


def empty_scope_at_the_root(tf):
    with tf.variable_scope("") as s:
        return s.name, s.original_name_scope, tf.get_variable("w", [1]).name


def empty_scope_inside_a_scope(tf):
    with tf.variable_scope("a"), tf.variable_scope("") as s:
        return s.name, s.original_name_scope, tf.get_variable("w", [1]).name


def empty_scope_and_tf_variable(tf):
    with tf.variable_scope("a"), tf.variable_scope(""):
        return tf.Variable(1.0, name="v").name


def scope_then_variable_of_its_name(tf):
    with tf.variable_scope("a"):
        b = tf.get_variable("b", [1])
    return b.name, tf.get_variable("a", [1]).name


def variable_then_scope_of_its_name(tf):
    a = tf.get_variable("a", [1])
    with tf.variable_scope("a") as s:
        b = tf.get_variable("b", [1])
        c = tf.Variable(1.0, name="c")
    return a.name, s.original_name_scope, b.name, c.name


def variable_inside_then_variable_of_the_scopes_name(tf):
    inner = tf.get_variable("a/b", [1])
    return inner.name, tf.get_variable("a", [1]).name, tf.Variable(1.0, name="a").name


def names_differ_by_case_only(tf):
    return [tf.get_variable(n, [1]).name for n in ("a", "A", "b/C", "b/c")]


def get_variable_and_tf_variable_of_one_name(tf):
    return (
        tf.Variable(1.0, name="a").name,
        tf.get_variable("a", [1]).name,
        tf.get_variable("a_1", [1]).name,
        tf.Variable(1.0, name="a").name,
    )


def unnamed_variables(tf):
    return [tf.Variable(v).name for v in (1.0, 2, [1.0], lambda: 3.0)]


def unnamed_variables_in_a_scope(tf):
    with tf.variable_scope("s"):
        return [tf.Variable(1.0).name for _ in range(3)]


def repeated_names_of_tf_variable(tf):
    return [tf.Variable(1.0, name=n).name for n in ("v", "v", "V", "v_1", "v", "v_1_1")]


def repeated_names_reach_over_gaps(tf):
    return [tf.Variable(1.0, name=n).name for n in ("v_1", "v_2", "v", "v", "v")]


def variable_named_with_a_slash(tf):
    return tf.Variable(1.0, name="a/b").name, tf.Variable(1.0, name="a/b").name


def op_names(tf):
    with tf.variable_scope("s"):
        v, w = tf.get_variable("v", [1]), tf.Variable(1.0, name="w")
    return v.op.name, w.op.name


def name_scope_returns_its_name(tf):
    with tf.name_scope("a") as a, tf.name_scope("b") as b:
        return a, b


def name_scope_is_ignored_by_get_variable(tf):
    with tf.name_scope("n"):
        return tf.get_variable("v", [1]).name, tf.Variable(1.0, name="w").name


def name_scope_inside_a_variable_scope(tf):
    with tf.variable_scope("s"), tf.name_scope("n"):
        return tf.get_variable("v", [1]).name, tf.Variable(1.0, name="w").name


def variable_scope_inside_a_name_scope(tf):
    with tf.name_scope("n"), tf.variable_scope("s") as s:
        return (
            s.name,
            s.original_name_scope,
            tf.get_variable("v", [1]).name,
            tf.Variable(1.0, name="w").name,
        )


def repeated_name_scopes(tf):
    names = []
    for name in ("a", "a", "A", "a/", "b/c", "b", "a_1"):
        with tf.name_scope(name) as s:
            names += [s, tf.Variable(1.0, name="v").name]
    return names


def absolute_name_scope(tf):
    with tf.name_scope("a") as outer:
        pass
    with tf.name_scope("b"), tf.name_scope(outer) as again:
        return again, tf.Variable(1.0, name="v").name


def absolute_name_scope_that_was_never_opened(tf):
    with tf.name_scope("x/y/") as s:
        return s, tf.Variable(1.0, name="v").name


def empty_name_scope_goes_to_the_root(tf):
    with tf.name_scope("a"), tf.name_scope("") as s:
        return s, tf.Variable(1.0, name="v").name


def no_name_scope_goes_to_the_root(tf):
    with tf.name_scope("a"), tf.name_scope(None) as s:
        return s, tf.Variable(1.0, name="v").name


def default_name_of_a_name_scope(tf):
    with tf.name_scope(None, "x", []) as s, tf.name_scope("y", "x") as t:
        return s, t


def name_scope_with_values_and_no_name(tf):
    with tf.name_scope(None, None, []):
        pass


def underscore_name_scope_at_the_root(tf):
    with tf.name_scope("_a"):
        pass


def underscore_name_scope_inside(tf):
    with tf.name_scope("a"), tf.name_scope("_b") as s:
        return s


def scope_opened_twice(tf):
    names = []
    for _ in range(2):
        with tf.variable_scope("s") as s:
            names += [s.name, s.original_name_scope, tf.Variable(1.0, name="w").name]
    return names


def name_scope_of_a_scopes_name(tf):
    with tf.name_scope("s"):
        pass
    with tf.variable_scope("s") as s:
        return s.name, s.original_name_scope, tf.Variable(1.0, name="w").name


def original_name_scope_is_entered_again_by_name(tf):
    with tf.variable_scope("s") as s:
        pass
    with (
        tf.variable_scope(s, auxiliary_name_scope=False) as again,
        tf.name_scope(again.original_name_scope) as n,
    ):
        return n, tf.Variable(1.0, name="w").name


def a_scope_in_a_loop(tf):
    names = []
    for i in range(3):
        with tf.variable_scope(f"layer_{i}"):
            names.append(tf.get_variable("w", [i + 1]).name)
    return names


def the_root_scope(tf):
    s = tf.get_variable_scope()
    return s.name, s.original_name_scope, s.reuse, s.dtype, s.initializer, s.regularizer


def names_after_the_scope_is_left(tf):
    with tf.variable_scope("a"):
        pass
    return tf.get_variable_scope().name, tf.get_variable("v", [1]).name


def a_variable_of_the_scopes_own_name(tf):
    with tf.variable_scope("m"):
        w = tf.get_variable("w", [2])
    made = []
    for _ in range(2):
        with tf.variable_scope(None, f"{w.op.name}/EMA") as scope:
            made.append((tf.get_variable("", [2], trainable=False), scope.name))
    return made


def it_is_beside_what_is_in_the_scope(tf):
    with tf.variable_scope("a"):
        names = [tf.get_variable("", [2]).name, tf.get_variable("b", [1]).name]
        with tf.variable_scope("c"):
            names.append(tf.get_local_variable("", [1]).name)
        names.append(tf.Variable(1.0, name="x").name)
    with tf.name_scope("a") as opened:
        names.append(opened)
    return names, tf.get_collection("variables", "a/"), tf.get_collection("variables", "a")


def it_is_shared(tf):
    with tf.variable_scope("a"):
        v = tf.get_variable("", [2])
    with tf.variable_scope("a", reuse=True):
        found = tf.get_variable("", [2]), tf.get_variable("")
    with tf.variable_scope("", reuse=True):
        return [each is v for each in (*found, tf.get_variable("a/"))]


def it_is_not_made_twice(tf):
    with tf.variable_scope("a"):
        tf.get_variable("", [2])
        tf.get_variable("", [2])


def it_is_not_found(tf):
    with tf.variable_scope("a", reuse=True):
        tf.get_variable("")


def it_is_not_what_has_the_same_name(tf):
    with tf.variable_scope("a"):
        v = tf.get_variable("", [2])
    w = tf.get_variable("a", [2])
    with tf.variable_scope("", reuse=True):
        return v.name, w.name, tf.get_variable("a", [2]) is w


def its_name_must_be_free(tf):
    tf.get_variable("a", [2])
    with tf.variable_scope("a"):
        tf.get_variable("", [2])


def another_of_its_name_is_refused(tf):
    with tf.variable_scope("a"):
        tf.get_variable("b/", [1])
        tf.get_variable("b", [1])


def a_name_with_a_slash_at_the_root(tf):
    return tf.get_variable("b/", [1]).name


def its_pieces(tf):
    with tf.variable_scope("a", partitioner=tf.fixed_size_partitioner(2)):
        v = tf.get_variable("", [4])
    return v.name, [piece.name for piece in v]


def a_getter_of_it(tf):
    seen = []

    def getter(getter, name, *args, **kwargs):
        seen.append(name)
        return getter(name, *args, **kwargs)

    with tf.variable_scope("a", custom_getter=getter):
        return tf.get_variable("", [4]).name, seen
