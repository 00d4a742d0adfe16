"""tf.app: the program's main function, which absl runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from torchscope.tf1 import flags

__all__ = ["flags", "run"]


def run(main: Callable[[Sequence[str]], Any] | None = None, argv: list[str] | None = None) -> None:
    """Reads the flags, calls a function with the arguments that are left, and ends the program.

    Args:
        main: the function; by default the one that is called `main` in the program.
        argv: the command line; by default the program's. Flags that nobody has defined are left in it.
    """
    from absl import app  # noqa: PLC0415 - it sets up absl's own logging

    def read(argv: list[str]) -> Any:
        return flags.FLAGS(argv, known_only=True)

    app.run(main=main or sys.modules["__main__"].main, argv=argv, flags_parser=read)


def __dir__() -> list[str]:
    return __all__
