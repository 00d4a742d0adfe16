"""examples/codemod.md, from start to finish: each file is written, each command run, each output compared."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from packages.both import imports, quiet, tensorflow1
from tests.tensorflow1 import tf

GUIDE = (Path(__file__).parents[2] / "examples" / "codemod.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def trained_by_tensorflow(folder):
    """Leaves the old checkpoint, and gives what the net computes with it."""
    images = torch.linspace(0, 1, 128).reshape(2, 8, 8, 1).numpy()
    with imports(folder), tensorflow1(), quiet(), tf.Graph().as_default(), tf.Session() as session:
        module = importlib.import_module("mnist")
        logits = module.net(tf.constant(images), is_training=False)
        session.run(tf.global_variables_initializer())
        for number, variable in enumerate(tf.global_variables()):
            value = np.random.default_rng(number).uniform(0.5, 1.0, variable.shape)
            variable.load(value.astype(np.float32), session)
        (folder / "old").mkdir()
        tf.train.Saver().save(session, str(folder / "old" / "model.ckpt"))
        del sys.modules["mnist"]
        return session.run(logits)


def run(command, folder):
    """What a command of the guide prints; its status is 1 where there is something to decide."""
    bin_folder = str(Path(sys.executable).parent)
    environment = os.environ | {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
    }
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    allowed = {1} if command.startswith("torchscope-port") else {0}
    assert done.returncode in allowed, done.stderr
    return done.stdout


def test_the_guide_is_true(tmp_path):
    printed, expected = "", None
    for kind, text in BLOCKS:
        if kind == "python":
            name, _, rest = text.removeprefix("# ").partition("\n")
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(rest)
            if name == "mnist.py":
                expected = trained_by_tensorflow(tmp_path)
        elif kind == "sh" and not text.startswith("pip"):
            printed = run(text.strip(), tmp_path)
            if text.startswith("python check.py"):
                numbers = [float(each) for each in re.findall(r"-?\d+\.\d+(?:e[+-]\d+)?", printed)]
                np.testing.assert_allclose(numbers, expected[0, :3], rtol=1e-4)
        elif kind in {"diff", "text"}:
            assert text.strip() in printed
    assert (tmp_path / "report.html").is_file()
    assert (tmp_path / "ported" / "model.ckpt.index").is_file()
