"""Checkpoints turned into safetensors, state_dicts and numpy's files, and back."""

import tempfile

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow1 import tf

from checkpoint.tensorflow_files import as_numpy, tf_reads
from torchscope.checkpoint import (
    CheckpointError,
    convert,
    load_checkpoint,
    save_checkpoint,
    to_npz,
    to_safetensors,
    to_state_dict,
)
from torchscope.checkpoint.formats.dtypes import NUMBERS

LACKING = {
    ".safetensors": {torch.complex128},
    ".pt": set(),
    ".npz": {torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2},
}


def some(dtypes):
    drawn = torch.Generator().manual_seed(0)
    tensors = {"scalar": torch.tensor(3), "empty": torch.zeros(0, 2)}
    for dtype in dtypes:
        whole = torch.randint(0, 2, (3, 4), generator=drawn).to(dtype)
        tensors[f"a/{dtype}/plain"] = whole
        tensors[f"a/{dtype}/turned"] = whole.t()
        tensors[f"a/{dtype}/part"] = whole[1:, :2]
    return tensors


def assert_same(found, expected):
    assert sorted(found) == sorted(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, name
        assert found[name].shape == tensor.shape, name
        assert as_numpy(found[name]).tobytes() == as_numpy(tensor).tobytes(), name


@pytest.mark.parametrize("suffix", LACKING)
def test_to_another_format_and_back_to_tensorflow(tmp_path, suffix):
    tensors = some(set(NUMBERS) - LACKING[suffix])
    save_checkpoint(tensors, tmp_path / "m")
    convert(tmp_path / "m", tmp_path / f"m{suffix}")
    convert(tmp_path / f"m{suffix}", tmp_path / "back")
    assert_same(load_checkpoint(tmp_path / "back"), tensors)
    assert {name: value.tobytes() for name, value in tf_reads(tmp_path / "back").items()} == {
        name: as_numpy(tensor).tobytes() for name, tensor in tensors.items()
    }


def test_the_libraries_of_the_formats_read_them(tmp_path):
    tensors = some([torch.float32, torch.int64])
    to_safetensors(tensors, tmp_path / "m.safetensors")
    to_state_dict(tensors, tmp_path / "m.pt")
    to_npz(tensors, tmp_path / "m.npz")
    assert_same(safetensors.torch.load_file(tmp_path / "m.safetensors"), tensors)
    assert_same(torch.load(tmp_path / "m.pt"), tensors)
    with np.load(tmp_path / "m.npz") as arrays:
        assert_same({name: torch.from_numpy(arrays[name]) for name in arrays}, tensors)


def test_a_file_of_pytorch_holds_no_more_than_the_tensors(tmp_path):
    whole = torch.ones(100_000)
    save_checkpoint({"a": whole, "b": whole[:10]}, tmp_path / "m")
    to_state_dict({"b": whole[:10]}, tmp_path / "b.pt")
    convert(tmp_path / "m", tmp_path / "m.pt")
    assert (tmp_path / "b.pt").stat().st_size < 10_000
    assert (tmp_path / "m.pt").stat().st_size < 410_000


@pytest.mark.parametrize("suffix", [s for s, lacking in LACKING.items() if lacking])
def test_a_dtype_that_the_target_lacks_is_named_before_anything_is_written(tmp_path, suffix):
    tensors = {f"v/{dtype}": torch.ones(2, dtype=dtype) for dtype in LACKING[suffix]}
    save_checkpoint({"fine": torch.ones(1), **tensors}, tmp_path / "m")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CheckpointError) as error:
        convert(tmp_path / "m", tmp_path / f"n{suffix}")
    assert all(f"{name} (" in str(error.value) for name in tensors)
    assert "fine" not in str(error.value)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("suffix", [*LACKING, ""])
def test_strings_are_refused_everywhere(tmp_path, suffix):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("text", initializer=["a", "b"])
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, f"{tmp_path}/m", write_meta_graph=False)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CheckpointError, match=r"text \(string\)"):
        convert(tmp_path / "m", tmp_path / f"n{suffix}")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("write", [to_safetensors, to_state_dict, to_npz, save_checkpoint])
def test_what_cannot_be_written_says_which_file_and_leaves_nothing(tmp_path, write):
    tensors = {"a": torch.ones(2)}
    with pytest.raises(CheckpointError, match="nowhere"):
        write(tensors, tmp_path / "nowhere" / "m")
    for name in ("m", "m.index"):
        (tmp_path / name).mkdir()
    with pytest.raises(CheckpointError, match="is a directory"):
        write(tensors, tmp_path / "m")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "m.index"]
    with pytest.raises(TypeError, match="mapping of names to tensors"):
        write(3, tmp_path / "n")


def test_a_file_that_is_no_dict_of_tensors_is_refused(tmp_path):
    torch.save({"state_dict": {"a": torch.ones(1)}, "epoch": 3}, tmp_path / "nested.pt")
    (tmp_path / "broken.pt").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match=r"no plain dict of tensors, but .*state_dict"):
        convert(tmp_path / "nested.pt", tmp_path / "m")
    with pytest.raises(CheckpointError, match=r"torch.load cannot read the file.*broken.pt"):
        convert(tmp_path / "broken.pt", tmp_path / "m")
    assert not (tmp_path / "m.index").exists()


@given(st.dictionaries(st.text("ab/._-:é ", min_size=1, max_size=6), st.integers(0, 3), max_size=6))
@settings(max_examples=20)
def test_names_survive(names):
    tensors = {name: torch.full((length,), length) for name, length in names.items()}
    with tempfile.TemporaryDirectory() as folder:
        for suffix in LACKING:
            save_checkpoint(tensors, f"{folder}/m")
            convert(f"{folder}/m", f"{folder}/m{suffix}")
            convert(f"{folder}/m{suffix}", f"{folder}/back")
            assert_same(load_checkpoint(f"{folder}/back"), tensors)
