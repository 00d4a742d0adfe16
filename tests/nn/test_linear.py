"""torchscope.nn's xw_plus_b and relu_layer against TensorFlow's."""

import numpy as np
import pytest
import torch
from comparing import assert_alike
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, tf

NAMES = ("xw_plus_b", "relu_layer")


@settings(max_examples=25)
@given(
    batch=st.lists(st.integers(1, 2), max_size=1),
    rows=st.integers(0, 3),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 4),
    dtype=st.sampled_from(["float32", "float64"]),
    name=st.sampled_from(NAMES),
)
def test_products_have_tensorflows_outputs_and_gradients(batch, rows, inputs, outputs, dtype, name):
    draw = np.random.default_rng(rows).normal
    assert_alike(
        lambda tf, *args: getattr(tf.nn, name)(*args),
        getattr(ts.nn, name),
        [
            draw(size=(*batch, rows, inputs)).astype(dtype),
            draw(size=(inputs, outputs)).astype(dtype),
            draw(size=outputs).astype(dtype),
        ],
    )


@pytest.mark.parametrize("name", NAMES)
def test_products_take_integers(name):
    arrays = [np.array([[1, -2]]), np.array([[1], [3]]), np.array([1])]
    assert_alike(lambda tf, *args: getattr(tf.nn, name)(*args), getattr(ts.nn, name), arrays)


def test_weights_may_be_a_variable_in_pieces():
    with ts.variable_scope("", partitioner=ts.fixed_size_partitioner(2)):
        weights = ts.get_variable("weights", [4, 2])
    x, biases = torch.randn(3, 4), torch.ones(2)
    output = ts.nn.xw_plus_b(x, weights, biases)
    torch.testing.assert_close(output, x @ weights.as_tensor() + 1)
    output.sum().backward()
    assert all(piece.grad is not None for piece in weights)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("shapes", "dtypes"),
    [
        *(
            (shapes, ("float32",) * 3)
            for shapes in (
                *(([2, 3], [2, 4], [4]), ([3], [3, 4], [4]), ([2, 3], [4], [4])),
                *(([2, 3], [3, 4], [3]), ([2, 3], [3, 4], [1, 4]), ([2, 3], [3, 4], [])),
            )
        ),
        (([2, 3], [3, 4], [4]), ("float32", "float64", "float32")),
        (([2, 3], [3, 4], [4]), ("float32", "float32", "float64")),
    ],
    ids=str,
)
def test_products_refuse_what_tensorflow_refuses_in_its_words(name, shapes, dtypes):
    arrays = [np.ones(shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]
    if dtypes[2] == "float64":
        # Ours says which argument it is.
        with pytest.raises(ValueError, match=r"^bias: Tensor conversion requested dtype float32"):
            getattr(ts.nn, name)(*map(torch.tensor, arrays))
        return
    assert_refused_alike(
        lambda: getattr(tf.nn, name)(*map(tf.constant, arrays)),
        lambda: getattr(ts.nn, name)(*map(torch.tensor, arrays)),
    )


def test_autocast_may_mix_dtypes():
    with torch.autocast("cpu", torch.bfloat16):
        x = torch.ones(1, 2, dtype=torch.bfloat16)
        assert ts.nn.xw_plus_b(x, torch.ones(2, 3), torch.ones(3)).tolist() == [[3.0] * 3]
