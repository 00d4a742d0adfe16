"""What bad input gets: TF1's exception and first sentence, then help; and nothing is lost.

That the first sentences are TF1's is checked against TensorFlow in tests/oracle.
"""

import pytest
import torch
from torch import nn

import torchscope as ts
from tests.tensorflow1 import tf


def state():
    """All that a refused request must leave as it was."""
    registry = ts.get_default_registry()
    return (
        list(registry.variables),
        list(registry.module.state_dict()),
        {key: id(t) for key, t in registry.module.state_dict(keep_vars=True).items()},
        [v.name for v in ts.global_variables()],
        ts.get_variable_scope().name,
    )


def refused(error, match, ask):
    """Asks for what must be refused, twice, and checks that it left no trace."""
    before = state()
    for _ in range(2):
        with pytest.raises(error, match=match):
            ask()
    assert state() == before


@pytest.fixture(autouse=True)
def _some_variables():
    with ts.variable_scope("conv1"):
        ts.get_variable("weights", [5, 5, 3, 8])
        ts.get_variable("biases", [8])
        ts.Variable(1.0, name="scale")


@pytest.mark.parametrize(
    ("error", "match", "arguments"),
    [
        (ValueError, "'a b' is not a valid root scope name", {"name": "a b", "shape": [1]}),
        (ValueError, "'' is not a valid root scope name", {"name": "", "shape": [1]}),
        (ValueError, "'a//' does not name a variable", {"name": "a//", "shape": [1]}),
        (TypeError, "got 'int'.*takes the variable's name first", {"name": 3, "shape": [1]}),
        (ValueError, "did not get an initializer, so its `shape`", {"name": "a"}),
        (
            ValueError,
            r"initializer passed is not valid.*asked for with shape \(\?, 3\)",
            {"name": "a", "shape": [None, 3]},
        ),
        (ValueError, "Dimension -1 must be >= 0", {"name": "a", "shape": [-1, 3]}),
        (TypeError, "must be integer", {"name": "a", "shape": [2.5]}),
        (TypeError, "must be integer", {"name": "a", "shape": "x"}),
        (
            TypeError,
            "Cannot convert the argument `type_value`: 'floaty'",
            {"name": "a", "shape": [1], "dtype": "floaty"},
        ),
        (ValueError, "don't match", {"name": "a", "dtype": torch.int32, "initializer": [1.5]}),
        (ValueError, "do not specify shape", {"name": "a", "shape": [1], "initializer": [1.5]}),
        (
            TypeError,
            "Expected int32, but got 0.0 of type 'float'.*RandomNormal",
            {
                "name": "a",
                "shape": [1],
                "dtype": torch.int32,
                "initializer": ts.random_normal_initializer,
            },
        ),
        (
            ValueError,
            r"initializer of a was asked for shape \(2,\) and gave \(3,\)",
            {"name": "a", "shape": [2], "initializer": lambda shape, dtype: torch.zeros(3)},
        ),
        (
            ValueError,
            "asked for dtype float32 and gave float64",
            {
                "name": "a",
                "shape": [2],
                "initializer": lambda shape, dtype: torch.zeros(2).double(),
            },
        ),
        (
            ZeroDivisionError,
            "division",
            {"name": "deep/er/a", "shape": [2], "initializer": lambda shape, dtype: 1 / 0},
        ),
        (TypeError, "Failed to convert", {"name": "a", "initializer": ["x"]}),
        (
            ValueError,
            "must be a list, tuple, or set",
            {"name": "a", "shape": [1], "collections": "x"},
        ),
        (
            ValueError,
            "`constraint` argument must be a callable",
            {"name": "a", "shape": [1], "constraint": 3},
        ),
        (
            ValueError,
            "custom_getter which is not callable: 3",
            {"name": "a", "shape": [1], "custom_getter": 3},
        ),
    ],
)
def test_get_variable(error, match, arguments):
    refused(error, match, lambda: ts.get_variable(**arguments))


def test_an_existing_variable_names_the_line_that_made_it():
    def ask():
        with ts.variable_scope("conv1"):
            ts.get_variable("weights", [5, 5, 3, 8])

    refused(
        ValueError,
        r"Variable conv1/weights already exists, disallowed\. Did you mean to set reuse=True .*"
        r"Originally defined at: .*test_bad_input\.py:\d+\. .*variable_scope\(\.\.\., reuse=True\)",
        ask,
    )


def test_a_missing_variable_names_those_that_are_near():
    def ask():
        with ts.variable_scope("conv1", reuse=True):
            ts.get_variable("weight", [5, 5, 3, 8])

    refused(
        ValueError,
        r"Variable conv1/weight does not exist.*nearest existing names are: conv1/weights",
        ask,
    )


