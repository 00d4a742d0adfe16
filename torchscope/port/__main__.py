"""``python -m torchscope.port run script.py ...``; without ``run`` it is the command torchscope-port."""

from __future__ import annotations

import sys

from torchscope._core.command import port
from torchscope.port.running import run

if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        if len(sys.argv) < 3:
            sys.exit("usage: python -m torchscope.port run script.py [argument ...]")
        try:
            run(sys.argv[2], sys.argv[3:])
        except FileNotFoundError as error:
            if error.errno is not None:
                raise
            sys.exit(f"error: {error}")
    else:
        port()
