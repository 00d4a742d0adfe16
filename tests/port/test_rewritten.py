"""What the rules make of source: what is rewritten, and what it gives when it runs."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import torchscope as ts
from torchscope import tf1
from torchscope.port import helpers, places, rewrite


def run(source):
    """The names of a file of TF1 source, rewritten and run."""
    names = {}
    exec(compile(rewrite(source).text, "model.py", "exec"), names)
    return names


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "from tensorflow.python.util import tf_inspect\nspec = tf_inspect.getargspec(f)\n",
            "spec = helpers.getargspec(f)",
        ),
        (
            "from tensorflow.contrib import nowhere\nnowhere.register(1, 'a')\n",
            'helpers.absent("tensorflow.contrib.nowhere.register")',
        ),
        (
            "from tensorflow.contrib import nowhere\ndef f():\n  return nowhere.register(1)\n",
            "  return nowhere.register(1)",
        ),
    ],
    ids=["tf_inspect", "an absent module, called on import", "and in a function"],
)
def test_source_is_rewritten(source, expected):
    assert expected in rewrite(source).text.splitlines()


def test_an_absent_module_may_be_called_while_a_file_is_imported():
    names = run("from tensorflow.python.framework import ops\nops.register_proto_function('a')\n")
    assert "ops" in names


def test_what_is_taken_from_private_modules_is_found():
    source = (
        "from tensorflow.python.layers import utils\n"
        "from tensorflow.python.ops import rnn_cell_impl\n"
        "from tensorflow.python.ops import variable_scope as scopes\n"
        "known = utils.constant_value(True), utils.constant_value(x)\n"
        "chosen = utils.smart_cond(False, lambda: 1, false_fn=lambda: 2)\n"
        "zeros = rnn_cell_impl._zero_state_tensors([2, 3], 4, dtype)\n"
        "with scopes._pure_variable_scope('a') as scope:\n"
        "  name = scope.name\n"
    )
    names = {"x": torch.tensor(True), "dtype": torch.float32}
    exec(compile(rewrite(source).text, "model.py", "exec"), names)
    assert names["known"] == (True, None)
    assert names["chosen"] == 2
    assert [tuple(zero.shape) for zero in names["zeros"]] == [(4, 2), (4, 3)]
    assert names["name"] == "a"


def test_private_names_lead_to_what_is_there():
    for path, dotted in places._PRIVATE.items():
        assert places.find(f"tensorflow.{path}") == dotted
        assert callable(places.at(dotted))


def test_a_dtype_of_numpy_is_told_where_nothing_is_computed():
    with FakeTensorMode():
        asked = {
            dtype: helpers.of_dtype(dtype).as_numpy_dtype for dtype in (torch.float32, torch.bool)
        }
    assert [kind.__name__ for kind in asked.values()] == ["float32", "bool"]


def test_the_graph_of_a_pass_may_be_its_default_graph():
    def build(x):
        with tf1.get_default_graph().as_default():
            return x * tf1.get_variable("w", [], initializer=tf1.ones_initializer())

    net = ts.ScopedModule(build)
    assert net(torch.tensor(2.0)) == 2
    assert [v.name for v in net.registry.global_variables()] == ["w:0"]
