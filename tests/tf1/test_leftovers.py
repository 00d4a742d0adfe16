"""What TensorFlow's own modules have, and tf has not."""

import importlib

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as ours
from tests.tensorflow1 import assert_refused_alike, tf
from tests.tensorflow1_contrib import import_contrib
from torchscope.port.helpers import module

deprecation = importlib.import_module("tensorflow.python.util.deprecation")

FRAMEWORK = "tensorflow.python.framework"


def test_the_name_scope_is_that_of_the_pass():
    framework = import_contrib().framework

    def scopes(tf, framework):
        with tf.name_scope("a"), tf.variable_scope("b"):
            return [framework.get_name_scope(), tf.get_default_graph().get_name_scope()]

    with tf.Graph().as_default():
        expected = scopes(tf, framework)
    net = ts.ScopedModule(lambda: scopes(ours, ours.contrib.framework))
    assert net() == net() == expected == ["a/b", "a/b"]
    assert ours.contrib.framework.get_name_scope() == ""


def test_no_graph_is_of_a_loop_or_of_xla():
    context = ours.get_default_graph()._get_control_flow_context()
    util = module("tensorflow.python.ops.control_flow_util")
    assert context is None
    assert util.GetContainingXLAContext(context) is util.GetContainingWhileContext(context) is None
    assert not util.IsInXLAContext(None)


def test_numbers_are_of_one_pass():
    uid = module(f"{FRAMEWORK}.ops").uid
    net = ts.ScopedModule(lambda: [uid() for _ in range(3)])
    assert net() == net() == [1, 2, 3]


@pytest.mark.parametrize(
    "mark",
    [
        lambda made: made.deprecated("2020-01-01", "Use g."),
        lambda made: made.deprecated_args(None, "Leave it out.", "x"),
        lambda made: made.deprecated_arg_values(None, "Leave it out.", x=None),
    ],
)
def test_what_is_marked_as_deprecated_stays(mark):
    def function(x):
        return x

    assert mark(ours.contrib.framework)(function) is function
    theirs = mark(deprecation)(function)
    assert theirs(1) == 1


def test_a_mark_says_what_to_use_instead():
    theirs = deprecation.deprecated
    assert_refused_alike(
        lambda: theirs("2020-01-01", ""),
        lambda: ours.contrib.framework.deprecated("2020-01-01", ""),
    )


def test_a_hook_does_nothing_of_itself():
    class Counting(ours.train.SessionRunHook):
        count = 0

        def after_run(self, run_context, run_values):
            self.count += 1

    hook = Counting()
    hook.begin()
    hook.after_create_session(None, None)
    assert hook.before_run(None) is None
    hook.after_run(None, None)
    hook.end(None)
    assert hook.count == 1
    asked = ours.train.SessionRunArgs(["loss"])
    assert asked == tuple(tf.train.SessionRunArgs(["loss"]))


def test_optimizers_have_the_names_that_contrib_gives_them():
    names = ours.contrib.layers.OPTIMIZER_CLS_NAMES
    theirs = import_contrib().layers.OPTIMIZER_CLS_NAMES
    assert {name: made(0.1).get_name() for name, made in names.items()} == {
        name: made(0.1).get_name() for name, made in theirs.items()
    }


def test_no_tensor_is_of_texts():
    assert torch.ones(1).dtype != ours.string
    assert ours.string == ours.dtypes.string.base_dtype
    assert repr(ours.string) == "tf.string"
    with pytest.raises(
        TypeError, match=r"Cannot convert .* tf\.string to .* A torch\.Tensor has no texts"
    ):
        ours.zeros([2], ours.string)
