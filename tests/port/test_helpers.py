"""What rewritten files ask at run time."""

import operator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as tf
from tests.tensorflow1 import tf as tensorflow
from torchscope._core.ops.errors import UnimplementedError
from torchscope.port import helpers

_STEPS = st.integers(-3, 3).filter(bool)
_ENDS = st.none() | st.integers(-6, 6)
_SLICES = st.builds(slice, _ENDS, _ENDS, _STEPS)
_INDICES = st.lists(
    _SLICES | st.just(Ellipsis) | st.none() | st.integers(-2, 1), min_size=1, max_size=4
)


@given(_INDICES)
@settings(max_examples=300)
def test_an_index_with_negative_steps_gives_what_numpy_gives(indices):
    if indices.count(Ellipsis) > 1:
        return
    array = np.arange(2 * 3 * 4 * 2).reshape(2, 3, 4, 2)
    index = tuple(indices)
    expected = array[index]
    actual = helpers.strided(torch.from_numpy(array))[index]
    np.testing.assert_array_equal(actual.numpy(), expected)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"])
def test_augmented_assignment_leaves_a_tensor_as_it_is(name):
    x = torch.tensor([4.0, 9.0])
    new = getattr(helpers, f"i{name}")(x, 2)
    assert torch.equal(new, getattr(operator, name)(x, 2))
    assert torch.equal(x, torch.tensor([4.0, 9.0]))


def test_augmented_assignment_writes_into_what_python_writes_into():
    numbers, array = [1], np.ones(2)
    assert helpers.iadd(numbers, [2]) is numbers
    assert helpers.iadd(array, 1) is array
    assert helpers.iadd(2, 3) == 5


@pytest.mark.parametrize(
    "dtype",
    ["float16", "float32", "float64", "int8", "int32", "int64", "uint8", "bool", "complex64"],
)
@pytest.mark.parametrize(
    "member",
    [
        "base_dtype",
        "real_dtype",
        "as_numpy_dtype",
        "is_floating",
        "is_complex",
        "is_bool",
        "is_integer",
        "is_unsigned",
        "size",
        "max",
        "min",
    ],
)
def test_a_dtype_tells_what_it_tells_in_tensorflow(dtype, member):
    theirs = getattr(tensorflow, dtype)
    if member in {"max", "min"} and dtype in {"complex64", "bool"}:
        with pytest.raises(TypeError, match=r"m value of|not supported|requires"):
            getattr(helpers.of_dtype(getattr(tf, dtype)), member)
        return
    expected = getattr(theirs, member)
    actual = getattr(helpers.of_dtype(getattr(tf, dtype)), member)
    if isinstance(actual, torch.dtype):
        actual, expected = helpers.name(actual), expected.name
    assert actual == expected


def test_a_dtype_is_compatible_with_what_names_it():
    member = helpers.of_dtype(torch.float32)
    assert member.is_compatible_with("float32")
    assert member.is_compatible_with(np.float32)
    assert not member.is_compatible_with(tf.int32)
    assert not member.is_compatible_with("nothing")


def test_shapes_are_what_tensorflow_has():
    x = torch.ones(2, 3)
    assert helpers.get_shape(x) == [2, 3]
    assert helpers.get_shape(x)[1].value == 3
    assert helpers.of_shape(x.shape).concatenate([4]).as_list() == [2, 3, 4]
    assert helpers.value(x.shape[0]) == 2
    assert helpers.value(None) is None


def test_what_is_no_tensor_is_asked_itself():
    class Own:
        name, op, value, graph = "own", "op", "value", "graph"

        def get_shape(self):
            return "shape"

        def set_shape(self, shape):
            return shape

        def eval(self):
            return "evaluated"

    own = Own()
    assert (helpers.name(own), helpers.op(own), helpers.value(own)) == ("own", "op", "value")
    assert (helpers.get_shape(own), helpers.of_shape(own), helpers.graph(own)) == (
        "shape",
        own,
        "graph",
    )
    assert (helpers.set_shape(own)(1), helpers.eval(own)()) == (1, "evaluated")
    assert helpers.strided([1, 2, 3])[::-1] == [3, 2, 1]


def test_a_variable_has_its_name():
    net = ts.ScopedModule(lambda: tf.get_variable("a/w", [2]))
    net()
    (variable,) = net.registry.global_variables()
    assert helpers.name(variable) == "a/w:0"
    assert helpers.name(helpers.op(variable)) == "a/w"


def test_helpers_are_compiled():
    def function(x):
        y = helpers.iadd(x, 1)
        n = helpers.value(y.shape[0]) + helpers.of_shape(y.shape).ndims
        return helpers.strided(y)[::-1] * n, helpers.get_shape(y).as_list()

    x = torch.arange(3.0)
    compiled, shape = torch.compile(function, fullgraph=True, backend="eager")(x)
    assert torch.equal(compiled, function(x)[0])
    assert shape == [3]


def test_what_is_absent_is_refused_when_it_is_used():
    Estimator = helpers.absent("tensorflow.estimator.Estimator")  # noqa: N806 - a class
    place = r"test_helpers\.py:\d+"
    with pytest.raises(
        UnimplementedError, match=rf"tensorflow.estimator.Estimator was used.*{place}.*loop"
    ):
        Estimator()
    with pytest.raises(UnimplementedError, match=r"tensorflow.estimator.Estimator.train was used"):
        Estimator.train()

    class Mine(Estimator):
        pass

    mine = Mine()
    assert not isinstance(1, Estimator)
    with pytest.raises(
        UnimplementedError, match=r"Mine.train: tensorflow.estimator.Estimator was used"
    ):
        mine.train()
    with pytest.raises(UnimplementedError, match=r"Mine\(...\): tensorflow.estimator"):
        mine(1)


def test_a_decorator_that_is_absent_refuses_what_it_decorates():
    @helpers.absent_decorator("tensorflow.contrib.tpu.wrap")
    def function():
        return 1

    with pytest.raises(UnimplementedError, match=r"tensorflow.contrib.tpu.wrap was used"):
        function()


def test_a_module_of_tensorflow_has_the_names_of_its_namespaces():
    nn_ops = helpers.module("tensorflow.python.ops.nn_ops")
    assert nn_ops.relu is tf.nn.relu
    with pytest.raises(
        AttributeError, match=r"torchscope has no tensorflow.python.ops.nn_ops.nothing"
    ):
        nn_ops.nothing  # noqa: B018 - it is asked for


def test_an_import_by_text_gives_torchscope_or_what_was_asked():
    assert helpers.import_module("tensorflow.compat.v1") is tf
    assert helpers.import_module("json").loads("1") == 1
    assert helpers.import_module("tensorflow_probability").__version__
