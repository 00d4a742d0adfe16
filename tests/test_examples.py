"""The examples run, and print what they say."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name, *arguments):
    result = subprocess.run(
        [sys.executable, EXAMPLES / name, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_each_snippet_of_the_article_prints_what_its_comment_says():
    source = (EXAMPLES / "article.py").read_text()
    expected = re.findall(r"print\(.*\)  # (.+)", source)
    printed = [line for line in run("article.py").splitlines() if not line.startswith("-- ")]
    names = "['model/conv1/weights:0', 'model/conv1/biases:0', 'model/conv2/weights:0', 'model/conv2/biases:0']"
    report = [names, "True", "True"]
    at = expected.index("Variable weights already exists, disallowed.") + 1
    # The comment of the shared report stands once in the source, and is printed twice.
    expected.remove("True")
    assert printed == [*expected[:at], *report, *report, *expected[at:]]


def test_the_article_changes_one_line_of_tf1_code():
    source = (EXAMPLES / "article.py").read_text()
    assert re.findall(r"^(?:import|from) .*", source, flags=re.MULTILINE) == [
        "from __future__ import annotations",
        "import torchscope.tf1 as tf",
    ]


def test_the_siamese_example_trains_saves_and_draws(tmp_path):
    picture = tmp_path / "digits.png"
    output = run("siamese_digits.py", "--steps", 5, "--device", "cpu", "--picture", picture)
    assert "trainable_variables" in output
    assert "model/conv1/weights" in output
    assert picture.read_bytes()[:4] == b"\x89PNG"
