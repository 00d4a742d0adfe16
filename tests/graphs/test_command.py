"""torchscope-ckpt graph, and torchscope.graphs.describe: what is told of files that TensorFlow wrote, and of bad ones."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tensorflow1 import tf
from torchscope.checkpoint.formats import protos
from torchscope.graphs import GraphError, describe
from torchscope.graphs.command import app

ROOT = Path(__file__).parents[2] / ".real-files"


def run(*arguments, status=0):
    result = CliRunner().invoke(app, [str(each) for each in ("graph", *arguments)])
    assert result.exit_code == status, result.output
    return result


def told(*arguments):
    """The one line that a failing command says on stderr."""
    line = run(*arguments, status=2).stderr
    assert line.startswith("error: ")
    assert line.count("\n") == 1
    return line


def rows(text, title):
    """The rows of a section, by their words."""
    lines = iter(text.splitlines())
    assert any(line.startswith(title) for line in lines), text
    found = []
    for line in lines:
        if not line.startswith("  "):
            break
        found.append(line.split())
    return found


def dense(x, units, name):
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", [x.shape[-1], units])
        bias = tf.get_variable("bias", [units], initializer=tf.zeros_initializer())
        return tf.nn.bias_add(tf.matmul(x, kernel), bias, name="BiasAdd")


def net(images, training):
    """A net as people wrote them: a convolution, dropout, a layer."""
    with tf.variable_scope("conv"):
        kernel = tf.get_variable("kernel", [3, 3, 1, 4])
        x = tf.nn.relu(tf.nn.conv2d(images, kernel, [1, 1, 1, 1], "SAME"))
    x = tf.reshape(x, [-1, 8 * 8 * 4])
    x = tf.cond(training, lambda: tf.nn.dropout(x, rate=0.5), lambda: x)
    return dense(x, 3, "logits")


def training_graph():
    images = tf.placeholder(tf.float32, [None, 8, 8, 1], "images")
    labels = tf.placeholder(tf.int32, [None], "labels")
    training = tf.placeholder(tf.bool, [], "training")
    rate = tf.placeholder(tf.float32, [], "rate")
    logits = net(images, training)
    tf.nn.softmax(logits, name="probabilities")
    with tf.name_scope("loss"):
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        loss = tf.reduce_mean(each, name="mean")
    tf.summary.scalar("loss_summary", loss)
    tf.train.AdamOptimizer(rate).minimize(loss)


@pytest.fixture(scope="module")
def meta(tmp_path_factory):
    """The .meta file of a graph that trains, beside its checkpoint."""
    path = tmp_path_factory.mktemp("meta") / "model.ckpt"
    with tf.Graph().as_default(), tf.Session() as session:
        training_graph()
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(path))
    return f"{path}.meta"


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    """A frozen graph with a type of operation that nobody has."""
    path = tmp_path_factory.mktemp("frozen") / "frozen.pb"
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3], "x")
        y = tf.matmul(x, tf.constant([[1.0], [2.0], [3.0]], name="w"), name="features/product")
        tf.identity(tf.exp(y, name="strange"), name="result")
        definition = graph.as_graph_def()
    for node in definition.node:
        if node.name == "strange":
            node.op = "NobodyHasThis"
    path.write_bytes(definition.SerializeToString())
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A SavedModel of TF1 with two signatures."""
    folder = tmp_path_factory.mktemp("saved") / "model"
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 2], "x")
        y = dense(x, 3, "fc")
        session.run(tf.global_variables_initializer())
        builder = tf.saved_model.Builder(str(folder))
        sign = tf.saved_model.predict_signature_def
        signatures = {
            "serving_default": sign({"in": x}, {"out": y}),
            "half": sign({"in": x}, {"y": y / 2}),
        }
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()
    return folder


# What is told


