"""Candidates that are drawn: what is said of how often they are expected, and which they may be."""

import numpy as np
import pytest
import torch

from tests.graphs.kit import FEW
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs

SAID = {"num_true": 2, "range_max": 7}
KINDS = [
    ("UniformCandidateSampler", {}),
    ("LogUniformCandidateSampler", {}),
    ("FixedUnigramCandidateSampler", {"unigrams": [1.0, 5.0, 2.0, 1.0, 3.0, 1.0, 4.0]}),
    (
        "FixedUnigramCandidateSampler",
        {"unigrams": [5.0, 2.0, 1.0, 3.0, 1.0, 4.0], "num_reserved_ids": 1, "distortion": 0.5},
    ),
]


def by_both(op, said):
    with tf.Graph().as_default() as graph, plain_session() as session:
        true = tf.constant([[1, 2], [3, 0]], tf.int64)
        made = getattr(tf.raw_ops, op)(true_classes=true, **SAID, **said)
        names = [each.name for each in made]
        expected = session.run(list(made))
        definition = graph.as_graph_def().SerializeToString()
    return graphs.import_graph_def(definition)(fetches=names), expected


@pytest.mark.parametrize(("op", "said"), KINDS)
def test_draws_with_repetition_are_expected_as_often_as_in_tensorflow(op, said):
    torch.manual_seed(0)
    (found, of_true, of_found), (_, expected, _) = by_both(
        op, {"num_sampled": 400, "unique": False, **said}
    )
    np.testing.assert_allclose(of_true.numpy(), expected, FEW, FEW)
    counts = torch.bincount(found, minlength=7)
    assert found.dtype == torch.int64
    assert found.shape == of_found.shape == (400,)
    # Each of the true classes was drawn about as often as was expected.
    drawn = counts[torch.tensor([[1, 2], [3, 0]])]
    assert ((drawn - of_true).abs() <= 4 * of_true.sqrt()).all()
    torch.testing.assert_close(of_found[found == 1][0], of_true[0, 0])


@pytest.mark.parametrize(("op", "said"), KINDS[:3])
def test_draws_without_repetition_give_each_class_once(op, said):
    (found, of_true, of_found), expected = by_both(op, {"num_sampled": 5, "unique": True, **said})
    assert len(set(found.tolist())) == 5
    assert found.min() >= 0
    assert found.max() < 7
    assert of_true.shape == expected[1].shape
    assert of_found.shape == expected[2].shape
