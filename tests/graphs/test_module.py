"""An imported graph as a module: what is fed and fetched, whose its variables are, and what others do with it."""

import copy
import pickle
import re
import shutil

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.graphs.written import near, write
from tests.tensorflow1 import tf
from torchscope import graphs
from torchscope.checkpoint import load_checkpoint, save_checkpoint

X = np.random.RandomState(0).randn(4, 8).astype(np.float32)


def siamese():
    """Two towers over one set of variables, a counter that no gradient reaches, and a training step."""
    x = tf.placeholder(tf.float32, [None, 8], name="x")
    rate = tf.placeholder_with_default(0.1, [], name="rate")
    tf.get_variable("step", [], tf.int64, initializer=tf.zeros_initializer(), trainable=False)

    def tower(x, *, reuse):
        with tf.variable_scope("tower", reuse=reuse):
            w = tf.get_variable("w", [8, 4])
            b = tf.get_variable("b", [4], initializer=tf.constant_initializer(0.5))
            return tf.nn.relu(tf.matmul(x, w) + b, name="out")

    distance = tf.subtract(tower(x, reuse=False), tower(x * 2, reuse=True), name="distance")
    loss = tf.reduce_mean(tf.square(distance), name="loss")
    tf.train.GradientDescentOptimizer(rate).minimize(loss, name="train")
    return [distance, loss]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write(siamese, {"x:0": X}, tmp_path_factory.mktemp("siamese"))


@pytest.fixture
def net(written):
    return graphs.import_meta_graph(written.meta)


def test_the_checkpoint_beside_the_file_gives_the_values(written, net):
    near(net(feeds={"x:0": X}, fetches=written.fetches), written.given)


def test_variables_have_their_names_and_are_trained_as_the_collections_say(net):
    assert list(net.registry.variables) == ["step", "tower/w", "tower/b"]
    assert [name for name, _ in net.named_parameters()] == ["tower.w", "tower.b"]
    assert list(net.state_dict()) == ["step", "tower.w", "tower.b"]


def test_what_is_shared_is_one_parameter_that_both_uses_train(written, net):
    loss = net(feeds={"x:0": X}, fetches="loss:0")
    loss.backward()
    with tf.Graph().as_default() as graph, tf.Session() as session:
        saver = tf.train.import_meta_graph(str(written.meta))
        saver.restore(session, str(written.meta.with_suffix("")))
        slopes = tf.gradients(graph.get_tensor_by_name("loss:0"), tf.trainable_variables())
        expected = session.run(slopes, {"x:0": X})
    near([net.tower.w.grad, net.tower.b.grad], expected)


def test_what_is_fetched_keeps_its_nesting(net):
    found = net(feeds={"x:0": X}, fetches={"loss": "loss:0", "both": ("distance:0", ["x:0"])})
    assert found["loss"].shape == ()
    assert found["both"][0].shape == (4, 4)
    assert torch.equal(found["both"][1][0], torch.from_numpy(X))


def test_a_variable_that_is_fetched_stays_what_it_was(net):
    names = ["tower/w:0", "tower/w/read:0", "step:0"]
    before = net(fetches=names)
    assert before[0].requires_grad
    kept = [each.detach().clone() for each in before]
    net(feeds={"x:0": X}, fetches="train")
    assert all(map(torch.equal, before, kept))
    assert not torch.equal(net(fetches="tower/w:0"), before[0])
    before[2].fill_(7)
    assert net(fetches="step:0") == 0


def test_any_tensor_can_be_fed(net):
    zeros = np.zeros((4, 4), np.float32)
    assert net(feeds={"distance:0": zeros}, fetches="loss:0").item() == 0


def test_arguments_by_position_are_fed_to_placeholders(written, net):
    near(net(torch.from_numpy(X), fetches=written.fetches), written.given)


def test_a_node_that_gives_nothing_runs_and_what_it_changes_is_as_in_tensorflow(written, net):
    assert net(feeds={"x:0": X, "rate:0": 0.25}, fetches="train") is None
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(str(written.meta))
        saver.restore(session, str(written.meta.with_suffix("")))
        session.run("train", {"x:0": X, "rate:0": 0.25})
        expected = session.run(["tower/w:0", "tower/b:0"])
    near([net.tower.w, net.tower.b], expected)


def test_only_what_is_needed_runs(net):
    net(feeds={"x:0": X}, fetches="tower/out:0")
    ran = {node.meta.get("name") for node in net.graph.nodes}
    assert "tower/out" in ran
    assert not ran & {"tower_1/out", "distance", "loss"}


def test_a_graph_without_a_checkpoint_begins_as_its_initializers_say(written, tmp_path):
    alone = tmp_path / "alone.meta"
    alone.write_bytes(written.meta.read_bytes())
    first = graphs.import_meta_graph(alone)
    assert first.tower.b.tolist() == [0.5] * 4
    assert 0 < first.tower.w.abs().max() < 1
    first.restore(written.meta.with_suffix(""))
    near(first(feeds={"x:0": X}, fetches=written.fetches), written.given)


