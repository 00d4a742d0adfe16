"""SavedModels: signatures are called by their names, and the graph's own nodes restore its variables."""

import numpy as np
import pytest
import torch

from tests.graphs.written import near
from tests.tensorflow1 import tf
from torchscope import graphs

X = np.random.RandomState(0).randn(4, 6).astype(np.float32)


def save(folder, *, tags=("serve",), resource=False, partitioned=False):
    """Writes one by TF1's builder, and gives what TensorFlow computes in it."""
    partitioner = tf.fixed_size_partitioner(2) if partitioned else None
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6], name="x")
        scale = tf.placeholder_with_default(2.0, [], name="scale")
        with tf.variable_scope("fc", use_resource=resource, partitioner=partitioner):
            kernel = tf.get_variable("kernel", [6, 3])
            tf.get_variable(
                "step", [], tf.int64, tf.constant_initializer(3), trainable=False, partitioner=None
            )
        y = tf.matmul(x, kernel) * scale
        session.run(tf.global_variables_initializer())
        described = {
            name: tf.saved_model.build_signature_def(
                {
                    "images": tf.saved_model.build_tensor_info(x),
                    "scale": tf.saved_model.build_tensor_info(scale),
                },
                {"scores": tf.saved_model.build_tensor_info(made)},
                "tensorflow/serving/predict",
            )
            for name, made in (("serving_default", y), ("squares", y * y))
        }
        builder = tf.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, list(tags), signature_def_map=described)
        builder.save()
        return session.run([y, y * y], {x: X})


@pytest.mark.parametrize("resource", [False, True])
@pytest.mark.parametrize("partitioned", [False, True])
def test_a_signature_is_called_by_its_names(tmp_path, resource, partitioned):
    scores, squares = save(tmp_path / "model", resource=resource, partitioned=partitioned)
    net = graphs.load_saved_model(tmp_path / "model")
    near([net(images=X)["scores"]], [scores])
    near([net(torch.from_numpy(X))["scores"]], [scores])
    near([net(images=X, scale=4.0)["scores"]], [scores * 2])
    other = graphs.load_saved_model(tmp_path / "model", signature="squares")
    near([other(images=X)["scores"]], [squares])
    near([net(images=X, fetches="mul:0")], [scores])
    trained = {name for name, each in net.registry.variables.items() if each.requires_grad}
    pieces = {"fc/kernel/part_0", "fc/kernel/part_1"} if partitioned else {"fc/kernel"}
    assert trained == pieces
    assert net.registry.variables["fc/step"].item() == 3


def test_the_graph_is_chosen_by_its_tags(tmp_path):
    save(tmp_path / "model", tags=("serve", "gpu"))
    assert graphs.load_saved_model(tmp_path / "model").registry.variables
    assert graphs.load_saved_model(tmp_path / "model", ["gpu"]).registry.variables
    with pytest.raises(
        graphs.GraphError,
        match=r"0 graphs of the SavedModel have the tags \['train'\]. Theirs are: gpu, serve",
    ):
        graphs.load_saved_model(tmp_path / "model", ["train"])
    with pytest.raises(
        graphs.GraphError, match="There is no signature 'scores'; there is serving_default, squares"
    ):
        graphs.load_saved_model(tmp_path / "model", signature="scores")
    net = graphs.load_saved_model(tmp_path / "model")
    with pytest.raises(graphs.GraphError, match="There is no input 'x'; there is images, scale"):
        net(x=X)


def test_a_piece_of_a_variable_is_restored_from_the_whole_and_written_into_it(tmp_path):
    def build():
        x = tf.placeholder(tf.float32, [None, 6], name="x")
        return tf.matmul(
            x, tf.get_variable("w", [6, 3], partitioner=tf.fixed_size_partitioner(2)), name="y"
        )

    with tf.Graph().as_default(), tf.Session() as session:
        y = build()
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(tmp_path / "model.ckpt"))
        expected = session.run([y], {"x:0": X})
    net = graphs.import_meta_graph(tmp_path / "model.ckpt.meta")
    assert list(net.registry.variables) == ["w/part_0", "w/part_1"]
    near(net(feeds={"x:0": X}, fetches=["y:0"]), expected)
    with torch.no_grad():
        for variable in net.parameters():
            variable.mul_(2)
    net.save(tmp_path / "back.ckpt")
    with tf.Graph().as_default(), tf.Session() as session:
        y = build()
        tf.train.Saver().restore(session, str(tmp_path / "back.ckpt"))
        near(net(feeds={"x:0": X}, fetches=["y:0"]), session.run([y], {"x:0": X}))
