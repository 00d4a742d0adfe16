"""torchscope.nn's pooling against TensorFlow's."""

import numpy as np
import pytest
import torch
from comparing import BOTH, assert_alike_in_each, assert_close, last, numbers_of, second
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

some = settings(max_examples=30)
FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
NAMES = {1: "{}_pool1d", 2: "{}_pool", 3: "{}_pool3d"}
# TensorFlow pools volumes on a CPU in float32 only.
IN = {1: BOTH, 2: BOTH, 3: {"float32": 1e-5}}


@st.composite
def pools(draw, spatial):
    """The arguments of a pooling that TensorFlow computes on a CPU."""
    window = draw(st.lists(st.integers(1, 5), min_size=spatial, max_size=spatial))
    strides = draw(st.lists(st.integers(1, 4), min_size=spatial, max_size=spatial))
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    sizes = [draw(st.integers(w if padding == "VALID" else 1, 9)) for w in window]
    return (draw(st.integers(0, 2)), *sizes, draw(st.integers(1, 3))), window, strides, padding


@pytest.mark.parametrize("spatial", [1, 2, 3])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pooling_computes_what_tensorflow_computes(kind, spatial):
    name = NAMES[spatial].format(kind)
    function = getattr(ts.nn, name)

    @settings(some, max_examples=15 if spatial == 3 else 25)
    @given(pools(spatial))
    def check(case):
        shape, window, strides, padding = case
        names = FORMATS[spatial]
        assert_alike_in_each(
            lambda x: getattr(tf.nn, name)(x, window, strides, padding),
            [
                lambda x: function(x, window, strides, padding),
                lambda x: last(function(second(x), window, strides, padding, names[1])),
            ],
            numbers_of(shape),
            IN[spatial],
        )

    check()


@st.composite
def general_pools(draw):
    """The same of tf.nn.pool."""
    spatial = draw(st.integers(1, 3))
    shape, window, strides, padding = draw(pools(spatial))
    strides = [min(pair) for pair in zip(strides, window, strict=True)]
    rate = [1] * spatial
    if padding == "VALID" and draw(st.booleans()):
        rate = draw(st.lists(st.integers(1, 3), min_size=spatial, max_size=spatial))
        shape = (
            shape[0],
            *((w - 1) * r + 1 + s % 3 for w, r, s in zip(window, rate, shape[1:-1], strict=True)),
            shape[-1],
        )
        strides = [1] * spatial if rate != [1] * spatial else strides
    return shape, window, strides, padding, rate


@some
@given(general_pools(), st.sampled_from(["MAX", "AVG"]))
def test_pool_computes_what_tensorflow_computes(case, kind):
    shape, window, strides, padding, rate = case
    names = FORMATS[len(window)]
    assert_alike_in_each(
        lambda x: tf.nn.pool(x, window, kind, padding, rate, strides),
        [
            lambda x: ts.nn.pool(x, window, kind, padding, rate, strides),
            lambda x: last(
                ts.nn.pool(second(x), window, kind, padding, rate, strides, data_format=names[1])
            ),
        ],
        numbers_of(shape),
        IN[len(window)],
    )


@some
@given(st.data())
def test_max_pool_pads_as_it_is_told(data):
    """Explicitly, with images and signals."""
    window = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    pads = [data.draw(st.tuples(st.integers(0, w - 1), st.integers(0, w - 1))) for w in window]
    strides = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    sizes = [data.draw(st.integers(w, 7)) for w in window]
    padding = [(0, 0), *pads, (0, 0)]
    in_second = [(0, 0), (0, 0), *pads]
    assert_alike_in_each(
        lambda x: [
            tf.nn.max_pool(x, window, strides, padding),
            tf.nn.max_pool1d(x[:, :, 0], window[0], strides[0], [(0, 0), pads[0], (0, 0)]),
        ],
        [
            lambda x: [
                ts.nn.max_pool(x, window, strides, padding),
                ts.nn.max_pool1d(x[:, :, 0], window[0], strides[0], [(0, 0), pads[0], (0, 0)]),
            ],
            lambda x: [
                last(ts.nn.max_pool2d(second(x), window, strides, in_second, "NCHW")),
                last(
                    ts.nn.max_pool1d(
                        second(x[:, :, 0]),
                        window[0],
                        strides[0],
                        [(0, 0), (0, 0), pads[0]],
                        "NCW",
                    )
                ),
            ],
        ],
        numbers_of([2, *sizes, 2]),
    )


