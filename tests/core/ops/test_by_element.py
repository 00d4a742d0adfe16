"""Operations by element beside TensorFlow's: dtypes, broadcasting, numbers, ties and bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import as_array, as_torch, assert_alike, assert_close
from tests.core.ops.call import named
from tests.tensorflow1 import assert_refused_alike, evaluate, tf
from torchscope._core.ops import known
from torchscope._core.ops.sizes import Sizes

few = settings(max_examples=25, deadline=None)

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "int32", "int64", "uint8")
OF_TWO = {
    **dict.fromkeys(
        ("add", "subtract", "multiply", "divide", "truediv", "div", "floordiv", "mod", "maximum"),
        (*FLOATS, *INTEGERS),
    ),
    **dict.fromkeys(("minimum", "truncatediv", "div_no_nan"), (*FLOATS, *INTEGERS)),
    **dict.fromkeys(("less", "equal", "not_equal", "greater_equal"), (*FLOATS, *INTEGERS)),
    **dict.fromkeys(("squared_difference", "truncatemod"), ("float32", "int32", "int64")),
    **dict.fromkeys(("realdiv", "atan2", "math.multiply_no_nan"), FLOATS),
    **dict.fromkeys(("math.xlogy", "math.xdivy"), FLOATS),
    **dict.fromkeys(("bitwise.bitwise_and", "bitwise.right_shift"), INTEGERS),
}
WITHOUT_GRADIENT = ("less", "equal", "not_equal", "greater_equal", "truncatemod")


@st.composite
def pairs(draw):
    """A function of two tensors, and two arrays that are broadcast, with equal and 0 among them."""
    name = draw(st.sampled_from(sorted(OF_TWO)))
    dtype = draw(st.sampled_from(OF_TWO[name]))
    shape = draw(st.lists(st.integers(0, 3), max_size=3))
    arrays = []
    for _ in range(2):
        own = [draw(st.sampled_from([1, size])) for size in shape]
        own = own[draw(st.integers(0, len(own))) :]
        seed = draw(st.integers(0, 2**16))
        numbers = np.random.default_rng(seed).integers(-4, 5, own) / (1 if dtype in INTEGERS else 2)
        arrays.append(as_array(np.abs(numbers) if dtype == "uint8" else numbers, dtype))
    divides = dtype in INTEGERS and name in {"div", "floordiv", "mod", "truncatediv", "truncatemod"}
    if divides or name in {"atan2", "math.xlogy", "mod", "truncatemod", "truediv", "divide", "div"}:
        # No division of an integer by 0, no undefined gradient, no logarithm of less than 0.
        arrays[1] = np.abs(arrays[1]) + np.ones_like(arrays[1])
    if name in {"realdiv", "floordiv", "truncatediv"}:
        arrays[1] = np.abs(arrays[1]) + np.ones_like(arrays[1])
    return name, arrays


@few
@given(pairs())
def test_two_tensors_of_one_dtype(drawn):
    name, arrays = drawn
    assert_alike(
        named(name),
        lambda *tensors: named(name)(ours, *tensors),
        arrays,
        gradients=name not in WITHOUT_GRADIENT and arrays[0].dtype.kind == "f",
        least=1.0,
    )


@few
@given(
    st.sampled_from(["add", "subtract", "multiply", "maximum", "minimum", "pow", "less", "equal"]),
    st.sampled_from(["float32", "float64", "int32", "int8"]),
    st.sampled_from([0, 1, 2, 2.5, -0.5, True, np.float64(2), np.int64(2), [2], [1.5, 0.5]]),
    st.booleans(),
)
def test_a_tensor_and_numbers(name, dtype, number, swapped):
    array = as_array([1, 2], dtype)

    def call(tf):
        tensor = tf.constant(array)
        return named(name)(tf, *((number, tensor) if swapped else (tensor, number)))

    try:
        expected = evaluate(call)
    except (TypeError, ValueError) as error:
        with pytest.raises(type(error), match=r"dtype|type|Expected"):
            call(ours)
        return
    assert_close(call(ours), expected)


CASTS = ("bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64", "complex64")


@few
@given(st.sampled_from(CASTS), st.sampled_from(CASTS), st.lists(st.integers(-300, 300), max_size=4))
def test_a_cast(before, after, numbers):
    array = as_array(np.array(numbers) / 4 if before[:3] in {"flo", "com"} else numbers, before)
    expected = evaluate(lambda tf: tf.cast(tf.constant(array), after))
    assert_close(ours.cast(as_torch(array), after), expected)
    # TensorFlow takes the ends of int64 as floats, and 0 becomes the lowest.
    if not {before, after} & {"bool", "complex64"} and after not in {"float16", "int64"}:
        with np.errstate(all="ignore"):
            expected = evaluate(lambda tf: tf.saturate_cast(tf.constant(array), after))
        assert_close(ours.saturate_cast(as_torch(array), after), expected)


def test_floats_that_an_integer_cannot_hold():
    array = np.array([-np.inf, -3e9, -1.7, 3e9, np.inf], "float32")
    expected = evaluate(lambda tf: [tf.cast(array, "int32"), tf.saturate_cast(array, "int32")])
    mine = ours.cast(array, "int32"), ours.saturate_cast(array, "int32")
    for one, other in zip(mine, expected, strict=True):
        assert_close(one, other)


X, TWO, MASK = np.ones(3, "float32"), np.ones(2, "float32"), np.array([True])
REFUSED = {
    "dtypes": lambda tf: tf.subtract(tf.constant(X), tf.constant([1, 2, 3])),
    "dtypes of div": lambda tf: tf.div(tf.constant(X), tf.constant([1, 2, 3])),
    "dtypes of truediv": lambda tf: tf.truediv(tf.constant(X), tf.constant([1, 2, 3])),
    "dtypes of atan2": lambda tf: tf.atan2(tf.constant(X), tf.constant(X.astype("float64"))),
    "dtypes of less": lambda tf: tf.less(tf.constant(X), tf.constant([1, 2, 3])),
    "a number before": lambda tf: tf.multiply(3, tf.constant(X)),
    "a number after": lambda tf: tf.subtract(tf.constant([1, 2]), 0.5),
    "shapes": lambda tf: tf.add(X, TWO),
    "shapes of bools": lambda tf: tf.logical_or([True] * 3, [False] * 2),
    "bools": lambda tf: tf.add(tf.constant(MASK), tf.constant(MASK)),
    "bools to multiply": lambda tf: tf.multiply(tf.constant(MASK), tf.constant(MASK)),
    "bools to compare": lambda tf: tf.less(tf.constant(MASK), tf.constant(MASK)),
    "no bools": lambda tf: tf.logical_and(tf.constant([1]), [True]),
    "no list of bools": lambda tf: tf.logical_not([1, 0]),
    "integers to root": lambda tf: tf.sqrt([1, 2]),
    "integers to round up": lambda tf: tf.ceil([1, 2]),
    "bools to shift": lambda tf: tf.bitwise.invert(tf.constant(MASK)),
    "no signed numbers": lambda tf: tf.abs(np.array([1], "uint8")),
    "integers of atan2": lambda tf: tf.atan2([1], [2]),
    "none": lambda tf: tf.exp(None),
    "none beside": lambda tf: tf.maximum(tf.constant(X), None),
    "none to cast": lambda tf: tf.cast(None, "int32"),
    "no dtype": lambda tf: tf.cast(1.0, "float33"),
    "bools to saturate": lambda tf: tf.saturate_cast(X, "bool"),
    "bits that do not fit": lambda tf: tf.bitcast(X, "float64"),
    "bits of one number": lambda tf: tf.bitcast(np.float32(1), "float64"),
    "parts": lambda tf: tf.complex(tf.constant(X), X.astype("float64")),
    "parts' shapes": lambda tf: tf.complex(tf.constant(X), tf.constant(TWO)),
    "an integer's angle": lambda tf: tf.angle([1, 2]),
    "a limit's shape": lambda tf: tf.clip_by_value(1.5, [0.0, 2.0], 3.0),
    "a limit's dtype": lambda tf: tf.clip_by_value(tf.constant([1, 5]), 0.5, 3),
    "a limit's other shape": lambda tf: tf.clip_by_value(X, TWO, 3.0),
    "a norm's shape": lambda tf: tf.clip_by_norm(1.0, [[1.0], [2.0]]),
    "a norm of integers": lambda tf: tf.clip_by_norm([1, 2], 1),
    "no list": lambda tf: tf.global_norm(tf.constant(X)),
    "a text": lambda tf: tf.global_norm("ab"),
    "a sequence of integers": lambda tf: tf.global_norm(range(3)),
    "a global norm's dtype": lambda tf: tf.clip_by_global_norm(
        [tf.constant(X)], tf.constant(1.0, tf.float64)
    ),
    "a global norm of none": lambda tf: tf.clip_by_global_norm([tf.constant(X)], None),
    "two dtypes": lambda tf: tf.global_norm([X, X.astype("float64")]),
    "a sum of nothing": lambda tf: tf.add_n([]),
    "a sum of none": lambda tf: tf.add_n([X, None]),
    "a sum's shapes": lambda tf: tf.add_n([X, TWO]),
    "a sum's ranks": lambda tf: tf.add_n([X, np.float32(1)]),
    "a sum's dtypes": lambda tf: tf.add_n([X, X.astype("float64")]),
    "an accumulated shape": lambda tf: tf.accumulate_n([X, X], shape=[4]),
    "an accumulated dtype": lambda tf: tf.accumulate_n([X, X], tensor_dtype=tf.float64),
    "nothing accumulated": lambda tf: tf.accumulate_n([]),
    "accumulated shapes": lambda tf: tf.accumulate_n([X, TWO]),
    "a vector for a scalar": lambda tf: tf.scalar_mul([2.0], X),
    "a scalar's dtype": lambda tf: tf.scalar_mul(tf.constant(1, "float64"), tf.constant(X)),
    "vectors in the plane": lambda tf: tf.cross(TWO, TWO),
    "vectors of two shapes": lambda tf: tf.cross(np.ones([2, 3]), np.ones([1, 3])),
    "no vector": lambda tf: tf.cross(1.0, 2.0),
    "no coefficients": lambda tf: tf.math.polyval(tf.constant(X), X),
    "no last axis": lambda tf: tf.lbeta(1.0),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


def test_bools_are_no_numbers():
    # TensorFlow's own sentences name dtypes that PyTorch has not, and tensors.
    with pytest.raises(TypeError, match="Value passed to parameter 'input' has DataType bool"):
        ours.bitcast(MASK, "uint8")
    with pytest.raises(TypeError, match="Expected x to be numeric, instead found"):
        ours.is_non_decreasing(MASK)


@pytest.mark.parametrize("divide", ["floordiv", "div", "mod", "truncatediv", "truncatemod"])
def test_integers_are_not_divided_by_0(divide):
    with pytest.raises(ZeroDivisionError, match="Integer division by zero"):
        getattr(ours, divide)(torch.tensor([1, 2]), torch.tensor([1, 0]))


@pytest.mark.parametrize("exponent", [-1, [1, -1]])
def test_integers_have_no_negative_powers(exponent):
    with pytest.raises(ValueError, match="Integers to negative integer powers are not allowed"):
        ours.pow([2, 3], exponent)


def test_arguments_have_their_names():
    x = torch.tensor([1.0, -2.0])
    assert ours.subtract(y=x, x=1.0, name="difference").tolist() == [0.0, 3.0]
    assert ours.sqrt(x=[4.0], name="root").tolist() == [2.0]
    assert ours.atan2(y=[0.0], x=[1.0]).tolist() == [0.0]
    for call in (
        lambda: ours.add(x),
        lambda: ours.add(x, z=x),
        lambda: ours.add(x, x=x),
        lambda: ours.add(x, x, None, None),
        ours.sqrt,
    ):
        with pytest.raises(TypeError, match=r"(add|sqrt)\(\) (got|takes|missing)"):
            call()


def test_integers_that_are_known_stay_so():
    sizes = ours.shape(torch.ones(4, 6))
    assert ours.add(2, 3) == 5
    assert ours.div(-7, 2) == -4
    assert ours.cast(sizes[0], tf.int32) == 4
    for found, expected in (
        (ours.add(sizes, 1), [5, 7]),
        (ours.subtract([10, 10], sizes), [6, 4]),
        (ours.maximum(sizes, 5), [5, 6]),
        (ours.cast(ours.floordiv(sizes, 4), "int64"), [1, 1]),
    ):
        assert isinstance(found, Sizes)
        assert list(found) == expected
    tensor = ours.cast(3, tf.int64)
    assert (tensor.dtype, known.of(tensor)) == (torch.int64, 3)
    pair = known.note(torch.tensor([2, 3]), [2, 3])
    assert known.of(ours.multiply(pair, tensor)) == [6, 9]
    assert known.of(ours.cast(ours.minimum(pair, 2), "int32")) == [2, 2]
    assert known.of(ours.multiply(pair, torch.tensor(2))) is None


def test_what_int32_cannot_hold_wraps_around():
    assert_close(ours.add(2**31 - 1, 1), evaluate(lambda tf: tf.add(2**31 - 1, 1)))


def test_sizes_are_symbols_of_a_recording():
    def shorter(x):
        half = ours.maximum(ours.floordiv(ours.shape(x)[0], 2), 1)
        return x[: ours.cast(half, ours.int32)] + ours.cast(half, ours.float32)

    net = ts.ScopedModule(shorter)
    compiled = torch.compile(net, fullgraph=True, dynamic=True, backend="eager")
    for length in (4, 9, 13):
        x = torch.ones(length, 2)
        assert torch.equal(compiled(x), shorter(x))


def test_gradients_of_gradients():
    x = torch.tensor([0.7, 2.5], dtype=torch.float64, requires_grad=True)
    functions = [named(f"math.special.bessel_{order}") for order in ("j0", "j1", "y0", "y1")]
    functions += [named(f"math.special.bessel_{order}") for order in ("k0", "k1", "k0e", "k1e")]
    functions.append(lambda tf, q: tf.zeta(torch.tensor(2.5, dtype=torch.float64), q))
    for function in functions:
        assert torch.autograd.gradcheck(lambda x, f=function: f(ours, x), x, atol=1e-5)
        assert torch.autograd.gradgradcheck(lambda x, f=function: f(ours, x), x, atol=1e-4)


@pytest.mark.parametrize("slices", [True, False])
def test_what_is_sparse_stays_sparse(slices):
    """Several values for one row are not added first: the norm is 5, and of their sum it would be 7."""
    values, indices = torch.tensor([[3.0], [4.0]]), torch.tensor([1, 1])
    if slices:
        given = ours.IndexedSlices(values, indices, [3, 1])
    else:
        embedding = torch.nn.Embedding(3, 1, sparse=True)
        (embedding(indices) * values).sum().backward()
        given = embedding.weight.grad
    (clipped, none), norm = ours.clip_by_global_norm([given, None], 1.0)
    assert (norm, none) == (5.0, None)
    limited = ours.clip_by_value(given, 0.5, 3.5)
    assert limited.to_dense().flatten().tolist() == [0.0, 6.5, 0.0]
    for each in (clipped, ours.clip_by_norm(given, 1.0)):
        assert type(each) is type(given)
        assert each.to_dense().flatten().tolist() == pytest.approx([0, 1.4, 0])
    assert ours.clip_by_average_norm(given, 0.1).flatten().tolist() == pytest.approx([0, 0.3, 0])
    if slices:
        assert (clipped.indices is indices, clipped.dense_shape) == (True, (3, 1))
        assert (-clipped).to_dense().sum() == pytest.approx(-1.4)
        assert (clipped.dtype, clipped.device.type) == (torch.float32, "cpu")
    else:
        assert clipped.layout == torch.sparse_coo


def test_slices_without_a_shape_are_not_made_dense():
    for library in (tf, ours):
        slices = library.IndexedSlices(library.constant(TWO), library.constant([0, 1]))
        with pytest.raises(ValueError, match="for argument `value` without dense_shape"):
            library.clip_by_average_norm(slices, 1.0)


def test_a_norm_may_be_a_number():
    (clipped,), norm = ours.clip_by_global_norm([X], 1.0, use_norm=2.0)
    assert clipped.tolist() == [0.5] * 3
    assert norm == 2.0
