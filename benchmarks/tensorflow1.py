"""TensorFlow's session, with the same stacks of convolutions, in a process of its own.

Its threads then never wait beside PyTorch's. The images are variables, each with other values: so
nothing is fed or fetched, and no two branches of the graph are equal. oneDNN is on, as it is by
default.
"""

from __future__ import annotations

import multiprocessing
import os
import timeit
from collections.abc import Sequence
from multiprocessing.connection import Connection

Shape = tuple[int, int, int, int]


class TensorFlow:
    """A process that runs the stacks when told to, and says how long it took."""

    def __init__(self, shapes: Sequence[Shape], depth: int, threads: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._here, there = spawn.Pipe()
        self._process = spawn.Process(target=serve, args=(there, shapes, depth, threads))
        self._process.start()
        there.close()

    def sample(self) -> float:
        """The seconds of one run of all stacks, one after the other."""
        self._here.send(True)
        seconds: float = self._here.recv()
        return seconds

    def close(self) -> None:
        """Ends the process."""
        self._here.send(False)
        self._process.join()


def serve(pipe: Connection, shapes: Sequence[Shape], depth: int, threads: int) -> None:
    """What the process does."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="1", CUDA_VISIBLE_DEVICES="")
    import tensorflow.compat.v1 as tf  # noqa: PLC0415 - the settings come first

    tf.logging.set_verbosity(tf.logging.ERROR)
    tf.disable_v2_behavior()

    def stack(number: int, shape: Shape) -> tf.Operation:
        normal = tf.random_normal_initializer
        with tf.variable_scope(f"stack{number}"):
            x = tf.get_variable("images", shape, initializer=normal(), trainable=False)
            for i in range(depth):
                with tf.variable_scope(f"conv{i}"):
                    size = [3, 3, shape[-1], shape[-1]]
                    weights = tf.get_variable("weights", size, initializer=normal())
                    biases = tf.get_variable(
                        "biases", size[-1:], initializer=tf.constant_initializer(0.0)
                    )
                    x = tf.nn.conv2d(x, weights, strides=[1, 1, 1, 1], padding="SAME")
                    x = tf.nn.relu(tf.nn.bias_add(x, biases))
        return x.op

    stacks = [stack(number, shape) for number, shape in enumerate(shapes)]
    config = tf.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)
    with tf.Session(config=config) as session:
        session.run(tf.global_variables_initializer())
        while pipe.recv():
            pipe.send(timeit.timeit(lambda: [session.run(op) for op in stacks], number=1))
