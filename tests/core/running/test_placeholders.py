"""Placeholders: arguments of a pass, with TF1's names, conversions and errors."""

import copy
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_close
from tests.tensorflow1 import tf
from torchscope._core.passes import one_pass as passes

DTYPES = ["float16", "float32", "float64", "int8", "int32", "int64", "uint8", "bool", "complex64"]


def build_language_model():
    x = ours.placeholder(ours.float32, [None, 3], name="x")
    with ours.variable_scope("lm"):
        tokens = ours.placeholder(ours.int32, [], name="tokens")
    training = ours.placeholder_with_default(False, [], name="training")
    hidden = ours.layers.dense(x, 2, name="fc")
    hidden = ours.layers.dropout(hidden, 1 - 1e-6, training=training)
    return hidden, tokens


FEEDS = {"x": torch.ones(4, 3), "lm/tokens:0": torch.tensor(7, dtype=torch.int32)}


def built():
    return ts.build(ts.ScopedModule(build_language_model), feeds=FEEDS)


def test_they_are_fed_by_name_or_in_the_order_of_making():
    net = built()
    hidden, tokens = net(feeds=FEEDS)
    assert hidden.any()
    assert tokens is FEEDS["lm/tokens:0"]
    assert torch.equal(net(FEEDS["x"], tokens)[0], hidden)
    assert torch.equal(net(tokens, feeds={"x:0": FEEDS["x"]})[0], hidden)
    assert not net(feeds={**FEEDS, "training": True})[0].any()


def test_a_net_with_them_is_recorded_compiled_exported_and_copied():
    net = built()
    expected = net(feeds=FEEDS)
    dropped = {**FEEDS, "training": True}
    exported = torch.export.export(net, (), {"feeds": FEEDS}).module()
    for other in (ts.graph(net, feeds=FEEDS), copy.deepcopy(net), exported):
        torch.testing.assert_close(other(feeds=FEEDS), expected)
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    for other in (ts.graph(net, feeds=FEEDS), compiled):
        assert not other(feeds=dropped)[0].any()
        torch.testing.assert_close(other(feeds=FEEDS), expected)
        assert other(torch.ones(6, 3), 5)[1].item() == 5


def names_taken(tf, make):
    """The names in a pass, of placeholders and variables alike."""
    with tf.name_scope("s"):
        names = [make("X"), make("x"), tf.Variable(0.0, name="x").op.name, make("a/b")]
    with tf.variable_scope("v"):
        names += [make("e"), tf.get_variable("e", []).op.name, make("e"), make("r/"), make(None)]
    return [*names, make(None), make(""), make("Placeholder"), tf.Variable(0.0, name="x").op.name]


def test_they_take_their_names_in_the_pass_as_tensorflow_gives_them():
    with tf.Graph().as_default():
        expected = names_taken(tf, lambda name: tf.placeholder("float32", name=name).op.name)
    found = []

    def build():
        def make(name):
            ours.placeholder("float32", name=name)
            feeds = passes.current().feeds
            return feeds.made[-1]

        found.extend(names_taken(ours, make))

    ts.ScopedModule(build)(*[torch.ones(1)] * 10)
    assert found == expected


def session_run(dtype, shape, value):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(dtype, shape, name="x")
        return session.run(tf.identity(x), {} if value is None else {x: value})


def pass_run(dtype, shape, value):
    net = ts.ScopedModule(lambda: ours.placeholder(dtype, shape, name="x"))
    return net() if value is None else net(feeds={"x": value})


@st.composite
def fed(draw):
    """A dtype, a shape, and an array or list that may fit."""
    array = np.array(
        draw(st.lists(st.sampled_from([0, 1, 2, 100]), min_size=6, max_size=6)),
        draw(st.sampled_from(["float64", "float32", "int64", "int32", "uint8", "bool"])),
    ).reshape(draw(st.sampled_from([(6,), (2, 3), (1, 6), (3, 2, 1)])))
    sizes = [draw(st.sampled_from([size, size, None, 2])) for size in array.shape]
    shape = draw(st.sampled_from([None, sizes, sizes, [*sizes, None]]))
    form = draw(st.sampled_from([np.asarray, np.ndarray.tolist, list]))
    return draw(st.sampled_from(DTYPES)), shape, form(array)


@settings(max_examples=60)
@given(fed())
def test_what_is_fed_is_converted_or_refused_as_a_session_does(case):
    dtype, shape, value = case
    try:
        expected = session_run(dtype, shape, value)
    except ValueError as error:
        with pytest.raises(ValueError, match=f"^{re.escape(str(error))}"):
            pass_run(dtype, shape, value)
        return
    assert_close(pass_run(dtype, shape, value), expected, tolerance=0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [0, 1, 3, 2.0, True, 2**30 + 1, -1, 1 + 0j, np.int64(7)], ids=str)
@pytest.mark.filterwarnings("ignore")  # NumPy's, of complex numbers whose imaginary part goes.
def test_a_number_is_converted_as_a_session_does(dtype, value):
    refused = None
    try:
        expected = session_run(dtype, [], value)
    except TypeError as error:
        refused = str(error)
    if refused or (expected != value and np.dtype(dtype).kind in "iu"):
        # TensorFlow wraps around some numbers without a word.
        with pytest.raises(TypeError, match=f"^Type of feed value {re.escape(str(value))} with"):
            pass_run(dtype, [], value)
    else:
        assert_close(pass_run(dtype, [], value), expected, tolerance=0)


