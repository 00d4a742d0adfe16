"""What is shown in the terminal: the machine, and a table of figures."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path

import torch

from benchmarks.figures import Figure

Results = dict[str, list[Figure]]
"""Figures by the name of the group that measured them."""

VERDICTS = {"aim": "aim", "must": "bound", "miss": "no", "": ""}


def machine(threads: int) -> str:
    """What the figures were measured on."""
    cpu = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        cpu = named[0].partition(": ")[2] if named else cpu
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return (
        f"{cpu}, {os.cpu_count()} cores, threads in use: {threads}, {gpu}; "
        f"Python {platform.python_version()}, PyTorch {torch.__version__}"
    )


def shown(figure: Figure) -> str:
    """The value, or why there is none."""
    if figure.value is None:
        return figure.note
    return number(figure, figure.value)


def number(figure: Figure, value: float | None) -> str:
    """A value or a bound in the figure's unit; a ratio bears none."""
    if value is None:
        return ""
    text = f"{value:.2f}" if value < 100 else f"{value:.0f}"
    return text if figure.unit == "x" else f"{text} {figure.unit}"


def bound(figure: Figure, value: float | None) -> str:
    """A bound, and on which side of it the value is to be."""
    if value is None:
        return ""
    return f"{'≥' if figure.more_is_better else '≤'} {number(figure, value)}"


HEADER = ("figure", "measured", "must be", "aim", "reached")


def row(figure: Figure) -> tuple[str, ...]:
    """The cells of a figure's row."""
    bounds = bound(figure, figure.must), bound(figure, figure.aim)
    return figure.name, shown(figure), *bounds, VERDICTS[figure.verdict]


def table(figures: Iterable[Figure]) -> str:
    """Aligned text for the terminal."""
    rows = [HEADER, *map(row, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)
