"""What a TF1 graph computes, and the variables that it computes with."""

import warnings

import numpy as np

from tests.tensorflow1 import tf


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


def written(path, build, **saver):
    """Builds variables in TensorFlow, gives them random values, and saves them with its Saver.

    Gives their values by name, whole where they are in pieces.
    """
    with tf.Graph().as_default(), tf.Session() as session:
        build()
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        random = np.random.default_rng(0)
        values = {}
        for variable in tf.global_variables():
            # Sums of integers and quarters are exact in every dtype.
            value = (random.integers(-99, 99, variable.shape) / 4).astype(
                variable.dtype.as_numpy_dtype
            )
            variable.load(value, session)
            values[variable.op.name] = value
        tf.train.Saver(**saver).save(session, str(path), write_meta_graph=False)
        return values
