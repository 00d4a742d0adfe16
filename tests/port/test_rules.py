"""Each rule of the rewriter: what becomes of a line, and what stays as it is."""

import pytest

from torchscope.port import rewrite
from torchscope.port.rules import RULES

TF = "import tensorflow as tf\n"
OURS = "import torchscope.tf1 as tf\n"
WITH_HELPERS = "import torchscope.tf1 as tf; from torchscope.port import helpers\n"

# By rule: a line under the import of TensorFlow, and what it becomes.
LINES = {
    "AugmentedAssignments": [
        ("x += y", "x = helpers.iadd(x, y)"),
        ("x *= tf.exp(y)", "x = x * tf.exp(y)"),
        ("self.total -= a + b", "self.total = helpers.isub(self.total, a + b)"),
        ("d[k] /= 2", "d[k] = helpers.itruediv(d[k], 2)"),
        ("n = 0\nn += 1", "n = 0\nn += 1"),
        ("found = []\nfound += [x]", "found = []\nfound += [x]"),
        ("for i in range(3):\n    x **= i", "for i in range(3):\n    x = helpers.ipow(x, i)"),
    ],
    "ComparedShapes": [
        ("ok = x.shape == [2, 3]", "ok = helpers.get_shape(x) == [2, 3]"),
        ("ok = x.shape == y.shape", "ok = x.shape == y.shape"),
        ("ok = x.shape == (2, 3)", "ok = x.shape == (2, 3)"),
    ],
    "DimensionValues": [
        ("n = x.shape[1].value", "n = x.shape[1]"),
        ("n = x.get_shape()[-1].value", "n = x.shape[-1]"),
        ("n = dims[i].value", "n = helpers.value(dims[i])"),
        ("n = [d.value for d in x.get_shape()[1:]]", "n = [d for d in x.shape[1:]]"),
        ("for d in x.shape:\n    n = d.value", "for d in x.shape:\n    n = d"),
        ("for d in dims:\n    n = d.value", "for d in dims:\n    n = helpers.value(d)"),
        ("n = self.value", "n = self.value"),
        ("n = v.value()", "n = v.value()"),
        ("d.value = 3", "d.value = 3"),
    ],
    "DtypeMembers": [
        ("d = x.dtype.base_dtype", "d = helpers.of_dtype(x.dtype).base_dtype"),
        ("m = tf.float16.min", "m = helpers.of_dtype(tf.float16).min"),
        ("n = dtype.as_numpy_dtype(3)", "n = helpers.of_dtype(dtype).as_numpy_dtype(3)"),
        (
            "ok = x.dtype.is_compatible_with(tf.int32)",
            "ok = helpers.of_dtype(x.dtype).is_compatible_with(tf.int32)",
        ),
        ("m = x.max", "m = x.max"),
    ],
    "GetShape": [
        ("n = x.get_shape()[1]", "n = x.shape[1]"),
        ("n = len(x.get_shape())", "n = len(x.shape)"),
        ("n = (a + b).get_shape()[0]", "n = (a + b).shape[0]"),
        ("s = x.get_shape()", "s = helpers.get_shape(x)"),
        ("s = x.get_shape()[1:]", "s = helpers.get_shape(x)[1:]"),
    ],
    "InitialValues": [
        ("v = tf.Variable(tf.zeros([2]))", "v = tf.Variable(lambda: tf.zeros([2]))"),
        ("v = tf.Variable(initial_value=f(2))", "v = tf.Variable(initial_value=lambda: f(2))"),
        ("v = tf.Variable(0, name='n')", "v = tf.Variable(0, name='n')"),
        ("v = tf.Variable(lambda: f(2))", "v = tf.Variable(lambda: f(2))"),
        (
            "v = tf.get_variable('v', initializer=tf.random_normal([2]))",
            "v = tf.get_variable('v', initializer=lambda: tf.random_normal([2]))",
        ),
        (
            "v = tf.get_variable('v', [2], initializer=tf.zeros_initializer())",
            "v = tf.get_variable('v', [2], initializer=tf.zeros_initializer())",
        ),
    ],
    "NegativeSteps": [
        ("y = x[:, ::-1]", "y = helpers.strided(x)[:, ::-1]"),
        ("y = x[::step]", "y = helpers.strided(x)[::step]"),
        ("y = x[1:3, ::2]", "y = x[1:3, ::2]"),
        ("x[::-1] = 0", "x[::-1] = 0"),
    ],
    "OldAttributes": [
        ("for k in d.iteritems(): pass", "for k in d.items(): pass"),
        ("import numpy as np\nd = np.float", "import numpy as np\nd = np.float64"),
        ("import numpy as np\nd = np.float32", "import numpy as np\nd = np.float32"),
        (
            "import collections\nok = isinstance(x, collections.Mapping)",
            "import collections\nok = isinstance(x, collections.abc.Mapping)",
        ),
        ("from collections import Mapping", "from collections.abc import Mapping"),
        ("from collections import namedtuple", "from collections import namedtuple"),
    ],
    "OldNames": [
        ("for i in xrange(3): pass", "for i in range(3): pass"),
        (
            "from six.moves import xrange\nr = xrange(3)",
            "from six.moves import xrange\nr = xrange(3)",
        ),
    ],
    "ShapeMembers": [
        ("s = x.get_shape().as_list()", "s = list(x.shape)"),
        ("s = x.shape.as_list()", "s = list(x.shape)"),
        ("n = x.shape.ndims", "n = len(x.shape)"),
        ("n = x.get_shape().ndims", "n = len(x.shape)"),
        ("s = shape.as_list()", "s = helpers.of_shape(shape).as_list()"),
        ("n = shape.ndims", "n = helpers.of_shape(shape).ndims"),
        ("x.shape.assert_has_rank(4)", "helpers.of_shape(x.shape).assert_has_rank(4)"),
    ],
    "Symbols": [
        ("y = tf.compat.v1.nn.relu(x)", "y = tf.nn.relu(x)"),
        (
            "y = tf.contrib.layers.python.layers.layers.flatten(x)",
            "y = tf.contrib.layers.flatten(x)",
        ),
        ("data = tf.data.Dataset", 'data = helpers.absent("tensorflow.data.Dataset")'),
        (
            "class Hook(tf.train.ProfilerHook): pass",
            'class Hook(helpers.absent("tensorflow.train.ProfilerHook")): pass',
        ),
        ("def f(): return tf.data.Dataset", "def f(): return tf.data.Dataset"),
        (
            "def f(x): return isinstance(x, tf.RaggedTensor)",
            'def f(x): return isinstance(x, helpers.absent("tensorflow.RaggedTensor"))',
        ),
        (
            "@tf.contrib.tpu.wrap(1)\ndef f(): pass",
            '@helpers.absent_decorator("tensorflow.contrib.tpu.wrap")\ndef f(): pass',
        ),
        ("y = tf.float32", "y = tf.float32"),
    ],
    "TensorMembers": [
        ("n = x.name", "n = helpers.name(x)"),
        ("n = x.op.name", "n = helpers.name(helpers.op(x))"),
        ("n = self.name", "n = self.name"),
        ("n = tf.get_variable_scope().name", "n = tf.get_variable_scope().name"),
        (
            "with tf.variable_scope('a') as s:\n    n = s.name",
            "with tf.variable_scope('a') as s:\n    n = s.name",
        ),
        ("x.set_shape([2, 3])", "helpers.set_shape(x)([2, 3])"),
        ("x.name = 'a'", "x.name = 'a'"),
    ],
}

