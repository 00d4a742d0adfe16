"""The face of the package: what it names, what `dir` and a star give, and what is written down of it."""

import builtins
import subprocess
import sys
from pathlib import Path

import pytest

import torchscope
from tests.public.written_down import FILE, modules

PACKAGE = Path(torchscope.__file__).parent
ROOT = Path(__file__).parents[2]
# What TF1 has at these places and an extra brings, or leads back: a star leaves it out.
LATER = {
    "torchscope.tf1": {
        *("app", "flags", "test"),
        *("Event", "HistogramProto", "SessionLog", "Summary", "SummaryMetadata"),
    },
    "torchscope.tf1.compat": {"v1"},
    "torchscope.tf1.contrib.framework": {
        *("init_from_checkpoint", "list_variables", "load_checkpoint", "load_variable"),
    },
    "torchscope.tf1.contrib.training": {"checkpoints_iterator", "wait_for_new_checkpoint"},
    "torchscope.tf1.summary": {
        *("Event", "SessionLog", "Summary", "SummaryDescription", "TaggedRunMetadata"),
    },
    "torchscope.tf1.train": {
        *("NewCheckpointReader", "Saver", "checkpoint_exists", "checkpoints_iterator"),
        *("generate_checkpoint_state_proto", "get_checkpoint_mtimes", "get_checkpoint_state"),
        *("init_from_checkpoint", "latest_checkpoint", "list_variables", "load_checkpoint"),
        *("load_variable", "remove_checkpoint", "update_checkpoint_state"),
    },
}


@pytest.mark.parametrize("path", modules())
def test_a_public_module_names_what_it_has_and_nothing_private(path):
    module = modules()[path]
    names = list(module.__all__)
    assert len(names) == len(set(names))
    assert not [name for name in names if name.startswith("_")]
    assert set(dir(module)) - set(names) == LATER.get(path, set())
    assert [name for name in dir(module) if not hasattr(module, name)] == []


def printed(code):
    run = [sys.executable, "-c", code]
    ran = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()


def test_a_star_shadows_no_builtin_and_brings_no_private_name():
    there: dict[str, object] = {}
    exec("from torchscope import *", there)
    del there["__builtins__"]
    assert sorted(there) == dir(torchscope)
    assert [name for name in there if hasattr(builtins, name)] == []


def test_a_star_of_tf1s_names_needs_no_extra():
    come = "from torchscope.tf1 import *; sys.stdout.write(' '.join({*sys.modules} - before))"
    (said,) = printed(f"import sys, torch; before = {{*sys.modules}}; {come}")
    assert "torchscope.tf1.train" in said.split()
    assert {"absl", "crc32c", "tensorboard"}.isdisjoint(said.split())


def test_the_public_names_are_those_that_are_written_down():
    said = FILE.read_text().splitlines()
    # In a process of its own: PyTorch gives a class a `step` when its first optimizer is made.
    lines = printed("from tests.public.written_down import lines; print(*lines(), sep='\\n')")
    added, gone = sorted({*lines} - {*said}), sorted({*said} - {*lines})
    assert (added, gone) == ([], []), "on purpose? then: python -m tests.public.written_down"
    assert said == sorted(said)


def test_the_package_is_a_dozen_rooms_and_a_core():
    entries = {
        path.name
        for path in PACKAGE.iterdir()
        if path.name not in {"__init__.py", "py.typed", "__pycache__"}
    }
    assert len(entries) <= 15
    assert {name for name in entries if name.startswith("_")} == {"_core"}
