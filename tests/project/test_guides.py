"""The examples of the README and of the guides run; what fails is told by its line of the page."""

import re
from pathlib import Path

import pytest
import torch._functorch.config

import torchscope as ts

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"```python\n(.*?)```", flags=re.DOTALL)


def examples_in(text):
    """Each example, after as many empty lines as there are lines before it on its page."""
    for found in EXAMPLE.finditer(text):
        yield "\n" * text.count("\n", 0, found.start(1)) + found[1]


def program_in(text):
    """The examples as one program, at the lines where they are on the page; all else is empty lines."""
    program = ""
    for example in examples_in(text):
        program += example[program.count("\n") :]
    return program


def run(program, page):
    exec(compile(program, page, "exec"), {})


def test_the_readmes_examples_run():
    page = ROOT / "README.md"
    text = page.read_text()
    assert text.count("\n") < 150
    assert text[: text.index("```python")].count("\n") < 40
    for example in examples_in(text):
        ts.reset_default_registry()
        run(example, page)


@pytest.mark.parametrize(
    "guide",
    [
        "checkpoints.md",
        "graph_to_source.md",
        "graphs.md",
        "graphs_without_source.md",
        "guide.md",
        "layers.md",
        "operations.md",
        "speed.md",
        "start.md",
        "training.md",
    ],
)
def test_a_guide_runs_as_one_program(guide):
    page = ROOT / "docs" / guide
    program = program_in(page.read_text())
    assert program
    ts.reset_default_registry()
    with torch._functorch.config.patch(recompute_views=False):
        # What a guide sets ends with it.
        run(program, page)


def test_what_fails_is_told_by_its_line_of_the_page():
    text = "# A\n\n```python\nx = 1\n```\n\n```text\nx\n```\n\n```python\nx += 1\nx / 0\n```\n"
    with pytest.raises(ZeroDivisionError, match="by zero") as caught:
        run(program_in(text), "page.md")
    assert (caught.traceback[-1].path, caught.traceback[-1].lineno + 1) == ("page.md", 13)
    first, second = examples_in(text)
    assert [line for line in first.splitlines() if line] == ["x = 1"]
    assert second.splitlines()[11:] == ["x += 1", "x / 0"]
