"""torchscope.image against TensorFlow's tf.image."""

import numpy as np
import pytest
import torch
from comparing import as_array, as_torch, assert_alike, assert_close
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, refusal, tf

MODES = {
    "TF1's own": {},
    "corners": {"align_corners": True},
    "squares": {"half_pixel_centers": True},
}
METHODS = ("resize_bilinear", "resize_nearest_neighbor", "resize_bicubic", "resize_area")
DTYPES = ("uint8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64")


def modes_of(method):
    """The modes that a method has."""
    return {name: mode for name, mode in MODES.items() if method != "resize_area" or name[0] != "s"}


def image(shape, dtype="float32", seed=0):
    """Pixels from 0 to 255."""
    return as_array(np.random.default_rng(seed).uniform(0, 255, shape), dtype)


# Resizing


@settings(max_examples=40)
@given(
    shape=st.tuples(st.integers(0, 2), st.integers(1, 9), st.integers(1, 9), st.integers(1, 3)),
    size=st.tuples(st.integers(1, 13), st.integers(1, 13)),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 99),
)
def test_resizing_gives_tensorflows_pixels_in_its_dtype(shape, size, dtype, seed):
    pixels = image(shape, dtype, seed)
    calls = [(method, mode) for method in METHODS for mode in modes_of(method).values()]
    expected = evaluate(
        lambda tf: [getattr(tf.image, method)(pixels, size, **mode) for method, mode in calls]
    )
    for (method, mode), each in zip(calls, expected, strict=True):
        assert_close(getattr(ts.image, method)(as_torch(pixels), size, **mode), each)


@settings(max_examples=30)
@given(
    shape=st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 9), st.integers(1, 3)),
    size=st.tuples(st.integers(1, 13), st.integers(1, 13)),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 99),
)
def test_resizing_has_tensorflows_gradients(shape, size, dtype, seed):
    pixels = image(shape, dtype, seed)
    weights = np.random.default_rng(seed).uniform(0.5, 1.5, (shape[0], *size, shape[3]))
    calls = [(method, mode) for method in METHODS[:3] for mode in MODES.values()]

    def build(tf):
        leaf = tf.constant(pixels)
        outputs = [getattr(tf.image, method)(leaf, size, **mode) for method, mode in calls]
        return [
            tf.gradients(output, leaf, tf.constant(weights, output.dtype))[0] for output in outputs
        ]

    for (method, mode), expected in zip(calls, evaluate(build), strict=True):
        leaf = torch.tensor(pixels, requires_grad=True)
        output = getattr(ts.image, method)(leaf, size, **mode)
        output.backward(torch.tensor(weights, dtype=output.dtype))
        # In float64 as well: it is computed in float32.
        assert_close(leaf.grad, expected, 1e-5)


def test_an_area_has_a_gradient_which_tensorflows_has_not():
    leaf = torch.randn(1, 4, 4, 1, dtype=torch.float64, requires_grad=True)
    ts.image.resize_area(leaf, [2, 1]).sum().backward()
    assert_close(leaf.grad, np.full((1, 4, 4, 1), 1 / 8))


def test_large_images_keep_their_places():
    """Where float32 decides which pixel is the nearest."""
    pixels = np.arange(3000, dtype=np.int32).reshape(1, 1, 3000, 1)
    for mode in MODES.values():
        for width in (997, 2999, 4001):
            assert_alike(
                lambda tf, x: tf.image.resize_nearest_neighbor(x, [1, width], **mode),  # noqa: B023
                lambda x: ts.image.resize_nearest_neighbor(x, [1, width], **mode),  # noqa: B023
                [pixels],
            )


@pytest.mark.parametrize("size", [(2, 3), [2, 3], np.array([2, 3]), np.array([2, 3], np.int64)])
@pytest.mark.parametrize("method", [*METHODS, "resize_images"])
def test_the_size_may_be_a_list_a_tuple_or_an_array(method, size):
    pixels = image([1, 4, 4, 1])
    function = getattr(ts.image, method)
    expected = function(torch.tensor(pixels), torch.Size([2, 3]))
    assert expected.shape == (1, 2, 3, 1)
    assert torch.equal(function(torch.tensor(pixels), size), expected)
    assert torch.equal(function(torch.tensor(pixels), torch.tensor([2, 3])), expected)


@pytest.mark.parametrize("method", [0, 1, 2, 3, "bilinear", "nearest", "bicubic", "area"])
@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("shape", [(2, 5, 4, 3), (5, 4, 3)])
def test_resize_images_has_tensorflows_methods(method, align_corners, shape):
    for size in ((3, 7), (5, 4)):
        assert_alike(
            lambda tf, x: tf.image.resize_images(x, size, method, align_corners),  # noqa: B023
            lambda x: ts.image.resize_images(x, size, method, align_corners),  # noqa: B023
            [image(shape, "uint8")],
        )


