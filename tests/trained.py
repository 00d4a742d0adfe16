"""What a TF1 graph computes, and the variables that it computes with."""

import warnings

import numpy as np
from tensorflow1 import tf


def outputs_and_variables(build, *inputs):
    """Runs `build(*inputs)` in TensorFlow with random variables.

    Gives its output as a numpy array, and the global variables by name.
    """
    with tf.Graph().as_default(), tf.Session() as session:
        with warnings.catch_warnings():
            # Its layers and cells are deprecated, and say so.
            warnings.simplefilter("ignore")
            output = build(*(tf.constant(each) for each in inputs))
        session.run(tf.global_variables_initializer())
        random = np.random.default_rng(0)
        for variable in tf.global_variables():
            value = random.uniform(0.5, 1.5, variable.shape)
            if "variance" not in variable.name:
                value = (value - 1) * 2
            variable.load(value.astype(variable.dtype.as_numpy_dtype), session)
        values = session.run({v.op.name: v for v in tf.global_variables()})
        return session.run(output), values


def numbers(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
