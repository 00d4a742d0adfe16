"""Bundles as they are written: byte for byte what TensorFlow writes, for every dtype and shape."""

import random
import subprocess
import sys
import tempfile

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from checkpoint.tensorflow_files import as_numpy, files, spec, tf_merges, tf_reads, tf_writes
from torchscope.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from torchscope.checkpoint.formats.bundle_writing import BundleWriter
from torchscope.checkpoint.formats.dtypes import NUMBERS
from torchscope.checkpoint.formats.table_writing import TableWriter


def write(prefix, tensors):
    with BundleWriter(str(prefix)) as bundle:
        for name, tensor in tensors.items():
            bundle.add(name, tensor)


def some(dtype, shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    count = torch.Size(shape).numel()
    if dtype is torch.bool:
        return torch.randint(0, 2, (count,), generator=generator).bool().reshape(shape)
    raw = torch.randint(0, 256, (count * dtype.itemsize,), dtype=torch.uint8, generator=generator)
    return raw.view(dtype).reshape(shape)


@pytest.fixture
def folders(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    return ours, theirs


@pytest.mark.parametrize("dtype", NUMBERS, ids=str)
def test_the_bytes_are_tensorflows_for_every_dtype(folders, dtype):
    ours, theirs = folders
    tensors = {
        "a/scalar": some(dtype, ()),
        "b/empty": some(dtype, (0, 3)),
        "c/rank6": some(dtype, (2, 1, 3, 1, 2, 2)),
    }
    write(ours / "m", tensors)
    tf_writes(theirs / "m", tensors)
    assert files(ours) == files(theirs)


def test_an_index_of_several_blocks_has_tensorflows_bytes(folders):
    ours, theirs = folders
    drawn = random.Random(0)
    names = [f"scope_{i % 7}/{drawn.randbytes(300).hex()}" for i in range(1000)]
    names += [f"scope_8/{'block/' * (i % 5)}layer_{i}/kernel" for i in range(200)]
    tensors = {name: torch.tensor([len(name)]) for name in names}
    write(ours / "m", tensors)
    tf_writes(theirs / "m", tensors)
    assert len(files(ours)["m.index"]) > 2 * (256 << 10)
    assert files(ours) == files(theirs)


def test_pieces_have_tensorflows_bytes(folders):
    ours, theirs = folders
    cuts = [("t", 5000, (3,)), ("t2", 7, ()), ("u", 400, (2, 5))]
    tensors = {"s": torch.ones(3)}
    pieces = []
    for name, length, rest in cuts:
        whole = torch.randn(length, *rest)
        at = 0
        for part in whole.tensor_split(3):
            pieces.append((name, whole.shape, [at, *[0] * len(rest)], part))
            at += len(part)
    pieces.append(("whole", (2, 2), [0, 0], torch.ones(2, 2)))
    with BundleWriter(str(ours / "m")) as bundle:
        bundle.add("s", tensors["s"])
        for name, shape, offset, part in pieces:
            bundle.add_piece(name, part, shape, offset)
    tf_writes(theirs / "m", tensors, [(n, spec(f, o, p.shape), p) for n, f, o, p in pieces])
    assert files(ours) == files(theirs)


def test_shards_have_tensorflows_names_and_bytes(folders):
    ours, theirs = folders
    a, b, whole = torch.ones(3), torch.zeros(2, dtype=torch.int64), torch.randn(4, 2)
    with BundleWriter(str(ours / "m"), shards=2) as bundle:
        bundle.add("b", b, shard=0)
        bundle.add_piece("w", whole[:3], (4, 2), (0, 0), shard=0)
        bundle.add("a", a, shard=1)
        bundle.add_piece("w", whole[3:], (4, 2), (3, 0), shard=1)
    parts = [theirs / "t" / f"part-{i:05d}-of-00002" for i in range(2)]
    tf_writes(parts[0], {"b": b}, [("w", spec((4, 2), (0, 0), (3, 2)), whole[:3])])
    tf_writes(parts[1], {"a": a}, [("w", spec((4, 2), (3, 0), (1, 2)), whole[3:])])
    tf_merges(parts, theirs / "m")
    assert files(ours) == files(theirs)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
NAMES = NAMES.filter(lambda name: not name.startswith("\0"))
SHAPES = st.lists(st.integers(0, 4), max_size=5).map(tuple)
TENSORS = st.builds(some, st.sampled_from(sorted(NUMBERS, key=str)), SHAPES, st.integers(0, 99))


@given(st.dictionaries(NAMES, TENSORS, max_size=8))
@settings(max_examples=60)
def test_what_is_written_is_read_as_it_was(tensors):
    with tempfile.TemporaryDirectory() as folder:
        save_checkpoint(tensors, f"{folder}/m")
        with load_checkpoint(f"{folder}/m") as read:
            assert sorted(read) == sorted(tensors)
            for name, tensor in tensors.items():
                assert read[name].dtype == tensor.dtype
                assert as_numpy(read[name]).tobytes() == as_numpy(tensor).tobytes()
                assert read[name].shape == tensor.shape


@given(st.permutations(range(4)), st.integers(0, 3), st.booleans())
@settings(max_examples=30)
def test_values_are_written_in_their_order_whatever_the_memory(order, cut, is_large):
    whole = torch.randn(*(3, 5, 4, 6000 if is_large else 2)).permute(order)
    tensor = whole.narrow(cut, 1, whole.shape[cut] - 1)
    with tempfile.TemporaryDirectory() as folder:
        save_checkpoint(
            {"v": tensor, "conj": torch.view_as_complex(whole.new_ones(3, 2)).conj()}, f"{folder}/m"
        )
        found = tf_reads(f"{folder}/m")
        assert (found["v"] == tensor.numpy()).all()
        assert found["conj"].tolist() == [1 - 1j] * 3


def test_writing_takes_little_memory_whatever_the_strides(tmp_path):
    code = """
import resource, sys, torch
from torchscope.checkpoint import save_checkpoint
plain = torch.ones(64 << 20, dtype=torch.uint8)
save_checkpoint({"small": plain[:100]}, sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
save_checkpoint({"v": plain, "t": plain.view(8192, 8192).t(), "e": plain[:1].expand(64 << 20)}, sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "m")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(run.stdout) < 16 << 10


def test_pieces_that_do_not_fit_are_refused_and_nothing_is_left(tmp_path):
    piece = torch.ones(2, 3)
    for full_shape, offset, text in (
        ((4, 3), (3, 0), "lies outside of the whole shape"),
        ((4, 3), (-1, 0), "lies outside of the whole shape"),
        ((4,), (0,), "the whole has shape"),
    ):
        bundle = BundleWriter(str(tmp_path / "m"), in_place=lambda files: None)
        with bundle, pytest.raises(CheckpointError, match=text):
            bundle.add_piece("v", piece, full_shape, offset)
    for again, text in (
        (
            lambda b: b.add_piece("v", piece, (5, 3), (2, 0)),
            "do not belong together have the name v",
        ),
        (lambda b: b.add_piece("v", piece.double(), (4, 3), (2, 0)), "do not belong together"),
        (lambda b: b.add_piece("v", piece, (4, 3), (0, 0)), "Two tensors have the name v"),
        (lambda b: b.add("v", piece), "Two tensors have the name v"),
    ):
        with BundleWriter(str(tmp_path / "m"), in_place=lambda files: None) as bundle:
            bundle.add_piece("v", piece, (4, 3), (0, 0))
            with pytest.raises(CheckpointError, match=text):
                again(bundle)
    assert list(tmp_path.iterdir()) == []


def test_keys_of_a_table_ascend():
    table = TableWriter(lambda data: None)
    table.add(b"a", b"")
    with pytest.raises(ValueError, match="Keys of a table ascend"):
        table.add(b"a", b"")