# Imports, and what they become.
IMPORTS = [
    ("import tensorflow as tf", "import torchscope.tf1 as tf"),
    ("import tensorflow", "import torchscope.tf1 as tensorflow"),
    ("import tensorflow.compat.v1 as tf", "import torchscope.tf1 as tf"),
    ("import os, tensorflow as tf", "import os; import torchscope.tf1 as tf"),
    ("import tf_slim as slim", "from torchscope.tf1.contrib import slim"),
    ("import tensorflow.contrib.slim as slim", "from torchscope.tf1.contrib import slim"),
    ("from tensorflow.contrib import slim, rnn", "from torchscope.tf1.contrib import slim, rnn"),
    (
        "from tensorflow.contrib.layers.python.layers.layers import conv2d as c",
        "from torchscope.tf1.contrib.layers import conv2d as c",
    ),
    (
        "from tensorflow.python.ops import array_ops\narray_ops.reshape",
        "import torchscope.tf1 as array_ops\narray_ops.reshape",
    ),
    (
        "from tensorflow.python.ops import nn_ops\nnn_ops.conv2d",
        "from torchscope.tf1 import nn as nn_ops\nnn_ops.conv2d",
    ),
    (
        "from tensorflow.python.ops import math_ops\nmath_ops.add, math_ops.bincount, math_ops.l2_loss",
        (
            'from torchscope.port import helpers; math_ops = helpers.module("tensorflow.python.ops.math_ops")\n'
            "math_ops.add, math_ops.bincount, math_ops.l2_loss"
        ),
    ),
    (
        "from tensorflow.python.training.moving_averages import assign_moving_average",
        "from torchscope.tf1.train import assign_moving_average",
    ),
    (
        "from tensorflow.python.training import slot_creator\nslot_creator.create_zeros_slot",
        "from torchscope.tf1 import _slot_creator as slot_creator\nslot_creator.create_zeros_slot",
    ),
    ("from tensorflow.python.util import tf_inspect", "import inspect as tf_inspect"),
    (
        "from tensorflow.python.client import device_lib\ndef f(): device_lib.list_local_devices",
        (
            "from torchscope.port import helpers; "
            'device_lib = helpers.absent("tensorflow.python.client.device_lib")\ndef f(): device_lib.list_local_devices'
        ),
    ),
    (
        "import tensorflow_probability as tfp",
        'from torchscope.port import helpers; tfp = helpers.absent("tensorflow_probability")',
    ),
    (
        "try:\n    from tensorflow.python.client import device_lib\nexcept ImportError:\n    device_lib = None",
        (
            "try:\n"
            "    from torchscope.tf1.python.client import device_lib\n"
            "except ImportError:\n    device_lib = None"
        ),
    ),
]


