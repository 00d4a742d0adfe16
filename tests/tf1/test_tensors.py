"""tf1's functions on tensors, beside TensorFlow's."""

import re

import numpy as np
import pytest
import torch

import torchscope.tf1
from tests.comparing import assert_alike, assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

OURS = torchscope.tf1
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
PADDINGS = [[1, 0], [0, 2], [3, 1]]

CALLS = [
    lambda tf, x: tf.concat([x, x * 2], 1),
    lambda tf, x: tf.concat([x, x * 2], axis=-1),
    lambda tf, x: tf.concat([x], 0),
    lambda tf, x: tf.squeeze(tf.pad(x, [[0, 0]] * 3)),
    lambda tf, x: tf.squeeze(tf.reduce_mean(x, [0, 2], keepdims=True), [0]),
    lambda tf, x: tf.squeeze(tf.reduce_mean(x, -1, keep_dims=True), -1),
    lambda tf, x: tf.squeeze(tf.reduce_mean(x, 1, True), squeeze_dims=[1]),
    lambda tf, x: tf.squeeze(tf.reduce_mean(x, keepdims=True), []),
    lambda tf, x: tf.reduce_mean(x),
    lambda tf, x: tf.reduce_mean(x, []),
    lambda tf, x: tf.reduce_mean(x, reduction_indices=[0, 1]),
    lambda tf, x: tf.pad(x, PADDINGS),
    lambda tf, x: tf.pad(x, PADDINGS, constant_values=1.5),
    lambda tf, x: tf.pad(x, PADDINGS, "reflect"),
    lambda tf, x: tf.pad(x, PADDINGS, mode="SYMMETRIC"),
    lambda tf, x: tf.concat([x, X.astype("float64"), X.tolist()], tf.constant(1)),
    lambda tf, x: tf.concat(x, 0),
    lambda tf, x: tf.concat([x], 5),
    lambda tf, x: tf.squeeze(tf.reduce_mean(x, np.array([1, 2]), True), [-1, 2, -2]),
    lambda tf, x: tf.pad(x, tf.constant(PADDINGS)),
    lambda tf, x: tf.pad(x, np.array(PADDINGS), constant_values=2),
    lambda tf, x: tf.pad(x, PADDINGS, constant_values=tf.reduce_mean(x)),
    lambda tf, x: tf.reduce_mean(x, tf.constant([0, -1])),
    lambda tf, x: tf.reduce_mean(x, range(2)),
    lambda tf, x: tf.reduce_mean(x, True),
    lambda tf, x: tf.identity(x),
]


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_a_function_gives_what_tensorflow_gives(call):
    assert_alike(call, lambda x: call(OURS, x), [X])


WHOLE = np.array([[1, 2], [-3, -2], [7, 4]])

OF_INTEGERS = [
    *(lambda tf, d=d: tf.reduce_mean(WHOLE.astype(d), 1) for d in ("int8", "int32", "int64")),
    lambda tf: tf.reduce_mean(WHOLE),
    lambda tf: tf.reduce_mean(WHOLE.astype("uint8")),
    lambda tf: tf.reduce_mean(np.array([100, 100, 100], "int8")),
    lambda tf: tf.reduce_mean(np.array([2**31 - 1, 2**31 - 1], "int32")),
    lambda tf: tf.reduce_mean(np.zeros([0, 2], "int32"), 0),
    lambda tf: tf.reduce_mean(np.zeros([0, 2], "float32"), 0),
    lambda tf: tf.reduce_mean(X * 1j),
    lambda tf: tf.pad(WHOLE + 2**60, [[1, 1], [0, 0]], constant_values=2**60 + 1),
    lambda tf: tf.pad(WHOLE > 1, [[1, 1], [0, 0]], constant_values=True),
    lambda tf: tf.pad(5.0, np.zeros([0, 2], "int32")),
    lambda tf: tf.constant([1, 2], "float64"),
    lambda tf: tf.constant([1, 2], np.float16),
    lambda tf: tf.constant(np.array(1.5), tf.int32),
    lambda tf: tf.constant([1, 2, 3], shape=[2, 2]),
    lambda tf: tf.constant(5, shape=np.array([2, 2])),
    lambda tf: tf.constant([], shape=[2]),
    lambda tf: tf.concat(5, 0),
]


@pytest.mark.parametrize("call", OF_INTEGERS, ids=range(len(OF_INTEGERS)))
def test_dtypes_are_tensorflows(call):
    assert_close(call(OURS), evaluate(call))


