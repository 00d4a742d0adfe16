"""What verify says of good files and bad ones, of every format: it reads everything."""

import pickle
import warnings

import numpy as np
import pytest
import safetensors.torch
import tensorflow_checkpoints as files
import torch
from typer.testing import CliRunner

from checkpoint.tensorflow_files import as_numpy, tf_writes
from tests.tensorflow1 import tf
from torchscope.checkpoint import CheckpointError, load_checkpoint
from torchscope.checkpoint.inspecting.cli import app

TENSORS = {
    "net/w": torch.arange(6.0).reshape(2, 3) + 0.25,
    "net/b": torch.tensor([True, False, True]),
    "step": torch.tensor(7),
}
ARRAYS = {name: tensor.numpy() for name, tensor in TENSORS.items()}


def v1(path):
    files.save(str(path), ARRAYS, version=1)
    return path


def v2(path):
    tf_writes(path, TENSORS)
    return path


def frozen(path):
    with tf.Graph().as_default() as graph:
        for name, value in ARRAYS.items():
            tf.constant(value, name=name)
    path.write_bytes(graph.as_graph_def().SerializeToString())


WRITE = {
    "": (v1, "CRC-32C"),
    ".pb": (frozen, ""),
    ".npy": (lambda path: np.save(path, np.array(ARRAYS, object)), ""),
    ".npz": (lambda path: np.savez(path, **ARRAYS), "CRC-32"),
    ".pkl": (lambda path: path.write_bytes(pickle.dumps(ARRAYS)), ""),
    ".safetensors": (lambda path: safetensors.torch.save_file(TENSORS, path), ""),
    ".pt": (lambda path: torch.save(TENSORS, path), "CRC-32"),
    ".pth": (lambda path: torch.save(TENSORS, path, _use_new_zipfile_serialization=False), ""),
}


def verify(path):
    result = CliRunner().invoke(app, ["verify", str(path)])
    assert "Traceback" not in result.output
    return result


def what_is_wrong(path):
    """Whatever `verify` would complain of, and what is read where it does not."""
    try:
        with load_checkpoint(path) as checkpoint:
            for name in checkpoint:
                checkpoint.verify(name)
            return None, {name: as_numpy(checkpoint[name]) for name in checkpoint}
    except CheckpointError as error:
        return str(error), {}


@pytest.fixture(params=["V2", *WRITE])
def good(request, tmp_path):
    """What to give to `load_checkpoint`, the files that it has, and the checksum of its data."""
    if request.param == "V2":
        prefix = v2(tmp_path / "m")
        return prefix, sorted(tmp_path.iterdir()), "CRC-32C"
    write, checksum = WRITE[request.param]
    path = tmp_path / f"m{request.param}"
    write(path)
    return path, [path], checksum


def test_a_good_file_is_said_to_be_good_as_far_as_that_can_be_told(good):
    path, _, checksum = good
    result = verify(path)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("3 variables, 35 B: ")
    if checksum:
        assert f"nothing is wrong with them, by their checksums ({checksum})." in result.stdout
    else:
        assert "all of them can be read" in result.stdout
        assert "no checksums" in result.stdout
        assert "nothing is wrong" not in result.stdout


def test_a_file_that_was_cut_off_anywhere_is_not_said_to_be_good(good):
    path, parts, _ = good
    for file in parts:
        whole = file.read_bytes()
        for size in {*range(0, len(whole), max(1, len(whole) // 150)), len(whole) - 1}:
            file.write_bytes(whole[:size])
            said, found = what_is_wrong(path)
            if not said:
                # A graph is a graph wherever one of its nodes ends, and nothing tells how many.
                wanted = TENSORS if path.suffix != ".pb" else found
                assert_same({name: found.get(name) for name in wanted}, size)
            if size in {0, len(whole) // 2, len(whole) - 1}:
                assert verify(path).exit_code == (1 if said else 0)
        file.write_bytes(whole)
    assert what_is_wrong(path)[0] is None


def assert_same(found, at):
    assert set(found) <= set(TENSORS), at
    for name, value in found.items():
        assert value is not None, (name, at)
        assert value.tobytes() == as_numpy(TENSORS[name]).tobytes(), (name, at)


def test_a_byte_that_changed_anywhere_is_noticed_where_there_are_checksums(good):
    path, parts, checksum = good
    noticed = 0
    for file in parts:
        whole = file.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 400)):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
            said, found = what_is_wrong(path)
            noticed += bool(said)
            if checksum and not said:
                assert_same({name: found.get(name) for name in TENSORS}, at)
        file.write_bytes(whole)
    assert noticed > 20


def test_what_no_tensor_can_hold_is_named_and_not_claimed_to_be_good(tmp_path):
    np.savez(tmp_path / "m.npz", fine=np.ones(2, np.float32), odd=np.ones(2, np.longdouble))
    result = verify(tmp_path / "m.npz")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split()[:4] == ["odd", "is", "not", "checked:"]
    assert lines[1].startswith("1 variable, 8 B: nothing is wrong")


def test_a_constant_that_is_too_short_is_found(tmp_path):
    graph = tf.GraphDef()
    for name, content in ("fine", b"12345678"), ("short", b"123"):
        node = graph.node.add(name=name, op="Const")
        node.attr["dtype"].type = 1
        tensor = node.attr["value"].tensor
        tensor.dtype, tensor.tensor_content = 1, content
        tensor.tensor_shape.dim.add(size=2)
    (tmp_path / "m.pb").write_bytes(graph.SerializeToString())
    result = verify(tmp_path / "m.pb")
    assert result.exit_code == 1
    assert result.stdout.split()[0] == "short"
    assert "1 of 2 variables cannot be trusted" in result.stderr


def test_what_a_file_of_pytorch_has_that_is_no_plain_tensor_is_said(tmp_path):
    torch.save({"a": torch.eye(3).to_sparse(), "b": torch.ones(2)}, tmp_path / "m.pt")
    result = verify(tmp_path / "m.pt")
    assert result.exit_code == 1
    assert "'a' is of dtype torch.float32, layout torch.sparse_coo" in result.stdout
    assert "1 of 2 variables cannot be trusted" in result.stderr
    one = torch.ones(1).expand(1 << 40)
    torch.save({"a": one}, tmp_path / "huge.pt")
    assert "would fill" in verify(tmp_path / "huge.pt").stdout


def test_tensors_of_one_memory_in_a_file_of_pytorch_are_two(tmp_path):
    whole = torch.arange(4.0)
    torch.save({"a": whole, "b": whole[1:], "t": whole.view(2, 2).t()}, tmp_path / "m.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpoint = load_checkpoint(tmp_path / "m.pt")
    checkpoint["a"].zero_()
    assert checkpoint["a"].tolist() == [0, 1, 2, 3]
    assert checkpoint["b"].tolist() == [1, 2, 3]
    assert checkpoint["t"].tolist() == [[0, 2], [1, 3]]
    assert checkpoint.format == "PyTorch"
    for name in checkpoint:
        checkpoint.verify(name)
