"""Checkpoints turned into safetensors, state_dicts and numpy's files, and back."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from checkpoint.tensorflow_files import as_numpy, tf_reads
from tests.tensorflow1 import tf
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
from torchscope.checkpoint.formats.safetensors_files import DTYPES

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
            convert(f"{folder}/m{suffix}", f"{folder}/back", force=True)
            assert_same(load_checkpoint(f"{folder}/back"), tensors)


TRICKY = [
    "__metadata__",
    "w",
    "w:0",
    "w:0:0",
    "a\0b",
    "a\0c",
    "\0",
    "",
    ".",
    "../up",
    "a.npy",
    "é",
    "\ud800",
]
WRITERS = {
    "": save_checkpoint,
    ".safetensors": to_safetensors,
    ".pt": to_state_dict,
    ".npz": to_npz,
}
some_names = st.lists(
    st.one_of(st.sampled_from(TRICKY), st.text(max_size=4)), max_size=5, unique=True
)


@pytest.mark.parametrize("suffix", WRITERS)
@given(names=some_names)
@settings(max_examples=60, deadline=None)
def test_a_name_comes_back_as_it_was_or_is_refused_and_nothing_is_written(suffix, names):
    tensors = {name: torch.full((2,), number) for number, name in enumerate(names)}
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/m{suffix}"
        try:
            WRITERS[suffix](tensors, path)
        except CheckpointError:
            assert list(Path(folder).iterdir()) == []
            assert set(names) & {*TRICKY} or any("\0" in name for name in names)
            return
        found = load_checkpoint(path)
        if suffix == ".npz":
            # An array may be called as the variable's tensor was: its variable is meant.
            tensors = {name.removesuffix(":0"): tensor for name, tensor in tensors.items()}
        assert_same(found, tensors)
        for name in found:
            found.verify(name)


@pytest.mark.parametrize(
    ("suffix", "names"),
    [
        (".safetensors", ["__metadata__"]),
        (".npz", ["w", "w:0"]),
        (".npz", ["a\0b"]),
        (".npz", ["a" * 65532]),
        ("", ["\0a"]),
        (".pt", ["\ud800"]),
    ],
)
def test_a_name_that_would_not_come_back_is_named(tmp_path, suffix, names):
    with pytest.raises(CheckpointError, match="name"):
        WRITERS[suffix](dict.fromkeys(names, torch.ones(1)), tmp_path / f"m{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_two_names_of_one_memory_are_two_tensors(tmp_path):
    whole = torch.arange(12.0).view(3, 4)
    tensors = {"a": whole, "b": whole, "part": whole[1:], "turned": whole.t(), "first": whole[0, 0]}
    for suffix, write in WRITERS.items():
        write(tensors, tmp_path / f"m{suffix}")
        assert_same(load_checkpoint(tmp_path / f"m{suffix}"), tensors)
    assert_same(safetensors.torch.load_file(tmp_path / "m.safetensors"), tensors)


def test_the_library_writes_the_same_tensors_in_as_many_bytes(tmp_path):
    tensors = {name: tensor.contiguous() for name, tensor in some([*DTYPES.values()]).items()}
    to_safetensors(tensors, tmp_path / "ours.safetensors")
    safetensors.torch.save_file(tensors, tmp_path / "theirs.safetensors")
    ours, theirs = (tmp_path / f"{whose}.safetensors" for whose in ("ours", "theirs"))
    assert ours.stat().st_size == theirs.stat().st_size
    with safetensors.safe_open(ours, "pt") as opened:
        for name in opened.keys():  # noqa: SIM118 - it is no dict
            # What does not begin at a multiple of its width cannot be mapped.
            value = opened.get_tensor(name)
            assert value.data_ptr() % value.element_size() == 0


@pytest.mark.parametrize("suffix", WRITERS)
def test_files_have_the_rights_that_the_process_gives_to_files(tmp_path, suffix):
    umask = os.umask(0o027)
    try:
        WRITERS[suffix]({"a": torch.ones(3)}, tmp_path / f"m{suffix}")
    finally:
        os.umask(umask)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o640}


def test_the_slots_of_every_optimizer_are_told_from_the_variables(tmp_path):
    train = tf.train
    optimizers = [
        train.AdamOptimizer, train.MomentumOptimizer, train.RMSPropOptimizer, train.FtrlOptimizer,
        train.AdagradOptimizer, train.AdadeltaOptimizer, train.ProximalAdagradOptimizer,
        train.AdagradDAOptimizer, train.GradientDescentOptimizer,
    ]  # fmt: skip
    more = {"MomentumOptimizer": [0.9]}
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable("net/Adam/w", [2])
        cut = tf.get_variable("cut", [4], partitioner=tf.fixed_size_partitioner(2))
        # A variable of a name that a slot could have, and averages, which are no slots.
        tf.get_variable("net/Adam", [3])
        train.ExponentialMovingAverage(0.9).apply([w])
        step = train.get_or_create_global_step()
        kept = {v.op.name for v in tf.global_variables()} - {"cut/part_0", "cut/part_1"} | {"cut"}
        whole = tf.reduce_sum(w**2)
        loss = whole + tf.reduce_sum(tf.convert_to_tensor(cut) ** 2)
        for kind in optimizers:
            arguments = [0.1, *more.get(kind.__name__, ())]
            arguments += [step] if "DA" in kind.__name__ else []
            kind(*arguments).minimize(loss)
            with tf.variable_scope("train"):
                kind(*arguments).minimize(whole)
        session.run(tf.global_variables_initializer())
        train.Saver().save(session, f"{tmp_path}/m", write_meta_graph=False)
    left_out = convert(tmp_path / "m", tmp_path / "kept.ckpt", drop_slots=True)
    assert set(tf_reads(tmp_path / "kept.ckpt")) == kept
    assert len(left_out) == len(tf_reads(tmp_path / "m")) - len(kept) > 40
