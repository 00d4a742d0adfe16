"""Runs the command line: ``python -m torchscope.checkpoint``."""

from torchscope.command import main

if __name__ == "__main__":
    main()
