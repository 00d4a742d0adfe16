"""Graphs that other people trained and gave away: what torchscope computes in them, and what TensorFlow does."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.graphs.written import near
from tests.tensorflow1 import tf
from torchscope import graphs

ROOT = Path(__file__).parents[2] / ".real-files"
RANDOM = np.random.RandomState(0)


@pytest.fixture(scope="module")
def root():
    """The folder of the files. A test of real files that are not there would test nothing."""
    if not ROOT.is_dir():
        raise FileNotFoundError(f"{ROOT} is missing: make {ROOT.name}")
    return ROOT


def in_tensorflow(meta, checkpoint, fetches, feeds):
    """What TensorFlow computes in a .meta; some old ones say of shapes what today's TensorFlow does not believe."""
    message = tf.MetaGraphDef.FromString(meta.read_bytes())
    for node in message.graph_def.node:
        node.attr.pop("_output_shapes", None)
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(message)
        saver.restore(session, checkpoint)
        return session.run(fetches, feeds)


@pytest.mark.parametrize("model", ["MTT_musicnn", "MSD_musicnn", "MTT_vgg", "MSD_vgg"])
def test_a_tagger_of_music(root, model):
    folder = root / "musicnn" / model
    net = graphs.import_meta_graph(folder / ".meta", f"{folder}/")
    names = list(net.operations)
    out = [each for each in names if each.startswith("model/") and each.endswith("/BiasAdd")][
        -1
    ] + ":0"
    feeds = {"model/Placeholder:0": RANDOM.rand(2, 187, 96).astype(np.float32)}
    feeds |= {
        f"{name}:0": False
        for name in names
        if net.operations[name].op == "Placeholder"
        and net.operations[name].attributes["dtype"] == torch.bool
    }
    found = net(feeds=feeds, fetches=[out])
    near(found, in_tensorflow(folder / ".meta", f"{folder}/", [out], feeds), 1e-4)


def test_a_segmenter_of_brains(root):
    path = root / "deepbrain/models/graph.pb"
    net = graphs.import_graph_def(path, return_elements=["prob:0"])
    feeds = {"img:0": RANDOM.rand(1, 128, 128, 128, 1).astype(np.float32), "training:0": False}
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(tf.GraphDef.FromString(path.read_bytes()), name="")
        expected = session.run(["prob:0"], feeds)
    near(net(feeds=feeds), expected)


def test_a_detector_of_pitch(root):
    folder = root / "basic_pitch/saved_models/icassp_2022/nmp"
    net = graphs.load_saved_model(folder)
    sound = RANDOM.randn(1, 43844, 1).astype(np.float32)
    found = net(input_2=sound)
    with tf.Graph().as_default(), tf.Session() as session:
        loaded = tf.saved_model.load(session, ["serve"], str(folder))
        signature = loaded.signature_def["serving_default"]
        fetches = {name: info.name for name, info in signature.outputs.items()}
        expected = session.run(fetches, {signature.inputs["input_2"].name: sound})
    assert set(found) == set(expected)
    # A logarithm of what is nearly silent.
    near([found[name] for name in expected], expected.values(), 1e-4)


def test_a_basecaller(root):
    """A residual net and three layers of LSTMs in both directions, by TF1's loops; its graph is that of training."""
    folder = root / "chiron/model/DNA_default"
    net = graphs.import_meta_graph(folder / "final.ckpt-158301.meta")
    feeds = {
        "Placeholder:0": False,
        "Placeholder_1:0": RANDOM.randn(300, 400).astype(np.float32),
        "Placeholder_2:0": np.full(300, 400, np.int32),
    }
    fetches = ["rnn_fnn_layer/rnn_logits_rs:0"]
    with torch.no_grad():
        found = net(feeds=feeds, fetches=fetches)
    # Four hundred steps, three times: three numbers of 600,000 are off by 3e-4.
    checkpoint = str(folder / "final.ckpt-158301")
    near(found, in_tensorflow(folder / "final.ckpt-158301.meta", checkpoint, fetches, feeds), 1e-3)
