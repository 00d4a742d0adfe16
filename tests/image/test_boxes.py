"""Boxes of images, parts around them, similarity over scales: TensorFlow's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1
from tests.comparing import assert_alike, assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

ours = torchscope.tf1


def draw(seed):
    return np.random.default_rng(seed)


def boxes_of(seed, *shape):
    return draw(seed).uniform(-0.2, 1.2, (*shape, 4)).astype("float32")


@settings(max_examples=30)
@given(st.integers(0, 99), st.sampled_from([1, 3, 4]), st.booleans(), st.integers(0, 12))
def test_edges_are_where_tensorflow_draws_them(seed, channels, colored, count):
    image = draw(seed).random((2, 7, 6, channels)).astype("float32")
    boxes = boxes_of(seed, 2, count)
    # TensorFlow leaves out what lies upside down.
    boxes = np.concatenate(
        [boxes.reshape(2, count, 2, 2).min(2), boxes.reshape(2, count, 2, 2).max(2)], 2
    )
    colors = draw(seed).random((3, channels)).astype("float32") if colored else None

    def drawn(api):
        return api.image.draw_bounding_boxes(image, boxes, colors=colors)

    assert_close(drawn(ours), evaluate(drawn))


@settings(max_examples=25)
@given(
    st.integers(0, 99),
    st.integers(0, 9),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([-np.inf, 0.4]),
    st.sampled_from([0.1, 0.5, 1.0]),
)
def test_suppression_with_scores_is_that_of_tensorflow(seed, count, sigma, least, most):
    random = draw(seed)
    corner = random.random((count, 2))
    boxes = np.concatenate([corner, corner + random.uniform(0.2, 1, (count, 2))], 1).astype(
        "float32"
    )
    scores = random.random(count).astype("float32")

    def kept(api):
        return api.image.non_max_suppression_with_scores(boxes, scores, 5, most, least, sigma)

    for mine, its in zip(kept(ours), evaluate(kept), strict=True):
        assert_close(mine, its, 1e-5)


@settings(max_examples=20)
@given(st.integers(0, 99), st.integers(1, 8), st.sampled_from([0.2, 0.5, 2.0]))
def test_suppression_by_overlaps_is_that_of_tensorflow(seed, count, most):
    overlaps = draw(seed).random((count, count)).astype("float32")
    scores = draw(seed + 1).random(count).astype("float32")

    def kept(api):
        return api.image.non_max_suppression_overlaps(overlaps, scores, 4, most, 0.2)

    assert_close(kept(ours), evaluate(kept))


BOXES = np.array([[[0.2, 0.1, 0.9, 0.6], [0.0, 0.5, 0.4, 1.0]]], "float32")


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"min_object_covered": 0.5, "area_range": (0.2, 0.6)},
        {"aspect_ratio_range": (0.5, 2.0), "max_attempts": 3, "min_object_covered": 0.9},
    ],
)
def test_parts_have_tensorflows_distribution(how):
    """Means and deviations over many draws."""
    runs, size = 2000, [60, 90, 3]
    torch.manual_seed(0)
    mine = [ours.image.sample_distorted_bounding_box(size, BOXES, **how) for _ in range(runs)]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        found = tuple(tf.image.sample_distorted_bounding_box(size, BOXES, **how))
        theirs = [session.run(found) for _ in range(runs)]
    for one, other in zip(mine[0], theirs[0], strict=True):
        assert (str(one.dtype), tuple(one.shape)) == (f"torch.{other.dtype}", other.shape)
    numbers = [
        np.stack(
            [np.concatenate([begin[:2], size[:2], box.ravel() * 60]) for begin, size, box in each]
        )
        for each in ([[part.numpy() for part in parts] for parts in mine], theirs)
    ]
    # Standard errors of a mean are about a third of a pixel.
    np.testing.assert_allclose(numbers[0].mean(0), numbers[1].mean(0), atol=2.0)
    np.testing.assert_allclose(numbers[0].std(0), numbers[1].std(0), atol=2.0)


def test_a_part_is_repeated_by_its_seed_and_fits_a_slice():
    image = torch.rand(9, 12, 3)
    one, other = (
        ours.image.sample_distorted_bounding_box(ours.shape(image), BOXES, seed=3) for _ in range(2)
    )
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    part = ours.slice(image, one.begin, one.size)
    assert tuple(part.shape) == (*one.size[:2].tolist(), 3)


def test_an_image_is_a_part_of_itself_where_there_is_no_box():
    none = np.zeros((1, 0, 4), "float32")
    how = {"use_image_if_no_bounding_boxes": True, "area_range": (1.0, 1.0)}
    begin, size, box = ours.image.sample_distorted_bounding_box([9, 9, 3], none, **how)
    assert (begin.tolist(), size.tolist()) == ([0, 0, 0], [9, 9, -1])
    assert box.flatten().tolist() == [0.0, 0.0, 1.0, 1.0]


@settings(max_examples=25)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_images_fit_into_sizes_as_in_tensorflow(height, width, tall, wide, batch):
    image = draw(height).random((*(2,) * batch, height, width, 2)).astype("float32")
    if max(width / wide, height / tall) > min(height, width):
        return  # Nothing would be left.
    assert_alike(
        lambda tf, x: tf.image.resize_image_with_pad(x, tall, wide),
        lambda x: ours.image.resize_image_with_pad(x, tall, wide),
        [image],
    )


@pytest.mark.parametrize("shape", [(1, 24, 24, 2), (33, 27, 1)])
def test_similarity_over_scales_is_that_of_tensorflow(shape):
    one = draw(0).random(shape).astype("float32")
    other = (one + draw(1).normal(0, 0.1, shape)).astype("float32")

    def similar(api, one, other):
        return api.image.ssim_multiscale(one, other, 1.0, (0.2, 0.3, 0.5), filter_size=5)

    assert_alike(similar, lambda *tensors: similar(ours, *tensors), [one, other], tolerance=1e-4)


IMAGE = np.zeros((1, 4, 4, 3), "float32")
REFUSED = {
    "two channels": lambda api: api.image.draw_bounding_boxes(IMAGE[..., :2], BOXES),
    "two sizes": lambda api: api.image.sample_distorted_bounding_box([4, 4], BOXES),
    "three numbers": lambda api: api.image.sample_distorted_bounding_box([4, 4, 3], BOXES[..., :3]),
    "a vector": lambda api: api.image.resize_image_with_pad(IMAGE[0, 0, 0], 3, 3),
    "no height": lambda api: api.image.resize_image_with_pad(IMAGE, 0, 3),
    "one overlap": lambda api: api.image.non_max_suppression_overlaps(IMAGE[0, 0, 0], [1.0], 1),
}
VALUES = {
    "must be in \\[0.0, 1.0\\]": lambda api: api.image.sample_distorted_bounding_box(
        [4, 4, 3], BOXES * 3
    ),
    "No bounding boxes provided": lambda api: api.image.sample_distorted_bounding_box(
        [4, 4, 3], BOXES[:, :0]
    ),
    "colors must have equal or more channels": lambda api: api.image.draw_bounding_boxes(
        IMAGE, BOXES, colors=np.ones((2, 1), "float32")
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_as_tensorflow_refuses_it(case):
    assert_refused_alike(lambda: REFUSED[case](tf), lambda: REFUSED[case](ours))


@pytest.mark.parametrize("says", VALUES)
def test_bad_values_are_refused_as_tensorflow_refuses_them(says):
    with pytest.raises(tf.errors.InvalidArgumentError, match=says):
        evaluate(lambda api: list(VALUES[says](api)) if "box" in says else VALUES[says](api))
    with pytest.raises(ours.errors.InvalidArgumentError, match=says):
        VALUES[says](ours)
