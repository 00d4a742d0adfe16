"""Files of summaries: TensorFlow and TensorBoard read from them what they read from TensorFlow's."""

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch
from browser import browser
from google.protobuf import text_format
from real_tensorboard import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

import torchscope as ts
import torchscope.tf1
from tests.tensorflow1 import assert_refused_alike, tf
from torchscope.port.engine import rewrite

OURS = torchscope.tf1
ARRAY = np.arange(24).reshape(1, 2, 4, 3).astype(np.uint8)


def model(tf, x):
    tf.summary.scalar("loss", tf.reduce_max(x))
    tf.summary.histogram("x", x)
    tf.summary.image("image", ARRAY if tf is OURS else tf.constant(ARRAY), 1)
    tf.summary.text("said", "hello" if tf is OURS else tf.constant("hello"))
    return tf.summary.merge_all()


def batch(step):
    return np.linspace(-1, step, 10, dtype=np.float32)


def write_ours(folder):
    net = ts.ScopedModule(lambda x: model(OURS, x))
    with OURS.summary.FileWriter(folder) as writer:
        for step in range(3):
            writer.add_summary(net(torch.from_numpy(batch(step))), step)


def write_theirs(folder):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [10])
        merged = model(tf, x)
        with tf.summary.FileWriter(folder) as writer:
            for step in range(3):
                writer.add_summary(session.run(merged, {x: batch(step)}), step)


def the_file(folder):
    (file,) = folder.iterdir()
    return str(file)


def events(folder, iterator=None):
    """What a file says, but for when, and the version of its writer."""
    found = []
    for event in (iterator or tf.train.summary_iterator)(the_file(folder)):
        for value in event.summary.value:
            value.image.encoded_image_string = b""
            value.histo.sum = value.histo.sum_squares = 0
            found.append((event.step, tf.Summary.Value.FromString(value.SerializeToString())))
    return found


def test_tensorflow_reads_what_it_would_have_written(tmp_path):
    write_ours(tmp_path / "ours")
    write_theirs(tmp_path / "theirs")
    expected = events(tmp_path / "theirs")
    assert len(expected) == 12 and expected[-1][0] == 2
    assert events(tmp_path / "ours") == expected
    first, ours_first = (
        next(iter(tf.train.summary_iterator(the_file(tmp_path / each))))
        for each in ("theirs", "ours")
    )
    assert ours_first.file_version == first.file_version == "brain.Event:2"


def test_our_iterator_reads_both(tmp_path):
    write_ours(tmp_path / "ours")
    write_theirs(tmp_path / "theirs")
    expected = events(tmp_path / "theirs")
    for each in ("ours", "theirs"):
        assert events(tmp_path / each, OURS.train.summary_iterator) == expected


def test_tensorboard_shows_both_alike(tmp_path):
    write_ours(tmp_path / "ours")
    write_theirs(tmp_path / "theirs")
    shown = []
    for each in ("ours", "theirs"):
        read = EventAccumulator(str(tmp_path / each))
        read.Reload()
        tags = read.Tags()
        shown.append(
            (
                {key: sorted(tags[key]) for key in ("scalars", "histograms", "images", "tensors")},
                [(e.step, e.value) for e in read.Scalars("loss")],
                [(e.step, list(e.histogram_value.bucket)) for e in read.Histograms("x")],
                [(e.step, e.width, e.height) for e in read.Images("image/image")],
                [bytes(e.tensor_proto.string_val[0]) for e in read.Tensors("said")],
            )
        )
        loaded = EventFileLoader(the_file(tmp_path / each)).Load()
        assert [event.step for event in loaded if event.summary.value] == [0, 1, 2]
    assert shown[0] == shown[1]
    assert shown[0][0]["scalars"] == ["loss"]


def values(folder):
    return [
        (event.step, each.tag, each.simple_value)
        for event in tf.train.summary_iterator(the_file(folder))
        for each in event.summary.value
    ]


