"""A release: what is looked at before, and workflows that call what there is."""

import re
from pathlib import Path

import pytest
from project.release import check

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GOOD = {
    "torchscope/_core/version.py": '"""It."""\n\n__version__ = "1.2.3"\n',
    "CHANGELOG.md": "# C\n\n## [Unreleased]\n\n## [1.2.3] - 2027-01-31\n\n### Added\n\n- a\n\n## [1.2.2] - 2027\n\n- b\n",
    "CITATION.cff": "title: it\nversion: 1.2.3\n",
}


def written(folder, **changes):
    for name, text in GOOD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(changes.get(Path(name).stem, text))
    return folder


def test_where_all_fits_the_notes_are_the_versions_section(tmp_path):
    assert check(written(tmp_path), "v1.2.3") == ([], "### Added\n\n- a")


CHANGELOG = GOOD["CHANGELOG.md"]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"version": '__version__ = "1.2"\n'}, "version.py: 1.2 is no version such as 1.2.3"),
        ({"CHANGELOG": CHANGELOG.replace("d]\n", "d]\n\n- new\n")}, "belongs under the version"),
        ({"CHANGELOG": CHANGELOG.replace("1.2.3", "1.2.4")}, "there is no section ## [1.2.3] - "),
        ({"CHANGELOG": CHANGELOG.replace(" - 2027-01-31", "")}, "## [1.2.3] has no date"),
        ({"CHANGELOG": CHANGELOG.replace("### Added\n\n- a", "")}, "nothing under ## [1.2.3]"),
        ({"CITATION": "version: 1.2.2\n"}, "CITATION.cff: its version is not 1.2.3"),
    ],
)
def test_what_does_not_fit_is_said_in_a_line(tmp_path, changes, line):
    wrong, _ = check(written(tmp_path, **changes))
    assert any(line in each for each in wrong), wrong


def test_a_tag_of_another_version_is_refused(tmp_path):
    (line,) = check(written(tmp_path), "v1.2.4")[0]
    assert line == "the tag v1.2.4 is not that of the version 1.2.3: v1.2.3"


def test_the_citation_has_the_version():
    assert [line for line in check(ROOT)[0] if "CHANGELOG" not in line] == []


def test_workflows_call_targets_that_there_are():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = [path.read_text() for path in WORKFLOWS]
    assert len(texts) == 3
    called = {name for text in texts for name in re.findall(r"\bmake ([a-z][\w-]*)", text)}
    called |= set(re.findall(r"target: \[(.*)\]", texts[-1])[0].split(", "))
    assert {"test", "test-ecosystem", "test-torch", "wheel", "release-check"} <= called
    # The site's is called where there is a site.
    assert called <= targets


def test_what_ci_run_calls_is_in_the_workflows_too():
    texts = "".join(path.read_text() for path in WORKFLOWS)
    ran = re.findall(r"^make ([\w-]+)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert [name for name in ran if not re.search(rf"\b{name}\b", texts)] == []


def test_workflows_run_the_pythons_and_pytorches_that_are_named():
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text()
    project = (ROOT / "pyproject.toml").read_text()
    (pythons,) = re.findall(r"python: \[(.*)\]", text)
    assert re.findall(r'"(.*?)"', pythons) == re.findall(r"Python :: (3\.\d+)\"", project)
    (floor,) = re.findall(r'"torch>=([\d.]+)"', project)
    assert f'torch: ["{floor}.0", ""]' in text
    (pinned,) = re.findall(r"^torch==(.*)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    for path in WORKFLOWS:
        assert set(re.findall(r"TORCH=(\d[\d.]*)", path.read_text())) <= {pinned}


def test_the_form_for_ports_asks_for_a_report_that_there_is():
    form = (ROOT / ".github" / "ISSUE_TEMPLATE" / "port.yml").read_text()
    assert "torchscope-port YOUR_FOLDER --json report.json" in form
    assert '"--json"' in (ROOT / "torchscope" / "port" / "command.py").read_text()
    assert 'torchscope-port = "' in (ROOT / "pyproject.toml").read_text()
