"""The command ``torchscope-ckpt``: what it does, or what to install for it.

It stands beside what it calls, which cannot be imported where something is missing.
"""

from __future__ import annotations

import sys


def main() -> None:
    """The command line of `torchscope.checkpoint`."""
    try:
        import rich  # noqa: F401, PLC0415
        import tqdm  # type: ignore[import-untyped]  # noqa: F401, PLC0415
        import typer  # noqa: F401, PLC0415

        import torchscope.checkpoint  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        sys.exit(f"error: {error.name} is not installed: pip install 'torchscope[cli]'")
    from torchscope.checkpoint.seeing.cli import app  # noqa: PLC0415

    app()
