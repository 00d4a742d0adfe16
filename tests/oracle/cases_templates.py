"""Templates: sharing by calling again."""


def _layer(tf):
    def layer():
        return tf.get_variable("w", [1])

    return layer


def calls_share(tf):
    t = tf.make_template("t", _layer(tf))
    a, b = t(), t()
    return a is b, a.name


def two_templates_of_one_name(tf):
    t, u = tf.make_template("t", _layer(tf)), tf.make_template("t", _layer(tf))
    return t().name, u().name, t().name


def a_template_in_a_scope(tf):
    t = tf.make_template("t", _layer(tf))
    with tf.variable_scope("s"):
        a = t()
    with tf.variable_scope("other"):
        b = t()
    return a is b, a.name


def a_template_made_in_a_scope_and_called_outside(tf):
    with tf.variable_scope("s"):
        t = tf.make_template("t", _layer(tf))
    return t().name


def a_template_that_opens_its_scope_at_once(tf):
    with tf.variable_scope("s"):
        t = tf.make_template("t", _layer(tf), create_scope_now_=True)
    return t().name, t.variable_scope.name


def scopes_seen_by_a_template(tf):
    seen = []

    def layer():
        s = tf.get_variable_scope()
        seen.append((s.name, s.original_name_scope, s.reuse))
        seen.append(tf.Variable(1.0, trainable=False, name="v").name)
        return tf.get_variable("w", [1])

    t = tf.make_template("t", layer)
    t(), t()
    return seen


def scopes_seen_by_a_template_that_opens_its_scope_at_once(tf):
    seen = []

    def layer():
        s = tf.get_variable_scope()
        seen.append((s.name, s.original_name_scope, s.reuse))
        seen.append(tf.Variable(1.0, trainable=False, name="v").name)
        return tf.get_variable("w", [1])

    t = tf.make_template("t", layer, create_scope_now_=True)
    t(), t()
    u = tf.make_template("t", layer)
    u(), u()
    return seen


def what_a_template_that_opens_its_scope_at_once_inherits(tf):
    def layer():
        s = tf.get_variable_scope()
        return s.dtype, s.initializer is None

    with tf.variable_scope("s", dtype=tf.float64, initializer=tf.zeros_initializer()):
        return tf.make_template("t", layer, create_scope_now_=True)(), tf.make_template(
            "u", layer
        )()


def a_unique_name(tf):
    t = tf.make_template("t", _layer(tf), unique_name_="given")
    return t().name, t().name


def a_unique_name_used_twice(tf):
    t = tf.make_template("t", _layer(tf), unique_name_="given")
    u = tf.make_template("u", _layer(tf), unique_name_="given")
    t()
    u()


def a_template_beside_a_scope_of_its_name(tf):
    with tf.variable_scope("t"):
        tf.get_variable("w", [1])
    t = tf.make_template("t", _layer(tf))
    return t().name


def arguments(tf):
    def layer(name, size):
        return tf.get_variable(name, [size])

    t = tf.make_template("t", layer, size=3)
    v = t("w")
    return v.name, v.shape


def no_name(tf):
    tf.make_template(None, _layer(tf))


def a_trainable_variable_in_a_later_call(tf):
    def layer():
        return tf.Variable(1.0, name="v")

    t = tf.make_template("t", layer)
    t()
    t()


def a_variable_that_is_not_trained_in_a_later_call(tf):
    def layer():
        return tf.Variable(1.0, name="v", trainable=False)

    t = tf.make_template("t", layer)
    return t().name, t().name


def another_variable_in_a_later_call(tf):
    def layer(name):
        return tf.get_variable(name, [1])

    t = tf.make_template("t", layer)
    t("a")
    t("b")


def a_template_that_fails(tf):
    def layer():
        raise ValueError("in the layer")

    tf.make_template("t", layer)()


def a_template_that_fails_and_is_called_again(tf):
    calls = []

    def layer():
        calls.append(1)
        w = tf.get_variable("w", [1])
        if len(calls) == 1:
            raise ValueError("in the layer")
        return w

    t = tf.make_template("t", layer)
    try:
        t()
    except ValueError:
        pass
    return t().name


def templates_nest(tf):
    inner = tf.make_template("inner", _layer(tf))

    def layer():
        return inner(), tf.get_variable("w", [1])

    outer = tf.make_template("outer", layer)
    a, b = outer(), outer()
    return [v.name for v in a], [x is y for x, y in zip(a, b, strict=True)]


