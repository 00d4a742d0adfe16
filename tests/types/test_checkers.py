"""What type checkers say of users' files: nothing of those in accepted/, and all that is wrong in mistakes.py."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MISTAKES = HERE / "mistakes.py"
FILES = {path.name: path for path in [*(HERE / "accepted").glob("*.py"), MISTAKES]}
# What PyTorch's own methods are reported for, and what is of no matter to types.
SETTINGS = {
    "typeCheckingMode": "strict",
    "pythonVersion": "3.10",
    "extraPaths": [str(ROOT)],
    "reportUnknownMemberType": False,
    "reportUnusedVariable": False,
    "reportUnusedExpression": False,
}

pytestmark = [pytest.mark.tensorflow, pytest.mark.unmeasured]


def run(*arguments, where):
    """What a module says that is run as a program, beside users' files, with this copy of torchscope."""
    # pyright asks the first python that it finds where packages are.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    beside = {"MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT), "PATH": path}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=where,
        env={**os.environ, **beside},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def of_mypy(folder):
    """File, line and text of each error."""
    how = ["--strict", "--python-version", "3.10", "--follow-imports", "silent"]
    cache = ["--config-file", "", "--cache-dir", str(ROOT / ".mypy_cache" / "users")]
    said = run("mypy", *how, *cache, *FILES, where=folder)
    assert re.search(r"^Found \d+ errors|^Success", said, re.MULTILINE), said
    return [
        (found[1], int(found[2]), found[3])
        for found in re.finditer(r"^(\w+\.py):(\d+): error: (.*)$", said, re.MULTILINE)
    ]


def of_pyright(folder):
    """The same."""
    (folder / "pyrightconfig.json").write_text(json.dumps(SETTINGS))
    said = json.loads(run("pyright", "--outputjson", where=folder))
    assert said["summary"]["filesAnalyzed"] == len(FILES)
    return [
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1, each["message"])
        for each in said["generalDiagnostics"]
        if each["severity"] == "error"
    ]


@pytest.fixture(scope="module", params=[of_mypy, of_pyright])
def reported(request, tmp_path_factory):
    """What a checker says of users' files in a folder of their own."""
    folder = tmp_path_factory.mktemp("users")
    for name, path in FILES.items():
        (folder / name).write_text(path.read_text())
    return request.param(folder)


def test_what_is_right_is_accepted(reported):
    assert [each for each in reported if each[0] != MISTAKES.name] == []


def test_what_is_wrong_is_reported(reported):
    marked = [n for n, line in enumerate(MISTAKES.read_text().splitlines(), 1) if "# error" in line]
    found = {line: text for name, line, text in reported if name == MISTAKES.name}
    assert sorted(found) == marked, found


def test_what_is_exported_has_types(tmp_path):
    said = run(
        "pyright",
        "--verifytypes",
        "torchscope",
        "--ignoreexternal",
        "--outputjson",
        where=tmp_path,
    )
    complete = json.loads(said)["typeCompleteness"]
    unknown = [
        each["name"]
        for each in complete["symbols"]
        if each["isExported"] and not each["isTypeKnown"]
    ]
    assert Path(complete["packageRootDirectory"]) == ROOT / "torchscope"
    assert complete["completenessScore"] >= 0.98, unknown