@pytest.mark.parametrize("value", [1.5, [1.5, 2.0], np.array([2**40]), [float("nan")], [300, -1]])
@pytest.mark.filterwarnings("ignore")  # NumPy's.
def test_what_an_integer_cannot_hold_is_refused(value):
    # TensorFlow cuts it off without a word.
    assert (session_run("uint8", None, value) != value).any()
    with pytest.raises(
        TypeError, match=r"^Type of feed value .* is not compatible with Tensor type"
    ):
        pass_run("uint8", None, value)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [None, [], [None, 3], [2]])
def test_what_is_not_fed_is_tensorflows_error(dtype, shape):
    with pytest.raises(tf.errors.InvalidArgumentError) as theirs:
        session_run(dtype, shape, None)
    sentence = re.search("You must feed.*", str(theirs.value))[0]
    with pytest.raises(ours.errors.InvalidArgumentError) as error:
        pass_run(dtype, shape, None)
    assert str(error.value).startswith(f"{sentence}. It is made in a pass that is not fed.")
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("float32", [-1]), ValueError),
        (("float32", ["a"]), TypeError),
        (("float32", None, "_x"), ValueError),
        (("float32", None, "a b"), ValueError),
        (("float32", None, 3), TypeError),
    ],
)
def test_bad_arguments_are_refused_as_tensorflow_refuses_them(arguments, error):
    with tf.Graph().as_default(), pytest.raises(error) as theirs:
        tf.placeholder(*arguments)
    sentence = str(theirs.value).partition(". ")[0].removesuffix(".")
    with pytest.raises(error, match=f"^{re.escape(sentence)}"):
        ts.ScopedModule(lambda: ours.placeholder(*arguments))(torch.ones(1))


@pytest.mark.parametrize("shape", [[3], [None, 3]])
def test_a_default_has_the_shape_that_is_said(shape):
    with tf.Graph().as_default(), pytest.raises(ValueError, match=r"Shapes|Dimension 0") as theirs:
        tf.placeholder_with_default([1.0, 2.0], shape)
    sentence = re.split(r"\.| for", str(theirs.value))[0]
    with pytest.raises(ValueError, match=f"^{sentence}"):
        ts.ScopedModule(lambda: ours.placeholder_with_default([1.0, 2.0], shape))()


def test_what_no_placeholder_takes_is_refused():
    net = built()
    with pytest.raises(TypeError, match=r"3 placeholders took one. .* are: x, lm/tokens, training"):
        net(torch.ones(1, 3), 1, True, 4)
    unknown = r"The operation, 'lm/token', does not exist .* nearest existing names are: lm/tokens"
    with pytest.raises(TypeError, match=unknown):
        net(feeds={**FEEDS, "lm/token": 1})
    with pytest.raises(ValueError, match=r"'x' .* Fed, and not asked for so far: lm/x.* are: lm/x"):
        net(feeds={"lm/x": 1})
    with pytest.raises(TypeError, match="is fed by its name, such as 'x'"):
        net(feeds={torch.ones(1): 1})
    with pytest.raises(TypeError, match="`feeds` must be a dictionary"):
        net(feeds=[1])
    with pytest.raises(ValueError, match="fed twice, as 'x' and 'x:0'"):
        net(feeds={"x": 1, "x:0": 1})


def test_a_tensor_of_another_dtype_is_refused():
    with pytest.raises(TypeError, match=r"^Type of feed value for x, a tensor of float64, is not"):
        pass_run("float32", None, torch.ones(1, dtype=torch.float64))


def test_outside_of_every_pass_it_is_said_what_to_write():
    with pytest.raises(ValueError, match=r"^You must feed .* outside of every pass.*ScopedModule"):
        ours.placeholder(ours.float32)


def test_a_function_may_take_arguments_beside_placeholders():
    def build(scale, *, shift=0.0):
        return ours.placeholder(ours.float32, [], name="x") * scale + shift

    assert ts.ScopedModule(build)(2.0, shift=1.0, feeds={"x": 3.0}).item() == 7.0


def test_a_function_that_takes_feeds_itself_gets_them():
    assert ts.ScopedModule(lambda feeds: feeds)(feeds=3) == 3
    inner = ts.ScopedModule(lambda: ours.placeholder(ours.float32, [], name="x"))
    assert ts.ScopedModule(inner)(feeds={"x": 3.0}).item() == 3.0


def test_what_is_checkpointed_finds_its_placeholder_again():
    x = torch.ones(2, requires_grad=True)

    def block():
        return (ours.placeholder(ours.float32, [2], name="x") * ours.get_variable("w", [2])).exp()

    net = ts.ScopedModule(lambda: ts.recompute(block))
    net(feeds={"x": x}).sum().backward()
    assert x.grad.any()


def test_numbers_that_are_fed_are_known_as_sizes():
    net = ts.ScopedModule(lambda: ours.random_normal([ours.placeholder(ours.int32, []), 3]))
    assert ts.graph(net, 4)(4).shape == (4, 3)
    assert torch.compile(net, fullgraph=True, backend="eager")(5).shape == (5, 3)


def test_sizes_and_lists_of_tensors_are_fed():
    assert pass_run("int32", [2], ours.shape(torch.ones(2, 3))).tolist() == [2, 3]
    assert pass_run("float32", [2], [torch.tensor(1.0), 2.0]).tolist() == [1.0, 2.0]


def test_they_are_made_on_the_device_of_the_net():
    net = ts.ScopedModule(lambda: ours.placeholder(ours.float32, [2])).to("meta")
    assert net(np.ones(2)).is_meta
