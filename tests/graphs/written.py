"""Graphs that TensorFlow writes: a .meta with its checkpoint, a frozen graph, a SavedModel; and what it computes in them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.tensorflow1 import tf


class Written(NamedTuple):
    """A graph in three kinds of files, and what TensorFlow gives for what is fetched."""

    meta: Path
    frozen: Path
    fetches: list[str]
    given: list[Any]


def write(
    build: Callable[[], Any], feeds: dict[str, Any], folder: Path, *, train: int = 0
) -> Written:
    """Builds a graph in TensorFlow, runs it, and writes it with its variables.

    Args:
        build: gives the tensor to fetch, or some of them.
        feeds: what is fed, by names of tensors.
        folder: where the files go.
        train: how many steps of an operation "train" are run first.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with tf.Graph().as_default() as graph, tf.Session() as session:
            tf.set_random_seed(1)
            made = build()
            fetches = list(made) if isinstance(made, list | tuple) else [made]
            session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
            for _ in range(train):
                session.run("train", feeds)
            given = session.run(fetches, feeds)
            path = folder / "model.ckpt"
            if tf.global_variables():
                tf.train.Saver().save(session, str(path))
            else:
                tf.train.export_meta_graph(f"{path}.meta")
            names = [each.op.name for each in fetches]
            frozen = tf.graph_util.convert_variables_to_constants(
                session, graph.as_graph_def(), names
            )
            (folder / "frozen.pb").write_bytes(frozen.SerializeToString())
            return Written(
                folder / "model.ckpt.meta",
                folder / "frozen.pb",
                [each.name for each in fetches],
                given,
            )


def near(found: Any, expected: Any, bound: float = 1e-5) -> None:
    """Fails unless tensors are of the dtypes and shapes of arrays, and near."""
    for ours, theirs in zip(found, expected, strict=True):
        values = ours.detach().numpy()
        assert (values.dtype, values.shape) == (theirs.dtype, theirs.shape)
        np.testing.assert_allclose(values, theirs, bound, bound)
