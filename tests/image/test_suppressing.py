"""The best boxes of many images and classes, as TensorFlow takes them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.comparing import assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf


def drawn(seed, *shape):
    draw = np.random.default_rng(seed)
    boxes = np.sort(draw.uniform(-0.2, 1.3, (*shape, 2, 2)), axis=-2).reshape(*shape, 4)
    return boxes.astype("float32"), draw


def same(call, *arrays):
    expected = evaluate(lambda tf: call(tf, *map(tf.constant, arrays)))
    for mine, theirs in zip(call(ours, *arrays), expected, strict=True):
        assert str(mine.dtype) == f"torch.{theirs.dtype}"
        assert_close(mine, theirs)


@settings(max_examples=8)
@given(
    st.integers(0, 99),
    st.sampled_from([(6,), (2, 5), (2, 1, 3)]),
    st.sampled_from([-np.inf, 0.4]),
    st.sampled_from([0.1, 0.6]),
    st.sampled_from([1, 3, 8]),
)
def test_as_many_of_each_image(seed, shape, least, most, count):
    boxes, draw = drawn(seed, *shape)
    scores = draw.random(shape).astype("float32")
    for filled in (True, *[False] * (len(shape) == 1)):
        same(
            lambda tf, *arrays, filled=filled: tf.image.non_max_suppression_padded(
                *arrays, count, most, least, pad_to_max_output_size=filled
            ),
            *(boxes, scores),
        )


@settings(max_examples=8)
@given(
    st.integers(0, 99),
    st.booleans(),
    st.sampled_from([-np.inf, 0.4]),
    st.sampled_from([(1, 20), (2, 5), (9, 3)]),
    st.booleans(),
    st.booleans(),
)
def test_the_best_of_all_classes(seed, shared, least, counts, padded, clipped):
    boxes, draw = drawn(seed, 2, 6, 1 if shared else 3)
    scores = draw.random((2, 6, 3)).astype("float32")
    same(
        lambda tf, *arrays: tf.image.combined_non_max_suppression(
            *(*arrays, *counts, 0.3, least), pad_per_class=padded, clip_boxes=clipped
        ),
        *(boxes, scores),
    )


BOXES = np.ones((2, 5, 1, 4), "float32")
SCORES = np.ones((2, 5, 3), "float32")
REFUSED = [
    lambda tf: tf.image.combined_non_max_suppression(BOXES[0], SCORES, 2, 5),
    lambda tf: tf.image.combined_non_max_suppression(BOXES, SCORES[0], 2, 5),
    lambda tf: tf.image.combined_non_max_suppression(BOXES[..., :3], SCORES, 2, 5),
    lambda tf: tf.image.combined_non_max_suppression(BOXES[:, :, [0, 0]], SCORES, 2, 5),
    lambda tf: tf.image.non_max_suppression_padded(
        tf.constant(BOXES[:, :, 0]), tf.constant(SCORES[..., 0]), 2
    ),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


def test_boxes_without_their_scores_are_refused():
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        ours.image.non_max_suppression_padded(BOXES[0, :, 0], SCORES[0, :3, 0], 2)
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        ours.image.combined_non_max_suppression(BOXES, SCORES[:, :3], 2, 5)


def test_scores_of_a_net_that_is_trained_are_taken():
    boxes, draw = drawn(0, 1, 6, 1)
    given = torch.from_numpy(boxes).requires_grad_()
    scores = torch.from_numpy(draw.random((1, 6, 2)).astype("float32")).requires_grad_()
    limit = torch.tensor(0.3, requires_grad=True)
    image = ours.image
    assert len(image.combined_non_max_suppression(given, scores, 2, 4, limit)) == 4
    args = (given[0, :, 0], scores[0, :, 0], 4)
    assert len(image.non_max_suppression(*args, limit))
    assert len(image.non_max_suppression_with_scores(*args, 1.0, soft_nms_sigma=limit)[0])
