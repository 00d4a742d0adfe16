"""What is written of a summary is what TensorFlow writes of it, from the same values."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

import torchscope.tf1
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

OURS = torchscope.tf1


def theirs(build):
    return tf.Summary.FromString(evaluate(build))


def ours(build):
    with OURS.Graph().as_default():
        return tf.Summary.FromString(build(OURS).eval())


def constant(tf, value):
    return tf.constant(value) if tf is not OURS else torch.as_tensor(value)


def without_sums(message):
    """A message, and what it says of sums, which are rounded in another order."""
    sums = []
    for value in message.value:
        if value.HasField("histo"):
            told = value.histo
            sums += [(told.sum, told.sum_squares, (told.num * told.sum_squares) ** 0.5)]
            told.sum = told.sum_squares = 0
    return message.SerializeToString(), sums


def assert_alike(build):
    (expected, sums), (found, our_sums) = without_sums(theirs(build)), without_sums(ours(build))
    assert tf.Summary.FromString(found) == tf.Summary.FromString(expected)
    assert found == expected
    for (total, squares, size), (our_total, our_squares, _) in zip(sums, our_sums, strict=True):
        assert our_total == pytest.approx(total, rel=0, abs=1e-12 * size)
        assert our_squares == pytest.approx(squares, rel=1e-12)


def pictures(message):
    return [
        (each.tag, each.image.height, each.image.width, each.image.colorspace, decoded(each))
        for each in message.value
    ]


def decoded(value):
    return np.array(Image.open(io.BytesIO(value.image.encoded_image_string))).tolist()


REAL = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8"]


@pytest.mark.parametrize("dtype", REAL)
def test_numbers(dtype):
    value = np.array(100.7).astype(dtype)
    assert_alike(lambda tf: tf.summary.scalar("a", constant(tf, value)))
    assert_alike(lambda tf: tf.summary.scalar("a", value, family="of all"))


@pytest.mark.parametrize("value", [3, 0.1, 1e39, float("nan"), float("inf"), 2**24 + 1])
def test_numbers_of_python(value):
    assert_alike(lambda tf: tf.summary.scalar("a", constant(tf, np.array(value))))


@settings(deadline=None, max_examples=20)
@given(
    arrays.arrays(
        st.sampled_from([np.float32, np.float64]),
        arrays.array_shapes(min_dims=0, max_dims=2),
        elements=st.floats(-(2.0**90), 2.0**90, width=32)
        | st.sampled_from([0.0, 2.0**-40, -(2.0**-39), 1.0, 1.5, -1.0]),
    )
)
def test_histograms(values):
    assert_alike(lambda tf: tf.summary.histogram("a", constant(tf, values)))


@pytest.mark.parametrize("dtype", REAL)
def test_histograms_of_each_dtype(dtype):
    values = (np.random.default_rng(0).normal(size=(50, 7)) * 20).astype(dtype)
    assert_alike(lambda tf: tf.summary.histogram("a", constant(tf, values)))


def test_a_histogram_of_nothing_and_of_many():
    assert_alike(lambda tf: tf.summary.histogram("a", tf.zeros([0])))
    many = np.random.default_rng(0).standard_cauchy(100_000)
    assert_alike(lambda tf: tf.summary.histogram("a", constant(tf, many)))


@settings(deadline=None, max_examples=20)
@given(
    arrays.arrays(
        st.sampled_from([np.float32, np.float64, np.float16, np.uint8]),
        st.tuples(
            st.integers(0, 3), st.integers(1, 3), st.integers(1, 3), st.sampled_from([1, 3, 4])
        ),
        elements=st.integers(0, 255),
    ),
    st.sampled_from([0, -20, 1e-3, -1e-3, 1e-9]),
    st.integers(1, 4),
)
def test_images(images, change, most):
    if images.dtype != np.uint8:
        images = (
            images * images.dtype.type(change)
            if abs(change) < 1
            else images + images.dtype.type(change)
        )
    build = lambda tf: tf.summary.image("a", constant(tf, images), most)
    assert pictures(ours(build)) == pictures(theirs(build))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shift", [0, 3])
def test_images_of_any_numbers(channels, dtype, shift):
    images = np.random.default_rng(0).normal(size=(3, 16, 16, channels)) * 3
    images = (np.abs(images) if shift else images).astype(dtype)
    build = lambda tf: tf.summary.image("a", constant(tf, images))
    assert pictures(ours(build)) == pictures(theirs(build))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_pixel_that_holds_no_number_is_red(channels):
    images = np.random.default_rng(0).normal(size=(3, 4, 4, channels)).astype(np.float32)
    images[0, 1, 2, 0] = np.nan
    images[1, 2, 2, channels - 1] = np.inf
    images[2] = -np.inf
    build = lambda tf: tf.summary.image("a", constant(tf, images))
    assert pictures(ours(build)) == pictures(theirs(build))


def test_integers_that_are_no_tensor_are_images():
    build = lambda tf: tf.summary.image("a", np.arange(12).reshape(1, 2, 2, 3), 1)
    assert pictures(ours(build)) == pictures(theirs(build))


@pytest.mark.parametrize(
    ("shape", "rate", "most"),
    [((2, 30), 16000, 3), ((4, 30, 2), 44100.5, 3), ((1, 9, 1), 8000.9, 1)],
)
def test_sounds(shape, rate, most):
    sounds = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    sounds.flat[:4] = [1, -1, 0.5 / 32768, 1.5 / 32768]
    assert_alike(lambda tf: tf.summary.audio("a", constant(tf, sounds), rate, most))
    assert_alike(
        lambda tf: tf.summary.audio("a", sounds.astype(np.float64), tf.constant(float(rate)), most)
    )


@pytest.mark.parametrize(
    "said", ["hello", ["a", "b"], [["a", "é"], ["c", "**d**"]], np.array(["x", "yz"])]
)
def test_texts(said):
    assert_alike(lambda tf: tf.summary.text("a", said if tf is OURS else tf.constant(said)))


@pytest.mark.parametrize("dtype", [*REAL, "bool"])
def test_tensors_as_they_are(dtype):
    values = np.arange(6).reshape(2, 3).astype(dtype)
    assert_alike(lambda tf: tf.summary.tensor_summary("a", constant(tf, values)))


def test_tensors_with_what_is_shown_of_them():
    def build(tf):
        metadata = tf.SummaryMetadata(plugin_data={"plugin_name": "mine"})
        x = tf.constant([1.0, 2.0])
        texts = ["a", "b"] if tf is OURS else tf.constant(["a", "b"])
        return tf.summary.merge(
            [
                tf.summary.tensor_summary("a", x, "it is *x*", display_name="x", family="f"),
                tf.summary.tensor_summary("b", x, summary_metadata=metadata),
                tf.summary.tensor_summary("c", texts),
            ]
        )

    assert_alike(build)


def test_what_is_merged_is_written_together_under_its_tags():
    def build(tf):
        with tf.name_scope("tower"):
            loss = tf.summary.scalar("loss", tf.constant(1.0))
            tf.summary.scalar("loss", tf.constant(2.0), family="f")
        tf.summary.scalar("a loss:/b", tf.constant(3.0), collections=["mine"])
        tf.summary.merge([loss, tf.summary.histogram("", tf.zeros([1]))], ["mine"])
        return tf.summary.merge(
            [tf.summary.merge_all(), tf.summary.merge(tf.get_collection("mine")[:1])]
        )

    assert_alike(build)


# What cannot be shown

WRONG = {
    "a scalar of several numbers": lambda tf: tf.summary.scalar("a", constant(tf, [1.0, 2.0])),
    "a scalar of a list of one": lambda tf: tf.summary.scalar("a", constant(tf, [[1.0]])),
    "NaN": lambda tf: tf.summary.histogram("a", constant(tf, [1.0, np.nan, np.inf]), family="f"),
    "infinity": lambda tf: tf.summary.histogram("a", constant(tf, [1.0, -np.inf, np.nan])),
    "channels": lambda tf: tf.summary.image("a", tf.zeros([1, 2, 3, 2])),
    "a single image": lambda tf: tf.summary.image("a", tf.zeros([2, 3, 1])),
    "a single sound": lambda tf: tf.summary.audio("a", tf.zeros([5]), 16000),
    "no rate": lambda tf: tf.summary.audio("a", tf.zeros([1, 5]), 0),
}


@pytest.mark.parametrize("build", WRONG.values(), ids=WRONG)
def test_what_tensorflow_refuses_to_compute(build):
    expected = refusal(lambda: evaluate(build))
    sentence = expected.message.split("\n")[-2]
    summary = build(OURS)
    error = refusal(summary.eval)
    assert type(error).__name__ == type(expected).__name__ == "InvalidArgumentError"
    assert str(error).startswith(sentence), (str(error), sentence)


def test_a_tag_that_is_there_twice_is_refused():
    def build(tf):
        loss = tf.summary.scalar("loss", tf.constant(1.0))
        return tf.summary.merge([loss, loss])

    expected = refusal(lambda: evaluate(build))
    error = refusal(build(OURS).eval)
    assert expected.message.split("\n")[-2].strip() == "Duplicate tag loss found in summary inputs"
    assert str(error).startswith("Duplicate tag loss found in summary inputs. Give each")


@pytest.mark.parametrize(
    "call",
    [
        *(
            lambda tf, name=name, value=value: getattr(tf.summary, name)("a", tf.constant(value))
            for name in ("scalar", "histogram")
            for value in (True, 1j)
        ),
        lambda tf: tf.summary.image("a", tf.zeros([1, 2, 2, 1], tf.int32)),
        lambda tf: tf.summary.image("a", tf.zeros([1, 2, 2, 1]), 0),
        lambda tf: tf.summary.audio("a", tf.zeros([1, 2]), 8000, 0),
        lambda tf: tf.summary.audio("a", tf.zeros([1, 2], tf.float64), 8000),
    ],
)
def test_what_tensorflow_refuses_to_build(call):
    assert_refused_alike(lambda: call(tf), lambda: call(OURS))


@pytest.mark.parametrize("kind", ["scalar", "histogram", "image", "audio"])
@pytest.mark.parametrize("said", ["hello", b"hello", ["a", "b"], np.array(["a"])], ids=repr)
def test_a_text_is_no_number(kind, said):
    rate = (8000,) if kind == "audio" else ()
    with pytest.raises(TypeError, match=r"has (DataType|type) string"):
        getattr(OURS.summary, kind)("a", said, *rate)


def test_a_variable_in_pieces_is_shown_whole():
    with OURS.variable_scope("", partitioner=OURS.fixed_size_partitioner(2)):
        whole = OURS.get_variable("w", [4], initializer=OURS.ones_initializer())
    (value,) = OURS.Summary.FromString(OURS.summary.histogram("a", whole).eval()).value
    assert (value.histo.num, value.histo.sum) == (4, 4)
