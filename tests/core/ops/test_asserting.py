"""Assertions, printing and functions of arrays: what is refused, and what is shown."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.tensorflow1 import evaluate, refusal, tf

BINARY = ["equal", "none_equal", "less", "less_equal", "greater", "greater_equal", "near"]
UNARY = ["positive", "negative", "non_negative", "non_positive"]


@settings(max_examples=25)
@given(
    st.sampled_from(BINARY + UNARY),
    st.lists(st.integers(-1, 1), min_size=0, max_size=2),
    st.integers(-1, 1),
)
def test_assertions_refuse_what_tensorflows_refuse(name, x, y):
    def call(tf):
        arguments = [np.array(x, "float32")] + ([float(y)] if name in BINARY else [])
        with tf.control_dependencies([getattr(tf, f"assert_{name}")(*arguments, message="why")]):
            return tf.constant(1.0) * 1.0

    try:
        evaluate(call)
    except tf.errors.InvalidArgumentError:
        with pytest.raises(ours.errors.InvalidArgumentError, match=r"^why"):
            call(ours)
    else:
        call(ours)


STATIC = [
    lambda tf: tf.assert_equal([1, 2], [1, 2, 3]),
    lambda tf: tf.assert_equal(1, 1.0),
    lambda tf: tf.assert_rank(1, 2),
    lambda tf: tf.assert_rank_at_least([1], 2),
    lambda tf: tf.assert_rank_in(1, [2, 3]),
    lambda tf: tf.assert_scalar([1]),
    lambda tf: tf.assert_type(1, tf.float32),
    lambda tf: tf.assert_integer(1.0),
    lambda tf: tf.assert_proper_iterable(1),
    lambda tf: tf.assert_proper_iterable(np.ones(1)),
    lambda tf: tf.Assert(tf.constant(1), [1]),
    lambda tf: tf.Assert(tf.constant(True), 1),
    lambda tf: tf.check_numerics(tf.constant(1), "x"),
    lambda tf: tf.py_func(3, [], tf.float32),
]


@pytest.mark.parametrize("call", STATIC, ids=range(len(STATIC)))
def test_what_is_known_is_refused_with_tensorflows_type(call):
    expected, mine = refusal(lambda: call(tf)), refusal(lambda: call(ours))
    assert type(mine) is type(expected)
    assert str(mine)


def test_values_are_looked_at_where_there_are_any():
    def model(x):
        with ours.control_dependencies([ours.assert_positive(x), ours.Assert(x > 0, [x])]):
            return ours.check_numerics(x * ts.get_variable("w", initializer=1.0), "x")

    net = ts.build(ts.ScopedModule(model), torch.ones(2))
    assert ts.graph(net, torch.ones(2))(-torch.ones(2)).tolist() == [-1.0, -1.0]
    with pytest.raises(ours.errors.InvalidArgumentError, match="Condition x > 0 did not hold"):
        net(-torch.ones(2))
    with pytest.raises(ours.errors.InvalidArgumentError, match="x : Tensor had Inf and NaN values"):
        ours.check_numerics([np.inf, np.nan], "x")
    with pytest.raises(NotImplementedError, match="set_detect_anomaly"):
        ours.add_check_numerics_ops()


PRINTED = [
    (([1.0, 2.0], np.arange(4.0).reshape(2, 2), 3), {}),
    ((np.arange(10), True, np.ones((5, 2))), {"message": "hi: "}),
    ((np.arange(10), np.pi, 1e10, -1e-7), {"summarize": -1}),
]


@pytest.mark.parametrize("case", PRINTED, ids=range(len(PRINTED)))
def test_print_shows_what_tensorflow_shows(case, capfd):
    data, kwargs = case
    evaluate(lambda tf: tf.Print(tf.constant(1.0), [tf.constant(each) for each in data], **kwargs))
    expected = capfd.readouterr().err
    assert ours.Print(torch.tensor(1.0), list(data), **kwargs).item() == 1.0
    assert capfd.readouterr().err == expected


def test_the_later_print_shows_what_tensorflow_shows(capfd):
    def call(tf):
        data = [tf.constant(np.arange(10)), {"x": tf.constant(np.ones((2, 2), "float32"))}]
        return tf.print("a", *data, [1, tf.constant(2.5)], 3, summarize=2)

    evaluate(call)
    expected = capfd.readouterr().err
    assert call(ours).type == "PrintV2"
    assert capfd.readouterr().err == expected
    with pytest.raises(ValueError, match=r"Unrecognized keyword arguments for tf.print"):
        ours.print(1, foo=2)


FUNCTIONS = [
    (lambda a: a * 2, ["float32"], "float32"),
    (lambda a: (a, a.sum().astype("int64")), ["float32", "int64"], None),
    (lambda a: a, ["float32"], None),
    (lambda a: 3, ["int64"], "int64"),
    (lambda a: None, [], None),
    (lambda a: a * 2.0, ["float64"], "float64"),
    (lambda a: (a, a), ["float32"], None),
    (lambda a: 3, ["int32"], "int32"),
]


@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_functions_of_arrays_give_what_tensorflow_gets(number):
    function, dtypes, one = FUNCTIONS[number]

    def call(tf):
        of = [getattr(tf, each) for each in dtypes]
        return tf.py_func(function, [tf.constant([1.0, 2.0])], of[0] if one else of)

    try:
        expected = evaluate(call)
    except tf.errors.InvalidArgumentError:
        with pytest.raises(ours.errors.InvalidArgumentError, match="pyfunc"):
            call(ours)
        return
    found = call(ours)
    if not dtypes:
        assert found == []
        return
    assert isinstance(found, list) == isinstance(expected, list)
    for mine, its in zip(
        *(e if isinstance(e, list) else [e] for e in (found, expected)), strict=True
    ):
        np.testing.assert_array_equal(mine.numpy(), its)
        assert mine.numpy().dtype == its.dtype


def test_functions_of_arrays_need_values():
    net = ts.ScopedModule(lambda x: ours.py_func(np.sin, [x], torch.float32))
    with pytest.raises(RuntimeError, match=r"tf.py_func calls a function of arrays"):
        ts.build(net, torch.ones(2))
    with pytest.raises(RuntimeError, match=r"tf.py_func calls a function of arrays"):
        ts.graph(net, torch.ones(2))
    x = torch.ones(2, requires_grad=True)
    assert not net(x).requires_grad
    assert ours.py_function(lambda a: a * 2, [x], torch.float32).requires_grad
