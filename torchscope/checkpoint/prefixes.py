"""The files that a checkpoint's prefix stands for: when they were written, and their removal."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from pathlib import Path

from torchscope.checkpoint.formats.bundle_writing import index_file
from torchscope.checkpoint.formats.replacing import remove_files

_V2 = 2
# The files of V1 are given by a pattern where there are several.
_SHARDS = re.compile(r"-(\?{5})-of-\d{5}$")


def get_checkpoint_mtimes(checkpoint_prefixes: Iterable[str | os.PathLike[str]]) -> list[float]:
    """When checkpoints were written, in seconds since 1970 (tf.train.get_checkpoint_mtimes).

    >>> get_checkpoint_mtimes(["no/such/model.ckpt"])
    []

    Args:
        checkpoint_prefixes: the checkpoints; those that are not there are left out of the list.
    """
    found = []
    for each in checkpoint_prefixes:
        prefix = os.fspath(each)
        index = index_file(prefix)
        files = [index] if index.exists() else _v1_files(prefix)
        # TF1 counts whole seconds.
        found += [float(file.stat().st_mtime_ns // 10**9) for file in files[:1]]
    return found


def remove_checkpoint(
    checkpoint_prefix: str | os.PathLike[str],
    checkpoint_format_version: int = _V2,
    meta_graph_suffix: str = "meta",
) -> None:
    """Removes the files of a checkpoint, and its graph (tf.train.remove_checkpoint).

    Files that are not there are none to remove. The state file stays as it is.

    >>> remove_checkpoint("no/such/model.ckpt")

    Args:
        checkpoint_prefix: the checkpoint, or for several files of V1 their pattern, `model-?????-of-00002`.
        checkpoint_format_version: 2, or 1 for V1.
        meta_graph_suffix: what the name of its graph ends in.
    """
    prefix = os.fspath(checkpoint_prefix)
    # All files of V1 have one graph.
    graph = re.sub(r"-[\d?]+-of-\d+$", "", prefix)
    Path(f"{graph}.{meta_graph_suffix}").unlink(missing_ok=True)
    if checkpoint_format_version == _V2:
        remove_files(prefix)
        return
    for file in _v1_files(prefix):
        file.unlink(missing_ok=True)


def _v1_files(prefix: str) -> list[Path]:
    """The files of a checkpoint of V1: the one of this name, or those of this pattern."""
    shards = _SHARDS.search(prefix)
    start = prefix[: shards.start()] if shards else prefix
    # What is special in a pattern is not so in the rest of the name.
    pattern = glob.escape(start) + prefix[len(start) :]
    return [path for path in map(Path, sorted(glob.glob(pattern))) if path.is_file()]
