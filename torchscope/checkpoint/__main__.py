"""Runs the command line: ``python -m torchscope.checkpoint``."""

from __future__ import annotations

import sys


def main() -> None:
    """The command line, or what to install for it."""
    try:
        import rich  # noqa: F401, PLC0415
        import tqdm  # type: ignore[import-untyped]  # noqa: F401, PLC0415
        import typer  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        sys.exit(f"error: {error.name} is not installed: pip install 'torchscope[cli]'")
    from torchscope.checkpoint.seeing.cli import app  # noqa: PLC0415

    app()


if __name__ == "__main__":
    main()
