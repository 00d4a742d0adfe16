"""Calls of what makes blocks and patches of space channels or batches."""

import numpy as np

from tests.core.ops.call import Call

X = np.arange(2 * 4 * 6 * 4, dtype="float32").reshape(2, 4, 6, 4)
V = np.arange(2 * 3 * 4 * 3 * 2, dtype="float32").reshape(2, 3, 4, 3, 2)

CALLS = [
    Call(
        ("space_to_depth", "nn.space_to_depth"),
        lambda tf, x: tf.space_to_depth(x, 2),
        (X,),
    ),
    Call(
        ("depth_to_space", "nn.depth_to_space"),
        lambda tf, x: tf.depth_to_space(x, block_size=2),
        (X,),
    ),
    Call(
        ("space_to_batch", "nn.space_to_batch"),
        lambda tf, x: tf.space_to_batch(x, [[1, 1], [0, 0]], 2),
        (X,),
    ),
    Call(
        ("space_to_batch_nd", "manip.space_to_batch_nd"),
        lambda tf, x: tf.space_to_batch_nd(x, [5, 2], [[0, 1], [2, 0]]),
        (X,),
    ),
    Call(("batch_to_space",), lambda tf, x: tf.batch_to_space(x, [[0, 1], [1, 0]], 1), (X,)),
    Call(
        ("batch_to_space_nd", "manip.batch_to_space_nd"),
        lambda tf, x: tf.batch_to_space_nd(x, [1, 2], [[0, 1], [1, 2]]),
        (X,),
    ),
    Call(
        ("extract_image_patches", "image.extract_image_patches", "image.extract_patches"),
        lambda tf, x: tf.extract_image_patches(
            x, [1, 3, 2, 1], [1, 2, 1, 1], [1, 1, 2, 1], padding="SAME"
        ),
        (X,),
    ),
    Call(
        ("extract_volume_patches",),
        lambda tf, x: tf.extract_volume_patches(x, [1, 2, 2, 1, 1], [1, 1, 2, 2, 1], "SAME"),
        (V,),
    ),
]