@pytest.mark.parametrize(
    "as_what", ["operation", "bytes", "message", "their message"], ids=lambda each: each
)
def test_whatever_a_summary_is(tmp_path, as_what):
    noted = OURS.summary.scalar("loss", 0.5)
    given = {
        "operation": noted,
        "bytes": noted.eval(),
        "message": OURS.Summary(value=[OURS.Summary.Value(tag="loss", simple_value=0.5)]),
        "their message": tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=0.5)]),
    }
    with OURS.summary.FileWriter(tmp_path) as writer:
        writer.add_summary(given[as_what], 7)
    assert values(tmp_path) == [(7, "loss", 0.5)]


def test_steps_are_numbers_tensors_and_variables(tmp_path):
    net = ts.ScopedModule(OURS.train.get_or_create_global_step)
    noted = OURS.summary.scalar("a", 1.0)
    steps = [3, np.int64(4), torch.tensor(5), torch.tensor([6]), net(), None]
    with OURS.summary.FileWriter(tmp_path) as writer:
        for step in steps:
            writer.add_summary(noted, step)
    assert [step for step, *_ in values(tmp_path)] == [3, 4, 5, 6, 0, 0]


LOOP = """
import tensorflow as tf

def log(writer, tag, value, step):
    summary = tf.Summary()
    summary.value.add(tag=tag, simple_value=value)
    writer.add_summary(summary, global_step=step)
    writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="b", simple_value=2.0)]), step)
    writer.flush()
"""


def test_a_loop_that_was_written_for_tensorflow_writes(tmp_path):
    names = {}
    exec(rewrite(LOOP).text, names)
    writer = OURS.summary.FileWriter(tmp_path)
    names["log"](writer, "a", 1.0, 3)
    assert values(tmp_path) == [(3, "a", 1.0), (3, "b", 2.0)]
    writer.close()


def test_how_a_tag_is_shown_is_said_once(tmp_path):
    noted = OURS.summary.text("said", "hello")
    with OURS.summary.FileWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_summary(noted, step)
    named = [each.metadata.plugin_data.plugin_name for _, each in events(tmp_path)]
    assert named == ["text", "", ""]


def closes(tf, folder):
    """What a writer does that is closed and opened again."""
    message = lambda number: tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=number)])
    writer = tf.summary.FileWriter(str(folder), filename_suffix=".mine")
    said = [writer.get_logdir() == str(folder)]
    writer.add_summary(message(1), 1)
    writer.add_event(tf.Event(step=5, summary=message(5)))
    writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 6)
    writer.flush()
    writer.close()
    writer.close()
    with pytest.warns(UserWarning, match="Attempting to use a closed FileWriter"):
        writer.add_summary(message(2), 2)
    # TensorFlow names its files by the second.
    time.sleep(1.1)
    writer.reopen()
    writer.reopen()
    writer.add_summary(message(3), 3)
    writer.close()
    files = sorted(folder.iterdir())
    said += [file.name.endswith(".mine") for file in files]
    for file in files:
        for event in globals()["tf"].train.summary_iterator(str(file)):
            what = event.WhichOneof("what")
            said += [(event.step, what, [each.simple_value for each in event.summary.value])]
    return said


def test_a_writer_is_closed_and_opened_again(tmp_path):
    assert closes(OURS, tmp_path / "ours") == closes(tf, tmp_path / "theirs")


FORGETFUL = """
import sys
# TensorBoard imports it where it is installed, and has files of its own where not.
sys.modules["tensorflow"] = None
import torchscope.tf1 as tf
writer = tf.summary.FileWriter(sys.argv[1], max_queue=1000)
for step in range(200):
    writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="a" * 1000, simple_value=step)]), step)
"""


def test_a_writer_that_nobody_closes_is_closed_at_the_end(tmp_path):
    subprocess.run([sys.executable, "-c", FORGETFUL, str(tmp_path)], check=True)
    assert [step for step, *_ in values(tmp_path)] == list(range(200))


def test_a_tensor_that_is_written_to_before_it_is_written_stays_out_of_the_file(tmp_path):
    x = torch.ones(3)
    noted = OURS.summary.histogram("x", x)
    x += 1
    with OURS.summary.FileWriter(tmp_path) as writer:
        with pytest.raises(RuntimeError, match="written to since, in place"):
            writer.add_summary(noted, 1)
        writer.add_summary(OURS.summary.scalar("y", 1.0), 2)
    assert values(tmp_path) == [(2, "y", 1.0)]


