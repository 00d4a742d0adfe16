"""Measures all figures, or those of the groups that are named; prints the table, writes the page.

python -m benchmarks [GROUP ...] [--repeats N] [--threads N] [--docs FOLDER]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks.figures import figures_of
from benchmarks.report import Results, machine, table
from benchmarks.timing import in_own_process

GROUPS = (
    "access",
    "operations",
    "peers",
    "layers",
    "convolutions",
    "networks",
    "graphs",
    "imported",
    "eager",
    "recurrent",
    "normalization",
    "averages",
    "optimizers",
    "making",
    "checkpoints",
    "port",
    "gpu",
)
DOCS = Path(__file__).parent.parent / "docs"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--repeats", type=int, default=30, help="rounds; 30 by default")
    parser.add_argument(
        "--threads", type=int, default=torch.get_num_threads(), help="PyTorch's choice by default"
    )
    parser.add_argument(
        "--docs",
        type=Path,
        help="where benchmarks.md is, and is written anew; docs/ if all are measured",
    )
    arguments = parser.parse_args()
    unknown = set(arguments.groups) - set(GROUPS)
    if unknown:
        parser.error(
            f"there is no group {', '.join(sorted(unknown))}; choose of {', '.join(GROUPS)}"
        )
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"The machine is busy (load {load:.1f}): threads will wait.", file=sys.stderr)
    results: Results = {}
    bar = tqdm(arguments.groups or GROUPS, unit="group")
    for group in bar:
        bar.set_description(group)
        results[group] = in_own_process(figures_of, group, arguments.repeats, arguments.threads)
        bar.write(table(results[group]), file=sys.stderr)
    print(machine(arguments.threads))
    print(table(figure for group in results.values() for figure in group))
    folder = arguments.docs or (None if arguments.groups else DOCS)
    if folder is not None:
        # Here, since a table in the terminal needs no matplotlib.
        from benchmarks.page import write  # noqa: PLC0415

        write(results, folder, arguments.threads, GROUPS)


if __name__ == "__main__":
    main()
