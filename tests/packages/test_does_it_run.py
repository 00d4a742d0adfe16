"""docs/does_it_run.md: its report is what the command prints, and its shares are those of the packages at hand."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch

import torchscope as ts
from packages.symbols import PACKAGES, PAGE, Symbols, row_of, survey, symbols_in, with_table
from torchscope.port import rewrite

# The packages are beside the environment of constraints.txt alone.
pytestmark = pytest.mark.tensorflow


@pytest.fixture
def example():
    return re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]


def test_the_report_is_what_is_printed(tmp_path, example):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "model.py").write_text(example)
    done = subprocess.run(
        [Path(sys.executable).with_name("torchscope-port"), "old"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    printed = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
    assert printed == re.search(r"```text\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]


def test_the_model_of_the_example_runs_where_its_session_does_not(example):
    module = {"__name__": "model"}
    exec(rewrite(example).text, module)
    net = ts.ScopedModule(module["model"])
    assert net(torch.ones(2, 3)).shape == (2, 10)
    assert list(net.registry.variables) == ["model/weights"]
    with pytest.raises(AttributeError, match=r"torch\.utils\.data\.DataLoader"):
        module["main"]()


def test_the_tables_are_those_that_are_computed():
    text = PAGE.read_text()
    assert with_table(text, "survey", survey()) == text
    assert with_table(text, "packages", [row_of(folder) for folder in PACKAGES]) == text


@pytest.mark.parametrize(
    ("text", "answered", "missing"),
    [
        ("import tensorflow.contrib.slim as slim\nslim.conv2d\nslim.gone", "conv2d", "gone"),
        ("from tensorflow.contrib.slim import conv2d, gone\nconv2d, gone()", "conv2d", "gone"),
        (
            "import tensorflow as tf\ntf.contrib.slim.conv2d.x.y\ntf.contrib.slim.gone.x",
            "conv2d",
            "gone.x",
        ),
    ],
)
def test_a_symbol_is_told_whatever_it_was_imported_as(text, answered, missing):
    of_slim = "tf.contrib.slim"
    assert symbols_in(text) == ({f"{of_slim}.{answered}"}, {f"{of_slim}.{missing}"})


def test_a_file_without_tensorflow_has_none():
    assert symbols_in("x = 'tensorflow'") is None
    assert symbols_in("(*a, 1 is broken") is None


def test_shares_are_of_symbols_and_of_uses():
    found = Symbols(Counter({"a": 5, "b": 1}), Counter({"c": 2}), 5)
    assert (found.share(), found.share_of_uses()) == (2 / 3, 6 / 8)
