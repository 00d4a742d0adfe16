"""Runs the command line: ``python -m torchscope.checkpoint``."""

from torchscope._core.command import main

if __name__ == "__main__":
    main()