def test_a_meta_file_says_what_wrote_it_and_what_goes_in_and_out(meta):
    text = run(meta).stdout
    assert text.startswith(f"{meta}: a MetaGraphDef, by TensorFlow {tf.VERSION}, graph version ")
    images, training = rows(text, "inputs: 2")
    assert images[:8] == ["images:0", "(?,", "8,", "8,", "1)", "float32", "feeds", "conv/Conv2D"]
    assert training[:5] == ["training:0", "()", "bool", "feeds", "cond/Switch"]
    assert [row[0] for row in rows(text, "inputs of training: 2")] == ["labels:0", "rate:0"]
    assert rows(text, "outputs: 1") == [["probabilities:0", "(?,", "3)", "float32"]]
    assert [row[0] for row in rows(text, "outputs of training: 1")] == ["loss/mean:0"]
    assert "It runs: probabilities:0 from images:0, training:0, " in text


def test_its_variables_types_and_turns_are_counted(meta):
    found = describe(meta)
    # Three of the net, Adam's slots and its two powers.
    assert found.variables.count == 3 + 6 + 2
    assert found.variables.trainable == 3
    assert found.variables.parameters == 3 * (36 + 768 + 3) + 2
    assert found.variables.nbytes == 4 * found.variables.parameters
    assert found.types["VariableV2"] == found.variables.count
    assert sum(found.types.values()) == found.nodes
    assert list(found.types.values()) == sorted(found.types.values(), reverse=True)
    assert (found.loops, found.conditionals, found.functions) == (0, 1, 0)


def test_loops_of_both_kinds_are_counted(tmp_path):
    def loop():
        x = tf.placeholder(tf.float32, [2], "x")
        end = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * 2), [0, x])
        tf.cond(x[0] > 0, lambda: x + 1, lambda: x - 1, name="choice")
        tf.identity(end[1], "twice")

    for kind in ("v1", "v2"):
        with tf.Graph().as_default() as graph:
            (tf.enable_control_flow_v2 if kind == "v2" else tf.disable_control_flow_v2)()
            try:
                loop()
            finally:
                tf.disable_control_flow_v2()
            (tmp_path / f"{kind}.pb").write_bytes(graph.as_graph_def().SerializeToString())
        found = describe(tmp_path / f"{kind}.pb")
        assert (found.loops, found.conditionals) == (1, 1)
        assert found.functions == (4 if kind == "v2" else 0)
        assert found.inference.runs, found.inference
        names = {each.name.partition(":")[0].partition("/")[0] for each in found.outputs}
        assert names == {"twice", "choice"}


def test_a_saved_model_says_its_signatures_and_the_default_one_is_tried(saved):
    text = run(saved).stdout
    assert "a SavedModel, by TensorFlow" in text and "tags serve" in text
    assert rows(text, "signatures: 2") == [
        ["half", "predict"],
        ["<-", "in", "x:0", "(?,", "2)", "float32"],
        ["->", "y", "truediv:0", "(?,", "3)", "float32"],
        ["serving_default", "predict"],
        ["<-", "in", "x:0", "(?,", "2)", "float32"],
        ["->", "out", "fc/BiasAdd:0", "(?,", "3)", "float32"],
    ]
    assert "It runs: fc/BiasAdd:0 from x:0, " in text
    assert "It runs: truediv:0 from x:0, " in run(saved, "--signature", "half").stdout
    assert (
        run(saved / "saved_model.pb", "--tag", "serve").stdout.splitlines()[1:]
        == text.splitlines()[1:]
    )
    assert "There is no signature 'other'; there is half, serving_default." in told(
        saved, "--signature", "other"
    )
    assert "Theirs are: serve." in told(saved, "--tag", "train")


def test_json_has_all_of_it(meta, saved):
    data = json.loads(run(meta, "--json").stdout)
    assert data["format"] == "MetaGraphDef" and data["tensorflow"] == tf.VERSION
    assert data["inputs"][0] == {
        "name": "images:0",
        "dtype": "float32",
        "shape": [None, 8, 8, 1],
        "feeds": ["conv/Conv2D", *data["inputs"][0]["feeds"][1:]],
        "optional": False,
        "trains": False,
    }
    assert data["inference"]["runs"] is True
    assert data["variables"]["trainable"] == 3
    signatures = json.loads(run(saved, "--json").stdout)["signatures"]
    assert signatures["half"]["outputs"]["y"]["name"] == "truediv:0"


# What does not run


