"""Files that other people trained and gave away, against what TensorFlow and numpy read of them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from checkpoint.tensorflow_files import as_numpy, tf_reads
from tests.tensorflow1 import tf
from torchscope.checkpoint import convert, load_checkpoint

ROOT = Path(__file__).parents[2] / ".real-files"

# What is given to load_checkpoint, what TensorFlow is to be given, and how many variables there are.
CHECKPOINTS = {
    "basic_pitch/saved_models/icassp_2022/nmp": ("variables/variables", 74),
    "chiron/model/DNA_default": ("final.ckpt-158301", 167),
    "chiron/model/RNA_default": ("final.ckpt-80000", 167),
    "guesslang/data/model": ("variables/variables", 10),
    # The state files of these name a folder that nobody has.
    "musicnn/MSD_musicnn": ("", 150),
    "musicnn/MSD_vgg": ("", 86),
    "musicnn/MTT_musicnn": ("", 150),
    "musicnn/MTT_vgg": ("", 86),
}


@pytest.fixture(scope="module")
def root():
    """The folder of the files. A test of real files that are not there would test nothing."""
    if not ROOT.is_dir():
        raise FileNotFoundError(f"{ROOT} is missing: make {ROOT.name}")
    return ROOT


def assert_same(checkpoint, expected):
    assert sorted(checkpoint) == sorted(expected)
    for name, value in expected.items():
        checkpoint.verify(name)
        found = checkpoint[name]
        assert tuple(checkpoint.shapes[name]) == np.shape(value), name
        if not isinstance(found, torch.Tensor):
            assert found.tolist() == np.asarray(value).tolist(), name
            continue
        assert as_numpy(found).dtype == value.dtype, name
        assert as_numpy(found).tobytes() == value.tobytes(), name


@pytest.mark.parametrize("path", CHECKPOINTS)
def test_a_checkpoint_is_read_as_by_tensorflow(root, path):
    prefix, number = CHECKPOINTS[path]
    expected = tf_reads(f"{root}/{path}/{prefix}")
    assert len(expected) == number
    assert_same(load_checkpoint(root / path), expected)


def test_a_frozen_graph_is_read_as_tensorflow_evaluates_it(root):
    path = root / "deepbrain/models/graph.pb"
    graph = tf.GraphDef.FromString(path.read_bytes())
    names = [node.name for node in graph.node if node.op == "Const"]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph, name="")
        expected = session.run({name: f"{name}:0" for name in names})
    assert len(expected) == 95
    assert_same(load_checkpoint(path), {name: np.asarray(v) for name, v in expected.items()})


def test_a_dict_of_arrays_is_read_as_by_numpy(root):
    path = root / "g2p_en/checkpoint20.npz"
    with np.load(path) as opened:
        assert_same(load_checkpoint(path), dict(opened))
    path = root / "mtcnn/data/mtcnn_weights.npy"
    whole = np.load(path, allow_pickle=True).item()
    found = load_checkpoint(path)
    assert {name.split("/")[0] for name in found} == set(whole)
    expected = {
        f"{net}/{number}": value
        for net, values in whole.items()
        for number, value in enumerate(values)
    }
    assert_same(found, expected)


@pytest.mark.parametrize("path", ["chiron/model/DNA_default", "musicnn/MTT_vgg"])
def test_a_checkpoint_is_converted_and_tensorflow_reads_the_same(root, tmp_path, path):
    prefix, _ = CHECKPOINTS[path]
    expected = tf_reads(f"{root}/{path}/{prefix}")
    convert(root / path, tmp_path / "m.safetensors")
    left_out = convert(tmp_path / "m.safetensors", tmp_path / "m", drop_slots=True)
    kept = {name: value for name, value in expected.items() if name not in left_out}
    found = tf_reads(tmp_path / "m")
    assert sorted(found) == sorted(kept)
    assert all(found[name].tobytes() == value.tobytes() for name, value in kept.items())
    assert len(left_out) > 30
    assert not any("Adam" in name for name in kept)
