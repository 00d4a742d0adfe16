"""torchscope.image's colors, adjustments, measures and boxes against TensorFlow's tf.image."""

import numpy as np
import pytest
import torch
from comparing import as_array, as_torch, assert_alike, assert_close
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

FLOATS = ("float32", "float64")
DTYPES = ("uint8", "int16", "int32", "float32", "float64")


def pixels(shape, dtype="float32", seed=0):
    """Floats from 0 to 1, integers from 0 to 127."""
    drawn = np.random.default_rng(seed).uniform(0, 1, shape)
    return as_array(drawn if "float" in dtype else drawn * 127, dtype)


def shapes(least=3, most=4, channels=3):
    sizes = st.lists(st.integers(1, 5), min_size=least - 1, max_size=most - 1)
    return sizes.map(lambda sizes: (*sizes, channels))


# Dtypes that a function takes, and the function.
OF_COLORS = {
    "rgb_to_grayscale": (DTYPES, lambda image, x: image.rgb_to_grayscale(x)),
    "rgb_to_hsv": (FLOATS, lambda image, x: image.rgb_to_hsv(x)),
    "hsv_to_rgb": (FLOATS, lambda image, x: image.hsv_to_rgb(x)),
    "rgb_to_yiq": (FLOATS, lambda image, x: image.rgb_to_yiq(x)),
    "yiq_to_rgb": (FLOATS, lambda image, x: image.yiq_to_rgb(x)),
    "rgb_to_yuv": (FLOATS, lambda image, x: image.rgb_to_yuv(x)),
    "yuv_to_rgb": (FLOATS, lambda image, x: image.yuv_to_rgb(x)),
    "adjust_brightness": (DTYPES, lambda image, x: image.adjust_brightness(x, 0.3)),
    "adjust_contrast": (DTYPES, lambda image, x: image.adjust_contrast(x, 1.7)),
    "adjust_gamma": (DTYPES, lambda image, x: image.adjust_gamma(x, 0.7, 1.2)),
    "adjust_hue": (DTYPES, lambda image, x: image.adjust_hue(x, 0.4)),
    "adjust_saturation": (DTYPES, lambda image, x: image.adjust_saturation(x, 1.5)),
    "total_variation": (DTYPES[1:], lambda image, x: image.total_variation(x)),
    "rot90": (DTYPES, lambda image, x: [image.rot90(x, k) for k in (1, 2, -1)]),
    "transpose": (DTYPES, lambda image, x: [image.transpose_image(x), image.transpose(x)]),
    "psnr": (DTYPES, lambda image, x: image.psnr(x, x * x, 1)),
    "resize": (DTYPES, lambda image, x: image.resize(x, [3, 4])),
}
# In these the last bit of what becomes an integer may differ: sums in another order.
ROUNDED = {"rgb_to_grayscale", "adjust_contrast", "adjust_hue", "adjust_saturation", "adjust_gamma"}


@pytest.mark.parametrize("name", OF_COLORS)
@settings(max_examples=6)
@given(data=st.data(), shape=shapes(), seed=st.integers(0, 99))
def test_a_function_gives_tensorflows_pixels_in_its_dtype(name, data, shape, seed):
    dtypes, function = OF_COLORS[name]
    given_ = pixels(shape, data.draw(st.sampled_from(dtypes)), seed)
    expected = evaluate(lambda tf: function(tf.image, tf.constant(given_)))
    found = function(ts.image, as_torch(given_))
    if not isinstance(expected, list):
        expected, found = [expected], [found]
    for mine, its in zip(found, expected, strict=True):
        if name in ROUNDED and its.dtype.kind in "iu":
            assert (str(mine.dtype), tuple(mine.shape)) == (f"torch.{its.dtype}", its.shape)
            # Floats of integers' whole range have 24 bits.
            step = max(1, np.iinfo(its.dtype).max // 2**22)
            assert np.abs(mine.numpy().astype("int64") - its.astype("int64")).max() <= step
        else:
            assert_close(mine, its, 1e-5, 1.0)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "name",
    [
        *("rgb_to_grayscale", "rgb_to_yiq", "yuv_to_rgb", "rgb_to_hsv"),
        *("adjust_brightness", "adjust_gamma", "total_variation"),
    ],
)
def test_the_gradients_are_tensorflows(name, dtype):
    function = OF_COLORS[name][1]
    given_ = pixels((2, 3, 4, 3), dtype)
    assert_alike(
        lambda tf, x: function(tf.image, x),
        lambda x: function(ts.image, x),
        [given_],
        1e-5,
        least=1.0,
    )


