"""Environments in which no extra is installed, or not all: what runs there, and what is said."""

import importlib.metadata
import os
import re
import subprocess
from pathlib import Path

import pytest
from bare import environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def of_extra(extra):
    """What an extra of torchscope names itself."""
    requirements = map(Requirement, importlib.metadata.requires("torchscope"))
    return [
        each.name
        for each in requirements
        if each.name != "torchscope"
        and each.marker is not None
        and each.marker.evaluate({"extra": extra})
        and not each.marker.evaluate({"extra": ""})
    ]


def with_torchscope(folder, *names):
    """An environment of its own that has these packages and what they need, and torchscope."""
    python, packages = environment(folder, *names)
    (packages / "torchscope").symlink_to(ROOT / "torchscope")
    return python


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return with_torchscope(tmp_path_factory.mktemp("bare") / "venv")


@pytest.fixture(scope="module")
def with_checkpoint(tmp_path_factory):
    names = of_extra("checkpoint")
    assert "protobuf" in names
    return with_torchscope(tmp_path_factory.mktemp("checkpoint") / "venv", *names)


def run(python, *arguments):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [python, *arguments], capture_output=True, text=True, check=False, env=clean, cwd="/"
    )


def command(*arguments):
    """What pip makes of the entry point."""
    target = re.search(r'torchscope-ckpt = "(.*):(.*)"', (ROOT / "pyproject.toml").read_text())
    module, function = target.groups()
    return "-c", f"from {module} import {function}; {function}()", *arguments


NET = """
import torch, torchscope as ts, torchscope.tf1 as tf
net = ts.ScopedModule(lambda x: x * ts.get_variable("w", [2]))
print(list(net(torch.ones(2)).shape), sorted(net.state_dict()))
tf.train.get_or_create_global_step()
"""


def test_the_core_runs_with_torch_and_einops_alone(bare):
    result = run(bare, "-c", NET)
    assert result.stdout == "[2] ['w']\n", result.stderr


CHECKPOINTS = """
for code in (
    "import torchscope.checkpoint",
    "from torchscope.checkpoint import Saver",
    "import torchscope.tf1 as tf; tf.train.Saver",
    "import torchscope as ts; ts.slim.assign_from_checkpoint('m', [])",
):
    try:
        exec(code)
    except ImportError as error:
        print(error)
"""


def test_without_the_extra_it_is_said_what_to_install(bare):
    result = run(bare, "-c", CHECKPOINTS)
    said = result.stdout.splitlines()
    assert len(said) == 4, result.stderr
    for line in said:
        assert re.fullmatch(
            r"[\w.]+ needs the extra 'checkpoint', of which \w+ is missing: "
            r"pip install 'torchscope\[checkpoint\]'",
            line,
        )


SCRIPTS = """
import torchscope.tf1 as tf
for name in ("flags", "app"):
    try:
        getattr(tf, name)
    except ImportError as error:
        print(error)
net = __import__("torchscope").ScopedModule(lambda: tf.placeholder(tf.float32, [2], "x") * 2)
import torch
print(net(feeds={"x": torch.ones(2)}).tolist())
"""


def test_without_the_extra_scripts_have_no_flags_and_are_told_so(bare):
    result = run(bare, "-c", SCRIPTS)
    assert result.stdout.splitlines() == [
        "tf.flags needs the extra 'scripts', of which absl is missing: pip install 'torchscope[scripts]'",
    ] * 2 + ["[2.0, 2.0]"], result.stderr


SUMMARIES = """
import torch, torchscope as ts, torchscope.tf1 as tf
def model(x):
    tf.summary.image("x", x)
    tf.summary.text("said", "hello")
    return tf.summary.merge_all()
merged = ts.ScopedModule(model)(torch.ones(1, 2, 2, 1))
print(merged.name)
for call in (
    merged.eval,
    lambda: tf.Summary,
    lambda: tf.summary.FileWriter("logs"),
    lambda: tf.train.summary_iterator("logs"),
):
    try:
        call()
    except ImportError as error:
        print(error)
"""


def test_without_the_extra_summaries_are_noted_and_not_written(bare):
    result = run(bare, "-c", SUMMARIES)
    first, *said = result.stdout.splitlines()
    assert first == "Merge/MergeSummary" and len(said) == 4, result.stderr
    for line in said:
        assert re.fullmatch(
            r"tf\.[\w.]+ needs the extra 'tensorboard', of which tensorboard is missing: "
            r"pip install 'torchscope\[tensorboard\]'",
            line,
        )


def test_without_the_extra_the_command_says_what_to_install_in_a_line(bare):
    result = run(bare, *command("ls", "m"))
    assert result.returncode == 1
    # Before it, torch itself warns that there is no numpy.
    said = result.stderr.splitlines()[-1]
    assert said == "error: rich is not installed: pip install 'torchscope[cli]'"
    assert "Traceback" not in result.stderr


PORT = """
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
(folder / "old_three.py").write_text(
    "import tensorflow as tf\\nx = tf.ones([2])\\nx += 1\\ndef save():\\n  return tf.train.Saver()\\n"
)
(folder / "old_two.py").write_text("import tensorflow as tf\\nprint 'a'\\n")
from torchscope.port import importing
with importing(folder):
    import old_three
    print(old_three.x.tolist())
    try:
        import old_two
    except ImportError as error:
        print(error)
"""


def test_without_the_extra_source_is_rewritten_but_not_python_2(bare, tmp_path):
    first, second = run(bare, "-c", PORT, str(tmp_path)).stdout.splitlines()
    assert first == "[2.0, 2.0]"
    assert second.endswith("fissix makes Python 3 of it: pip install 'torchscope[port]'.")
    assert "old_two.py, line 2, is no Python 3" in second
    result = run(bare, "-m", "torchscope.port", str(tmp_path))
    assert result.stderr.splitlines()[-1] == (
        "error: rich is not installed: pip install 'torchscope[port]'"
    )


SAVED = """
import sys, torch
from torchscope.checkpoint import load_checkpoint, save_checkpoint
save_checkpoint({"w": torch.ones(2)}, sys.argv[1])
print(load_checkpoint(sys.argv[1])["w"].tolist())
"""


def test_with_the_extra_checkpoints_are_written_and_read(with_checkpoint, tmp_path):
    assert run(with_checkpoint, "-c", SAVED, f"{tmp_path}/m").stdout == "[1.0, 1.0]\n"
    result = run(with_checkpoint, *command("ls", f"{tmp_path}/m"))
    assert result.stderr == "error: rich is not installed: pip install 'torchscope[cli]'\n"