def rewritten(line):
    return (
        rewrite(TF + line + "\n")
        .text.removeprefix(WITH_HELPERS)
        .removeprefix(OURS)
        .removesuffix("\n")
    )


@pytest.mark.parametrize(
    ("rule", "line", "expected"), [(rule, *each) for rule, lines in LINES.items() for each in lines]
)
def test_a_line_becomes(rule, line, expected):
    assert rewritten(line) == expected
    used = rewrite(TF + line + "\n").rules
    assert (used[rule] > 0) == (line != expected)


@pytest.mark.parametrize(("line", "expected"), IMPORTS)
def test_an_import_becomes(line, expected):
    assert rewrite(f"{line}\n").text == f"{expected}\n"


def test_every_rule_has_its_lines():
    noting = {"Placeholders", "Sessions"}
    elsewhere = {"Imports", "ImportsByText", "RegisteredGradients"}
    assert {type(rule).__name__ for rule in RULES} == LINES.keys() | noting | elsewhere


def test_an_import_by_text_becomes_one_of_torchscope():
    text = 'import importlib\nname = "tensorflow"\ntf = importlib.import_module(name)\n'
    expected = "import importlib; from torchscope.port import helpers"
    assert rewrite(text).text.splitlines()[0] == expected
    assert rewrite(text).text.splitlines()[2] == "tf = helpers.import_module(name)"


def test_a_name_that_is_something_else_in_a_function_is_left():
    text = "from tensorflow.contrib import layers\ndef f(layers):\n    return layers.python\n"
    assert "return layers.python" in rewrite(text).text


def test_symbols_that_are_tried_are_left_to_fail():
    text = f"{TF}try:\n    data = tf.data\nexcept AttributeError:\n    data = None\n"
    assert "data = tf.data\n" in rewrite(text).text


@pytest.mark.parametrize(
    ("line", "kind", "advice"),
    [
        ("sess = tf.Session()", "session", "ts.ScopedModule(build)"),
        ("loss = sess.run(y)", "session", "net(feeds="),
        ("x = tf.placeholder(tf.float32)", "placeholder", "in the function that builds the model"),
        ("d = tf.data.Dataset.range(3)", "tf.data", "DataLoader"),
        ("e = tf.estimator.Estimator(f)", "estimator", "An estimator's loop is written out"),
        ("q = tf.FIFOQueue(3, [tf.int32])", "queue", "DataLoader"),
        ("def f(): return tf.nothing_of_the_kind(1)", "unknown symbol", "torchscope has no"),
        ("d[f()] += x", "augmented assignment", "x = x + y"),
    ],
)
def test_what_a_person_has_to_decide_is_noted(line, kind, advice):
    (note,) = rewrite(f"{TF}{line}\n").notes
    assert (note.line, note.code, note.kind) == (2, line, kind)
    assert advice in note.advice


def test_a_placeholder_in_a_function_is_not_noted():
    assert not rewrite(f"{TF}def build():\n    return tf.placeholder(tf.float32)\n").notes
