"""TensorFlow's session, in a process of its own, so that its threads never wait beside PyTorch's.

oneDNN is on, as it is by default.
"""

from __future__ import annotations

import multiprocessing
import os
import timeit
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

Graph = Callable[[ModuleType], list[Any]]
"""Builds a graph with the module that it is given, and gives the tensors to be computed.

They are run one after the other, and nothing is fetched. What they start from is best a variable.
"""


class TensorFlow:
    """A process that runs a graph when told to, and says how long it took.

    Args:
        graph: a function that the process can import, or a partial of one.
        threads: how many it may use.
    """

    def __init__(self, graph: Graph, threads: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._here, there = spawn.Pipe()
        self._process = spawn.Process(target=serve, args=(there, graph, threads))
        self._process.start()
        there.close()

    def sample(self) -> float:
        """The seconds of one run of all tensors."""
        self._here.send("time")
        seconds: float = self._here.recv()
        return seconds

    def values(self) -> list[Any]:
        """The tensors, as numpy arrays."""
        self._here.send("values")
        values: list[Any] = self._here.recv()
        return values

    def close(self) -> None:
        """Ends the process."""
        self._here.send("end")
        self._process.join()


def serve(pipe: Connection, graph: Graph, threads: int) -> None:
    """What the process does."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="1", CUDA_VISIBLE_DEVICES="")
    import tensorflow.compat.v1 as tf  # noqa: PLC0415 - the settings come first

    tf.logging.set_verbosity(tf.logging.ERROR)
    tf.disable_v2_behavior()
    tensors = graph(tf)
    operations = [tensor.op for tensor in tensors]
    config = tf.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)
    with tf.Session(config=config) as session:
        session.run(tf.global_variables_initializer())
        while (request := pipe.recv()) != "end":
            if request == "values":
                pipe.send(session.run(tensors))
            else:
                pipe.send(timeit.timeit(lambda: [session.run(op) for op in operations], number=1))
