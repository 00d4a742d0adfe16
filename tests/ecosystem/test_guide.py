"""docs/works_with.md: its examples run, and its versions are those that are installed, and pinned."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
import tomllib
from packaging.version import Version
from project.test_fresh_machine import brought, grouped, pins

pytestmark = [
    pytest.mark.ecosystem,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*LeafSpec"),
]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "works_with.md").read_text()


def test_the_guide_runs_as_one_program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) > 4
    # A class of transformers asks for the file of its module.
    exec(compile("\n".join(examples), "works_with.md", "exec"), {"__name__": __name__})


def test_each_package_is_there_with_the_version_that_was_tried():
    rows = re.findall(r"^\| [^|]*\((`[^|]*`)\) \| ([\d., ]+) \|", PAGE, re.MULTILINE)
    tried = {}
    for names, versions in rows:
        tried |= dict(zip(re.findall(r"`(.*?)`", names), versions.split(", "), strict=True))
    assert tried == {name: version(name) for name in tried}
    group = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["ecosystem"]
    named = {re.match(r"[\w-]+", each).group() for each in group if isinstance(each, str)}
    assert named <= set(tried)


def test_all_that_is_installed_for_it_is_of_the_version_that_is_pinned():
    pinned = pins()
    installed = brought(*grouped("ecosystem"))
    assert sorted(installed - {*pinned}) == []
    others = {name: (version(name), pinned[name]) for name in sorted(installed)}
    # A build for the CPU has "+cpu" in its version.
    assert {n: v for n, v in others.items() if Version(v[0]).public != Version(v[1]).public} == {}
