"""Names that would move a terminal's cursor or forge a line: escaped in whatever is said of them."""

import copy
import pickle
import shutil
import warnings

import pytest
import torch

import torchscope as ts
from checkpoint.tensorflow_files import tf_writes
from torchscope.checkpoint import (
    CheckpointError,
    diff,
    init_from_checkpoint,
    latest_checkpoint,
    load_checkpoint,
    restore,
    restore_module,
    to_npz,
    to_safetensors,
)

EVIL = "net/\x1b[2Jw\r\n  net/fine has another shape, first made at rm -rf\u202e\x07"
ESCAPED = r"net/\x1b[2Jw\r\n  net/fine has another shape, first made at rm -rf\u202e\x07"


@pytest.fixture
def evil(tmp_path):
    """A checkpoint with an evil name, in a folder of one."""
    folder = tmp_path / "\x1b[31mrun"
    folder.mkdir()
    tf_writes(folder / "m", {EVIL: torch.ones(3), "other": torch.ones(2)})
    return folder / "m"


def asked(name):
    net = ts.ScopedModule(lambda x: x * ts.get_variable("net/wanted", [3]))
    ts.build(net, torch.ones(3))
    return net


def damaged(path):
    (data,) = path.parent.glob("m.data-*")
    data.write_bytes(bytes(20))
    load_checkpoint(path)[EVIL]


def renamed_alike(path):
    restore(asked("w"), path, rename=lambda _: "net/wanted")


def of_another_shape(path):
    restore(asked("w"), {EVIL: torch.ones(2)}, rename=lambda name: "net/wanted")


def mapped(path):
    asked("w")
    ts.get_variable("net/wanted", [3])
    init_from_checkpoint(str(path), {"net/w\x1b": "net/wanted"})


def in_a_moved_folder(path):
    (path.parent / "checkpoint").write_text('model_checkpoint_path: "../nowhere"')
    load_checkpoint(path.parent)


CASES = {
    "missing": lambda path: restore(asked("w"), path),
    "of another shape": of_another_shape,
    "renamed alike": renamed_alike,
    "a module": lambda path: restore_module(torch.nn.Linear(2, 3), path, {"": "net"}),
    "an assignment map": mapped,
    "damaged": damaged,
    "an unknown one": lambda path: load_checkpoint(path)["net/\x1b[2Jv"],
    "read into another": lambda path: load_checkpoint(path).read_into(EVIL, torch.ones(4)),
    "no such folder": lambda path: load_checkpoint(path.parent / "nothing" / "m"),
    "a state file": in_a_moved_folder,
    "written": lambda path: to_npz({EVIL: torch.ones(1, dtype=torch.bfloat16)}, f"{path}.npz"),
    "a name that is kept": lambda path: to_npz({EVIL + "\0": torch.ones(1)}, f"{path}.npz"),
    "a folder in its place": lambda path: to_safetensors({EVIL: torch.ones(1)}, path.parent),
}


def assert_harmless(text):
    assert all(line.isprintable() for line in text.split("\n")), text
    assert not any(line.strip().startswith("net/fine") for line in text.split("\n")), text


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_error_says_names_escaped(evil, case):
    with pytest.raises((ValueError, KeyError)) as raised:
        case(evil)
    assert_harmless(str(raised.value))
    assert r"\x1b" in str(raised.value)
    if isinstance(raised.value, CheckpointError):
        again = copy.copy(pickle.loads(pickle.dumps(raised.value)))
        assert (str(again), again.file) == (str(raised.value), raised.value.file)


def test_what_has_names_shows_them_escaped(evil):
    result = restore(asked("w"), evil, strict=False)
    for shown in (load_checkpoint(evil), result, diff(str(evil), {EVIL: torch.ones(2)})):
        assert_harmless(repr(shown))
    assert ESCAPED in repr(result)


def test_a_warning_says_names_escaped(evil):
    state = evil.parent / "checkpoint"
    state.write_text(r'model_checkpoint_path: "m\033[31m"')
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert latest_checkpoint(evil.parent) is None
    assert_harmless(str(caught[0].message))
    shutil.rmtree(evil.parent)


def test_what_is_harmless_is_said_as_it_is():
    assert (
        str(CheckpointError("é → 漢字 \U0001f600", "ä/b", 3)) == "é → 漢字 \U0001f600 (ä/b, byte 3)"
    )
    error = CheckpointError("first", "f", lines=["  second\x00", "third"])
    assert str(error) == "first\n  second\\x00\nthird (f)"