def test_the_older_names(tmp_path):
    def older():
        with OURS.name_scope("tower"):
            OURS.scalar_summary("a loss", 1.0)
            OURS.histogram_summary("x", [1.0, 2.0], name="mine")
            OURS.image_summary("i", torch.zeros(1, 2, 2, 1), max_images=1)
            OURS.contrib.deprecated.audio_summary("s", torch.zeros(1, 2), 8000, 1)
        loss = OURS.scalar_summary("b", 2.0, collections=["others"])
        return [OURS.merge_all_summaries(), OURS.merge_summary([loss])], OURS.get_collection(
            "summaries"
        )

    (merged, other), collected = ts.ScopedModule(older)()
    with OURS.train.SummaryWriter(tmp_path) as writer:
        writer.add_summary(merged, 1)
        writer.add_summary(other, 2)
    assert [each for _, each, _ in values(tmp_path)] == ["a loss", "x", "i/image", "s/audio", "b"]
    names = ["tower/ScalarSummary", "tower/mine", "tower/ImageSummary", "tower/AudioSummary"]
    assert [each.name for each in collected] == names
    assert merged.name == "MergeSummary/MergeSummary"


def test_several_tags_for_a_tensor_are_refused():
    with pytest.raises(TypeError, match=r"takes one tag, a string; these are \['a', 'b'\]"):
        OURS.scalar_summary(["a", "b"], [1.0, 2.0])


# Graphs


def net_of_two_layers(x):
    with OURS.name_scope("tower"):
        x = OURS.nn.relu(OURS.matmul(x, OURS.get_variable("a/w", [3, 4])))
    return OURS.reduce_sum(x)


def test_a_graph_is_written_by_its_name_scopes(tmp_path):
    graph = ts.graph(ts.ScopedModule(net_of_two_layers), torch.ones(2, 3))
    with OURS.summary.FileWriter(tmp_path, graph) as writer:
        writer.add_graph(graph, 4)
    read = [e for e in tf.train.summary_iterator(the_file(tmp_path)) if e.graph_def]
    assert [event.step for event in read] == [0, 4]
    written = tf.GraphDef.FromString(read[0].graph_def)
    nodes = {node.name: (node.op, list(node.input)) for node in written.node}
    assert nodes["a/w"] == ("VariableV2", [])
    assert nodes["tower/MatMul"] == ("MatMul", ["Placeholder", "a/w"])
    assert nodes["tower/Relu"] == ("Relu", ["tower/MatMul"])
    relu = next(node for node in written.node if node.name == "tower/Relu")
    assert relu.attr["dtype"].type == tf.float32
    (shape,) = relu.attr["_output_shapes"].list.shape
    assert [dim.size for dim in shape.dim] == [2, 4]
    accumulator = EventAccumulator(str(tmp_path))
    accumulator.Reload()
    assert len(accumulator.Graph().node) == len(nodes)


def towers(one, other):
    with OURS.variable_scope("model"):
        first = OURS.layers.dense(one, 4, name="fc")
    with OURS.variable_scope("model", reuse=True):
        second = OURS.layers.dense(other, 4, name="fc")
    return first, second


def test_a_shared_variable_is_one_node_to_tensorboard(tmp_path):
    graph = ts.graph(ts.ScopedModule(towers), torch.ones(2, 3), torch.ones(5, 3))
    graph(torch.ones(2, 3), torch.ones(6, 3))
    with OURS.summary.FileWriter(tmp_path, graph):
        pass
    accumulator = EventAccumulator(str(tmp_path))
    accumulator.Reload()
    nodes = {node.name: node for node in accumulator.Graph().node}
    assert len(nodes) == len(graph._operations())
    assert all(name in nodes for node in nodes.values() for name in node.input)
    readers = [name for name, node in nodes.items() if "model/fc/bias" in node.input]
    assert readers == ["model/fc/MatMul", "model_1/fc/MatMul"]
    assert nodes["model/fc/bias"].op == "VariableV2"
    # A size that has differed from call to call is unknown, as a placeholder's was.
    shapes = [nodes[name].attr["_output_shapes"].list.shape[0] for name in readers]
    assert [[dim.size for dim in shape.dim] for shape in shapes] == [[2, 4], [-1, 4]]


