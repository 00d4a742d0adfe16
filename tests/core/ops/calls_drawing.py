"""Calls of what draws numbers."""

import numpy as np

from tests.core.ops.call import Call

X = np.arange(24, dtype="float32").reshape(4, 6)
NO_GENERATOR = "a generator is no part of a recording"


def after_a_seed(tf):
    tf.set_random_seed(1)
    return tf.random_normal([2])


CALLS = [
    Call(("random_normal", "random.normal"), lambda tf: tf.random_normal([2, 3]), drawn=True),
    Call(("random_normal",), lambda tf, x: tf.random_normal(tf.shape(x), seed=1), (X,), drawn=True),
    Call(
        ("truncated_normal", "random.truncated_normal"),
        lambda tf: tf.truncated_normal([2, 3], [1.0, 2.0, 3.0], 2.0),
        drawn=True,
    ),
    Call(
        ("random_uniform", "random.uniform"),
        lambda tf: [tf.random_uniform([2]), tf.random_uniform([3], 0, 9, tf.int32)],
        drawn=True,
    ),
    Call(
        ("random_uniform",),
        lambda tf, x: tf.random_uniform(tf.shape(x)[:1], -1.0, tf.reduce_mean(x), seed=2),
        (X,),
        drawn=True,
    ),
    Call(
        ("random_shuffle", "random.shuffle"),
        lambda tf, x: [tf.random_shuffle(x), tf.random_shuffle(x, seed=1)],
        (X,),
        drawn=True,
    ),
    Call(
        ("random_crop", "image.random_crop"),
        lambda tf, x: [tf.random_crop(x, [2, 6]), tf.image.random_crop(x, [1, 2], seed=1)],
        (X,),
        drawn=True,
    ),
    Call(
        ("multinomial", "random.multinomial"),
        lambda tf, x: [tf.multinomial(x, 3), tf.multinomial(x, 2, seed=1)],
        (X,),
        drawn=True,
    ),
    Call(
        ("random.categorical",),
        lambda tf, x: tf.random.categorical(x, 3, tf.int32),
        (X,),
        drawn=True,
    ),
    Call(
        ("random_gamma", "random.gamma"),
        lambda tf, x: tf.random_gamma([2], x + 1.0, tf.reduce_mean(x)),
        (X,),
        drawn=True,
    ),
    Call(
        ("random_poisson", "random.poisson"),
        lambda tf, x: tf.random_poisson(x, [2], tf.int32),
        (X,),
        drawn=True,
    ),
    Call(
        ("set_random_seed", "random.set_random_seed"),
        after_a_seed,
        drawn=True,
        unrecorded=NO_GENERATOR,
    ),
    Call(
        ("random.stateless_normal",),
        lambda tf, x: tf.random.stateless_normal(tf.shape(x), [1, 2], 3.0),
        (X,),
        drawn=True,
    ),
    Call(
        ("random.stateless_truncated_normal",),
        lambda tf: tf.random.stateless_truncated_normal([2], [1, 2], dtype="float64"),
        drawn=True,
    ),
    Call(
        ("random.stateless_parameterized_truncated_normal",),
        lambda tf: tf.random.stateless_parameterized_truncated_normal(
            [2], [1, 2], 1.0, 2.0, 0.0, 9.0
        ),
        drawn=True,
    ),
    Call(
        ("random.stateless_uniform",),
        lambda tf: [
            tf.random.stateless_uniform([2], [1, 2]),
            tf.random.stateless_uniform([2], [1, 2], 0, 9, tf.int64),
            tf.random.stateless_uniform([2], [1, 2], None, None, tf.int32),
        ],
        drawn=True,
    ),
    Call(
        ("random.stateless_categorical", "random.stateless_multinomial"),
        lambda tf, x: tf.random.stateless_categorical(x, 3, [1, 2]),
        (X,),
        drawn=True,
    ),
]
