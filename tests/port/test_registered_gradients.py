"""tf.RegisterGradient in a file that is rewritten: it can be imported."""

import pytest

from torchscope._core.ops.errors import UnimplementedError
from torchscope.port import places, rewrite

FILE = """import tensorflow as tf

@tf.RegisterGradient("Guided")
def guided(op, dy):
    return dy

def later():
    @tf.RegisterGradient("Later")
    def gradient(op, dy):
        return dy
"""


def test_one_at_the_top_of_a_file_becomes_a_stand_in_and_is_noted():
    made = rewrite(FILE)
    assert made.rules["RegisteredGradients"] == 1
    assert [note.line for note in made.notes if note.kind == "gradient"] == [3]
    names = {}
    exec(made.text, names)
    with pytest.raises(UnimplementedError, match="RegisterGradient was used"):
        names["guided"](None, 1)
    # What runs says it itself.
    with pytest.raises(NotImplementedError, match=r"tf\.custom_gradient"):
        names["later"]()


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("python.framework.function.Defun", "_function.Defun"),
        ("python.framework.ops.uid", "_framework_ops.uid"),
        ("python.framework.ops.convert_to_tensor", "convert_to_tensor"),
        (
            "python.ops.control_flow_util.GetContainingXLAContext",
            "_control_flow_util.GetContainingXLAContext",
        ),
        ("python.util.deprecation.deprecated", "_deprecation.deprecated"),
        ("compat.v1.summary.scalar", "summary.scalar"),
        ("raw_ops.LSTMBlockCell", "raw_ops.LSTMBlockCell"),
        ("function", None),
    ],
)
def test_where_a_name_is(path, found):
    assert places.find(f"tensorflow.{path}") == (found and f"torchscope.tf1.{found}")
