"""Graphs without their source: a frozen ResNet-50, 224x224, eight images at a time; and what an import takes.

The frozen graph is that of benchmarks/networks.py, written by TensorFlow; beside it are the same network by hand, in
channels_last, TensorFlow's session of the same file, and what tf2onnx and onnx2torch make of that, where they are
installed. All have the same weights, and before the clock runs their logits are compared. Ours is called as it is
imported; with its batch norms folded into kernels, as TensorFlow's session and tf2onnx do, and so as the graph that
`ts.graph` makes of it; and compiled with PyTorch's option `freezing`.

An import of 20,000 nodes is one of layers with four weights each. Memory is what the process holds at a time, of which
the weights are left out.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

import torchscope as ts
from benchmarks import onnx_way
from benchmarks.convolutions import inference
from benchmarks.figures import Figure
from benchmarks.networks import BATCH, SIZE, both, compare, in_tensorflow
from benchmarks.tensorflow1 import TensorFlow
from benchmarks.timing import calls, medians
from torchscope.checkpoint import Saver
from torchscope.checkpoint.formats import protos
from torchscope.graphs import import_graph_def

NODES, MEGABYTES = 20_000, 400
LOGITS = "logits:0"


def freeze(checkpoint: str, path: str) -> None:
    """Writes the network as TensorFlow freezes it, in a process of its own."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
    import tensorflow.compat.v1 as tf  # noqa: PLC0415 - the settings come first

    tf.disable_v2_behavior()
    with tf.Session() as session:
        images = tf.placeholder(tf.float32, [None, SIZE, SIZE, 3], name="images")
        tf.identity(in_tensorflow(tf, images, checkpoint)[0], name=LOGITS[:-2])
        session.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(
            session, tf.get_default_graph().as_graph_def(), [LOGITS[:-2]]
        )
    Path(path).write_bytes(frozen.SerializeToString())


def frozen_in_tensorflow(tf: ModuleType, images: np.ndarray[Any, Any], path: str) -> list[Any]:
    """The file in TensorFlow, of images that are there."""
    graph = tf.GraphDef.FromString(Path(path).read_bytes())
    x = tf.get_variable("images", initializer=images)
    made: list[Any] = tf.import_graph_def(graph, {"images:0": tf.identity(x)}, [LOGITS], name="")
    return made


