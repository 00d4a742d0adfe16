"""The way that people go today with a frozen graph: tf2onnx, then onnx2torch.

Neither is among what the benchmarks need, since they bring gigabytes: pip install --no-deps tf2onnx onnx onnx2torch
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from types import ModuleType

from torch import nn


def is_there() -> bool:
    """Whether both are installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("tf2onnx", "onnx2torch"))


def convert(path: str, inputs: Iterable[str], outputs: Iterable[str]) -> nn.Module:
    """What they make of a frozen graph.

    Args:
        path: the file; what becomes of it in between lies beside it.
        inputs: the tensors that are fed.
        outputs: those that are given.

    Raises:
        ValueError: tf2onnx refuses it.
    """
    between = f"{path}.onnx"
    command = [sys.executable, "-m", "tf2onnx.convert", "--graphdef", path, "--opset", "13"]
    ends = ["--inputs", ",".join(inputs), "--outputs", ",".join(outputs), "--output", between]
    done = subprocess.run([*command, *ends], check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise ValueError(f"tf2onnx: {done.stderr.splitlines()[-1]}")
    if importlib.util.find_spec("torchvision") is None:
        _stand_in_for_torchvision()
    import onnx2torch  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

    made: nn.Module = onnx2torch.convert(between)
    return made.eval()


def _stand_in_for_torchvision() -> None:
    """Two functions of it are asked for, for kinds of nodes that few graphs have."""
    for name in ("torchvision", "torchvision.ops"):
        module = sys.modules[name] = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
    sys.modules["torchvision"].ops = sys.modules["torchvision.ops"]  # type: ignore[attr-defined]
    for function in ("nms", "roi_align"):
        setattr(sys.modules["torchvision.ops"], function, None)