def test_what_is_not_supported_is_said_with_what_to_do(frozen):
    text = run(frozen, status=1).stdout
    assert f"{frozen}: a frozen GraphDef" in text
    assert "constants that were variables: 1; 3 parameters, 12 B" in text
    assert rows(text, "not supported, and needed to infer: 1") == [
        ["NobodyHasThis", "1", "such", "as", "strange"]
    ]
    said = text[text.index("It does not run: result:0 from x:0") :]
    assert 'import_graph_def(..., operations={"NobodyHasThis": function})' in said
    assert "--feed strange:0" in said
    assert "features/product:0 can be computed" in said
    # And so it is.
    assert "It runs" in run(frozen, "--fetch", "features/product:0").stdout
    assert "It runs: result:0 from strange:0" in run(frozen, "--feed", "strange:0").stdout


def test_what_only_trains_does_not_matter(meta, tmp_path):
    definition = tf.MetaGraphDef()
    definition.ParseFromString(Path(meta).read_bytes())
    for node in definition.graph_def.node:
        if node.op == "ApplyAdam":
            node.op = "NobodyTrainsSo"
    (tmp_path / "a.meta").write_bytes(definition.SerializeToString())
    text = run(tmp_path / "a.meta").stdout
    assert ["NobodyTrainsSo", "3"] in [row[:2] for row in rows(text, "not supported elsewhere")]


def test_what_else_is_in_the_way_is_said(saved):
    text = run(saved, "--feed", "fc/kernel/Initializer/random_uniform/min:0", status=1).stdout
    assert "You must feed a value for placeholder tensor 'x' with dtype float32" in text
    assert "It does not run: fc/BiasAdd:0 from nothing, " in text


