"""What is said while a graph runs: assertions, texts that are printed, and the time."""

from __future__ import annotations

import io
import sys
import time
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.ops.sizes import Sizes
from torchscope._core.ops.texts import text_of
from torchscope.graphs.errors import GraphError
from torchscope.graphs.operations.table import op


@op("Assert", outputs=(), stateful=True)
def _assert(condition: Any, *data: Any, summarize: int = 3) -> None:
    tf.Assert(condition, [_shown(each, summarize) for each in data])


@op("Print", stateful=True)
def _print(input: Any, *data: Any, message: str = "", first_n: int = -1, summarize: int = 3) -> Any:
    # TensorFlow counts how often a node has printed; here each call does.
    shown = "".join(f"[{_shown(each, summarize)}]" for each in data)
    sys.stderr.write(f"{message}{shown}\n")
    return input


@op("StringFormat")
def _string_format(
    *inputs: Any, template: str = "%s", placeholder: str = "%s", summarize: int = 3
) -> Any:
    parts = template.split(placeholder)
    texts = [_laid_out(each, summarize) for each in inputs]
    return parts[0] + "".join(text + after for text, after in zip(texts, parts[1:], strict=True))


@op("PrintV2", outputs=(), stateful=True)
def _print_text(input: Any, *, output_stream: str = "stderr", end: str = "\n") -> None:
    stream = sys.stdout if output_stream == "stdout" else sys.stderr
    stream.write(f"{_shown(input, -1)}{end}")


def _laid_out(value: Any, most: int) -> str:
    """A value as tf.print shows it."""
    if not isinstance(value, Tensor | int | Sizes):
        return _shown(value, most)
    stream = io.StringIO()
    tf.print(tf.convert_to_tensor(value), output_stream=stream, summarize=most, end="")
    return stream.getvalue()


def _shown(value: Any, most: int) -> str:
    """A value as a text; of a tensor, so many numbers at most."""
    if isinstance(value, str):
        return value
    if hasattr(value, "tolist") and not isinstance(value, Tensor):
        found = value.tolist()
        value = found[0] if isinstance(found, list) and len(found) == 1 else found
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return text_of(tf.convert_to_tensor(value), most)


@op("Abort", outputs=(), stateful=True)
def _abort(*, error_msg: str = "") -> None:
    raise GraphError(f"The graph has run a node Abort. {error_msg}".rstrip())


@op("Timestamp", stateful=True)
def _timestamp() -> Any:
    return torch.tensor(time.time(), dtype=torch.float64)