def test_a_folder_of_the_graphs_name_is_no_checkpoint(written, tmp_path):
    (tmp_path / "alone").mkdir()
    for name in ("alone.meta", "alone/.meta"):
        (tmp_path / name).write_bytes(written.meta.read_bytes())
        assert graphs.import_meta_graph(tmp_path / name).tower.b.tolist() == [0.5] * 4
    for file in written.meta.parent.glob(f"{written.meta.stem}.*"):
        shutil.copy(file, tmp_path / file.name.replace(written.meta.stem, "alone"))
    near(
        graphs.import_meta_graph(tmp_path / "alone.meta")(
            feeds={"x:0": X}, fetches=written.fetches
        ),
        written.given,
    )


def test_variables_begin_again_as_the_graphs_initializers_say(net):
    with torch.no_grad():
        net.tower.b.fill_(7)
        net.tower.w.fill_(7)
    net.registry.initialize_()
    assert net.tower.b.tolist() == [0.5] * 4
    assert 0 < net.tower.w.abs().max() < 1


def test_tensorflow_restores_what_is_written_back(written, net, tmp_path):
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    net(feeds={"x:0": X}, fetches="loss:0").backward()
    optimizer.step()
    expected = net(feeds={"x:0": X}, fetches=written.fetches)
    net.save(tmp_path / "back.ckpt")
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(str(written.meta))
        saver.restore(session, str(tmp_path / "back.ckpt"))
        found = session.run(written.fetches, {"x:0": X})
    near(expected, found)


@pytest.mark.parametrize("trainable", [False, True, "/w$"])
def test_the_weights_of_a_frozen_graph_are_variables_trained_as_asked(written, trainable):
    net = graphs.import_graph_def(written.frozen, trainable=trainable)
    trained = {name for name, each in net.registry.variables.items() if each.requires_grad}
    every = {"tower/w", "tower/b"}
    assert set(net.registry.variables) == every
    assert trained == {False: set(), True: every, "/w$": {"tower/w"}}[trainable]
    near(net(feeds={"x:0": X}, fetches=written.fetches), written.given)


def test_a_scope_before_all_names(written):
    """As in TensorFlow what is returned and what is fixed have the names of the file."""
    net = graphs.import_graph_def(written.frozen, name="old", return_elements=["loss:0"])
    assert set(net.registry.variables) == {"old/tower/w", "old/tower/b"}
    near(net(torch.from_numpy(X)), written.given[1:])
    near(net(feeds={"old/x:0": X}, fetches=["old/loss:0"]), written.given[1:])
    fixed = graphs.import_graph_def(written.frozen, {"x:0": X}, ["loss:0"], "old")
    near(fixed(), written.given[1:])
    with tf.Graph().as_default(), tf.Session() as session:
        definition = tf.GraphDef.FromString(written.frozen.read_bytes())
        found = tf.import_graph_def(definition, {"x:0": tf.constant(X)}, ["loss:0"], name="old")
        near(fixed(), session.run(found))


def test_a_tensor_that_is_fixed_is_not_to_be_fed(written):
    net = graphs.import_graph_def(written.frozen, input_map={"x:0": X})
    near(net(fetches=written.fetches), written.given)
    with pytest.raises(
        graphs.GraphError, match="1 values were given by position, and the graph has 0 inputs"
    ):
        net(X, fetches=written.fetches)


def test_a_frozen_graph_is_restored_as_well(written, tmp_path):
    net = graphs.import_graph_def(written.frozen, return_elements=written.fetches)
    net.save(tmp_path / "kept.ckpt")
    with torch.no_grad():
        net.tower.w.zero_()
    net.restore(tmp_path / "kept.ckpt")
    near(net(X), written.given)


def test_a_checkpoint_of_another_graph_is_told_of(written, tmp_path):
    save_checkpoint({"other": torch.zeros(2)}, tmp_path / "other.ckpt")
    with pytest.warns(
        UserWarning, match="does not have 3 of the graph's 3 variables, such as 'step'"
    ):
        graphs.import_meta_graph(written.meta, tmp_path / "other.ckpt")


def test_copies_are_nets_of_their_own(written, net):
    for made in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        with torch.no_grad():
            made.tower.w.zero_()
            made.tower.b.zero_()
        assert made(feeds={"x:0": X}, fetches="loss:0").item() == 0
    near(net(feeds={"x:0": X}, fetches=written.fetches), written.given)


def test_it_is_compiled_and_exported_as_any_net(written):
    net = graphs.import_graph_def(written.frozen, return_elements=written.fetches, trainable=True)
    x = torch.from_numpy(X)
    torch.compiler.reset()
    near(torch.compile(net, fullgraph=True, backend="aot_eager")(x), written.given)
    near(torch.export.export(net, (x,)).module()(x), written.given)
    near(ts.graph(net, x)(x), written.given)


def test_it_computes_in_another_dtype(written):
    net = graphs.import_graph_def(written.frozen, return_elements=written.fetches).double()
    found = net(torch.from_numpy(X).double())
    assert found[0].dtype == torch.float64
    np.testing.assert_allclose(found[0].detach().numpy(), written.given[0], 1e-4, 1e-5)


