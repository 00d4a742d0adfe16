"""`--without-tensorflow`: what needs TensorFlow is left out, told by what a file imports, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from needing_tensorflow import TESTS, needs_tensorflow

THE_FILE = "{}\ndef test_it():\n    pass\n"


def collected(*arguments):
    """The tests that pytest would run."""
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "--without-tensorflow",
            "-q",
            *arguments,
        ],
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 5), ran.stdout + ran.stderr
    return [line for line in ran.stdout.splitlines() if "::" in line]


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("import tensorflow.compat.v1 as tf", True),
        ("from tf_slim import nets", True),
        ("from tensorflow1 import tf", True),
        ("from tests import tensorflow1", True),
        ("from slim.kit import alike", True),
        ("def late():\n    import tensorflow", True),
        ("import importlib\nslim = importlib.import_module('tf_slim.nets')", True),
        ("import torchscope.tf1 as tf", False),
        ("import tensorflow_like", False),
        ("from tests.goldens import GOLDENS", False),
        ("TEXT = 'import tensorflow'", False),
    ],
)
def test_a_file_needs_tensorflow_if_what_it_imports_does(tmp_path, text, does):
    file = tmp_path / "test_file.py"
    file.write_text(THE_FILE.format(text))
    assert needs_tensorflow(file) is does


@pytest.mark.tensorflow
@pytest.mark.parametrize("chosen", [[], ["-m", "not cuda"]])
def test_what_needs_it_is_left_out_and_nothing_else(chosen):
    left = collected("tests/nn", "tests/oracle", "tests/test_getters.py", *chosen)
    names = {Path(each.partition("::")[0]).name for each in left}
    assert names == {"test_batch_norm.py", "test_getters.py", "test_usage.py", "usage.py"}
