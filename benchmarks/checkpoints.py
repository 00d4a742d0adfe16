"""Checkpoints read and written, beside TensorFlow and safetensors.

One is of 434 MB in 97 tensors: word embeddings and twelve blocks of a transformer, in the sizes of
BERT base. The other has 20,000 tensors of 4 floats. TensorFlow has written both. All files are in the
page cache. Reading them into a live net is `restore`, checks and all; TensorFlow's reader gives
numpy arrays, safetensors' `load_file` tensors, which are then copied into the same net. Memory is
that of a process which has the net and has read another checkpoint before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import torchscope as ts
from benchmarks.figures import Figure
from benchmarks.timing import calls, in_own_process, medians
from torchscope.checkpoint import Saver, list_variables, load_checkpoint, restore

Shapes = Mapping[str, tuple[int, ...]]

BLOCK = {
    "attention/qkv/kernel": (768, 2304),
    "attention/qkv/bias": (2304,),
    "attention/output/kernel": (768, 768),
    "attention/output/bias": (768,),
    "mlp/intermediate/kernel": (768, 3072),
    "mlp/intermediate/bias": (3072,),
    "mlp/output/kernel": (3072, 768),
    "mlp/output/bias": (768,),
}
LARGE: Shapes = {"embeddings/word_embeddings": (30522, 768)} | {
    f"layer_{i}/{name}": shape for i in range(12) for name, shape in BLOCK.items()
}
MANY: Shapes = {f"block{i // 10}/v{i}": (4,) for i in range(20_000)}
FEW: Shapes = {"w": (4,)}


def net_of(shapes: Shapes) -> ts.ScopedModule:
    """A net of such variables, made by a first pass."""

    def model() -> None:
        for name, shape in shapes.items():
            ts.get_variable(name, list(shape), initializer=ts.zeros_initializer())

    net = ts.ScopedModule(model)
    net()
    return net


def write_with_tensorflow(shapes: Shapes, path: str, version: int) -> None:
    """A checkpoint of random values, in a process that is there for nothing else."""
    import numpy as np  # noqa: PLC0415
    import tensorflow as tf  # noqa: PLC0415

    draw = np.random.default_rng(0)
    tensors = [draw.standard_normal(shape, np.float32) for shape in shapes.values()]
    names, whole = list(shapes), [""] * len(shapes)
    if version == 1:
        tf.raw_ops.SaveSlices(
            filename=path, tensor_names=names, shapes_and_slices=whole, data=tensors
        )
    else:
        tf.raw_ops.SaveV2(prefix=path, tensor_names=names, shape_and_slices=whole, tensors=tensors)


def read_with_tensorflow(path: str) -> list[Any]:
    """All tensors, as numpy arrays."""
    import tensorflow as tf  # noqa: PLC0415

    reader = tf.train.load_checkpoint(path)
    return [reader.get_tensor(name) for name in reader.get_variable_to_shape_map()]


def list_with_tensorflow(path: str) -> list[Any]:
    """All names and shapes."""
    import tensorflow as tf  # noqa: PLC0415

    listed: list[Any] = tf.train.list_variables(path)
    return listed


def tensorflow_saver(shapes: Shapes, path: str) -> Callable[[], object]:
    """TensorFlow's Saver, over a session that has such variables."""
    import tensorflow.compat.v1 as tf  # noqa: PLC0415

    tf.disable_v2_behavior()
    with tf.Graph().as_default():
        for name, shape in shapes.items():
            tf.get_variable(name, shape, initializer=tf.random_normal_initializer())
        saver = tf.train.Saver()
        session = tf.Session()
        session.run(tf.global_variables_initializer())
    return lambda: saver.save(session, path, write_meta_graph=False)


def load_and_copy(path: str, variables: Mapping[str, Tensor]) -> None:
    """What safetensors' users do where the net is there already."""
    loaded = load_file(path)
    with torch.no_grad():
        for name, variable in variables.items():
            variable.copy_(loaded[name])


def memory_of_reading(large: str, small: str) -> float:
    """The bytes of memory beyond the net's own, at the most, while it is restored."""
    restore(net_of(FEW), small)
    net = net_of(LARGE)
    touch(net)
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    restore(net, large)
    return status("VmHWM") - before


def touch(net: nn.Module) -> None:
    """Has all memory of a net in place: zeros may not be until they are written to."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(1.0)


def status(field: str) -> int:
    """A size in bytes that Linux tells of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


def measure(repeats: int) -> Iterator[Figure]:
    """Each figure's candidates take turns."""
    with tempfile.TemporaryDirectory() as folder:
        yield from measure_in(Path(folder), max(1, repeats // 2))


def measure_in(folder: Path, rounds: int) -> Iterator[Figure]:
    """The same, with files in a folder that is there."""
    v2, v1, many, few = (str(folder / name) for name in ("large", "large.v1", "many", "few"))
    for shapes, path, version in (LARGE, v2, 2), (LARGE, v1, 1), (MANY, many, 2), (FEW, few, 2):
        in_own_process(write_with_tensorflow, shapes, path, version)
    safe = str(folder / "large.safetensors")
    save_file({name: load_checkpoint(v2)[name] for name in LARGE}, safe)
    net = net_of(LARGE)
    touch(net)

    reading, unchecked, theirs, copying = medians(
        calls(lambda: restore(net, v2)),
        calls(lambda: restore(net, load_checkpoint(v2, checksums=False))),
        calls(lambda: read_with_tensorflow(v2)),
        calls(lambda: load_and_copy(safe, net.registry.variables)),
        repeats=rounds,
    )
    yield Figure(
        "reading 434 MB, 97 tensors, with checksums, into a net / TensorFlow's reader to numpy",
        reading / theirs,
        1.5,
        0.8,
    )
    yield Figure(
        "the same without checksums / safetensors' load_file and the same copies",
        unchecked / copying,
        1.2,
        1.0,
    )
    ours, theirs, listing, their_listing = medians(
        calls(lambda: dict(load_checkpoint(many))),
        calls(lambda: read_with_tensorflow(many)),
        calls(lambda: list_variables(many)),
        calls(lambda: list_with_tensorflow(many)),
        repeats=rounds,
    )
    yield Figure(
        "reading 20,000 tensors of 4 floats / TensorFlow's reader", ours / theirs, 2.0, 1.0
    )
    yield Figure(
        "listing 20,000 names / TensorFlow's list_variables", listing / their_listing, 1.5, 0.5
    )
    beyond = in_own_process(memory_of_reading, v2, few)
    yield Figure(
        "memory beyond the net's own while 434 MB are read, at the most",
        beyond / 2**20,
        64.0,
        16.0,
        unit="MB",
    )
    saver = Saver()
    writing, their_writing = medians(
        calls(lambda: saver.save(net, str(folder / "ours"))),
        calls(tensorflow_saver(LARGE, str(folder / "theirs"))),
        repeats=rounds,
    )
    yield Figure("writing 434 MB / TensorFlow's Saver", writing / their_writing, 1.5, 0.8)
    old, theirs = medians(
        calls(lambda: restore(net, v1)), calls(lambda: read_with_tensorflow(v1)), repeats=rounds
    )
    yield Figure(
        "reading 434 MB of V1 into a net / TensorFlow's reader to numpy", old / theirs, 3.0, 1.0
    )
    yield Figure("reading 434 MB with checksums", reading * 1e3, unit="ms")
    yield Figure("writing 434 MB", writing * 1e3, unit="ms")
    yield Figure("reading 434 MB of V1", old * 1e3, unit="ms")