def test_it_is_a_part_of_another_net(written):
    class Head(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = graphs.import_graph_def(
                written.frozen, return_elements=["tower/out:0"], trainable=True
            )
            self.fc = torch.nn.Linear(4, 2)

        def forward(self, x):
            (features,) = self.body(x)
            return self.fc(features)

    head = Head()
    head(torch.from_numpy(X)).sum().backward()
    assert all(each.grad is not None for each in head.parameters())
    assert set(head.state_dict()) == {"body.tower.w", "body.tower.b", "fc.weight", "fc.bias"}


def test_the_values_are_those_of_the_file(written, net):
    checkpoint = load_checkpoint(written.meta.with_suffix(""))
    for name, variable in net.registry.variables.items():
        assert torch.equal(checkpoint[name], variable.detach())


REFUSED = {
    "a placeholder that is not fed": (
        lambda net: net(fetches="loss:0"),
        "You must feed a value for placeholder tensor 'x' with dtype float32: feeds={'x:0': value}.",
    ),
    "a node that is not there": (
        lambda net: net(X, fetches="los:0"),
        "The graph has no node 'los'. Did you mean 'loss'?",
    ),
    "an output that a node does not have": (
        lambda net: net(X, fetches="loss:1"),
        "The graph has no tensor 'loss:1': the node 'loss' does not give so many.",
    ),
    "nothing to fetch": (lambda net: net(X), "Say what to fetch: fetches=['node:0']."),
    "a shape that the placeholder does not have": (
        lambda net: net(X[:, :3], fetches="loss:0"),
        "Cannot feed value of shape (4, 3) for Tensor 'x:0', which has shape '(?, 8)'.",
    ),
    "a dtype that it does not have": (
        lambda net: net(torch.zeros(4, 8, dtype=torch.int32), fetches="loss:0"),
        "The tensor 'x:0' is of float32, and what was fed is of int32.",
    ),
    "more values than inputs": (
        lambda net: net(X, X, fetches="loss:0"),
        "2 values were given by position, and the graph has 1 inputs: x:0.",
    ),
    "no name of a tensor": (lambda net: net(X, fetches=3), "The name of a tensor is expected"),
    "a name that none can have": (
        lambda net: net(X, fetches="loss:a"),
        "'loss:a' names no tensor: 'node:0' is expected.",
    ),
    "a keyword without a signature": (
        lambda net: net(images=X),
        "There is no input 'images'; there is no signature.",
    ),
    "a look at what did not run": (lambda net: net.graph, "Nothing of the graph has run yet"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_computed_is_refused(net, case):
    call, message = REFUSED[case]
    with pytest.raises(graphs.GraphError, match=re.escape(message)):
        call(net)


def test_operations_that_are_not_there_are_all_listed_and_can_be_given():
    def build():
        x = tf.placeholder(tf.float32, [3], name="x")
        return tf.py_func(lambda v: v * 2, [x], tf.float32, name="twice") + 1

    with tf.Graph().as_default() as graph:
        end = build()
        definition = graph.as_graph_def().SerializeToString()
    x = torch.ones(3)
    with pytest.raises(graphs.GraphError, match="PyFunc: 1 nodes, such as 'twice'"):
        graphs.import_graph_def(definition)(x, fetches=end.name)
    for twice in (lambda x: x * 2, lambda x, *, Tout: [x * len(Tout) * 2]):  # noqa: N803
        net = graphs.import_graph_def(definition, operations={"PyFunc": twice})
        assert net(x, fetches=end.name).tolist() == [3, 3, 3]


def test_a_checkpoint_that_does_not_fit_changes_nothing(net, tmp_path):
    before = {name: value.clone() for name, value in net.state_dict().items()}
    save_checkpoint({"tower/w": torch.zeros(8, 4)}, tmp_path / "some.ckpt")
    with pytest.raises(
        graphs.GraphError, match="does not have 2 of the graph's 3 variables: step, tower/b"
    ):
        net.restore(tmp_path / "some.ckpt")
    whole = {"tower/w": torch.zeros(8, 3), "tower/b": torch.zeros(4), "step": torch.tensor(1)}
    save_checkpoint(whole, tmp_path / "other.ckpt")
    with pytest.raises(
        graphs.GraphError, match=r"'tower/w' has the shape \[8, 4\], and in the checkpoint \[8, 3\]"
    ):
        net.restore(tmp_path / "other.ckpt")
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_a_gradient_that_no_graph_has_is_told_of():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2], name="x")
        with graph.gradient_override_map({"Relu": "Relu6"}):
            tf.nn.relu(x, name="y")
        definition = graph.as_graph_def().SerializeToString()
    net = graphs.import_graph_def(definition)
    with torch.no_grad():
        assert net(torch.ones(2), fetches="y:0").tolist() == [1, 1]
    with pytest.warns(
        UserWarning, match="the gradient of 1 nodes, such as 'y', by a function of Python's"
    ):
        graphs.import_graph_def(definition)(torch.ones(2), fetches="y:0")
