"""tf.summary: names, kinds and collections are TensorFlow's, and nothing is computed to note something."""

import pytest
import torch

import torchscope as ts
import torchscope.tf1
from tests.tensorflow1 import assert_refused_alike, tf

OURS = torchscope.tf1


def some(tf):
    """Summaries under all kinds of names."""
    x = tf.zeros([2, 3, 3, 1])
    with tf.name_scope("tower"):
        made = [
            tf.summary.scalar("loss", tf.constant(1.0)),
            tf.summary.scalar("loss", 2.0),
            tf.summary.scalar("a loss:/b", 2.0, collections=["mine", "yours"]),
            tf.summary.histogram("weights", x, family="of a layer"),
            tf.summary.image("images", x, 2, ["mine"]),
            tf.summary.audio("sound", tf.zeros([2, 3]), 16000),
            # torch's tensors hold no texts.
            tf.summary.text("said", "hello" if tf is OURS else tf.constant("hello")),
            tf.summary.tensor_summary("all", x, family="f"),
            tf.summary.scalar("/", 1.0),
            tf.summary.scalar("", 1.0, collections=[]),
        ]
        made += [
            tf.summary.merge(made[:2], name="both"),
            tf.summary.merge(made[:2], ["mine"]),
            tf.summary.merge_all("mine"),
            tf.summary.merge_all(scope="tower/loss"),
            tf.summary.merge_all(),
        ]
    keys = ("summaries", "mine", "yours")
    return made, {key: tf.get_collection(key) for key in keys}, [tf.summary.merge_all("none")]


def described(made):
    """The names and kinds of operations, and of what is in collections."""
    operations, collections, none = made
    names = [(each.op.name, each.op.type) for each in operations]
    return names, {key: [each.op.name for each in of] for key, of in collections.items()}, none


def test_names_kinds_and_collections_are_tensorflows():
    with tf.Graph().as_default():
        expected = described(some(tf))
    seen = []
    net = ts.ScopedModule(lambda: seen.append(described(some(OURS))))
    net()
    net()
    assert seen == [expected, expected]


@pytest.mark.parametrize(
    "call",
    [
        *(
            lambda tf, name=name: getattr(tf.summary, name)("a", "text")
            for name in ("scalar", "histogram")
        ),
        lambda tf: tf.summary.merge([]),
        lambda tf: tf.summary.merge(3),
    ],
)
def test_what_tensorflow_refuses(call):
    assert_refused_alike(lambda: call(tf), lambda: call(OURS))


def test_numbers_are_no_text():
    with pytest.raises(
        ValueError, match=r"Expected tensor said to have dtype string, got int32\. tf\.summary"
    ):
        OURS.summary.text("said", OURS.constant(1))


@pytest.mark.unmeasured
def test_a_net_with_summaries_compiles():
    def function(x):
        w = ts.get_variable("w", [3])
        OURS.summary.histogram("w", w)
        y = x * w
        OURS.summary.scalar("sum", OURS.reduce_sum(y))
        OURS.summary.merge_all()
        return y

    net = ts.ScopedModule(function)
    x = torch.randn(2, 3)
    expected = net(x)
    torch.testing.assert_close(torch.compile(net, backend="aot_eager")(x), expected)
    torch.testing.assert_close(ts.graph(net, x)(x), expected)


def test_a_summary_may_be_run_and_does_nothing():
    made = OURS.summary.scalar("loss", 1.0)
    assert made.run() is None
    assert made.run() is None