def test_of_equal_numbers_the_first_gets_max_pools_gradient():
    values = np.random.default_rng(0).integers(0, 3, size=(2, 6, 7, 2)).astype(float)
    assert_alike_in_each(
        lambda x: tf.nn.max_pool(x, 3, 2, "SAME"),
        lambda x: ts.nn.max_pool(x, 3, 2, "SAME"),
        [values],
    )


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "int8", "int16"])
def test_max_pool_takes_integers(dtype):
    values = np.random.default_rng(0).integers(0, 100, size=(2, 5, 6, 3)).astype(dtype)
    for padding in ("SAME", [(0, 0), (2, 1), (0, 2), (0, 0)]):
        expected = evaluate(lambda tf, p=padding: tf.nn.max_pool(values, 3, 2, p))
        assert_close(ts.nn.max_pool(torch.tensor(values), 3, 2, padding), expected, 0)


@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize(
    "form", [2, [2], [2, 2], (1, 2, 2, 1), None, np.array([2, 1]), 2.7], ids=repr
)
def test_windows_and_strides_are_taken_in_each_of_tensorflows_forms(kind, form):
    (image,) = numbers_of([1, 5, 6, 2])
    name = NAMES[2].format(kind)
    for arguments in ((form, 2), (2, form)):
        expected = evaluate(lambda tf, a=arguments: getattr(tf.nn, name)(image, *a, "SAME"))
        assert_close(getattr(ts.nn, name)(torch.tensor(image), *arguments, "SAME"), expected, 1e-10)


@pytest.mark.parametrize("name", ["max_pool", "avg_pool", "avg_pool2d"])
def test_input_is_another_name_of_value(name):
    image = torch.randn(1, 4, 4, 2)
    function = getattr(ts.nn, name)
    expected = function(image, 2, 2, "SAME")
    assert torch.equal(function(input=image, ksize=2, strides=2, padding="SAME"), expected)


@pytest.mark.parametrize("shape", [[0, 5, 5, 2], [1, 5, 5, 0], [1, 0, 5, 2]], ids=str)
@pytest.mark.parametrize("name", ["max_pool", "avg_pool"])
def test_nothing_to_pool_gives_nothing(name, shape):
    expected = evaluate(lambda tf: getattr(tf.nn, name)(tf.zeros(shape), 3, 2, "SAME"))
    assert_close(getattr(ts.nn, name)(torch.zeros(shape), 3, 2, "SAME"), expected, 0)


# What is refused

INPUTS = {1: [1, 5, 4], 2: [1, 5, 5, 4], 3: [1, 5, 5, 5, 4]}


def refused(name, input=None, dtype="float32", **keywords):
    """A bad call."""
    spatial = {"1": 1, "3": 3}.get(name[-2], 2)
    keywords = {"ksize": 2, "strides": 2, "padding": "SAME"} | keywords
    shape = INPUTS[spatial] if input is None else input
    return pytest.param(name, shape, dtype, keywords, id=f"{name}-{shape}-{dtype}-{keywords}")


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "keywords"),
    [
        *(
            refused(name, shape)
            for name in ("max_pool", "max_pool2d", "avg_pool", "avg_pool2d")
            for shape in ([], [5], [5, 5, 4], [1, 1, 5, 5, 4])
        ),
        *(
            refused(name, **{what: value})
            for name in ("max_pool", "avg_pool", "max_pool1d", "avg_pool1d", "max_pool3d", "avg_pool3d")
            for what in ("ksize", "strides")
            for value in ([], [2] * 4 if name[-2] in "13" else [2] * 3, "a")
        ),
        *(
            refused(name, strides=value)
            for name in ("max_pool", "avg_pool", "max_pool1d", "avg_pool3d")
            for value in (0, -1)
        ),
        refused("max_pool", ksize=0),
        *(refused(name, ksize=6, padding="VALID") for name in ("max_pool", "avg_pool", "avg_pool1d")),
        *(refused("max_pool", padding=p) for p in ("x", "", None, 1, "EXPLICIT", [[0, 0]] * 3)),
        refused("max_pool", padding=[[1, 1], [0, 0], [0, 0], [0, 0]]),
        *(refused("avg_pool", padding=p) for p in ("x", None, 1, "EXPLICIT", [[0, 0]] * 4)),
        *(refused("max_pool3d", padding=p) for p in ("x", None, [[0, 0]] * 5)),
        *(refused("avg_pool", data_format=f) for f in ("NWC", "x", "", "nhwc")),
        *(refused("avg_pool3d", data_format=f) for f in ("NHWC", "x")),
        *(refused("avg_pool", dtype=d) for d in ("int32", "int64", "bool")),
        refused("avg_pool3d", dtype="int32"),
    ],
)  # fmt: skip
def test_what_tensorflow_refuses_is_refused_in_its_words(name, shape, dtype, keywords):
    assert_refused_alike(
        lambda: getattr(tf.nn, name)(tf.ones(shape, dtype), **keywords),
        lambda: getattr(ts.nn, name)(torch.ones(shape, dtype=getattr(torch, dtype)), **keywords),
    )


