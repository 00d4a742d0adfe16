"""The page of an imported graph, in a real browser: what is drawn of nodes, functions and loops that TensorFlow wrote."""

import re
import time
from pathlib import Path

import pytest
from browser import HOSTILE, browser
from browser import watched as in_browser
from typer.testing import CliRunner

from tests.tensorflow1 import tf
from torchscope.checkpoint.formats import protos
from torchscope.graphs import import_graph_def, import_meta_graph, load_saved_model
from torchscope.graphs.command import app

ROOT = Path(__file__).parents[2] / ".real-files"


@pytest.fixture(scope="module")
def context():
    with browser(viewport={"width": 1300, "height": 800}, color_scheme="light") as context:
        yield context


@pytest.fixture
def opened(context, tmp_path):
    """What writes the page of a graph, and opens it."""
    with in_browser(context) as watched:

        def opened(net, **options):
            net.write_page(tmp_path / "graph.html", **options)
            return watched.open(tmp_path / "graph.html")

        yield opened


def drawn(page):
    """The kinds of all operations, by their names."""
    return dict(page.evaluate("operations.map(o => [o.name, o.node.kind])"))


def edges(page):
    """What each line carries, by its two ends, with all open."""
    page.click("#open")
    return {
        (a, b): says
        for a, b, says in page.evaluate("lines.map(l => [l.a.path, l.b.path, l.says || ''])")
    }


def dense(x, units, name):
    with tf.variable_scope(name, reuse=tf.AUTO_REUSE):
        return tf.matmul(x, tf.get_variable("kernel", [x.shape[-1], units]))


@pytest.fixture(scope="module")
def meta(tmp_path_factory):
    """The .meta file of two towers that share a layer, and are trained."""
    path = tmp_path_factory.mktemp("meta") / "model.ckpt"
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 4], "x")
        first = dense(x, 3, "shared")
        second = dense(x * 2, 3, "shared")
        parts = tf.split(tf.concat([first, second], 1), [1, 5], 1, name="parts")
        loss = tf.add(tf.reduce_sum(parts[0]), tf.reduce_sum(parts[1]), name="loss")
        tf.train.AdamOptimizer().minimize(loss)
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(path))
    return f"{path}.meta"


def test_a_shared_variable_is_drawn_once_and_nothing_of_training(opened, meta):
    page = opened(import_meta_graph(meta))
    assert page.title() == page.inner_text("h1") == "model.ckpt.meta"
    kinds = drawn(page)
    assert kinds["shared/kernel"] == "shared"
    assert [name for name, kind in kinds.items() if kind in {"shared", "variable"}] == [
        "shared/kernel"
    ]
    assert "12 parameters · 48 B" in page.inner_text("#sums")
    assert not [name for name in kinds if re.match("gradients|save|Adam|beta1_power", name)]
    page.click("[role=treeitem][title='shared/kernel']")
    assert "One variable, used by 2 operations." in page.inner_text("#details")


def test_training_is_drawn_when_it_is_asked_for(opened, meta):
    kinds = drawn(opened(import_meta_graph(meta), training=True))
    assert kinds["shared/kernel/Adam"] in {"shared", "variable"}
    assert "save/SaveV2" in kinds
    assert any(name.startswith("gradients/") for name in kinds)


def test_lines_say_the_shape_of_the_value_that_is_read(opened, meta):
    found = edges(opened(import_meta_graph(meta)))
    assert found["x", "shared/MatMul"] == "?×4"
    # The second value has another shape than the first.
    assert found["parts", "Sum"] == "?×1"
    assert found["parts", "Sum_1"] == "?×5"


def test_the_weights_of_a_frozen_graph_are_variables(opened):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2], "x")
        tf.matmul(x, tf.constant([[1.0, 2.0], [3.0, 4.0]], name="w"), name="y")
        net = import_graph_def(graph.as_graph_def())
    page = opened(net)
    assert drawn(page) == {"x": "input", "w": "variable", "y": "operation"}
    assert page.title() == "<GraphDef>"
    assert "4 parameters · 16 B" in page.inner_text("#sums")


def both_kinds(v2):
    """A loop and a branch, as TF1 or as TF2 writes them."""
    with tf.Graph().as_default() as graph:
        (tf.enable_control_flow_v2 if v2 else tf.disable_control_flow_v2)()
        try:
            x = tf.placeholder(tf.float32, [2], "x")
            end = tf.while_loop(
                lambda i, y: i < 3, lambda i, y: (i + 1, tf.exp(y)), [0, x], name="turn"
            )
            tf.identity(
                tf.cond(end[1][0] > 0, lambda: tf.sin(x), lambda: tf.cos(x), name="choice"), "out"
            )
        finally:
            tf.disable_control_flow_v2()
        return import_graph_def(graph.as_graph_def())


@pytest.mark.parametrize("v2", [False, True])
def test_loops_and_branches_are_scopes_and_what_reads_is_below_what_is_read(opened, v2):
    page = opened(both_kinds(v2))
    names = {name for name in drawn(page) if name.endswith(("/Exp", "/Sin", "/Cos"))}
    assert {name.partition("/")[0] for name in names} == {"turn", "choice"}
    assert len(names) == 3
    # All that is read is there before, but for what a loop's next turn takes.
    late = page.evaluate(
        "operations.flatMap(o => o.reads.filter(r => r > o.index).map(r => operations[r].type))"
    )
    assert set(late) == (set() if v2 else {"NextIteration"})


