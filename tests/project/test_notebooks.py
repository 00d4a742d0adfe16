"""The notebooks run from their first cell to the last; what they print and draw is on their pages, as it was recorded."""

import re
import runpy
import shutil

import pytest

from tests.project.notebooks import (
    NOTEBOOKS,
    ROOT,
    TOLD,
    cells,
    of_code,
    recorded,
    run,
    without_numbers,
)

EACH = pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.py")), ids=lambda path: path.stem)


@pytest.mark.parametrize("name", ["gan", "fine_tuning"])
def test_a_notebook_prints_and_draws_what_was_recorded(name, tmp_path):
    outputs = run(name, tmp_path)
    record = recorded(NOTEBOOKS / f"{name}.py")["cells"]
    assert without_numbers(outputs) == without_numbers(record), "`make notebooks` records it anew"
    drawn = [f"{picture}.png" for output in outputs.values() for picture in output["drawn"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(drawn)


@EACH
def test_what_is_recorded_is_of_the_code_that_is_there(path):
    record = recorded(path)
    assert record["code"] == of_code(path.read_text()), (
        f"{path.name} has other code than when its outputs were recorded: `make notebooks ONLY={path.stem}`"
    )
    drawn = [picture for output in record["cells"].values() for picture in output["drawn"]]
    names = sorted(f"{name}{colours}.png" for name in drawn for colours in ("", "-dark"))
    assert names == sorted(picture.name for picture in NOTEBOOKS.glob(f"{path.stem}-*.png"))
    for name in names:
        assert (NOTEBOOKS / name).stat().st_size < 100_000


def test_a_record_is_of_code_and_not_of_what_is_told():
    text = "# %% [markdown]\n# # A\n\n# %% a plot\nx = 1\n\n\n# %%\ny = 2\n"
    assert of_code(text) == of_code(
        text.replace("# # A", "# # A\n#\n# b").replace("a plot", "plot")
    )
    assert of_code(text) != of_code(text.replace("y = 2", "y = 3"))


@EACH
def test_a_cell_that_draws_is_called_what_is_to_be_seen(path):
    titles = [cell.title for cell in cells(path.read_text())]
    drawing = [int(n) for n, output in recorded(path)["cells"].items() if output["drawn"]]
    assert drawing
    assert all(len(titles[number]) > 40 for number in drawing)


@pytest.fixture
def as_markdown():
    return runpy.run_path(str(ROOT / ".ci" / "pages.py"))["_as_markdown"]


# mkdocs is in the environment of constraints.txt alone.
@pytest.mark.tensorflow
def test_what_a_notebook_has_is_on_its_page_and_in_its_order(as_markdown, tmp_path):
    notebook = tmp_path / "a.py"
    notebook.write_text(
        "# %% [markdown]\n# # A\n#\n# b `c`\n\n# %%\nx = 1\n\n\n# %% A line\n# why\ny\n"
    )
    code = of_code(notebook.read_text())
    notebook.with_suffix(".json").write_text(
        f'{{"code": "{code}", "cells": {{"1": {{"printed": ["1", "", " 2"], "drawn": []}},'
        ' "2": {"printed": [], "drawn": ["a-1"]}}}'
    )
    assert as_markdown(notebook) == (
        "# A\n\nb `c`\n\n\n```python\nx = 1\n```\n\n"
        "``` { .text .no-copy .printed }\n1\n\n 2\n```\n\n"
        "```python\n# why\ny\n```\n\n"
        "![A line](a-1.png#only-light)\n![A line](a-1-dark.png#only-dark)\n"
    )


@pytest.mark.tensorflow
def test_what_was_recorded_of_other_code_fails_the_build(as_markdown, tmp_path, caplog):
    for name in ("gan.py", "gan.json"):
        shutil.copy(NOTEBOOKS / name, tmp_path)
    notebook = tmp_path / "gan.py"
    notebook.write_text(notebook.read_text().replace("STEPS, ", "STEPS , "))
    assert ".printed" not in as_markdown(notebook)
    (said,) = caplog.records
    assert (
        said.getMessage() == "gan.py has other code than was run: `make notebooks` records it anew"
    )
    assert (said.levelname, said.name.split(".")[0]) == ("WARNING", "mkdocs")


@EACH
def test_a_notebook_has_cells_alone_and_begins_with_its_title(path):
    text = path.read_text()
    assert text.startswith("# %% [markdown]\n# # ")
    kinds = set(re.findall("^# %%.*?(\\[.*)?$", text, re.MULTILINE))
    assert kinds == {"", TOLD}
    # No line of a told cell is code, which the page would tell as text.
    for cell in filter(lambda cell: cell.is_told, cells(text)):
        assert all(line.startswith("#") for line in cell.text.splitlines() if line)
