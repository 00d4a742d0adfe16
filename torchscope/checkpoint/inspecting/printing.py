"""What commands print: lines, tables and JSON; and of what goes wrong one line.

What is printed to a file or a pipe has no colours, and no line of it is cut.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from torchscope.checkpoint.errors import visible

Cell = tuple[str, str]
"""A text and its style."""


def telling(trouble: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes of what goes wrong one line on stderr, and an exit status."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                command(*args, **kwargs)
            except typer.Exit:
                raise
            except BrokenPipeError:
                # Whoever read the output has seen enough, as `head` has.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise typer.Exit(trouble) from None
            except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
                fail(error.args[0] if isinstance(error, KeyError) else error, trouble)

        return run

    return decorate


def fail(message: object, status: int) -> NoReturn:
    """Says in one line what is wrong, and ends with a status."""
    typer.echo(f"error: {visible(' '.join(str(message).split()))}", err=True)
    raise typer.Exit(status)


def section(title: str, rows: list[list[Cell]]) -> None:
    """A title with the number of its rows, and the rows; nothing where there are none."""
    if rows:
        print_line(f"{title}: {len(rows)}", "bold")
        print_table([[(f"  {row[0][0]}", row[0][1]), *row[1:]] for row in rows])


def print_line(text: str, style: str = "") -> None:
    """A line."""
    _print_rows([[(visible(text), style)]])


def print_table(rows: list[list[Cell]]) -> None:
    """Columns as wide as their cells; those whose style begins with > are flush right."""
    rows = [[(visible(text), style) for text, style in row] for row in rows]
    columns = list(itertools.zip_longest(*rows, fillvalue=("", "")))
    widths = [max(len(text) for text, _ in column) for column in columns]
    flush = [any(style.startswith(">") for _, style in column) for column in columns]
    _print_rows(
        [
            [
                (text.rjust(width) if right else text.ljust(width), style.removeprefix(">"))
                for (text, style), width, right in zip(row, widths, flush, strict=False)
            ]
            for row in rows
        ]
    )


def _print_rows(rows: list[list[Cell]]) -> None:
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    for row in rows:
        if console.is_terminal:
            line = Text("  ").join(Text(text, style) for text, style in row)
            line.rstrip()
            console.print(line)
        else:
            typer.echo("  ".join(text for text, _ in row).rstrip())


def print_json(data: Any) -> None:
    """JSON."""
    typer.echo(json.dumps(_finite(data), indent=2, ensure_ascii=True))


def _finite(data: Any) -> Any:
    """JSON knows no NaN and no infinity: they become texts."""
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return str(data) if isinstance(data, float) and not math.isfinite(data) else data


def size_text(count: float) -> str:
    """A number of bytes.

    >>> size_text(2000), size_text(7)
    ('2.0 KB', '7 B')
    """
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.1f} {unit}" if unit != "B" and count < 100 else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


def many(count: int, what: str = "variable") -> str:
    """A number of something.

    >>> many(1), many(2000, "node")
    ('1 variable', '2,000 nodes')
    """
    return f"{count:,} {what}" + ("" if count == 1 else "s")