def test_a_graph_that_is_for_nothing_asks_what_to_fetch(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.placeholder(tf.float32, [2], "x")
        (tmp_path / "idle.pb").write_bytes(graph.as_graph_def().SerializeToString())
    text = run(tmp_path / "idle.pb", status=1).stdout
    assert "Say which tensor to fetch: --fetch TENSOR." in text
    assert "The graph has no node 'z'" in told(tmp_path / "idle.pb", "--fetch", "z:0")
    assert "names no tensor" in told(tmp_path / "idle.pb", "--fetch", "x:y:z:0")


# A part


def test_a_scope_is_looked_at_alone(meta):
    text = run(meta, "--scope", "conv/").stdout
    assert "nodes in conv/" in text
    assert [row[0] for row in rows(text, "inputs: 1")] == ["images:0"]
    assert [row[0] for row in rows(text, "outputs: 1")] == ["conv/Relu:0"]
    assert "It runs: conv/Relu:0 from images:0" in text
    text = run(meta, "--scope", "logits").stdout
    assert "It runs: logits/BiasAdd:0 from cond/" in text
    assert "There is 'conv'" in told(meta, "--scope", "convs")


# Bad files


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("no.pb", b"hello, world", "A .meta file, a frozen .pb or a SavedModel was expected"),
        ("empty.pb", b"", "0 bytes without a node"),
        ("empty.meta", b"", "A MetaGraphDef was expected, and this has no graph"),
        ("graph.pbtxt", b'node {\n  name: "x"\n}', "as_text=False"),
        ("text.pb", b'node {\n  name: "x"\n}', "This is a graph as text"),
        ("saved_model.pb", b"saved_model_schema_version: 1", "This is a graph as text"),
        ("zeros.meta", bytes(100), "was cut off or changed on its way"),
    ],
)
def test_what_is_no_graph_is_said_in_a_line(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    line = told(tmp_path / name)
    assert said in line and name in line


def test_a_missing_file_and_a_folder_without_a_model_are_said(tmp_path):
    assert "The file cannot be opened: No such file or directory." in told(tmp_path / "none.meta")
    line = told(tmp_path)
    assert (
        "This folder has no saved_model.pb. Give the folder of a SavedModel, a .meta file" in line
    )


def test_damaged_files_are_a_line_or_a_graph(meta, tmp_path):
    """Wherever a file is cut, and whatever byte is another."""
    data = Path(meta).read_bytes()
    path = tmp_path / "damaged.meta"
    for at in range(1, len(data), len(data) // 40):
        for damaged in (data[:at], data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :]):
            path.write_bytes(damaged)
            result = CliRunner().invoke(app, ["graph", str(path)])
            assert isinstance(result.exception, SystemExit | None), at
            assert result.exit_code in {0, 1, 2}
            if result.exit_code == 2:
                assert result.stderr.count("\n") == 1


def test_what_a_file_is_is_told_by_what_is_in_it(meta, saved, frozen, tmp_path):
    for path, kind in (
        (meta, "MetaGraphDef"),
        (saved / "saved_model.pb", "SavedModel"),
        (frozen, "frozen GraphDef"),
    ):
        renamed = tmp_path / "of_no_name"
        renamed.write_bytes(Path(path).read_bytes())
        assert describe(renamed).format == kind
    graph = protos.GraphDef()
    graph.node.add(name="w", op="VariableV2")
    renamed.write_bytes(graph.SerializeToString())
    assert describe(renamed).format == "GraphDef"


def test_shapes_that_are_none_are_not_known(tmp_path):
    graph = protos.GraphDef()
    node = graph.node.add(name="w", op="VariableV2")
    node.attr.add(key="dtype").value.type = 1
    node.attr.add(key="shape").value.i = 3
    node = graph.node.add(name="x", op="Placeholder")
    node.attr.add(key="_output_shapes").value.list.type.append(1)
    graph.node.add(name="y", op="Exp", input=["x"])
    (tmp_path / "odd.pb").write_bytes(graph.SerializeToString())
    found = describe(tmp_path / "odd.pb")
    assert found.inputs[0].shape is None
    assert (found.variables.count, found.variables.unknown) == (1, 1)
    run(tmp_path / "odd.pb", "--page", tmp_path / "odd.html")


def test_a_name_that_moves_a_cursor_is_printed_as_text(tmp_path):
    graph = protos.GraphDef()
    graph.node.add(name="\x1b[31mred", op="Placeholder")
    graph.node.add(name="out\n", op="Odd\x1b[0m", input=["\x1b[31mred"])
    (tmp_path / "red.pb").write_bytes(graph.SerializeToString())
    text = run(tmp_path / "red.pb", status=1).stdout
    assert "\x1b" not in text and "\\x1b[31mred:0" in text


def test_a_function_that_is_not_there_is_said(tmp_path):
    graph = protos.GraphDef()
    node = graph.node.add(name="call", op="PartitionedCall")
    node.attr.add(key="f").value.func.name = "nowhere"
    (tmp_path / "call.pb").write_bytes(graph.SerializeToString())
    with pytest.raises(GraphError, match="calls a function 'nowhere'"):
        describe(tmp_path / "call.pb")


# Real files


@pytest.mark.parametrize(
    ("path", "version", "inputs", "outputs"),
    [
        ("deepbrain/models/graph.pb", "", ["Placeholder", "training", "img", "dim"], ["pred"]),
        (
            "musicnn/MTT_musicnn/.meta",
            "1.12.0",
            ["model/Placeholder", "model/Placeholder_2"],
            ["model/moments/Squeeze_1", "model/Sigmoid"],
        ),
        (
            "chiron/model/DNA_default/final.ckpt-158301.meta",
            "1.13.1",
            ["Placeholder", "Placeholder_1", "Placeholder_2"],
            ["transpose", "ToInt32"],
        ),
        (
            "basic_pitch/saved_models/icassp_2022/nmp",
            "2.4.1",
            ["serving_default_input_2"],
            ["StatefulPartitionedCall"],
        ),
        ("guesslang/data/model", "2.5.0", ["Placeholder"], None),
    ],
)
def test_real_files_are_told(path, version, inputs, outputs):
    assert ROOT.is_dir(), "the files are fetched by make test: see tests/checkpoint/real_files.txt"
    found = describe(ROOT / path)
    assert found.tensorflow == version
    assert [each.name for each in found.inputs if not each.trains] == [f"{n}:0" for n in inputs]
    if outputs is not None:
        assert list(dict.fromkeys(each.name.partition(":")[0] for each in found.outputs)) == outputs
    assert found.inference.fetches
    assert found.variables.parameters > 50_000