VALUES = {
    "int": 1,
    "float": 1.5,
    "bool": True,
    "complex": 1j,
    "ints": [1, 2],
    "floats": (1.0, 2.5),
    "mixed": [[1], [2.5]],
    "a bool and an int": [True, 1],
    "empty": [],
    "float64 array": np.array([1.5]),
    "int64 array": np.array([1, 2]),
    "reversed array": np.arange(3)[::-1],
    "bool array": np.array([True]),
    "uint8 array": np.array([1], "uint8"),
    "bfloat16 array": np.array([1.5]).astype(tf.bfloat16.as_numpy_dtype),
    "complex array": np.array([1 + 1j]),
    "float64 number": np.float64(1.5),
    "list of float64 numbers": [np.float64(1.5)],
    "list of int64 numbers": [np.int64(1)],
    "large": 2**40,
    "ragged": [[1], [2, 3]],
    "text": ["a"],
    "none": None,
    "list of none": [None],
    "set": {1},
}
REQUESTS = [
    {},
    {"dtype": "float32"},
    {"dtype": "int32"},
    {"dtype": np.int64},
    {"dtype": np.dtype("float64")},
    {"dtype": "bool"},
    {"dtype": "half"},
    {"preferred_dtype": "float64"},
    {"preferred_dtype": np.int32},
    {"dtype_hint": "float64", "name": "x"},
]


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
@pytest.mark.parametrize("what", VALUES)
@pytest.mark.filterwarnings("ignore")  # NumPy's, of complex numbers whose imaginary part goes.
def test_a_value_is_converted_as_tensorflow_converts_it(what, request_):
    value = VALUES[what]
    try:
        expected = evaluate(lambda tf: tf.convert_to_tensor(value, **request_))
    except Exception as error:  # noqa: BLE001 - whatever it is, ours is of its type
        with pytest.raises(type(error)) as ours:
            OURS.convert_to_tensor(value, **request_)
        sentence = re.split(r"[.(]", str(error))[0]
        assert str(ours.value).startswith(sentence)
        return
    if expected.dtype.kind in "SO":
        # TensorFlow has texts.
        with pytest.raises(TypeError, match="Failed to convert elements of"):
            OURS.convert_to_tensor(value, **request_)
    elif what == "large" and "int32" in str(request_):
        # TensorFlow cuts off what int32 cannot hold, without a word.
        assert expected == 0
        with pytest.raises(TypeError, match="Failed to convert elements of"):
            OURS.convert_to_tensor(value, "int32")
        assert OURS.convert_to_tensor(value, preferred_dtype="int32").item() == value
    else:
        assert_close(OURS.convert_to_tensor(value, **request_), expected)


def test_ranges_and_arrays_of_the_other_byte_order_are_read():
    assert OURS.convert_to_tensor(range(3)).tolist() == [0, 1, 2]
    assert OURS.convert_to_tensor(range(3), "half").dtype == torch.float16
    with pytest.raises(TypeError, match="Expected bool, but got 0 of type 'int'"):
        OURS.convert_to_tensor(range(3), "bool")
    # TensorFlow reads the bytes as they lie.
    assert OURS.convert_to_tensor(np.array([1.5, 2.5], ">f8")).tolist() == [1.5, 2.5]


@pytest.mark.parametrize("dtype", ["float64", np.float64, None])
def test_a_tensor_is_given_back_or_refused(dtype):
    x = torch.ones(2)
    if dtype is None:
        assert OURS.convert_to_tensor(x, preferred_dtype="float64") is x
        return
    with pytest.raises(ValueError, match=r"^Tensor conversion requested dtype float64 for Tensor"):
        OURS.convert_to_tensor(x, dtype)


def test_a_draw_has_a_mean_and_a_deviation_for_each_number():
    deviation = torch.tensor([[0.0], [1.0]], requires_grad=True)
    draw = OURS.random_normal([2, 1000], [[5.0], [7.0]], deviation, seed=1)
    assert (draw[0] == 5).all()
    assert abs(draw[1].mean() - 7) < 0.2
    draw.sum().backward()
    assert deviation.grad.all()


