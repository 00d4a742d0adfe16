"""Runs a notebook of docs/notebooks cell by cell, with what each cell prints and draws.

``make notebooks`` records it beside the notebook, for the site; with ``ONLY=gan``, of one. A record says of which code
it is, so that one of other code is found out without running it.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "docs" / "notebooks"

# A cell of the percent format: what it is or is called, and its lines.
CELL = re.compile(r"^# %%(?: ([^\n]*))?\n(.*?)(?=^# %%|\Z)", re.DOTALL | re.MULTILINE)
TOLD = "[markdown]"

# The backgrounds are those of the site's pages. There are more pixels than are shown, for screens that have them.
SIZES = {
    "font.size": 11,
    "figure.dpi": 160,
    "legend.frameon": False,
    "image.interpolation": "none",
}
GREY = "#1e2129"
DARK = {"figure.facecolor": GREY, "axes.facecolor": GREY, "savefig.facecolor": GREY}
LINES = {"axes.prop_cycle": "cycler('color', ['#6ea8fe', '#ffa94d'])"}
STYLES = {"light": [SIZES], "dark": ["dark_background", SIZES | DARK | LINES]}


class Cell(NamedTuple):
    """What a cell is called, its lines, and in which line of the file they begin."""

    title: str
    text: str
    line: int

    @property
    def is_told(self):
        return self.title == TOLD


def cells(text):
    return [
        Cell(found[1] or "", found[2], text.count("\n", 0, found.start(2)))
        for found in CELL.finditer(text)
    ]


def of_code(text):
    """What changes with a notebook's code, and not with what it tells."""
    code = "\n".join(cell.text.strip() for cell in cells(text) if not cell.is_told)
    return hashlib.sha256(code.encode()).hexdigest()


def recorded(notebook):
    """What `make notebooks` has left: of which code it is, and for each cell what it printed and drew."""
    path = notebook.with_suffix(".json")
    return json.loads(path.read_text()) if path.exists() else {"code": None, "cells": {}}


def without_numbers(outputs):
    """What two runs have in common, on whatever machine and by whatever PyTorch."""
    return {
        number: {
            "printed": [re.sub(r"[-+]?\d[\d.,]*", "#", line).split() for line in output["printed"]],
            "drawn": output["drawn"],
        }
        for number, output in outputs.items()
    }


def run(name, folder, *options, colours="light", **environment):
    """For each cell that prints or draws, by its number, its lines and the names of its pictures, which are in the folder."""
    done = subprocess.run(
        [
            sys.executable,
            *("-W", "error", *options),
            *("-m", "tests.project.notebooks", "--play"),
            *(name, folder, colours),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT), **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def play(name, folder, colours):
    """What the process does in which a notebook runs."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 mkdocs reads this file without it.

    # No folder of this machine stands in what is printed.
    path = NOTEBOOKS.joinpath(f"{name}.py").relative_to(ROOT)
    notebook = sys.modules["__main__"] = ModuleType("__main__")
    plt.style.use(STYLES[colours])
    outputs, pictures = {}, 0
    for number, cell in enumerate(cells(path.read_text())):
        if cell.is_told:
            continue
        printed, drawn = io.StringIO(), []
        code = compile("\n" * cell.line + cell.text, path, "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, notebook.__dict__)
        # A cell shows the figures that it leaves open.
        for figure in map(plt.figure, plt.get_fignums()):
            pictures += 1
            drawn.append(f"{name}-{pictures}")
            ending = "" if colours == "light" else f"-{colours}"
            figure.savefig(Path(folder, f"{drawn[-1]}{ending}.png"), metadata={"Software": None})
        plt.close("all")
        if printed.getvalue() or drawn:
            outputs[str(number)] = {"printed": printed.getvalue().splitlines(), "drawn": drawn}
    return outputs


def record(name):
    for picture in NOTEBOOKS.glob(f"{name}-*.png"):
        picture.unlink()
    options = OPTIONS.get(name, ())
    by_night = run(name, NOTEBOOKS, *options, colours="dark", **ENVIRONMENT)
    by_day = run(name, NOTEBOOKS, *options, **ENVIRONMENT)
    assert by_night == by_day, f"{name} prints other things each time"
    made = {"code": of_code((NOTEBOOKS / f"{name}.py").read_text()), "cells": by_day}
    (NOTEBOOKS / f"{name}.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")


# What the notebooks need of who runs them: BERT's source without a checkpoint. Warnings are Lightning's own, of how it
# looks at PyTorch's trees, and that data might be loaded by more processes where there are many cores.
ENVIRONMENT = {"BERT_SOURCE": str(ROOT / ".packages"), "BERT_MODEL": ""}
OPTIONS = {
    "training_loops": (
        "-W",
        "ignore::FutureWarning",
        "-W",
        "ignore:The 'train_dataloader' does not",
    )
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--play"]:
        print(json.dumps(play(*sys.argv[2:])))
    else:
        for one in sys.argv[1:] or sorted(path.stem for path in NOTEBOOKS.glob("*.py")):
            record(one)
