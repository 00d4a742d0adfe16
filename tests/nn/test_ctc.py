"""The losses and decoders of tf.nn for texts that are aligned with sequences, against TensorFlow's."""

from itertools import pairwise

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


@st.composite
def alignments(draw):
    """Logits, how many steps count, and texts with a blank of no class; rarely too long for a step."""
    random = np.random.default_rng(draw(st.integers(0, 999)))
    steps, count, classes = (
        draw(st.integers(2, 7)),
        draw(st.integers(1, 3)),
        draw(st.integers(2, 4)),
    )
    logits = random.normal(size=(steps, count, classes + 1)).astype("float32")
    lengths = random.integers(1, steps + 1, count).astype("int32")
    texts = [random.integers(0, classes, random.integers(1, n + 1)).tolist() for n in lengths]
    return logits, lengths, texts


def sparse(api, texts, dtype="int32"):
    places = [[row, column] for row, text in enumerate(texts) for column in range(len(text))]
    values = np.asarray([label for text in texts for label in text], dtype)
    width = max(map(len, texts))
    return api.SparseTensor(np.asarray(places, "int64"), api.constant(values), [len(texts), width])


def padded(texts, add=0):
    width = max(map(len, texts))
    rows = [[label + add for label in text] + [0] * (width - len(text)) for text in texts]
    return np.asarray(rows, "int32")


@settings(max_examples=20)
@given(alignments(), st.booleans(), st.booleans())
def test_losses_and_gradients_are_those_of_tensorflow(drawn, collapse, time_major):
    logits, lengths, texts = drawn

    def loss(api, x):
        return api.nn.ctc_loss(
            sparse(api, texts),
            x if time_major else api.transpose(x, [1, 0, 2]),
            lengths,
            preprocess_collapse_repeated=collapse,
            time_major=time_major,
        )

    assert_alike(loss, lambda x: loss(ours, x), [logits], tolerance=1e-4)


@settings(max_examples=25)
@given(alignments(), st.integers(0, 2))
def test_dense_labels_have_the_same_losses(drawn, blank):
    logits, lengths, texts = drawn
    blank = min(blank, logits.shape[2] - 1)
    labels = padded(texts)
    labels = np.where(labels < blank, labels, labels + 1)
    sizes = np.asarray([len(text) for text in texts], "int32")
    repeated = [sum(a == b for a, b in pairwise(text)) for text in texts]
    lengths = np.minimum(np.maximum(lengths, sizes + repeated), len(logits)).astype("int32")
    fits = sizes + repeated <= lengths

    def loss(api, x):
        found = api.nn.ctc_loss_v2(labels, x, sizes, lengths, blank_index=blank)
        shifted = [[label + (label >= blank) for label in text] for text in texts]
        other = api.nn.ctc_loss_v2(sparse(api, shifted), x, None, lengths, blank_index=blank)
        # Where nothing fits TensorFlow's is large, not infinite.
        return [api.where(fits, each, api.zeros_like(each)) for each in (found, other)]

    assert_alike(
        loss, lambda x: loss(ours, x), [logits], tolerance=1e-4, gradients=bool(fits.all())
    )


def test_what_is_too_long_may_be_ignored():
    logits = np.random.default_rng(0).normal(size=(4, 2, 5)).astype("float32")

    def loss(api, x):
        labels = sparse(api, [[1, 1], [2]])
        return api.nn.ctc_loss(labels, x, [1, 3], ignore_longer_outputs_than_inputs=True)

    assert_alike(loss, lambda x: loss(ours, x), [logits])


@pytest.mark.parametrize("label", [3, 4, -1, 10**6, -(10**6)])
def test_a_dense_label_that_is_no_class_is_never_read(label):
    """PyTorch's kernel would read, and write, where it would be."""
    labels, x = torch.tensor([[1, 2], [1, label]]), torch.randn(4, 2, 3, requires_grad=True)
    found = ours.nn.ctc_loss_v2(labels, x, [2, 2], [4, 4])
    expected = ours.nn.ctc_loss_v2(labels[:1], x[:, :1], [2], [4])
    torch.testing.assert_close(found, torch.cat([expected, torch.tensor([torch.inf])]))
    (slope,) = torch.autograd.grad(found[0], x, retain_graph=True)
    assert not slope[:, 1].any()
    assert torch.autograd.grad(found[1], x)[0].isfinite().all()
    # Behind the end of its text a label says nothing.
    shorter = ours.nn.ctc_loss_v2(labels, x, [2, 1], [4, 4])
    assert shorter.isfinite().all()


def test_a_sparse_label_that_is_no_class_is_never_read_where_nobody_looks():
    def model(values, x):
        labels = ours.SparseTensor([[0, 0], [0, 1]], values, [1, 2])
        return ours.nn.ctc_loss(labels, x, torch.tensor([4]))

    compiled = torch.compile(ts.ScopedModule(model), backend="eager", fullgraph=True)
    values, x = torch.tensor([0, 10**6], dtype=torch.int32), torch.randn(4, 1, 5)
    assert compiled(values, x).tolist() == [torch.inf]


