"""The commands ``torchscope-ckpt`` and ``torchscope-port``: what they do, or what to install for it.

It stands beside what it calls, which cannot be imported where something is missing.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


def main() -> None:
    """The command line of `torchscope.checkpoint`, with what `torchscope.graphs` adds to it."""
    _found("torchscope.graphs.command", extra="cli")()


def port() -> None:
    """The command line of `torchscope.port`, and of what it does with a graph, which has no source."""
    if sys.argv[1:2] == ["graph"]:
        del sys.argv[1]
        command = _found("torchscope.port.graph_source.command", extra="port,checkpoint")
        command(prog_name="torchscope-port graph")
    _found("torchscope.port.command", extra="port")()


def _found(module: str, extra: str) -> Any:
    """The command of a module; without what it needs, the process ends and says what to install."""
    try:
        for name in ("rich", "tqdm", "typer"):
            importlib.import_module(name)
        return importlib.import_module(module).app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "torchscope":
            raise
        sys.exit(f"error: {error.name} is not installed: pip install 'torchscope[{extra}]'")
