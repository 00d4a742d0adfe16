"""The arguments of what has TF1's name: the same names, in the same order, with the same defaults."""

import inspect
import re

import pytest

import torchscope.slim
import torchscope.tf1
from tests.tensorflow1 import tf, tf_slim
from tests.tensorflow1_contrib import import_contrib

contrib = import_contrib()
ours = torchscope.tf1

PATHS = {
    "tf.nn": (tf.nn, ours.nn),
    "tf.layers": (tf.layers, ours.layers),
    "tf.losses": (tf.losses, ours.losses),
    "tf.image": (tf.image, ours.image),
    "tf.nn.rnn_cell": (tf.nn.rnn_cell, ours.nn.rnn_cell),
    "tf.contrib.slim": (tf_slim, ours.contrib.slim),
    "tf.contrib.layers": (contrib.layers, ours.contrib.layers),
    "tf.contrib.framework": (contrib.framework, ours.contrib.framework),
    "tf.contrib.seq2seq": (contrib.seq2seq, ours.contrib.seq2seq),
    "tf.contrib.legacy_seq2seq": (contrib.legacy_seq2seq, ours.contrib.legacy_seq2seq),
    "tf.contrib.losses": (tf_slim.losses, ours.contrib.losses),
}

# Arguments of ours that TensorFlow's installed version has behind **kwargs or not any more.
OTHER_NAMES = {
    # TF1 asked for keywords by an argument of this name; now a decorator does.
    "sigmoid_cross_entropy_with_logits": ["_sentinel"],
    "softmax_cross_entropy_with_logits": ["_sentinel"],
    "sparse_softmax_cross_entropy_with_logits": ["_sentinel"],
    # In **kwargs.
    "Conv1D": ["groups"],
    "Conv2D": ["groups"],
    "Conv3D": ["groups"],
    "Layer": ["activity_regularizer", "_reuse", "_scope"],
    "RNNCell": ["activity_regularizer", "_reuse", "_scope"],
}
# It has the older names of tf.layers' own function too.
OTHER_NAMES["smart_cond"] = ["fn1", "fn2"]
# Keras has added three that TF1's had not.
LATER = {"InputSpec": ["allow_last_axis_squeeze", "name", "optional"]}
# A function of TensorFlow's graph does not tell them.
OTHER_NAMES["scale_gradient"] = LATER["scale_gradient"] = ["inputs", "gradient_multiplier"]
# The first argument is given by position.
RENAMED = {"arg_scope_func_key"}


def parameters_of(function):
    """Name, and default as it is written, of each argument."""
    function = function if inspect.isclass(function) else inspect.unwrap(function)
    return [
        (p.name, written(p.default))
        for p in inspect.signature(function).parameters.values()
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]


def written(default):
    """A default in words that both have: numbers and texts, and the kind of all else."""
    if default is inspect.Parameter.empty:
        return None
    if isinstance(default, list | tuple) and set(default) == {1}:
        return 1
    if hasattr(default, "as_numpy_dtype"):
        return default.name
    text = str(default)
    if text.startswith("torch."):
        return text.removeprefix("torch.")
    if re.search(r"(AUTO|NONE)$", text):
        return None
    named = getattr(default, "__name__", type(default).__name__)
    if callable(default):
        return "xavier" if named in {"_initializer", "_ContribScaling"} else named
    return default


def names_in(ours_):
    return [
        name for name, value in vars(ours_).items() if callable(value) and not name.startswith("_")
    ]


CASES = [
    pytest.param(getattr(theirs, name), getattr(ours_, name), name, id=f"{path}.{name}")
    for path, (theirs, ours_) in PATHS.items()
    for name in names_in(ours_)
    if hasattr(theirs, name)
]


@pytest.mark.parametrize(("theirs", "mine", "name"), CASES)
def test_arguments_have_tensorflows_names_order_and_defaults(theirs, mine, name):
    expected, found = parameters_of(theirs), parameters_of(mine)
    found = [each for each in found if each[0] not in OTHER_NAMES.get(name, ())]
    expected = [each for each in expected if each[0] not in LATER.get(name, ())]
    if name in RENAMED:
        assert len(found) == len(expected)
    else:
        assert found == expected


def test_what_tensorflow_does_not_have_is_listed():
    without = {
        f"{path}.{name}"
        for path, (theirs, ours_) in PATHS.items()
        if path != "tf.contrib.losses"
        for name in names_in(ours_)
        if not hasattr(theirs, name)
    }
    # Of TensorFlow itself, which contrib exports too, or of files that need what is gone.
    names = (
        *("is_numeric_tensor", "is_non_decreasing", "is_strictly_increasing"),
        *("prepend_name_scope", "strip_name_scope", "deprecated_args"),
        *("convolutional_delta_orthogonal", "convolutional_orthogonal_1d"),
        *("convolutional_orthogonal_2d", "convolutional_orthogonal_3d"),
    )
    of_contrib = {f"tf.contrib.framework.{name}" for name in names}
    assert without == {"tf.layers.conv_relu", *of_contrib}
    assert len(CASES) > 200
