"""Sampled losses against TensorFlow's, for the same candidates; and the candidates' distributions."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1
from tests.comparing import assert_alike, assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

ours = torchscope.tf1
SAMPLERS = {
    "uniform": lambda api, true, n, unique: api.nn.uniform_candidate_sampler(
        true, true.shape[1], n, unique, 8
    ),
    "log uniform": lambda api, true, n, unique: api.nn.log_uniform_candidate_sampler(
        true, true.shape[1], n, unique, 8
    ),
    "unigrams": lambda api, true, n, unique: api.nn.fixed_unigram_candidate_sampler(
        true,
        true.shape[1],
        n,
        unique,
        8,
        distortion=0.75,
        num_reserved_ids=1,
        unigrams=[5, 1, 2, 7, 3, 3, 1],
    ),
}


@st.composite
def batches(draw):
    random = np.random.default_rng(draw(st.integers(0, 999)))
    count, true = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    labels = random.integers(0, 8, (count, true))
    drawn = random.integers(0, 8, draw(st.integers(1, 5)))
    counts = [random.uniform(0.1, 0.9, each.shape).astype("float32") for each in (labels, drawn)]
    arrays = [random.normal(size=shape).astype("float32") for shape in ((8, 3), (8,), (count, 3))]
    return arrays, labels, (drawn, *counts)


@settings(max_examples=20)
@given(
    batches(), st.booleans(), st.sampled_from(["nce_loss", "sampled_softmax_loss"]), st.booleans()
)
def test_losses_and_gradients_are_those_of_tensorflow(batch, removed, name, cut):
    arrays, labels, drawn = batch

    def loss(api, weights, biases, inputs):
        # In TensorFlow the gradient of a table's rows is sparse, unless it was computed.
        weights, biases = weights * 1.0, biases * 1.0
        return getattr(api.nn, name)(
            [weights[:4], weights[4:]] if cut else weights,
            [biases[:4], biases[4:]] if cut else biases,
            labels,
            inputs,
            len(drawn[0]),
            8,
            labels.shape[1],
            drawn,
            removed,
            "div",
        )

    # Where the label is all that was drawn, gradients are differences of equal numbers.
    assert_alike(loss, lambda *tensors: loss(ours, *tensors), arrays, least=0.1)


@pytest.mark.parametrize("kind", SAMPLERS)
def test_expected_counts_without_rejection_are_those_of_tensorflow(kind):
    true = np.array([[1, 2], [3, 6]])
    theirs = evaluate(lambda api: SAMPLERS[kind](api, true, 5, False))
    mine = SAMPLERS[kind](ours, true, 5, False)
    assert_close(mine.true_expected_count, theirs.true_expected_count)
    known = dict(
        zip(theirs.sampled_candidates.tolist(), theirs.sampled_expected_count, strict=True)
    )
    assert mine.sampled_candidates.dtype == torch.int64
    for candidate, count in zip(mine.sampled_candidates.tolist(), mine[2].tolist(), strict=True):
        assert count == pytest.approx(known.get(candidate, count))


@pytest.mark.parametrize("kind", SAMPLERS)
def test_what_is_drawn_once_has_tensorflows_distribution(kind):
    """Means over many draws: how often each class is among them, and how often that was expected."""
    true, runs = np.arange(8).reshape(8, 1), 3000
    if kind == "unigrams":
        true = true[1:]

    def counted(draws):
        drawn = np.zeros(8)
        for candidates, _, _ in draws:
            assert len(set(candidates.tolist())) == 4
            drawn[candidates] += 1 / len(draws)
        return drawn, np.mean([expected for _, expected, _ in draws], 0)

    torch.manual_seed(0)
    mine = counted([SAMPLERS[kind](ours, true, 4, True) for _ in range(runs)])
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        found = SAMPLERS[kind](tf, true, 4, True)
        theirs = counted([session.run(tuple(found)) for _ in range(runs)])
    # Standard errors of a share are below 0.01.
    np.testing.assert_allclose(mine[0], theirs[0], atol=0.05)
    np.testing.assert_allclose(mine[1], theirs[1], atol=0.02)


def test_all_candidates_and_accidental_hits():
    true = np.array([[1, 2], [3, 1]])
    for mine, its in zip(
        ours.nn.all_candidate_sampler(true, 2, 4, True),
        evaluate(lambda api: api.nn.all_candidate_sampler(true, 2, 4, True)),
        strict=True,
    ):
        assert_close(mine, its)
    found = evaluate(lambda api: api.nn.compute_accidental_hits(true, np.array([1, 5, 3, 1]), 2))
    for mine, its in zip(
        ours.nn.compute_accidental_hits(true, np.array([1, 5, 3, 1]), 2), found, strict=True
    ):
        assert_close(mine, its)


def test_a_file_says_how_frequent_classes_are(tmp_path):
    file = tmp_path / "words.csv"
    file.write_text("the,3\nof,1\n")
    how = {"vocab_file": str(file)}
    for api in (tf, ours):
        found = (evaluate if api is tf else lambda build: build(ours))(
            lambda api: api.nn.fixed_unigram_candidate_sampler([[0]], 1, 2, False, 2, **how)
        )
        np.testing.assert_allclose(found.true_expected_count, [[1.5]])


def test_a_seed_gives_the_same_draw_and_nothing_is_read_in_a_graph():
    def model(x, labels):
        rows = ts.get_variable("rows", [50, 3])
        return ours.nn.sampled_softmax_loss(rows, ours.zeros([50]), labels, x, 5, 50)

    net, x, labels = ts.ScopedModule(model), torch.ones(2, 3), torch.tensor([[1], [4]])
    net(x, labels)
    compiled = torch.compile(net, backend="eager", fullgraph=True)
    torch.manual_seed(0)
    expected = net(x, labels)
    torch.manual_seed(0)
    torch.testing.assert_close(compiled(x, labels), expected)
    one, other = (
        ours.nn.uniform_candidate_sampler([[1]], 1, 4, True, 9, seed=7)[0] for _ in range(2)
    )
    assert torch.equal(one, other)


REFUSED = {
    "hits of other classes": lambda api: api.nn.compute_accidental_hits(
        np.array([[1]]), np.array([1]), 2
    ),
    "a vector": lambda api: api.nn.uniform_candidate_sampler(np.array([1]), 1, 4, True, 10),
}
VALUES = {
    "must have num_true columns": lambda api: api.nn.uniform_candidate_sampler(
        np.array([[1]]), 2, 4, True, 10
    ),
    "range is too small": lambda api: api.nn.uniform_candidate_sampler(
        np.array([[1]]), 1, 11, True, 10
    ),
    "out of range": lambda api: api.nn.log_uniform_candidate_sampler(
        np.array([[20]]), 1, 4, True, 10
    ),
    "must be equal to weights size  4": lambda api: api.nn.fixed_unigram_candidate_sampler(
        np.array([[1]]), 1, 2, True, 5, unigrams=[1, 2, 3, 4]
    ),
    "either vocab_file or unigrams": lambda api: api.nn.fixed_unigram_candidate_sampler(
        np.array([[1]]), 1, 2, True, 5
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_as_tensorflow_refuses_it(case):
    assert_refused_alike(lambda: REFUSED[case](tf), lambda: REFUSED[case](ours))


@pytest.mark.parametrize("says", VALUES)
def test_bad_values_are_refused_as_tensorflow_refuses_them(says):
    with pytest.raises(tf.errors.InvalidArgumentError, match=says):
        evaluate(lambda api: tuple(VALUES[says](api)))
    with pytest.raises(ours.errors.InvalidArgumentError, match=says):
        VALUES[says](ours)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="passed 0 less than minimum 1"):
        ours.nn.uniform_candidate_sampler([[1]], 1, 0, True, 5)
    with pytest.raises(NotImplementedError, match="has no shards"):
        ours.nn.fixed_unigram_candidate_sampler([[1]], 1, 2, True, 2, unigrams=[1, 2], num_shards=2)