@settings(max_examples=40)
@given(
    old=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_resize_images_can_keep_the_proportions(old, size):
    def call(image, pixels):
        resized = image.resize_images(pixels, size, 1, preserve_aspect_ratio=True)
        return [int(d) for d in resized.shape]

    with tf.Graph().as_default():
        expected = call(tf.image, tf.zeros([*old, 1]))
    if min(expected) > 0:
        assert call(ts.image, torch.zeros(*old, 1)) == expected


@pytest.mark.parametrize("method", [0, 1, 2, 3])
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("size", [(3, 4), (3, 9)])
def test_images_that_have_the_size_already_have_tensorflows_dtype(method, keep, size):
    keywords = {"method": method, "preserve_aspect_ratio": keep}
    assert_alike(
        lambda tf, x: tf.image.resize_images(x, size, **keywords),
        lambda x: ts.image.resize_images(x, size, **keywords),
        [np.arange(24).reshape(2, 3, 4, 1).astype("uint8")],
        1e-5,
    )


def test_resize_method_has_tensorflows_numbers():
    for name in ("BILINEAR", "NEAREST_NEIGHBOR", "BICUBIC", "AREA"):
        assert getattr(ts.image.ResizeMethod, name) == getattr(tf.image.ResizeMethod, name)


@pytest.mark.parametrize("method", METHODS)
def test_resizing_works_on_the_meta_device(method):
    pixels = torch.ones(1, 4, 4, 2, device="meta")
    for mode in modes_of(method).values():
        resized = getattr(ts.image, method)(pixels, [3, 6], **mode)
        assert (resized.device.type, resized.shape) == ("meta", (1, 3, 6, 2))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("shape", "size", "dtype"),
    [
        *((shape, [3, 3], "float32") for shape in ([2, 2], [2, 2, 1], [1, 1, 2, 2, 1])),
        *(([1, 2, 2, 1], size, "float32") for size in (3, [3], [3, 3, 3], [[3, 3]], None)),
        *(([1, 2, 2, 1], [3, 3], dtype) for dtype in ("bool", "complex64")),
    ],
    ids=str,
)
def test_resizing_refuses_what_tensorflow_refuses_in_its_words(method, shape, size, dtype):
    pixels = np.ones(shape, dtype)
    assert_refused_alike(
        lambda: getattr(tf.image, method)(tf.constant(pixels), size),
        lambda: getattr(ts.image, method)(torch.tensor(pixels), size),
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [[3.5, 3], [2.0, 3.0], "a"], ids=repr)
def test_a_size_that_is_not_of_integers_is_a_type_error(method, size):
    theirs = refusal(lambda: getattr(tf.image, method)(tf.ones([1, 2, 2, 1]), size))
    error = refusal(lambda: getattr(ts.image, method)(torch.ones(1, 2, 2, 1), size))
    assert type(error) is type(theirs) is TypeError
    assert str(theirs).endswith(str(error))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("shape", "size", "keywords"),
    [
        ([1, 2, 2, 1], [0, 3], {}),
        ([1, 2, 2, 1], [3, -1], {}),
        ([1, 0, 2, 1], [3, 3], {}),
        ([1, 2, 2, 0], [3, 3], {}),
        ([1, 2, 2, 1], [3, 3], {"align_corners": True, "half_pixel_centers": True}),
    ],
    ids=str,
)
def test_what_tensorflow_refuses_when_the_graph_runs_is_a_value_error(
    method, shape, size, keywords
):
    if method == "resize_area" and keywords:
        return  # it has no half_pixel_centers
    theirs = refusal(
        lambda: evaluate(lambda tf: getattr(tf.image, method)(tf.ones(shape), size, **keywords))
    )
    error = refusal(lambda: getattr(ts.image, method)(torch.ones(shape), size, **keywords))
    assert type(error) is ValueError
    assert str(error).split(":")[0] in str(theirs)


@pytest.mark.parametrize(
    ("shape", "size", "method"),
    [
        *(([1, 2, 2, 1], size, 0) for size in (3, [3], [3, 3, 3], [[3, 3]])),
        *(([1, 2, 2, 1], size, 0) for size in (None, [3.5, 3], "a")),
        *((shape, [3, 3], 0) for shape in ([2, 2], [1, 1, 2, 2, 1], [])),
        *(([1, 2, 2, 1], [3, 3], method) for method in (4, "lanczos3", None, "BILINEAR")),
    ],
    ids=str,
)
def test_resize_images_refuses_what_tensorflow_refuses_in_its_words(shape, size, method):
    assert_refused_alike(
        lambda: tf.image.resize_images(tf.ones(shape), size, method),
        lambda: ts.image.resize_images(torch.ones(shape), size, method),
    )


@pytest.mark.parametrize("shape", [(1, 0, 2, 1), (0, 2, 1)], ids=str)
def test_the_proportions_of_an_empty_image_cannot_be_kept(shape):
    with pytest.raises(ValueError, match=r"non-zero size: the images are \(1, 0, 2, 1\)"):
        ts.image.resize_images(torch.ones(shape), [3, 3], preserve_aspect_ratio=True)


