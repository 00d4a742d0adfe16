"""examples/resume.py: a training goes from TensorFlow to PyTorch and back, and nobody can tell from its losses."""

import os
import runpy
import subprocess
import sys

import numpy as np
import pytest
from oracle.train_for_resuming import EXAMPLE, example

from torchscope.checkpoint import latest_checkpoint, load_checkpoint

STEPS = 40
CLOSE = {"rtol": 1e-3, "atol": 1e-3}


@pytest.fixture(scope="module")
def resume():
    return example()


@pytest.mark.tensorflow
def test_the_losses_are_those_of_tensorflow_alone_there_and_back(resume, tmp_path):
    begun = latest_checkpoint(resume.BEGUN)
    folders = [tmp_path / name for name in ("alone", "ours", "back")]
    for folder in folders:
        folder.mkdir()
    path, alone = resume.in_tensorflow(begun, 2 * STEPS, folders[0])
    _, there, ours = resume.in_pytorch(begun, STEPS, folders[1])
    np.testing.assert_allclose(ours, alone[:STEPS], **CLOSE)
    _, back = resume.in_tensorflow(there, STEPS, folders[2])
    np.testing.assert_allclose(back, alone[STEPS:], **CLOSE)
    assert list(load_checkpoint(there)) == list(load_checkpoint(path))
    assert "train/conv1/weights/Adam_1" in load_checkpoint(there)
    assert "conv1/weights/ExponentialMovingAverage" in load_checkpoint(there)


@pytest.mark.tensorflow
def test_what_is_committed_is_what_tensorflow_gives(resume, tmp_path):
    """All but the last digits, which depend on the machine."""
    _, losses = resume.in_tensorflow(None, 20, tmp_path)
    committed = np.loadtxt(resume.BEGUN / resume.LOSSES)
    assert len(committed) == resume.STEPS
    np.testing.assert_allclose(losses, committed[:20], rtol=1e-4)


@pytest.mark.tensorflow
def test_the_example_draws_one_curve(tmp_path):
    picture = tmp_path / "resume.png"
    result = subprocess.run(
        [sys.executable, EXAMPLE, "--steps", "30", "--picture", picture],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0"},
    )
    assert result.returncode == 0, result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        *("TensorFlow", "Read", "TensorFlow", "PyTorch", "TensorFlow", "Picture:"),
    ]
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_the_example_does_its_part_where_tensorflow_is_missing(tmp_path):
    arguments = ["resume.py", "--steps", "3", "--picture", str(tmp_path / "resume.png")]
    program = (
        "import runpy, sys; sys.modules['tensorflow'] = None; "
        f"sys.argv = {arguments}; runpy.run_path({str(EXAMPLE)!r}, run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "TensorFlow, which would go on from" in result.stdout
    assert (tmp_path / "resume.png").exists()


def test_the_example_says_what_it_cannot_do(capsys):
    with pytest.raises(SystemExit, match="2"):
        runpy.run_path(str(EXAMPLE))["main"](["--steps", "0"])
    assert "--steps: 0 is less than 1" in capsys.readouterr().err
