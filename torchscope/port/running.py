"""Runs a script as ``python script.py`` would, with the TF1 source around it rewritten."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from torchscope.port.hook import Rewriting, importing


def run(script: str, arguments: Sequence[str]) -> None:
    """Runs a script of TF1 source, and imports what lies beside it, as the import hook does.

    Args:
        script: the script's path.
        arguments: what it finds in sys.argv, after its own name.

    Raises:
        FileNotFoundError: there is no such script.
        SyntaxError: it is no Python.
    """
    path = Path(script)
    if not path.is_file():
        raise FileNotFoundError(f"{script}: there is no such script")
    main = ModuleType("__main__")
    main.__file__ = script
    main.__builtins__ = __builtins__  # type: ignore[attr-defined]
    before = sys.argv, sys.modules["__main__"]
    sys.argv, sys.modules["__main__"] = [script, *arguments], main
    try:
        with importing(path.parent):
            code = Rewriting("__main__", str(path.resolve())).get_code("__main__")
            exec(code, vars(main))  # noqa: S102 - it is what was asked for
    finally:
        sys.argv, sys.modules["__main__"] = before