def in_a_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives in a new process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def the_network(repeats: int) -> Iterator[Figure]:
    """The frozen network, beside others."""
    images = torch.randn(BATCH, SIZE, SIZE, 3, generator=torch.Generator().manual_seed(0))
    last = images.permute(0, 3, 1, 2)
    source, by_hand = both(images)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/frozen.pb"
        in_a_process(freeze, Saver().save(source, f"{folder}/model.ckpt"), path)
        net = import_graph_def(path, return_elements=[LOGITS]).eval()
        folded = import_graph_def(path, return_elements=[LOGITS]).eval()
        folded.fold_batch_norms()
        graph = ts.graph(folded, images)
        onnx = onnx_way.convert(path, ["images:0"], [LOGITS]) if onnx_way.is_there() else None
        in_session = partial(frozen_in_tensorflow, images=images.numpy(), path=path)
        with closing(TensorFlow(in_session, torch.get_num_threads())) as tensorflow:
            (expected,) = tensorflow.values()
            runs = [
                inference(net, images),
                inference(folded, images),
                inference(graph, images),
                inference(by_hand, last),
            ]
            # What a net of which nothing is trained is compiled with: kernels are packed once, as a session does.
            compiled = torch.compile(folded, options={"freezing": True})
            # In inference mode nothing is packed.
            runs.append(torch.no_grad()(lambda: compiled(images)))
            if onnx is not None:
                runs.append(inference(onnx, images))
            for run in runs:
                found: Any = run()
                compare(found[0] if isinstance(found, list) else found, torch.from_numpy(expected))
            samples = [*map(calls, runs), tensorflow.sample]
            ours, fast, as_graph, hand, frozen, *rest = medians(
                *samples, repeats=max(1, repeats // 3)
            )
    session = rest[-1]
    yield Figure("frozen ResNet-50 / hand-written in channels_last", ours / hand, 1.05, 0.95)
    yield Figure("its batch norms folded / hand-written", fast / hand)
    yield Figure("its batch norms folded / TensorFlow's session", fast / session)
    yield Figure("compiled with freezing / TensorFlow's session", frozen / session, 1.1, 0.9)
    missing = "onnx2torch and tf2onnx are not installed" if onnx is None else ""
    # tf2onnx folds them, too.
    way = None if onnx is None else fast / rest[0]
    yield Figure("its batch norms folded / by tf2onnx and onnx2torch", way, 1.0, 0.7, note=missing)
    if onnx is not None:
        yield Figure("as it is imported / by tf2onnx and onnx2torch", ours / rest[0])
        yield Figure("folded, and as ts.graph / by tf2onnx and onnx2torch", as_graph / rest[0])
        yield Figure("compiled with freezing / by tf2onnx and onnx2torch", frozen / rest[0])
    yield Figure("folded, and as ts.graph / hand-written", as_graph / hand)


def layers(count: int, width: int) -> bytes:
    """A frozen graph of layers: of each a kernel, a bias, a product, a sum and a relu."""
    made = protos.GraphDef()

    def node(name: str, op: str, *inputs: str, value: Any = None) -> str:
        node = made.node.add(name=name, op=op, input=inputs)
        node.attr.add(key="dtype" if op in {"Const", "Placeholder"} else "T").value.type = 1
        if value is not None:
            tensor = node.attr.add(key="value").value.tensor
            tensor.dtype, tensor.tensor_content = 1, value.tobytes()
            for size in value.shape:
                tensor.tensor_shape.dim.add(size=size)
        return name

    kernel = np.random.default_rng(0).standard_normal((width, width), np.float32) / width
    last = node("x", "Placeholder")
    for i in range(count):
        weight = node(f"layer{i}/kernel", "Const", value=kernel)
        bias = node(f"layer{i}/bias", "Const", value=kernel[0])
        last = node(f"layer{i}/MatMul", "MatMul", last, weight)
        last = node(f"layer{i}/BiasAdd", "BiasAdd", last, bias)
        last = node(f"layer{i}/Relu", "Relu", last)
    data: bytes = made.SerializeToString()
    return data


def most_held() -> int:
    """The most kilobytes that this process has held at a time (Linux): what its parent held is not among them."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def memory_of(path: str) -> float:
    """The megabytes that a process holds at a time, at most, while it imports a file: beyond what it held, and weights."""
    before = most_held()
    net = import_graph_def(path)
    after = most_held()
    tensors: list[Tensor] = [*net.parameters(), *net.buffers()]
    held = sum(each.numel() * each.element_size() for each in tensors)
    return (after - before) / 1024 - held / 2**20


def the_import(repeats: int) -> Iterator[Figure]:
    """What an import takes, of time and of memory."""
    data = layers(NODES // 5, 4)
    taken = []
    for _ in range(max(1, repeats // 5)):
        start = time.perf_counter()
        import_graph_def(data)
        taken.append(time.perf_counter() - start)
    yield Figure(f"import of {NODES:,} nodes", min(taken), 5.0, 2.0, unit="s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.pb")
        path.write_bytes(layers(MEGABYTES // 4, 1024))
        beyond = in_a_process(memory_of, str(path))
    name = f"memory of an import of {MEGABYTES} MB, beyond the weights"
    yield Figure(name, beyond, 200.0, 50.0, unit="MB")


def measure(repeats: int) -> Iterator[Figure]:
    """The network, and the import."""
    yield from the_network(repeats)
    yield from the_import(repeats)