def test_tensorboard_itself_draws_scopes_as_boxes_and_shapes_on_lines(tmp_path):
    graph = ts.graph(ts.ScopedModule(towers), torch.ones(2, 3), torch.ones(5, 3))
    with OURS.summary.FileWriter(tmp_path, graph):
        pass
    with tensorboard(tmp_path) as address, browser() as context:
        with urllib.request.urlopen(f"{address}data/plugin/graphs/graph?run=.") as answer:
            served = text_format.Parse(answer.read(), tf.GraphDef())
        assert [node.name for node in served.node] == [each.name for each in graph._operations()]
        page = context.new_page()
        page.goto(f"{address}#graphs")
        page.wait_for_selector("g.edge text", state="attached")
        boxes = page.locator("g.node.meta").evaluate_all("all => all.map(g => g.dataset.name)")
        lines = page.locator("g.edge").evaluate_all(
            "all => Object.fromEntries(all.map(g => [g.dataset.edge, g.textContent]))"
        )
    assert sorted(boxes) == ["model", "model_1"]
    assert lines == {
        "Placeholder--model": "2×3",
        "Placeholder_1--model_1": "5×3",
        # Kernel and bias.
        "model--model_1": "2 tensors",
    }


def test_a_message_is_a_graph(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.constant(1.0, name="one")
    with OURS.summary.FileWriter(tmp_path) as writer:
        writer.add_graph(None, graph_def=graph.as_graph_def())
    read = [e for e in tf.train.summary_iterator(the_file(tmp_path)) if e.graph_def]
    assert tf.GraphDef.FromString(read[0].graph_def) == graph.as_graph_def()


@pytest.mark.parametrize("given", [3, torch.nn.Linear(1, 1), OURS.get_default_graph()])
def test_a_net_and_a_pass_are_no_graph(tmp_path, given):
    with pytest.raises(TypeError, match=r"The passed graph must be an instance of `Graph`"):
        OURS.summary.FileWriter(tmp_path, given)


@pytest.mark.parametrize(
    "call",
    [
        lambda tf, folder: tf.summary.FileWriter(folder).add_graph(3),
        lambda tf, folder: tf.summary.FileWriter(folder).add_graph(3, graph_def=4),
    ],
)
def test_what_tensorflow_refuses_too(tmp_path, call):
    assert_refused_alike(lambda: call(tf, str(tmp_path)), lambda: call(OURS, str(tmp_path)))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "got None, which is what tf.summary.merge_all"),
        (torch.tensor(1.0), r"takes what tf.summary.scalar and the like gave"),
    ],
)
def test_what_is_no_summary(tmp_path, given, says):
    with OURS.summary.FileWriter(tmp_path) as writer, pytest.raises(TypeError, match=says):
        writer.add_summary(given, 1)


def test_a_session_writes_nothing(tmp_path):
    with pytest.raises(ValueError, match="leave `session` out"):
        OURS.summary.FileWriter(tmp_path, session=OURS.Session)


# Reading


def test_a_file_that_is_not_there(tmp_path):
    missing = tmp_path / "missing"
    with pytest.raises(OURS.errors.NotFoundError, match="No such file or directory"):
        OURS.train.summary_iterator(missing)


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_file_gives_what_is_whole_and_an_error(tmp_path, damage):
    with OURS.summary.FileWriter(tmp_path) as writer:
        writer.add_summary(OURS.summary.scalar("loss", 0.5), 7)
    file = the_file(tmp_path)
    content = Path(file).read_bytes()
    Path(file).write_bytes(content[:-3] + (b"" if damage == "cut" else b"abc"))
    for iterator, error in (
        (tf.train.summary_iterator, tf.errors.DataLossError),
        (OURS.train.summary_iterator, OURS.errors.DataLossError),
    ):
        read = iter(iterator(file))
        assert next(read).file_version
        with pytest.raises(error, match="record"):
            next(read)