def test_functions_are_drawn_where_they_are_called(opened):
    page = opened(load_saved_model(ROOT / "basic_pitch/saved_models/icassp_2022/nmp"))
    assert page.title() == "nmp"
    kinds = drawn(page)
    assert kinds["model_1/conv2d_1/Conv2D"] == "operation"
    # Through the function's arguments.
    assert page.evaluate(
        "operations.find(o => o.name === 'conv2d_1/kernel').uses.map(i => operations[i].name)"
    ) == ["model_1/conv2d_1/Conv2D"]
    assert "StatefulPartitionedCall" not in kinds
    assert "24 variables · 16,864 parameters" in page.inner_text("#sums")


def library(graph, name, *calls):
    """A function of one argument that calls others, one after the other."""
    function = graph.library.function.add()
    function.signature.name = name
    function.signature.input_arg.add(name="a")
    function.signature.output_arg.add(name="b")
    last = "a"
    for number, call in enumerate(calls):
        function.node_def.add(name=f"n{number}", op=call, input=[last])
        last = f"n{number}:b:0"
    function.ret.add(key="b", value=last)


def test_what_calls_itself_or_without_end_is_drawn(opened):
    graph = protos.GraphDef()
    graph.node.add(name="x", op="Placeholder")
    graph.node.add(name="first", op="again", input=["x"])
    graph.node.add(name="second", op="f0", input=["first"])
    graph.node.add(name="third", op="Exp", input=["second"])
    library(graph, "again", "again", "again")
    for number in range(40):
        library(graph, f"f{number}", *[f"f{number + 1}"] * 2, "Exp")
    start = time.perf_counter()
    net = import_graph_def(graph.SerializeToString())
    page = opened(net)
    assert time.perf_counter() - start < 60
    kinds = drawn(page)
    assert "third" in kinds and len(kinds) <= 50_000


def test_what_goes_in_a_circle_is_drawn(opened):
    graph = protos.GraphDef()
    graph.node.add(name="a", op="Exp", input=["b"])
    graph.node.add(name="b", op="Exp", input=["a"])
    assert edges(opened(import_graph_def(graph.SerializeToString()))).keys() == {
        ("a", "b"),
        ("b", "a"),
    }


def test_hostile_names_are_text_and_nothing_else(opened):
    graph = protos.GraphDef()
    for name in dict.fromkeys(each.encode(errors="replace").decode() for each in HOSTILE if each):
        graph.node.add(name=name, op="</script><script>window.hacked=1</script>")
    page = opened(import_graph_def(graph.SerializeToString()))
    page.click("#open")
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 2
    assert re.findall(r"https?://[^\"]+", page.content()) == ["http://www.w3.org/2000/svg"]


def test_twenty_thousand_nodes_open_in_a_moment(opened):
    graph = protos.GraphDef()
    last = "x"
    graph.node.add(name=last, op="Placeholder")
    for stage in range(20):
        for block in range(50):
            for part in range(20):
                name = f"stage_{stage}/block_{block}/part_{part}"
                graph.node.add(name=name, op="Relu", input=[last])
                last = name
    net = import_graph_def(graph.SerializeToString())
    page = opened(net)
    assert "20,001 operations" in page.inner_text("#sums")
    # A screen or so is open, and only what is in sight exists.
    assert page.locator(".box").count() < 60
    page.click("#open")
    assert page.evaluate("boxes.length") > 20_000
    assert page.locator(".box").count() < 300


def test_the_command_writes_it_too(context, meta, tmp_path):
    result = CliRunner().invoke(app, ["graph", meta, "--page", str(tmp_path / "a.html")])
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith(f"{tmp_path}/a.html is written: open it in a browser.\n")
    with in_browser(context) as watched:
        assert drawn(watched.open(tmp_path / "a.html"))["shared/kernel"] == "shared"
    result = CliRunner().invoke(app, ["graph", meta, "--page", str(tmp_path / "no" / "a.html")])
    assert result.exit_code == 2
    assert "could not be written" in result.stderr


@pytest.mark.parametrize(
    "path",
    [
        "deepbrain/models/graph.pb",
        "guesslang/data/model",
        "chiron/model/DNA_default/final.ckpt-158301.meta",
        "musicnn/MTT_musicnn/.meta",
    ],
)
def test_real_files_are_drawn(context, path, tmp_path):
    result = CliRunner().invoke(
        app, ["graph", str(ROOT / path), "--page", str(tmp_path / "a.html")]
    )
    assert result.exit_code in {0, 1}, result.output
    with in_browser(context) as watched:
        page = watched.open(tmp_path / "a.html")
        page.click("#open")
        late = page.evaluate(
            "operations.flatMap(o => o.reads.filter(r => r > o.index).map(r => operations[r].type))"
        )
        assert set(late) <= {"NextIteration"}
        assert page.evaluate("boxes.length") > 200