DTYPES_OF_IMAGES = ("uint8", "uint16", "int8", "int16", "int32", "int64", *FLOATS)


@settings(max_examples=30)
@given(
    to=st.sampled_from(DTYPES_OF_IMAGES),
    of=st.sampled_from(DTYPES_OF_IMAGES),
    saturate=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_dtype_is_converted_as_tensorflow_converts_it(of, to, saturate, seed):
    drawn = np.random.default_rng(seed).uniform(0, 1, 20)
    if "float" not in of:
        drawn = drawn * np.iinfo(of).max
    given_ = drawn.astype(of)
    expected = evaluate(lambda tf: tf.image.convert_image_dtype(tf.constant(given_), to, saturate))
    assert_close(ts.image.convert_image_dtype(torch.tensor(given_), to, saturate), expected, 1e-6)


def test_what_an_integer_does_not_hold_becomes_its_nearest():
    floats = np.array([-0.5, 0.0, 0.5, 0.9999, 1.0, 1.5], "float32")
    for dtype in ("uint8", "int8", "int16", "int32"):
        expected = evaluate(lambda tf, d=dtype: tf.image.convert_image_dtype(floats, d, True))
        assert_close(ts.image.convert_image_dtype(floats, dtype, saturate=True), expected)
    # TensorFlow's becomes the smallest there.
    assert ts.image.convert_image_dtype(floats, torch.int64, saturate=True)[-1] > 9.2e18
    high = np.array([-1000, -5, 1000], "int16")
    expected = evaluate(lambda tf: tf.image.convert_image_dtype(high, "uint8", True))
    assert_close(ts.image.convert_image_dtype(high, "uint8", saturate=True), expected)


@settings(max_examples=10)
@given(shape=shapes(4, 4, 2), dtype=st.sampled_from(FLOATS), seed=st.integers(0, 99))
def test_differences_of_neighbors_are_tensorflows(shape, dtype, seed):
    shape = (shape[0], shape[1] + 1, shape[2] + 1, shape[3])
    given_ = pixels(shape, dtype, seed)
    assert_alike(
        lambda tf, x: [*tf.image.image_gradients(x), tf.image.sobel_edges(x)],
        lambda x: [*ts.image.image_gradients(x), ts.image.sobel_edges(x)],
        [given_],
        1e-5,
        least=1.0,
    )


@pytest.mark.parametrize(
    "keywords",
    [{}, {"filter_size": 4, "filter_sigma": 0.7}, {"k1": 0.1, "k2": 0.2, "return_index_map": True}],
    ids=str,
)
def test_the_structural_similarity_and_its_gradients_are_tensorflows(keywords):
    one, other = pixels((2, 12, 13, 3)), pixels((2, 12, 13, 3), seed=1)
    assert_alike(
        lambda tf, a, b: tf.image.ssim(a, b, 1.0, **keywords),
        lambda a, b: ts.image.ssim(a, b, 1.0, **keywords),
        [one, one * 0.8 + other * 0.2],
        1e-4,
        least=0.1,
    )


def test_the_structural_similarity_of_integers_is_tensorflows():
    one, other = pixels((11, 12, 1), "uint8"), pixels((11, 12, 1), "uint8", 1)
    expected = evaluate(lambda tf: tf.image.ssim(tf.constant(one), tf.constant(other), 255))
    assert_close(ts.image.ssim(torch.tensor(one), torch.tensor(other), 255), expected, 1e-4)


@settings(max_examples=10)
@given(
    size=st.lists(st.integers(1, 4), min_size=2, max_size=2),
    method=st.sampled_from(["bilinear", "nearest"]),
    dtype=st.sampled_from(["uint8", "int32", "float32", "float64"]),
    seed=st.integers(0, 999),
)
def test_crops_are_tensorflows(size, method, dtype, seed):
    given_ = pixels((2, 5, 4, 2), dtype, seed)
    boxes = np.random.default_rng(seed).uniform(-0.2, 1.2, (3, 4)).astype("float32")
    boxes[0] = [0, 0, 1, 1]

    def call(image, x, boxes):
        return image.crop_and_resize(x, boxes, [0, 1, 1], size, method, 0.5)

    assert_alike(
        lambda tf, x, boxes: call(tf.image, x, boxes),
        lambda x, boxes: call(ts.image, x, boxes),
        [given_, boxes],
        1e-5,
        gradients=False,
    )


@pytest.mark.parametrize("method", ["bilinear", "nearest"])
def test_the_gradients_of_crops_are_tensorflows(method):
    boxes = np.array([[0.1, 0.2, 0.7, 0.9], [0.9, 0.8, 0.15, 0.3]], "float32")
    assert_alike(
        lambda tf, x, boxes: tf.image.crop_and_resize(x, boxes, [0, 1], [3, 2], method),
        lambda x, boxes: ts.image.crop_and_resize(x, boxes, [0, 1], [3, 2], method),
        [pixels((2, 5, 4, 2)), boxes],
        1e-5,
        least=1.0,
    )


@settings(max_examples=10)
@given(
    count=st.integers(0, 8),
    most=st.integers(0, 5),
    overlap=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    least=st.sampled_from([-np.inf, 0.4]),
    seed=st.integers(0, 999),
)
def test_the_boxes_that_are_taken_are_tensorflows(count, most, overlap, least, seed):
    random = np.random.default_rng(seed)
    boxes = random.uniform(0, 1, (count, 4)).astype("float32")
    scores = random.uniform(0, 1, count).astype("float32")
    expected = evaluate(
        lambda tf: tf.image.non_max_suppression(boxes, scores, most, overlap, least)
    )
    found = ts.image.non_max_suppression(boxes, scores, most, overlap, least)
    assert_close(found, expected)


X = pixels((4, 5, 3))
GREY = pixels((4, 5, 1))
BOX = np.array([[0.0, 0.0, 1.0, 1.0]], "float32")

REFUSED = [
    lambda image, x: image.grayscale_to_rgb(x),
    lambda image, x: image.grayscale_to_rgb(x[0, 0]),
    lambda image, x: image.rgb_to_hsv(x[..., :2]),
    lambda image, x: image.rgb_to_hsv(5.0),
    lambda image, x: image.adjust_contrast(x[0], 1.0),
    lambda image, x: image.adjust_contrast(x, [1.0]),
    lambda image, x: image.adjust_gamma(x, -1.0),
    lambda image, x: image.adjust_saturation(x[0], 1.0),
    lambda image, x: image.adjust_hue(x[0], 1.0),
    lambda image, x: image.rot90(x[0]),
    lambda image, x: image.rot90(x, [1]),
    lambda image, x: image.transpose_image(x[0]),
    lambda image, x: image.total_variation(x[0]),
    lambda image, x: image.psnr(x, x[:2], 1.0),
    lambda image, x: image.psnr(x[0], x[0], 1.0),
    lambda image, x: image.ssim(x, x, 1.0),
    lambda image, x: image.random_brightness(x, -0.1),
    lambda image, x: image.random_hue(x, -0.1),
    lambda image, x: image.random_hue(x, 0.6),
    lambda image, x: image.random_contrast(x, 0.5, 0.2),
    lambda image, x: image.random_contrast(x, -0.5, 0.2),
    lambda image, x: image.random_saturation(x, 0.5, 0.5),
    lambda image, x: image.random_flip_left_right(x[0]),
    lambda image, x: image.convert_image_dtype(x, "bool"),
    lambda image, x: image.convert_image_dtype(X > 0.5, "float32"),
    lambda image, x: image.non_max_suppression(BOX[:, :3], [0.9], 3),
    lambda image, x: image.non_max_suppression(BOX, [0.9, 0.1], 3),
    lambda image, x: image.crop_and_resize(x[None], BOX, [0], [2, 2], method="cubic"),
    lambda image, x: image.crop_and_resize(x[None], BOX, [0, 0], [2, 2]),
    lambda image, x: image.crop_and_resize(x, BOX, [0], [2, 2]),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(
        lambda: call(tf.image, tf.constant(X)), lambda: call(ts.image, torch.tensor(X))
    )


def test_what_tensorflow_refuses_when_it_runs_is_a_value_error():
    x = torch.tensor(X)
    for call, message in (
        (
            lambda: ts.image.crop_and_resize(x[None], BOX, [1], [2, 2]),
            "outside \\[0, batch_size\\)",
        ),
        (
            lambda: ts.image.crop_and_resize(x[None], BOX, [0], [0, 2]),
            "crop dimensions must be pos",
        ),
        (lambda: ts.image.non_max_suppression(BOX, [0.9], 3, 2.0), "iou_threshold must be in"),
        (
            lambda: ts.image.adjust_hue(x[..., :2], 0.1),
            "input must have 3 channels but instead has 2",
        ),
        (lambda: ts.image.image_gradients(x), "image_gradients expects a 4D tensor"),
        (lambda: ts.image.sobel_edges(x), "Shape must be rank 4 but is rank 3"),
        (lambda: ts.image.sobel_edges(x[None, :1]), "paddings must be less than"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_grey_images_get_three_channels():
    expected = evaluate(lambda tf: tf.image.grayscale_to_rgb(tf.constant(GREY)))
    assert_close(ts.image.grayscale_to_rgb(GREY), expected)


def test_each_image_of_a_batch_is_flipped_by_itself():
    images = torch.arange(64 * 4.0).reshape(64, 2, 2, 1)
    for name, flip in (
        ("left_right", ts.image.flip_left_right),
        ("up_down", ts.image.flip_up_down),
    ):
        function = getattr(ts.image, f"random_flip_{name}")
        found = function(images, seed=1)
        flipped = (found == flip(images)).flatten(1).all(1)
        kept = (found == images).flatten(1).all(1)
        assert (flipped ^ kept).all()
        assert 10 < flipped.sum() < 54
        assert torch.equal(found, function(images, seed=1))
        assert function(images[0]).shape == (2, 2, 1)


def test_what_is_drawn_lies_within_its_bounds():
    x = torch.tensor([[[0.4, 0.4, 0.4], [0.6, 0.6, 0.6]]])
    deltas = torch.stack([ts.image.random_brightness(x, 0.2) - x for _ in range(50)])
    assert deltas.abs().max() <= 0.2
    assert deltas.min() < 0 < deltas.max()
    contrasts = [ts.image.random_contrast(x, 0.5, 2.0) for _ in range(50)]
    spans = torch.stack([(c[0, 1, 0] - c[0, 0, 0]) / 0.2 for c in contrasts])
    assert spans.min() >= 0.49
    assert spans.max() <= 2.01
    red = torch.tensor([[[1.0, 0.5, 0.5]]])
    saturated = torch.stack([ts.image.random_saturation(red, 0.5, 1.5) for _ in range(20)])
    assert (saturated[..., 1] <= 0.751).all()
    assert (saturated[..., 1] >= 0.249).all()
    hues = torch.stack([ts.image.rgb_to_hsv(ts.image.random_hue(red, 0.1)) for _ in range(20)])
    assert ((hues[..., 0] <= 0.11) | (hues[..., 0] >= 0.89)).all()