def test_a_loss_is_compiled():
    labels = ours.SparseTensor([[0, 0], [0, 1]], torch.tensor([0, 1], dtype=torch.int32), [1, 2])

    def model(x):
        return ours.nn.ctc_loss(labels, ts.layers.dense(x, 3, name="d"), [4])

    net, x = ts.ScopedModule(model), torch.randn(4, 1, 5)
    expected = net(x)
    compiled = torch.compile(net, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), expected)


@settings(max_examples=30)
@given(alignments(), st.booleans(), st.sampled_from([None, 0, -2]))
def test_greedy_texts_are_those_of_tensorflow(drawn, merge, blank):
    logits, lengths, _ = drawn

    def decoded(api):
        return api.nn.ctc_greedy_decoder(logits, lengths, merge_repeated=merge, blank_index=blank)

    (theirs,), score = evaluate(decoded)
    (mine,), value = decoded(ours)
    assert_texts_alike(mine, theirs)
    assert_close(value, score)


@settings(max_examples=30)
@given(alignments(), st.booleans(), st.integers(1, 12))
def test_beams_find_the_texts_of_tensorflow(drawn, merge, width):
    logits, lengths, _ = drawn
    top = min(width, 2)

    def decoded(api):
        return api.nn.ctc_beam_search_decoder(logits, lengths, width, top, merge)

    texts, scores = evaluate(decoded)
    mine, values = decoded(ours)
    assert_close(values, scores, 1e-4)
    for one, other in zip(mine, texts, strict=True):
        assert_texts_alike(one, other)


def assert_texts_alike(mine, theirs):
    np.testing.assert_array_equal(mine.indices.reshape(-1, 2), theirs.indices)
    np.testing.assert_array_equal(mine.values, theirs.values)
    assert mine.values.dtype == torch.int64
    assert mine.shape == tuple(theirs.dense_shape)


def test_the_newer_decoder_keeps_what_is_repeated():
    logits = np.random.default_rng(3).normal(0, 3, (9, 1, 2)).astype("float32")
    texts, scores = evaluate(lambda tf: tf.nn.ctc_beam_search_decoder_v2(logits, [9], 10, 3))
    mine, values = ours.nn.ctc_beam_search_decoder_v2(logits, [9], 10, 3)
    assert_close(values, scores, 1e-4)
    for one, other in zip(mine, texts, strict=True):
        assert_texts_alike(one, other)


@settings(max_examples=20)
@given(st.integers(0, 99), st.integers(1, 3), st.integers(1, 6))
def test_repeated_labels_collapse(seed, count, width):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, (count, width)).astype("int32")
    sizes = random.integers(0, width + 1, count).astype("int32")
    expected = evaluate(lambda tf: tf.nn.collapse_repeated(labels, sizes))
    for mine, its in zip(ours.nn.collapse_repeated(labels, sizes), expected, strict=True):
        assert_close(mine, its)


LOGITS = np.zeros((4, 2, 5), "float32")
TEXTS = [[1, 1], [2]]
REFUSED = {
    "dense labels": lambda api: api.nn.ctc_loss([[1]], LOGITS, [4, 3]),
    "labels without a blank": lambda api: api.nn.ctc_loss_v2(
        sparse(api, TEXTS), LOGITS, None, [4, 3]
    ),
    "integers": lambda api: api.nn.ctc_loss(sparse(api, TEXTS), LOGITS.astype("int32"), [4, 3]),
    "two names": lambda api: api.nn.ctc_loss(sparse(api, TEXTS), LOGITS, [4, 3], logits=LOGITS),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_as_tensorflow_refuses_it(case):
    assert_refused_alike(lambda: REFUSED[case](tf), lambda: REFUSED[case](ours))


VALUES = {
    "Not enough time for target": lambda api: api.nn.ctc_loss(sparse(api, TEXTS), LOGITS, [1, 3]),
    "Saw a non-null label": lambda api: api.nn.ctc_loss(sparse(api, [[5, 1], [2]]), LOGITS, [4, 3]),
    "All labels must be nonnegative": lambda api: api.nn.ctc_loss(
        sparse(api, [[-1], [2]]), LOGITS, [4, 3]
    ),
    "Labels length is zero in batch": lambda api: api.nn.ctc_loss(
        api.SparseTensor([[0, 0]], [1], [2, 1]), LOGITS, [4, 3]
    ),
    r"sequence_length\(0\) <= 4": lambda api: api.nn.ctc_loss(sparse(api, TEXTS), LOGITS, [5, 3]),
    "Less leaves in the beam search": lambda api: api.nn.ctc_beam_search_decoder(
        LOGITS[:1], [1, 1], top_paths=20
    ),
}


@pytest.mark.parametrize("says", VALUES)
def test_bad_values_are_refused_as_tensorflow_refuses_them(says):
    with pytest.raises(tf.errors.InvalidArgumentError, match=says):
        evaluate(VALUES[says])
    with pytest.raises(ours.errors.InvalidArgumentError, match=says):
        VALUES[says](ours)


def test_what_is_never_merged_is_refused():
    with pytest.raises(NotImplementedError, match="has no ctc_merge_repeated=False"):
        ours.nn.ctc_loss(sparse(ours, TEXTS), LOGITS, [4, 3], ctc_merge_repeated=False)
