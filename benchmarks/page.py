"""docs/benchmarks.md and its plot: what was measured now, and of other groups what was measured before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import matplotlib as mpl
from matplotlib import ticker
from matplotlib.figure import Figure as Drawing

from benchmarks.figures import Figure
from benchmarks.misses import CAUSES
from benchmarks.report import HEADER, Results, machine, row, shown

NUMBERS = "benchmarks.json"
"""Beside the page: the figures of each group as they were last measured, and on what."""

COLOURS = {"aim": "#2a7f3f", "must": "#c98a00", "miss": "#b3261e"}


def markdown_table(results: Results, *, bounded: bool) -> str:
    """The figures that have bounds, or those that have none, each with its command."""
    columns = HEADER if bounded else HEADER[:2]
    rows = ["| " + " | ".join((*columns, "command")) + " |", "| --- " * (len(columns) + 1) + "|"]
    for group, figures in results.items():
        for figure in figures:
            if (figure.must is not None) == bounded:
                cells = *row(figure)[: len(columns)], f"`make bench ONLY={group}`"
                rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def causes(figures: Iterable[Figure]) -> str:
    """What stands behind each figure that does not reach its aim."""
    lines = [
        f"- **{figure.name}**, {shown(figure)}: {CAUSES.get(figure.name, 'not known yet.')}"
        for figure in figures
        if figure.verdict in {"must", "miss"}
    ]
    return "\n".join(lines) or "Nothing is missed."


def machines(measured_on: dict[str, str]) -> str:
    """Each machine, with the groups that were measured on it where there are several."""
    groups: dict[str, list[str]] = {}
    for group, name in measured_on.items():
        groups.setdefault(name, []).append(group)
    if len(groups) == 1:
        return f"Machine: {next(iter(groups))}."
    return "\n".join(f"- {', '.join(those)}: {name}." for name, those in groups.items())


def markdown(results: Results, measured_on: dict[str, str]) -> str:
    """The text of docs/benchmarks.md."""
    figures = [figure for group in results.values() for figure in group]
    return f"""# Benchmarks

`make bench` measures all of this and writes this file; `python -m benchmarks GROUP --docs docs` measures
one group anew.

{machines(measured_on)}

A figure is a ratio within one run: medians of rounds in which the candidates take turns, with Python's
garbage collector off while the clock runs. Hand-written is the shortest idiomatic `nn.Module` for
the same work, in `channels_last` where that is its best. What exactly is compared is told in the
first lines of each file in `benchmarks/`.

{markdown_table(results, bounded=True)}

![Each figure with the bound that it must keep and its aim](benchmarks.svg)

## What stands behind each miss

{causes(figures)}

## Beside them

These have no bound. They explain those that have one.

{markdown_table(results, bounded=False)}
"""


def plot(figures: Iterable[Figure], path: Path) -> None:
    """The figures that have bounds, on a logarithmic axis."""
    drawn = [figure for figure in figures if figure.value is not None and figure.must is not None]
    style = {"svg.hashsalt": "torchscope", "font.size": 9, "axes.spines.top": False}
    with mpl.rc_context(style | {"axes.spines.right": False, "axes.spines.left": False}):
        drawing = Drawing(figsize=(10, 1.3 + 0.36 * len(drawn)), layout="constrained")
        axes = drawing.add_subplot()
        for y, figure in enumerate(drawn):
            colour = COLOURS[figure.verdict]
            # Memory may come to less than nothing, which this axis does not have.
            value = max(figure.value, 0.1)
            axes.plot([figure.must, value], [y, y], color=colour, alpha=0.35, linewidth=2)
            axes.plot(figure.must, y, marker="|", color="black", markersize=14, markeredgewidth=1.6)
            axes.plot(figure.aim, y, marker="D", color="white", markeredgecolor="black")
            axes.plot(value, y, marker="o", color=colour, markersize=7)
            axes.annotate(
                shown(figure), (value, y), (0, 6), textcoords="offset points",
                ha="center", fontsize=8, color=colour,
            )  # fmt: skip
        more = ["" if figure.unit == "x" else f" ({figure.unit})" for figure in drawn]
        more = [
            m + (" (more is better)" if f.more_is_better else "")
            for m, f in zip(more, drawn, strict=True)
        ]
        axes.set_yticks(range(len(drawn)), [f.name + m for f, m in zip(drawn, more, strict=True)])
        axes.set_ylim(len(drawn) - 0.4, -0.8)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
        axes.xaxis.set_minor_formatter(ticker.NullFormatter())
        axes.grid(axis="x", color="#dddddd")
        axes.tick_params(axis="y", length=0)
        axes.set_axisbelow(True)
        handles = [
            axes.plot([], [], marker="|", color="black", linestyle="", markersize=12)[0],
            axes.plot([], [], marker="D", color="white", markeredgecolor="black", linestyle="")[0],
            *(axes.plot([], [], marker="o", color=c, linestyle="")[0] for c in COLOURS.values()),
        ]
        labels = "must be", "aim", "reaches its aim", "keeps its bound", "misses"
        drawing.legend(handles, labels, loc="outside upper center", ncols=5, frameon=False)
        drawing.savefig(path, facecolor="white", metadata={"Date": None})


def write(results: Results, folder: Path, threads: int, order: Iterable[str]) -> None:
    """Writes benchmarks.md and benchmarks.svg, with what was measured before of other groups.

    Args:
        results: what has been measured now.
        folder: where the files are.
        threads: with how many threads.
        order: the groups, as they are shown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    numbers = folder / NUMBERS
    known = json.loads(numbers.read_text()) if numbers.exists() else {}
    for group, figures in results.items():
        known[group] = {"machine": machine(threads), "figures": [asdict(f) for f in figures]}
    known = {group: known[group] for group in order if group in known}
    numbers.write_text(json.dumps(known, indent=1) + "\n")
    shown = {group: [Figure(**f) for f in known[group]["figures"]] for group in known}
    measured_on = {group: known[group]["machine"] for group in known}
    (folder / "benchmarks.md").write_text(markdown(shown, measured_on))
    plot([figure for group in shown.values() for figure in group], folder / "benchmarks.svg")
