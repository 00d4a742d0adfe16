"""Frozen graphs by the way that people go today, tf2onnx and onnx2torch, beside torchscope: prints a table.

python -m tests.graphs.by_onnx

What it needs beside, benchmarks/onnx_way.py tells.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.onnx_way import convert
from tests.graphs.test_networks import NETWORKS
from tests.graphs.written import write
from torchscope import graphs

GRAPHS = [
    "a tower that is shared",
    "ResNet-50",
    "Inception v1",
    "Inception v3",
    "AlexNet",
    "attention",
    "LSTM",
    "GRU",
    "loops in each other",
    "transposed convolution",
    "resizing",
]


def error_of(found: Any, expected: list[Any]) -> float:
    """The largest difference, of the largest number."""
    values = [found] if isinstance(found, torch.Tensor) else list(found)
    pairs = zip(values, expected, strict=True)
    return max(np.abs(a.detach().numpy() - b).max() / np.abs(b).max() for a, b in pairs)


def main() -> None:
    """The table."""
    print(
        "| graph | torchscope: off by | variables | tf2onnx and onnx2torch: off by | parameters |"
    )
    print("| --- | --- | --- | --- | --- |")
    for name in GRAPHS:
        build, feeds = NETWORKS[name]
        with tempfile.TemporaryDirectory() as folder:
            written = write(build, feeds, Path(folder))
            net = graphs.import_graph_def(written.frozen, trainable=True)
            ours = error_of(net(feeds=feeds, fetches=written.fetches), written.given)
            try:
                other = convert(str(written.frozen), feeds, written.fetches)
                off = (
                    f"{error_of(other(*map(torch.from_numpy, feeds.values())), written.given):.0e}"
                )
                kept = str(len(list(other.parameters())))
            except Exception as error:  # noqa: BLE001 - whatever they fail with is what is told
                off, kept = f"refused: {str(error).splitlines()[0]:.90}", ""
        print(
            f"| {name} | {ours:.0e} | {len(net.registry.variables)} | {off} | {kept} |", flush=True
        )


if __name__ == "__main__":
    main()
