"""PyTorch's releases: the floor is tested, private names are where they were, and what differs goes in time."""

import re
from pathlib import Path

import torch
from packaging.version import Version

from tests.project.private_names import (
    ATTRIBUTES,
    NAMES,
    attributes_used,
    exists,
    names_used,
    objects,
)
from torchscope._core.pytorch import versions

ROOT = Path(__file__).parents[2]


def floor():
    """The oldest PyTorch that pyproject.toml promises."""
    (bound,) = re.findall(r'"torch>=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    return Version(bound)


def test_the_oldest_torch_that_is_promised_and_the_newest_are_tested():
    text = (ROOT / ".ci" / "run").read_text()
    lines = [line.partition(" TESTS=")[0] for line in text.splitlines()]
    assert f"make test-torch TORCH={floor()}.0" in lines
    assert "make test-torch" in lines


def test_the_torch_that_is_installed_is_promised():
    assert Version(torch.__version__) >= floor()


def test_each_python_that_is_named_has_a_row_that_says_what_was_run():
    text = (ROOT / "pyproject.toml").read_text()
    named = re.findall(r"Python :: (3\.\d+)\"", text)
    page = (ROOT / "docs" / "versions.md").read_text()
    rows = re.findall(
        r"^\| (3\.\d+) \| (3\.\d+)\.\d+ \| ((?:wheel|all)[\w, ]*) \| ([\d-]{10}|every change) \| [^|]+ \|$",
        page,
        re.MULTILINE,
    )
    assert [row[0] for row in rows] == named == [row[1] for row in rows]
    assert f'requires-python = ">={named[0]}"' in text
    (all_tests,) = (row[0] for row in rows if row[2].startswith("all"))
    assert f"| Python {all_tests} | what `make test` runs on |" in page


def test_private_names_are_used_where_it_is_written_down():
    assert {name: sorted(files) for name, files in names_used().items()} == NAMES
    assert {name: sorted(files) for name, files in attributes_used().items()} == ATTRIBUTES


def test_no_private_name_has_gone():
    gone = {name: files for name, files in NAMES.items() if not exists(name)}
    having = objects()
    gone |= {
        name: files
        for name, files in ATTRIBUTES.items()
        if not any(hasattr(each, name) for each in having)
    }
    assert gone == {}, f"PyTorch {torch.__version__} has no more what these files use"


def test_a_name_that_has_gone_is_noticed():
    assert exists("torch.utils._pytree.tree_map")
    assert not exists("torch.utils._pytree.tree_of_life")
    assert not exists("torch._no_such_module.name")


def test_what_older_releases_need_goes_when_they_are_no_longer_promised():
    said = {
        (path.name, Version(release))
        for path in (ROOT / "pyproject.toml", *(ROOT / "torchscope").rglob("*.py"))
        for release in re.findall(r"PyTorch before (\d+\.\d+)", path.read_text())
    }
    assert "versions.py" in {name for name, _ in said}
    assert [(name, str(release)) for name, release in said if release <= floor()] == []
    functions = [
        f for f in vars(versions).values() if getattr(f, "__module__", "") == versions.__name__
    ]
    assert all("PyTorch before" in f.__doc__ for f in functions)