def a_template_made_inside_a_template(tf):
    def layer():
        inner = tf.make_template("inner", _layer(tf))
        return inner(), inner()

    outer = tf.make_template("outer", layer)
    return [v.name for v in outer()], [v.name for v in outer()]


def an_inner_template_called_alone_first(tf):
    inner = tf.make_template("inner", _layer(tf))
    inner()
    outer = tf.make_template("outer", lambda: inner())
    return outer().name


def variables_of_a_template(tf):
    def layer():
        tf.get_variable("w", [1])
        tf.get_variable("f", [1], trainable=False)
        tf.get_local_variable("l", [1])

    t = tf.make_template("t", layer)
    t()
    tf.get_variable("outside", [1])
    return t.global_variables, t.trainable_variables, t.local_variables, t.name


def a_getter_of_a_template(tf):
    def getter(getter, name, *args, **kwargs):
        return getter(name + "_x", *args, **kwargs)

    t = tf.make_template("t", _layer(tf), custom_getter_=getter)
    return t().name, t().name


def a_template_under_reuse(tf):
    t = tf.make_template("t", _layer(tf))
    with tf.variable_scope("s", reuse=True):
        t()


def a_template_under_auto_reuse(tf):
    t = tf.make_template("t", _layer(tf))
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE):
        return t().name, t().name


def a_template_called_in_two_name_scopes(tf):
    def layer():
        return tf.Variable(1.0, trainable=False, name="v").name

    t = tf.make_template("t", layer)
    names = []
    for scope in ("a", "b"):
        with tf.name_scope(scope):
            names.append(t())
    return names


def _described(t):
    scope = t.variable_scope
    return {
        "scope": scope and (scope.name, t.var_scope.name),
        "prefix": t.variable_scope_name,
        "variables": (t.variables, t.weights),
        "trained": (t.trainable_variables, t.trainable_weights),
        "others": (t.non_trainable_variables, t.non_trainable_weights),
        "lists": (t.global_variables, t.local_variables),
    }


def _many(tf):
    def layer():
        tf.get_variable("w", [1])
        tf.get_variable("f", [1], trainable=False)
        tf.get_local_variable("l", [1])
        tf.get_variable("m", [1], collections=["mine"])

    return layer


def all_that_a_template_says_before_and_after_its_call(tf):
    late, now = (tf.make_template("t", _many(tf), create_scope_now_=at) for at in (False, True))
    before = _described(late), _described(now)
    late(), now()
    tf.get_variable("t/beside", [1])
    tf.get_variable("tt", [1])
    return before, _described(late), _described(now)


def all_that_a_template_says_during_its_first_call(tf):
    seen = []

    def layer():
        tf.get_variable("w", [1])
        seen.append(_described(t))

    t = tf.make_template("t", layer)
    t(), t()
    return seen


def all_that_a_template_says_after_a_call_that_failed(tf):
    def layer():
        tf.get_variable("w", [1])
        raise KeyError

    t = tf.make_template("t", layer)
    try:
        t()
    except KeyError:
        return _described(t)


def templates_whose_scopes_have_other_names(tf):
    templates = []
    for name in ("a/b", "s/", ""):
        templates.append(tf.make_template("t", _many(tf), unique_name_=name))
        templates[-1]()
        tf.get_variable(f"s/beside{len(templates)}", [1])
    with tf.variable_scope("outer"):
        templates.append(tf.make_template("t", _many(tf)))
        templates[-1]()
    return [_described(t) for t in templates]


def a_template_that_clears_the_trained_variables(tf):
    def function():
        del tf.get_collection_ref(tf.GraphKeys.TRAINABLE_VARIABLES)[:]
        tf.get_variable("v", [1])

    template = tf.make_template("t", function)
    template()
    try:
        template()
    except ValueError as error:
        return str(error).split("\n")[0]


def what_is_put_among_trained_variables_by_hand_is_named_too(tf):
    def function():
        tf.Variable(1.0)
        tf.add_to_collection(tf.GraphKeys.TRAINABLE_VARIABLES, 0)

    template = tf.make_template("t", function)
    template()
    try:
        template()
    except ValueError as error:
        return str(error).split("\n")[0].endswith(", 0]")