def test_another_shape_names_both_and_the_line():
    def ask():
        with ts.variable_scope("conv1", reuse=True):
            ts.get_variable("weights", [3, 3, 3, 8])

    refused(
        ValueError,
        r"specified shape \(3, 3, 3, 8\) and found shape \(5, 5, 3, 8\)\. "
        r"It was first made at .*test_bad_input\.py:\d+",
        ask,
    )


def test_another_dtype_names_both():
    def ask():
        with ts.variable_scope("conv1", reuse=True):
            ts.get_variable("weights", dtype=torch.float64)

    refused(ValueError, "specified dtype float64 and found dtype float32", ask)


def test_a_kernel_whose_channels_do_not_fit_is_named():
    with ts.variable_scope("conv1", reuse=True):
        kernel = ts.get_variable("weights")
    refused(
        ValueError,
        r"Depth of input \(4\) is not a multiple of input depth of filter \(3\).*"
        r"\(1, 6, 6, 4\).*\(5, 5, 3, 8\) \(conv1/weights:0\)",
        lambda: ts.nn.conv2d(torch.zeros(1, 6, 6, 4), kernel, 1, "SAME"),
    )


def test_a_forward_without_a_registry_is_named():
    class Net(nn.Module):
        def forward(self):
            return ts.get_variable("a", [1])

    refused(
        RuntimeError,
        r"Variable a was asked for inside the forward of Net, where no registry is active.*"
        r"self\.scopes = ts\.ScopedParameterRegistry\(self\)",
        Net(),
    )


def test_a_forward_may_fetch_what_the_script_made():
    class Net(nn.Module):
        def forward(self):
            with ts.variable_scope("conv1", reuse=True):
                return ts.get_variable("biases")

    assert Net()().name == "conv1/biases:0"


@pytest.mark.parametrize(
    ("error", "match", "scope"),
    [
        (TypeError, "name_or_scope is required", lambda: ts.variable_scope(None)),
        (TypeError, "must be a string or VariableScope", lambda: ts.variable_scope(3)),
        (ValueError, "not a valid root scope name", lambda: ts.variable_scope("a b")),
        (ValueError, "must be True or False or None", lambda: ts.variable_scope("a", reuse=3)),
        (ValueError, "cannot be used without", lambda: ts.variable_scope(None, "a", reuse=True)),
        (TypeError, "while get 3", lambda: ts.variable_scope("a", auxiliary_name_scope=3)),
        (ValueError, "At least one of name", lambda: ts.name_scope(None, None, [])),
        (TypeError, "got 'int'", lambda: ts.name_scope(3)),
        (ValueError, "not a valid root scope name", lambda: ts.name_scope("_a")),
    ],
)
def test_scopes(error, match, scope):
    def ask():
        with scope():
            pass

    refused(error, match, ask)


def test_variable():
    refused(ValueError, "initial_value must be specified", ts.Variable)
    refused(ValueError, "'v/' does not name a variable", lambda: ts.Variable(1.0, name="v/"))


def test_too_many_pieces_are_refused_before_any_is_made():
    # TensorFlow makes those that fit, and then fails.
    refused(
        ValueError,
        r"Expected 0 <= offset < shape but found offset=4, shape=4 for var_offset=\[4\]",
        lambda: ts.get_variable("a", [4], partitioner=lambda shape, dtype: [5]),
    )


def test_a_function_that_checkpoint_runs_again_in_backward_is_told_so():
    def block(x):
        return x * ts.get_variable("w", [1])

    net = ts.ScopedModule(
        lambda x: torch.utils.checkpoint.checkpoint(block, x, use_reentrant=False)
    )
    output = net(torch.ones(1, requires_grad=True))
    refused(RuntimeError, r"asked during backward.*call ts\.recompute\(function", output.backward)
    assert list(ts.get_default_registry().variables)[-1] != "w"


def test_a_regularizer_of_a_name_that_a_creator_replaced_is_refused_in_tensorflows_words():
    def creator(next_creator, **kwargs):
        return next_creator(**{**kwargs, "name": "good"})

    def ask(api):
        with api.variable_creator_scope(creator):
            api.get_variable("_x", [1], regularizer=lambda v: v)

    text = r"^'_x/Regularizer/' is not a valid root scope name"
    with tf.Graph().as_default(), pytest.raises(ValueError, match=text):
        ask(tf)
    refused(ValueError, text, lambda: ask(ts))
