"""Files that are no checkpoints of TensorFlow's, opened as if they were."""

import copy
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import torchscope as ts
from tests.tensorflow1 import tf
from torchscope.checkpoint import list_variables, load_checkpoint, load_variable, restore

W = np.arange(6, dtype=np.float32).reshape(2, 3)
B = np.ones(3, np.float32)
ARRAYS = {"net/w": W, "net/b": B}


def frozen(path):
    with tf.Graph().as_default() as graph:
        for name, value in ARRAYS.items():
            tf.constant(value, name=name)
    path.write_bytes(graph.as_graph_def().SerializeToString())


WRITE = {
    ".pb": ("frozen graph", frozen),
    ".npy": ("npy", lambda path: np.save(path, np.array(ARRAYS, object))),
    ".npz": ("npz", lambda path: np.savez(path, **ARRAYS)),
    ".pkl": ("pickle", lambda path: path.write_bytes(pickle.dumps(ARRAYS))),
    ".safetensors": (
        "safetensors",
        lambda path: save_file({n: torch.from_numpy(v) for n, v in ARRAYS.items()}, path),
    ),
    ".pt": (
        "PyTorch",
        lambda path: torch.save({n: torch.from_numpy(v) for n, v in ARRAYS.items()}, path),
    ),
}


@pytest.fixture(params=WRITE)
def written(request, tmp_path):
    """The path of a file, and what it is."""
    format_, write = WRITE[request.param]
    write(tmp_path / f"model{request.param}")
    return tmp_path / f"model{request.param}", format_


def test_each_is_the_same_mapping(written):
    path, format_ = written
    checkpoint = load_checkpoint(path)
    assert list(checkpoint) == ["net/b", "net/w"]
    assert checkpoint.format == format_
    assert checkpoint.path == str(path)
    assert checkpoint.shapes == {"net/b": (3,), "net/w": (2, 3)}
    assert checkpoint.dtypes == dict.fromkeys(checkpoint, torch.float32)
    assert checkpoint.nbytes("net/w") == 24
    checkpoint.verify("net/w")
    assert torch.equal(checkpoint["net/w"], torch.from_numpy(W))
    assert list_variables(path) == [("net/b", [3]), ("net/w", [2, 3])]
    assert load_variable(path, "net/b:0").tolist() == [1, 1, 1]
    again = pickle.loads(pickle.dumps(copy.deepcopy(checkpoint)))
    assert torch.equal(again["net/w"], checkpoint["net/w"])
    with pytest.raises(KeyError, match="Did you mean net/"):
        checkpoint["net/v"]


def test_values_are_read_into_tensors_of_any_layout(written):
    checkpoint = load_checkpoint(written[0])
    out = torch.zeros(3, 2).t()
    checkpoint.read_into("net/w", out)
    assert torch.equal(out, torch.from_numpy(W))
    for wrong in torch.zeros(3, 2), torch.zeros(2, 3, dtype=torch.float64):
        with pytest.raises(ValueError, match=r"net/w is \[2, 3\] of torch.float32"):
            checkpoint.read_into("net/w", wrong)


def test_a_net_is_restored_from_each(written):
    def model(x):
        with ts.variable_scope("net"):
            return x @ ts.get_variable("w", [2, 3]) + ts.get_variable("b", [3])

    net = ts.ScopedModule(model)
    net(torch.ones(1, 2))
    restore(net, written[0])
    assert torch.equal(net(torch.eye(2)), torch.from_numpy(W + B))
