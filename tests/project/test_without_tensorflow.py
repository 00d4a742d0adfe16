"""`--without-tensorflow`: what needs TensorFlow is left out, told by what a file imports, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.needing_tensorflow import TESTS, needs

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
        ("from tests.tensorflow1 import tf", False),
        ("from tests.tensorflow1 import tf\nFLOATS = [tf.float32]", True),
        ("from tests import tensorflow1\nFLOATS = [tensorflow1.tf.float32]", True),
        ("from tests.tensorflow1 import evaluate\nZERO = evaluate(lambda tf: tf.zeros([]))", True),
        ("from tests.tensorflow1 import tf\nFLOATS = [lambda: tf.float32]", False),
        ("from tests.tensorflow1 import tf\ndef half(x=tf.float16):\n    pass", True),
        ("from packages import both", True),
        ("from tests.slim.kit import assert_alike", False),
        ("def late():\n    import tensorflow", False),
        ("import importlib\nslim = importlib.import_module('tf_slim.nets')", True),
        ("import torchscope.tf1 as tf", False),
        ("import tensorflow_like", False),
        ("from tests.goldens import GOLDENS", False),
        ("TEXT = 'import tensorflow'", False),
    ],
)
def test_a_file_needs_tensorflow_if_it_asks_for_it_when_it_is_imported(tmp_path, text, does):
    file = tmp_path / "test_file.py"
    file.write_text(THE_FILE.format(text))
    assert needs(file).at_once is does


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("def test_it():\n    tf.zeros([])", True),
        ("def test_it():\n    kit.assert_alike(len)", True),
        ("def test_it():\n    import tf_slim", True),
        ("def test_it():\n    from tests.tensorflow1 import tf as theirs", True),
        ("def test_it():\n    importlib.import_module(f'tf_slim.nets.{1}')", True),
        ("def asks():\n    tf.zeros([])\n\ndef test_it():\n    asks()", True),
        (
            "@pytest.fixture\ndef zeros():\n    return tf.zeros\n\ndef test_it(zeros):\n    pass",
            True,
        ),
        ("CASES = [lambda: tf.zeros]\n@parametrize(CASES)\ndef test_it(case):\n    pass", True),
        ("@parametrize([tf, ours])\ndef test_it(tf):\n    tf.zeros", True),
        ("class test_it:\n    def test_one(self):\n        tf.zeros", True),
        ("def model(tf):\n    return tf.zeros\n\ndef test_it():\n    model(ours)", False),
        ("def test_it():\n    run(lambda tf: tf.zeros)", False),
        ("def test_other():\n    tf.zeros\n\ndef test_it():\n    pass", False),
        ("def test_it():\n    assert_close(1, 2)", False),
    ],
)
def test_a_test_needs_tensorflow_if_it_uses_it_or_what_uses_it(tmp_path, text, does):
    file = tmp_path / "test_file.py"
    imports = "from tests.tensorflow1 import tf\nfrom tests.comparing import assert_close"
    file.write_text(f"{imports}\nfrom tests.slim import kit\n\n{text}\n")
    assert ("test_it" in needs(file).names) is does


@pytest.mark.tensorflow
@pytest.mark.parametrize("chosen", [[], ["-m", "not cuda"]])
def test_what_needs_it_is_left_out_and_nothing_else(chosen):
    left = collected(
        "tests/nn/test_padding.py", "tests/checkpoint/test_remedies.py", "tests/packages", *chosen
    )
    assert {Path(each.partition("::")[0]).name for each in left} == {
        "test_padding.py",
        "test_remedies.py",
    }
    names = [each.partition("::")[2] for each in left]
    assert "test_same_puts_the_odd_zero_after" in names
    assert "test_same_gives_tensorflows_output_size" not in names
    assert "test_what_is_advised_works[tensors_of_a_dtype_that_tensorflow_lacks]" in names
    assert "test_what_is_advised_works[a_graph_as_text]" not in names