def test_a_refusal_tells_the_shape():
    with pytest.raises(ValueError, match=r"\(2, 2, 1\).*\(N, H, W, C\)"):
        ts.image.resize_bilinear(torch.ones(2, 2, 1), [3, 3])


# Boxes and mirrors

NUMBERS = st.integers(0, 4)


@settings(max_examples=60)
@given(
    shape=st.lists(st.integers(1, 4), min_size=3, max_size=4),
    box=st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    fraction=st.floats(0.05, 1.0),
)
def test_boxes_and_mirrors_are_tensorflows(shape, box, fraction):
    """What it refuses is refused, in its words."""
    pixels = image(shape, "int32")
    refused = []

    def call(image, tensor, name, arguments):
        try:
            return getattr(image, name)(tensor, *arguments)
        except ValueError as error:
            return error

    calls = [
        ("crop_to_bounding_box", box),
        ("pad_to_bounding_box", box),
        ("resize_image_with_crop_or_pad", box[2:]),
        ("resize_with_crop_or_pad", box[2:]),
        ("central_crop", [fraction]),
        ("flip_left_right", []),
        ("flip_up_down", []),
    ]

    def build(tf):
        results = [call(tf.image, tf.constant(pixels), *each) for each in calls]
        refused.extend(str(each) if isinstance(each, ValueError) else "" for each in results)
        return [tf.zeros([]) if isinstance(each, ValueError) else each for each in results]

    for each, expected, message in zip(calls, evaluate(build), refused, strict=True):
        actual = call(ts.image, torch.tensor(pixels), *each)
        if message:
            assert isinstance(actual, ValueError)
            assert str(actual).startswith(message)
        else:
            assert_close(actual, expected)


BOXES = [("crop_to_bounding_box", (0, 0, 2, 2)), ("pad_to_bounding_box", (0, 0, 4, 4))]
BOXES += [("resize_image_with_crop_or_pad", (2, 4)), ("central_crop", (0.5,))]
BOXES += [("flip_left_right", ()), ("flip_up_down", ()), ("per_image_standardization", ())]


@pytest.mark.parametrize(("name", "arguments"), BOXES)
@pytest.mark.parametrize("shape", [[3], [3, 3], [1, 1, 3, 3, 1], [3, 3, 0], [0, 3, 1]], ids=str)
def test_other_ranks_and_empty_images_are_refused_in_tensorflows_words(name, arguments, shape):
    if name == "per_image_standardization" and len(shape) == 5:
        return  # it takes them
    if name == "central_crop" and (len(shape) != 3 or 0 in shape):
        with pytest.raises(ValueError, match="image"):
            ts.image.central_crop(torch.ones(shape), *arguments)
        return
    assert_refused_alike(
        lambda: getattr(tf.image, name)(tf.ones(shape), *arguments),
        lambda: getattr(ts.image, name)(torch.ones(shape), *arguments),
    )


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("crop_to_bounding_box", (-1, 0, 2, 2)),
        ("crop_to_bounding_box", (0, -1, 2, 2)),
        ("crop_to_bounding_box", (0.0, 0, 2, 2)),
        ("pad_to_bounding_box", (-1, 0, 2, 2)),
        ("pad_to_bounding_box", (0, -1, 5, 5)),
        ("resize_image_with_crop_or_pad", (0, 1)),
        ("resize_image_with_crop_or_pad", (1, -1)),
        ("central_crop", (0.0,)),
        ("central_crop", (1.5,)),
    ],
)
def test_boxes_that_cannot_be_are_refused_in_tensorflows_words(name, arguments):
    assert_refused_alike(
        lambda: getattr(tf.image, name)(tf.ones([3, 3, 1]), *arguments),
        lambda: getattr(ts.image, name)(torch.ones(3, 3, 1), *arguments),
    )


@pytest.mark.parametrize("name", ["crop_to_bounding_box", "pad_to_bounding_box", "flip_up_down"])
def test_boxes_and_mirrors_pass_gradients_on(name):
    arguments = dict(BOXES)[name]
    assert_alike(
        lambda tf, x: getattr(tf.image, name)(x, *arguments),
        lambda x: getattr(ts.image, name)(x, *arguments),
        [image([2, 3, 3, 2], "float64")],
    )


# Standardization


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 4, 2), (2, 3, 4, 2), (0, 3, 4, 2), (1, 2, 3, 4, 2)], ids=str)
def test_standardized_images_are_tensorflows(shape, dtype):
    assert_alike(
        lambda tf, x: tf.image.per_image_standardization(x),
        ts.image.per_image_standardization,
        [image(shape, dtype)],
        2e-3 if dtype == "float16" else 1e-5,
    )


def test_an_even_image_is_all_zeros_and_has_a_gradient():
    leaf = torch.full((4, 4, 3), 7.0, requires_grad=True)
    output = ts.image.per_image_standardization(leaf)
    assert not output.any()
    output.sum().backward()
    assert leaf.grad.isfinite().all()