def wrong(input=INPUTS[2], window=(2, 2), kind="MAX", padding="VALID", **keywords):
    """A bad call of pool."""
    return pytest.param(input, window, kind, padding, keywords)


@pytest.mark.parametrize(
    ("shape", "window", "kind", "padding", "keywords"),
    [
        *(wrong(window=w) for w in ([], [2], [2] * 3, [2] * 4, 2)),
        *(wrong(kind=k) for k in ("max", "SUM")),
        *(wrong(strides=s) for s in ([3, 3], [0, 1], [1, 2, 2, 1], 2)),
        *(wrong(dilation_rate=r) for r in ([0, 0], [1, 2, 2, 1], 2)),
        wrong(strides=[2, 2], dilation_rate=[2, 2]),
        wrong(padding="SAME", dilation_rate=[2, 2]),
        wrong(padding="x", dilation_rate=[2, 2]),
        wrong(padding="x", kind="AVG"),
        wrong(dilations=[2, 2], dilation_rate=[2, 2]),
        wrong(data_format="NWC", kind="AVG"),
        wrong(window=[6, 6]),
    ],
)  # fmt: skip
def test_pool_refuses_what_tensorflow_refuses_in_its_words(shape, window, kind, padding, keywords):
    assert_refused_alike(
        lambda: tf.nn.pool(tf.ones(shape), window, kind, padding, **keywords),
        lambda: ts.nn.pool(torch.ones(shape), window, kind, padding, **keywords),
    )


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"padding": [[0, 0], [3, 1], [0, 0], [0, 0]]}, "adding 3 needs to be smaller than the window size 2"),
        ({"ksize": [2, 1, 1, 1]}, "in the batch and depth"),
        ({"ksize": [1, 1, 1, 2]}, "in the batch and depth"),
        ({"strides": [2, 1, 1, 1]}, "in the batch and depth"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_there_is_refused_when_called(keywords, words):
    """Windows over channels too, which TensorFlow has for max_pool alone."""
    keywords = {"ksize": 2, "strides": 2, "padding": "SAME"} | keywords
    error = refusal(lambda: ts.nn.max_pool(torch.ones(INPUTS[2]), **keywords))
    assert type(error) is ValueError
    assert words in str(error)


@pytest.mark.parametrize("dtype", [torch.bool, torch.complex64])
def test_max_pool_refuses_what_has_no_order(dtype):
    with pytest.raises(TypeError, match=r"^Value passed to parameter 'input' has DataType "):
        ts.nn.max_pool(torch.ones(INPUTS[2], dtype=dtype), 2, 2, "SAME")


# Copies, memory, devices, dtypes


class Recorder(TorchDispatchMode):
    """Notes the operations that PyTorch runs."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.add(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("ksize", [2, 3, 4])
@pytest.mark.parametrize("strides", [1, 2, 3])
@pytest.mark.parametrize("name", ["max_pool1d", "max_pool", "max_pool3d", "avg_pool"])
def test_same_padding_copies_nothing(name, ksize, strides):
    spatial = {"1": 1, "3": 3}.get(name[-2], 2)
    image = torch.ones(1, *[7] * spatial, 2)
    with Recorder() as recorder:
        getattr(ts.nn, name)(image, ksize, strides, "SAME")
    views = {"permute", "slice", "unsqueeze", "squeeze"}
    assert len(recorder.names - views) == 1


@pytest.mark.parametrize("name", ["max_pool1d", "avg_pool1d", "max_pool", "avg_pool", "max_pool3d"])
def test_shapes_are_known_without_numbers_and_channels_stay_last(name):
    spatial = {"1": 1, "3": 3}.get(name[-2], 2)
    image = torch.randn(2, *INPUTS[spatial][1:])
    output = getattr(ts.nn, name)(image, 2, 2, "SAME")
    assert output.is_contiguous()
    meta = getattr(ts.nn, name)(image.to("meta"), 2, 2, "SAME")
    assert (meta.device.type, meta.shape) == ("meta", output.shape)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_half_precision_is_near_single_precision(spatial, kind, dtype):
    image = torch.randn(INPUTS[spatial])
    function = getattr(ts.nn, NAMES[spatial].format(kind))
    actual = function(image.to(dtype), 3, 2, "SAME")
    assert actual.dtype == dtype
    torch.testing.assert_close(actual.float(), function(image, 3, 2, "SAME"), rtol=0.05, atol=0.05)