REFUSED = [
    lambda tf, x: tf.pad(x, PADDINGS, mode="MIRROR"),
    lambda tf, x: tf.squeeze(x, axis=[0], squeeze_dims=[0]),
    lambda tf, x: tf.squeeze(x, [1]),
    lambda tf, x: tf.squeeze(x, [3]),
    lambda tf, x: tf.squeeze(x, -4),
    lambda tf, x: tf.squeeze(None),
    lambda tf, x: tf.pad(x, [[0, 0]] * 2),
    lambda tf, x: tf.pad(x, [1, 1]),
    lambda tf, x: tf.pad(x, [[1, 1, 1]] * 3),
    lambda tf, x: tf.pad(x, [[-1, 1]] * 3),
    lambda tf, x: tf.pad(x, [[1.5, 1]] * 3),
    lambda tf, x: tf.pad(x, PADDINGS, constant_values="a"),
    lambda tf, x: tf.pad(WHOLE, [[1, 1]] * 2, constant_values=1.5),
    lambda tf, x: tf.pad(WHOLE, [[1, 1]] * 2, constant_values=tf.reduce_mean(x)),
    lambda tf, x: tf.concat([x, WHOLE], 2.0),
    lambda tf, x: tf.concat([x, tf.reduce_mean(WHOLE)], 0),
    lambda tf, x: tf.concat([WHOLE, WHOLE.astype("float32")], 0),
    lambda tf, x: tf.concat([[1, 2], [1.5]], 0),
    lambda tf, x: tf.concat([tf.constant([1]), [1.5]], 0),
    lambda tf, x: tf.concat([x, None], 0),
    lambda tf, x: tf.concat([x, x], 3),
    lambda tf, x: tf.concat([x, x], -4),
    lambda tf, x: tf.concat([x, x[0]], 0),
    lambda tf, x: tf.concat([x, x[:, :2]], 2),
    lambda tf, x: tf.concat([x, x], [0]),
    lambda tf, x: tf.concat([x, x], "a"),
    lambda tf, x: tf.concat([x, x], None),
    lambda tf, x: tf.concat([], 0),
    lambda tf, x: tf.concat([1.0, 2.0], 0),
    lambda tf, x: tf.reduce_mean(x, 3),
    lambda tf, x: tf.reduce_mean(x, [0, -4]),
    lambda tf, x: tf.reduce_mean(x, 1.5),
    lambda tf, x: tf.reduce_mean(x, "a"),
    lambda tf, x: tf.reduce_mean(x, [[0, 1]]),
    lambda tf, x: tf.reduce_mean(None),
    lambda tf, x: tf.reduce_mean(x, axis=0, reduction_indices=0),
    lambda tf, x: tf.reduce_mean(x, 0, keepdims=True, keep_dims=True),
    lambda tf, x: tf.identity(None),
    lambda tf, x: tf.constant(None),
    lambda tf, x: tf.constant(tf.constant(1)),
    lambda tf, x: tf.constant(1.5, tf.int32),
    lambda tf, x: tf.constant([1, 2, 3], shape=[2]),
    lambda tf, x: tf.constant([1, 2, 3], shape=[5], verify_shape=True),
    lambda tf, x: tf.constant(1, "foo"),
    lambda tf, x: tf.random_normal(3),
    lambda tf, x: tf.random_normal([2.0]),
    lambda tf, x: tf.random_normal("a"),
    lambda tf, x: tf.random_normal([2], dtype=tf.int32),
    lambda tf, x: tf.random_normal([2], dtype=tf.complex64),
    lambda tf, x: tf.random_normal([2], mean=tf.constant(1.0, tf.float64)),
    lambda tf, x: tf.random_normal([2], mean=[1.0, 2.0, 3.0]),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf, tf.constant(X)), lambda: call(OURS, torch.tensor(X)))


def test_no_mirror_image_is_longer_than_what_is_mirrored():
    with pytest.raises(ValueError, match="paddings must be no greater than the dimension size"):
        OURS.pad(torch.tensor(X), [[0, 3], [0, 0], [0, 0]], "SYMMETRIC")


@pytest.mark.parametrize("axis", [[0, 0], [1, -2]])
def test_no_axis_is_named_twice(axis):
    with pytest.raises(ValueError, match="Invalid reduction arguments: Axes contains duplicate"):
        OURS.reduce_mean(torch.tensor(X), axis)


def test_autocast_chooses_the_dtype_of_what_is_put_together():
    x = torch.ones(2, 2)
    with torch.autocast("cpu"):
        assert OURS.concat([x, x @ x], 0).dtype == torch.float32


def test_newaxis_adds_an_axis():
    for api in (tf, torchscope.tf1):
        assert api.newaxis is None
        assert tuple(api.ones([2, 3])[:, api.newaxis].shape) == (2, 1, 3)
