"""Blocks and patches: drawn sizes, both layouts, and what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.comparing import assert_alike, second
from tests.tensorflow1 import assert_refused_alike, tf

X = np.arange(16.0).reshape(1, 4, 4, 1)


@st.composite
def calls(draw):
    """Images, and a function of `tf` and them that has some arguments."""
    size = draw(st.integers(2, 3))
    height, width, depth = (draw(st.integers(1, 2)) for _ in range(3))
    images = np.random.default_rng(size).normal(size=(2, height * size, width * size, depth))
    channels = np.random.default_rng(size).normal(size=(1, height, width, depth * size**2))
    block = [draw(st.integers(1, 3)) for _ in range(2)]
    before = [draw(st.integers(0, 2)) for _ in block]
    pairs = [
        [first, -(length + first) % step]
        for first, length, step in zip(before, images.shape[1:], block, strict=False)
    ]
    batches = np.random.default_rng(size).normal(size=(2 * block[0] * block[1], 2, 3, depth))
    crops = [[draw(st.integers(0, 1)), draw(st.integers(0, 1))] for _ in block]
    window, step, rate = (
        [1, draw(st.integers(1, 3)), draw(st.integers(1, 3)), 1] for _ in range(3)
    )
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    # Where there is no patch, TensorFlow's own gradient fails.
    reach = [1 + (window[axis] - 1) * rate[axis] for axis in (1, 2)]
    fits = reach[0] <= images.shape[1] and reach[1] <= images.shape[2]
    forms = [
        (images, lambda tf, x: tf.space_to_depth(x, size)),
        (channels, lambda tf, x: tf.depth_to_space(x, block_size=size)),
        (images, lambda tf, x: tf.space_to_batch(x, pairs, block_shape=block)),
        (images, lambda tf, x: tf.space_to_batch_nd(x, tf.constant(block), np.array(pairs))),
        (batches, lambda tf, x: tf.batch_to_space_nd(x, block, crops)),
        (batches, lambda tf, x: tf.batch_to_space(x, crops, block_size=1)),
    ]
    if fits or padding == "SAME":
        forms.append(
            (images, lambda tf, x: tf.extract_image_patches(x, window, step, rate, padding))
        )
    return draw(st.sampled_from(forms))


@settings(max_examples=25, deadline=None)
@given(calls(), st.sampled_from(["float32", "float64", "int32"]))
def test_blocks_are_tensorflows(drawn, dtype):
    x, call = drawn
    assert_alike(call, lambda x: call(ours, x), [(x * 9).astype(dtype)])


def test_channels_may_come_second():
    """TensorFlow has it on GPUs alone; it is the same with the axes in another order."""
    x = torch.arange(2.0 * 4 * 6 * 8).reshape(2, 4, 6, 8)
    for call in (ours.space_to_depth, ours.depth_to_space):
        assert torch.equal(call(second(x), 2, data_format="NCHW"), second(call(x, 2)))


def test_there_may_be_no_patch():
    ones = [1, 1, 1, 1]
    found = ours.extract_image_patches(torch.tensor(X), [1, 5, 5, 1], ones, ones, "VALID")
    assert found.shape == (1, 0, 0, 25)


REFUSED = [
    lambda tf, x: tf.space_to_depth(x, 3),
    lambda tf, x: tf.space_to_depth(x, 1),
    lambda tf, x: tf.space_to_depth(x[0], 2),
    lambda tf, x: tf.space_to_depth(x, 2, data_format="NCHW"),
    lambda tf, x: tf.space_to_depth(x, 2, data_format="FOO"),
    lambda tf, x: tf.depth_to_space(x, 3),
    lambda tf, x: tf.depth_to_space(x, 1),
    lambda tf, x: tf.space_to_batch(x, [[1, 0], [0, 2]], block_size=2),
    lambda tf, x: tf.space_to_batch(x, [[1, 0]], block_size=2),
    lambda tf, x: tf.space_to_batch(x, [[0, 0], [0, 0]], 2, block_shape=2),
    lambda tf, x: tf.space_to_batch_nd(x, [2, 0], [[0, 0], [0, 0]]),
    lambda tf, x: tf.space_to_batch_nd(x, [2, 2], [[0, 0], [-1, 1]]),
    lambda tf, x: tf.space_to_batch_nd(x, 2, [[0, 0]]),
    lambda tf, x: tf.space_to_batch_nd(x[0, :, :, 0], [2, 2], [[0, 0], [0, 0]]),
    lambda tf, x: tf.space_to_batch_nd(x, [2.0], [[0, 0]]),
    lambda tf, x: tf.batch_to_space(x, [[0, 0], [0, 0]], 2),
    lambda tf, x: tf.batch_to_space_nd(x, [1, 1], [[3, 2], [0, 0]]),
    lambda tf, x: tf.batch_to_space_nd(x, [1, 1], [[0, 0], [-1, 0]]),
    lambda tf, x: tf.required_space_to_batch_paddings([5, 6], [2]),
    lambda tf, x: tf.required_space_to_batch_paddings([5, 6.0], [2, 4]),
    lambda tf, x: tf.extract_image_patches(x, *[[1, 1, 1, 1]] * 3, "FOO"),
    lambda tf, x: tf.extract_image_patches(x, [1, 3, 3], *[[1, 1, 1, 1]] * 2, "SAME"),
    lambda tf, x: tf.extract_image_patches(x[0], *[[1, 1, 1, 1]] * 3, "SAME"),
    lambda tf, x: tf.extract_image_patches(x, [1] * 4, [1, 0, 2, 1], [1] * 4, "SAME"),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf, tf.constant(X)), lambda: call(ours, torch.tensor(X)))
