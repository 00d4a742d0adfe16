"""What nodes draw is of TensorFlow's dtypes and shapes, and distributed as TensorFlow's is."""

from typing import Any

import numpy as np
import pytest
import torch

from tests.graphs.registry import REGISTRY
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs

MANY = 20000
_MEANS = np.array([0.0, 3.0], np.float32)
_SEED = np.array([3, 5], np.int64)
_KEY = {"key": np.array([3], np.uint64), "counter": np.array([2, 7], np.uint64), "alg": 1}
_ENDS = {"minval": np.int32(-3), "maxval": np.int32(9)}

# Types of nodes, with what they take and their attributes.
DRAWS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("RandomUniform", {"shape": [MANY]}, {"dtype": np.float32}),
    ("RandomUniform", {"shape": [2, MANY]}, {"dtype": np.float64}),
    ("RandomStandardNormal", {"shape": [MANY]}, {"dtype": np.float16}),
    ("TruncatedNormal", {"shape": [MANY]}, {"dtype": np.float32}),
    ("RandomUniformInt", {"shape": [MANY], **_ENDS}, {}),
    (
        "ParameterizedTruncatedNormal",
        {"shape": [2, MANY], "means": _MEANS, "stdevs": np.ones(2, np.float32), "minvals": _MEANS - 1, "maxvals": _MEANS + 3},
        {},
    ),
    ("Multinomial", {"logits": np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]], np.float32), "num_samples": MANY}, {"output_dtype": np.int32}),
    ("RandomGamma", {"shape": [MANY], "alpha": np.array([0.5, 2.0])}, {}),
    ("RandomPoissonV2", {"shape": [MANY], "rate": np.array([0.5, 4.0], np.float32)}, {}),
    ("RandomPoissonV2", {"shape": [MANY], "rate": np.array([0.5, 4.0], np.float32)}, {"dtype": np.float32}),
    ("RandomShuffle", {"value": np.arange(MANY)}, {}),
    ("NonDeterministicInts", {"shape": [MANY]}, {}),
    ("StatelessRandomUniform", {"shape": [MANY], "seed": _SEED}, {}),
    ("StatelessRandomNormal", {"shape": [MANY], "seed": _SEED}, {"dtype": np.float64}),
    ("StatelessTruncatedNormal", {"shape": [MANY], "seed": _SEED}, {}),
    ("StatelessRandomUniformFullInt", {"shape": [MANY], "seed": _SEED}, {"dtype": np.int32}),
    ("StatelessRandomUniformInt", {"shape": [MANY], "seed": _SEED, **_ENDS}, {}),
    ("StatelessMultinomial", {"logits": np.array([[0.0, 1.0, 2.0]], np.float32), "num_samples": MANY, "seed": _SEED}, {}),
    ("StatelessRandomPoisson", {"shape": [MANY, 2], "seed": _SEED, "lam": np.array([0.5, 4.0])}, {"dtype": np.int64}),
    ("StatelessRandomBinomial", {"shape": [MANY, 2], "seed": _SEED, "counts": np.float32(10), "probs": np.array([0.2, 0.7], np.float32)}, {}),
    ("StatelessRandomGammaV2", {"shape": [MANY, 2], "seed": _SEED, "alpha": np.array([0.5, 2.0])}, {}),
    ("StatelessRandomGammaV3", {"shape": [MANY, 2], **_KEY, "alpha": np.array([0.5, 2.0], np.float32)}, {}),
    (
        "StatelessParameterizedTruncatedNormal",
        {"shape": [MANY, 2], "seed": _SEED, "means": _MEANS, "stddevs": np.ones(2, np.float32), "minvals": _MEANS - 1, "maxvals": _MEANS + 3},
        {},
    ),
    ("StatelessShuffle", {"value": np.arange(MANY), **_KEY}, {}),
    ("StatelessRandomUniformV2", {"shape": [MANY], **_KEY}, {}),
    ("StatelessRandomNormalV2", {"shape": [MANY], **_KEY}, {}),
    ("StatelessTruncatedNormalV2", {"shape": [MANY], **_KEY}, {"dtype": np.float64}),
    ("StatelessRandomUniformFullIntV2", {"shape": [MANY], **_KEY}, {"dtype": np.int64}),
    ("StatelessRandomUniformIntV2", {"shape": [MANY], **_KEY, **_ENDS}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "inputs", "attributes"), DRAWS, ids=lambda each: str(each)[:20])
def test_a_draw_is_distributed_as_in_tensorflow(kind, inputs, attributes):
    with tf.Graph().as_default() as graph, plain_session() as session:
        given = {name: tf.constant(value) for name, value in inputs.items()}
        drawn = getattr(tf.raw_ops, kind)(**given, **attributes)
        expected = session.run(drawn)
        again = np.array_equal(expected, session.run(drawn))
    net = graphs.import_graph_def(graph.as_graph_def())
    torch.manual_seed(0)
    found, second = (net(fetches=drawn.name).numpy() for _ in range(2))
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    # What is told by a seed is the same each time.
    assert np.array_equal(found, second) == again
    axis = int(np.argmax(found.shape))
    spread = expected.astype(np.float64).std(axis)
    for one, other in (
        (found.astype(np.float64).mean(axis), expected.astype(np.float64).mean(axis)),
        (found.astype(np.float64).std(axis), spread),
    ):
        np.testing.assert_allclose(one, other, atol=0.06 * float(spread.max()))
    assert bool(REGISTRY[kind].is_stateful) == (not again)


def test_what_draws_by_a_generator_runs():
    def uniform() -> Any:
        return tf.random.stateless_uniform([MANY], [3, 4])

    def shuffled() -> Any:
        return tf.random.experimental.stateless_shuffle(tf.range(MANY), [3, 4])

    def split() -> Any:
        seeds = tf.random.experimental.stateless_split([3, 4], 2)
        return tf.random.stateless_normal([MANY], seeds[1])

    for build in (uniform, shuffled, split):
        with tf.Graph().as_default() as graph, plain_session() as session:
            drawn = build()
            expected = session.run(drawn)
        found = graphs.import_graph_def(graph.as_graph_def())(fetches=drawn.name).numpy()
        assert found.dtype == expected.dtype
        spread = expected.std()
        np.testing.assert_allclose(found.mean(), expected.mean(), atol=0.06 * spread)
        np.testing.assert_allclose(found.std(), spread, rtol=0.06)
