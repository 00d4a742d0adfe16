"""What an error advises works: in summaries and their files."""

import tempfile
from pathlib import Path

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from remedies import follow, tried

CASES = []
remedy = tried(CASES)
X = torch.ones(1, 3)


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


def shown(summary):
    """The values that are shown of a summary."""
    return tf.Summary.FromString(summary.eval()).value


@remedy(TypeError, "Convert it first: tf.cast(x, tf.float32); tf.summary.text is for texts.")
def a_histogram_of_bools_and_of_a_text():
    x = X > 0
    yield lambda: tf.summary.histogram("x", x)
    assert shown(tf.summary.histogram("x", tf.cast(x, tf.float32)))[0].histo.num == 3
    assert shown(tf.summary.text("said", "hello"))[0].tensor.string_val == [b"hello"]


@remedy(TypeError, "that does not match expected type of float32. Convert it first:")
def a_sound_of_float64():
    x = X.double()
    yield lambda: tf.summary.audio("x", x, 8000)
    assert shown(tf.summary.audio("x", tf.cast(x, tf.float32), 8000))[0].audio.length_frames == 3


@remedy(ValueError, "Make them alike, with '' where there is nothing.")
def texts_in_lists_that_differ_in_length():
    yield lambda: tf.summary.text("said", [["a", "b"], ["c"]])
    assert len(shown(tf.summary.text("said", [["a", "b"], ["c", ""]]))[0].tensor.string_val) == 4


@remedy(TypeError, "Make a summary of it, tf.summary.scalar(name, tensor).")
def a_tensor_that_is_merged():
    loss = X.sum()
    yield lambda: tf.summary.merge([loss])
    assert shown(tf.summary.merge([tf.summary.scalar("loss", loss)]))[0].simple_value == 3


@remedy(TypeError, "Call it once for each, with its number.")
def several_tags():
    yield lambda: tf.scalar_summary(["a", "b"], [1.0, 2.0])
    both = tf.merge_summary([tf.scalar_summary("a", 1.0), tf.scalar_summary("b", 2.0)])
    assert [each.simple_value for each in shown(both)] == [1, 2]


@remedy(
    RuntimeError,
    "Write the summary before that, write to another tensor (loss = loss / 2, not loss /= 2), or note a copy: "
    "tensor.clone().",
)
def a_tensor_that_is_written_to_in_place():
    loss = X.sum()
    noted = tf.summary.scalar("loss", loss)
    loss /= 2
    yield noted.eval
    loss = X.sum()
    noted, copied = tf.summary.scalar("loss", loss), tf.summary.scalar("loss", loss.clone())
    before = shown(noted)[0].simple_value
    other = loss / 2
    assert shown(noted)[0].simple_value == before == 2 * other
    loss /= 2
    assert shown(copied)[0].simple_value == before


@remedy(ValueError, "Give each summary a name of its own; ")
def a_tag_that_is_there_twice():
    loss = tf.scalar_summary("loss", 1.0)
    yield lambda: tf.merge_summary([loss, tf.scalar_summary("loss", 2.0)]).eval()
    assert len(shown(tf.merge_summary([loss, tf.scalar_summary("another", 2.0)]))) == 2


@remedy(ValueError, "one number, such as tf.reduce_mean(x), or use tf.summary.histogram.")
def a_scalar_of_several_numbers():
    yield lambda: tf.summary.scalar("x", X).eval()
    assert shown(tf.summary.scalar("x", tf.reduce_mean(X)))[0].simple_value == 1
    assert shown(tf.summary.histogram("x", X))[0].histo.num == 3


@remedy(ValueError, "To see the rest, note tf.boolean_mask(x, tf.is_finite(x)).")
def a_histogram_of_what_is_no_number():
    x = torch.tensor([1.0, float("nan")])
    yield lambda: tf.summary.histogram("x", x).eval()
    assert shown(tf.summary.histogram("x", tf.boolean_mask(x, tf.is_finite(x))))[0].histo.num == 1


@remedy(ValueError, "so add a dimension, tf.expand_dims, or choose channels, x[..., :3].")
def an_image_alone_and_one_of_many_channels():
    image = torch.zeros(4, 4, 7)
    yield lambda: tf.summary.image("x", image).eval()
    (value,) = shown(tf.summary.image("x", tf.expand_dims(image, 0)[..., :3]))
    assert value.image.colorspace == 3


@remedy(ValueError, "so add a dimension, tf.expand_dims.")
def a_sound_alone():
    sound = torch.zeros(10)
    yield lambda: tf.summary.audio("x", sound, 8000).eval()
    assert len(shown(tf.summary.audio("x", tf.expand_dims(sound, 0), 8000))) == 1


@remedy(RuntimeError, "Return it from the forward, and write what the call gives.")
def a_summary_that_a_graph_leaves_behind():
    def noting(x):
        return tf.summary.scalar("loss", tf.reduce_sum(x))

    net = ts.ScopedModule(lambda x: noting(x) and None)
    ts.graph(net, X)(X)
    yield net.registry.get_collection("summaries")[0].eval
    assert shown(ts.graph(ts.ScopedModule(noting), X)(X))[0].simple_value == 3


@remedy(TypeError, "Call tf.summary.scalar and the like in the model function before merge_all().")
def no_summary():
    def model(x, *, noting):
        if noting:
            tf.summary.scalar("loss", tf.reduce_sum(x))
        return tf.summary.merge_all()

    net = ts.ScopedModule(model)
    with tf.summary.FileWriter(tempfile.mkdtemp()) as writer:
        yield lambda: writer.add_summary(net(X, noting=False), 1)
        writer.add_summary(net(X, noting=True), 1)


@remedy(TypeError, "tf.Summary(value=[tf.Summary.Value(tag=name, simple_value=number)]).")
def a_number_that_is_written():
    name, number = "loss", 0.5
    with tf.summary.FileWriter(tempfile.mkdtemp()) as writer:
        yield lambda: writer.add_summary(number, 1)
        writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag=name, simple_value=number)]), 1)


@remedy(TypeError, "Write writer.add_graph(ts.graph(net, *inputs)), or leave the graph out.")
def a_net_as_a_graph():
    net, inputs = ts.ScopedModule(lambda x: tf.layers.dense(x, 2)), (X,)
    yield lambda: tf.summary.FileWriter(tempfile.mkdtemp(), net)
    with tf.summary.FileWriter(tempfile.mkdtemp()) as writer:
        writer.add_graph(ts.graph(net, *inputs))


@remedy(
    FileNotFoundError,
    "Give a file of events: pathlib.Path(logdir).glob('events.out.tfevents.*') finds them.",
)
def a_folder_that_is_read():
    logdir = tempfile.mkdtemp()
    with tf.summary.FileWriter(logdir) as writer:
        writer.add_summary(tf.summary.scalar("loss", 0.5), 3)
    yield lambda: tf.train.summary_iterator(logdir)
    (file,) = Path(logdir).glob("events.out.tfevents.*")
    assert [event.step for event in tf.train.summary_iterator(file)] == [0, 3]
