"""The files that docs/architecture.md and its pictures name are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    f"/{path.relative_to(ROOT).as_posix()}"
    for folder in ("torchscope", "tests", "benchmarks", "examples", ".ci")
    for path in (ROOT / folder).rglob("*.py")
    # What older releases had by a name is not what the page means by it.
    if "former" not in path.parts
]


def missing(text):
    """The Python files that a text names, and that no file's path ends with."""
    named = set(re.findall(r"(?<![\w/<>.])[\w./]*\w+\.py\b", text))
    return sorted(n for n in named if not any(f.endswith(f"/{n}") for f in FILES))


@pytest.mark.parametrize("page", ["architecture.md", "get_variable.svg"])
def test_each_file_that_is_named_is_there(page):
    text = (ROOT / "docs" / page).read_text()
    # In a picture a name stands between tags.
    assert missing(re.sub(r"<[^>]*>", " ", text) if page.endswith("svg") else text) == []


def test_one_that_is_gone_is_noticed():
    assert missing("`store/variable_store.py` and `catalogue.py`") == ["catalogue.py"]
