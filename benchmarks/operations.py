"""What TF1's operations cost beyond PyTorch's, on tensors so small that nothing else shows.

Both sides run the same work on the same tensors, in the same rounds; a figure is the difference. So is
that of the imports: a process of its own imports torch, and then torchscope.tf1.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import torch
from tqdm import trange

import torchscope.tf1 as tf
from benchmarks.figures import Figure
from benchmarks.timing import lines, medians

COPIES = 100
PLAIN = {
    "tf.reshape": ("tf.reshape(x, [2, 8])", "x.reshape([2, 8])"),
    "tf.add": ("tf.add(x, y)", "torch.add(x, y)"),
    "tf.matmul": ("tf.matmul(x, y)", "torch.matmul(x, y)"),
    "tf.reduce_sum": ("tf.reduce_sum(x, 1)", "torch.sum(x, 1)"),
    "tf.concat": ("tf.concat([x, y], 1)", "torch.cat([x, y], 1)"),
}
SIZES = {
    "tf.shape(x)[0]": ("tf.shape(x)[0]", "x.shape[0]"),
    "tf.reshape(x, [tf.shape(x)[0], -1])": (
        "tf.reshape(x, [tf.shape(x)[0], -1])",
        "x.reshape([x.shape[0], -1])",
    ),
}
# PyTorch's import leaves its hundred thousands of objects to the garbage collector, which would go over
# them at some later moment, whatever comes next.
IMPORTS = """
import gc
import time
import torch
gc.collect()
start = time.perf_counter()
import torchscope.tf1
print(time.perf_counter() - start)
"""


def tensors() -> dict[str, torch.Tensor]:
    """What the lines are about: two tensors of 4x4."""
    return {"x": torch.randn(4, 4), "y": torch.randn(4, 4)}


def importing(bytecode: str) -> float:
    """The seconds that torchscope.tf1 takes where torch is imported already.

    Args:
        bytecode: a folder for what Python compiles, which it does once, as after an installation.
    """
    command = [sys.executable, "-c", IMPORTS]
    environment = os.environ | {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(  # noqa: S603
        command, check=True, capture_output=True, text=True, env=environment
    )
    return float(done.stdout)


def measure(repeats: int) -> Iterator[Figure]:
    """Each operation beside PyTorch's own call; then the import."""
    sides = {**PLAIN, **SIZES}
    names = {**tensors(), "tf": tf, "torch": torch}
    with torch.no_grad():
        seconds = medians(
            *(lines(code, COPIES, **names) for pair in sides.values() for code in pair),
            repeats=10 * repeats,
            warmup=20,
        )
    for name, (_, theirs), ours, torchs in zip(
        sides, sides.values(), seconds[::2], seconds[1::2], strict=True
    ):
        must, aim = (1.5, 0.8) if name in PLAIN else (2.0, 1.3)
        yield Figure(f"{name}, beyond {theirs}", (ours - torchs) * 1e6, must, aim, unit="us")
    with tempfile.TemporaryDirectory() as bytecode:
        importing(bytecode)
        rounds = trange(max(1, repeats // 5), desc="imports", leave=False, disable=None)
        taken = [importing(bytecode) for _ in rounds]
    yield Figure(
        "import torchscope.tf1, beyond import torch",
        statistics.median(taken) * 1e3,
        150,
        100,
        unit="ms",
    )
