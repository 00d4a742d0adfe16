"""Bundles as they are written: byte for byte what TensorFlow writes, for every dtype and shape."""

import random

import pytest
import torch
from checkpoint.tensorflow_files import files, spec, tf_merges, tf_writes

from torchscope.checkpoint.bundle_writing import BundleWriter
from torchscope.checkpoint.dtypes import NUMBERS


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
