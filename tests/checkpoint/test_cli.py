"""The command line, as people call it: what it prints, and with which status it ends."""

import io
import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

import torchscope
from checkpoint.tensorflow_files import tf_writes
from torchscope.checkpoint.inspecting.cli import _bar, app

TENSORS = {
    "net/fc/kernel": torch.arange(6.0).reshape(2, 3),
    "net/fc/bias": torch.zeros(3, dtype=torch.bfloat16),
    "net/layer_10/w": torch.tensor([1.0, float("nan"), float("inf")]),
    "net/layer_2/w": torch.ones(2),
    "global_step": torch.tensor(7),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("written") / "model.ckpt"
    tf_writes(prefix, TENSORS)
    return str(prefix)


@pytest.fixture
def other(tmp_path):
    """The same with another name, another shape, another dtype and another value."""
    tensors = dict(TENSORS)
    tensors["net/fc/weights"] = tensors.pop("net/fc/kernel")
    tensors["net/fc/bias"] = torch.zeros(3)
    tensors["net/layer_2/w"] = torch.ones(3)
    tensors["global_step"] = torch.tensor(9)
    tf_writes(tmp_path / "other.ckpt", tensors)
    return str(tmp_path / "other.ckpt")


def run(*arguments, status=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == status, result.output
    return result


def told(*arguments, status=1):
    """The one line that a failing command says on stderr."""
    result = run(*arguments, status=status)
    line = result.stderr
    assert line.startswith("error: ")
    assert line.count("\n") == 1
    assert "Traceback" not in result.output
    return line


# ls and stat


def test_ls_draws_the_scopes_with_shapes_dtypes_sizes_and_totals(written):
    lines = run("ls", written).stdout.splitlines()
    names = [
        "global_step",
        "net/",
        "├─ fc/",
        "│  ├─ bias",
        "│  └─ kernel",
        "├─ layer_2/",
        "│  └─ w",
        "└─ layer_10/",
        "   └─ w",
        "5 variables, 15 values, 58 B (V2)",
    ]
    assert [line[: len(name)] for line, name in zip(lines, names, strict=True)] == names
    assert lines[4].split()[-5:] == ["(2,", "3)", "float32", "24", "B"]
    assert lines[2].split()[-4:] == ["2", "variables", "30", "B"]


def test_ls_lists_only_what_the_pattern_finds(written):
    assert "2 variables" in run("ls", written, r"layer_\d+/").stdout
    assert "is found in no name" in told("ls", written, "nothing")
    assert "no regular expression" in told("ls", written, "(")


def test_ls_as_json_is_read_by_machines(written):
    data = json.loads(run("ls", written, "fc", "--json").stdout)
    assert data["format"] == "V2"
    assert data["elements"] == 9
    assert data["variables"] == [
        {"name": "net/fc/bias", "shape": [3], "dtype": "bfloat16", "nbytes": 6},
        {"name": "net/fc/kernel", "shape": [2, 3], "dtype": "float32", "nbytes": 24},
    ]


def test_stat_measures_each_variable(written):
    head, *lines = run("stat", written).stdout.splitlines()
    assert head.split() == ["name", "count", "min", "max", "mean", "std", "NaN", "inf"]
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    assert rows["net/fc/kernel"] == ["6", "0", "5", "2.5", "1.70783", "0", "0"]
    assert rows["net/layer_10/w"] == ["3", "1", "1", "1", "0", "1", "1"]
    data = json.loads(run("stat", written, "step", "--json").stdout)
    assert data["global_step"]["max"] == 7


# diff


def test_diff_of_equal_ones_exits_with_0(written):
    assert run("diff", written, written).stdout == "5 variables equal.\n"


def test_diff_names_every_difference_and_exits_with_1(written, other):
    text = run("diff", written, other, status=1).stdout
    assert "only in A: 1\n  net/fc/kernel  (2, 3)  float32  likely net/fc/weights\n" in text
    assert "only in B: 1\n  net/fc/weights  (2, 3)  float32\n" in text
    assert "net/layer_2/w  (2,) in A, (3,) in B" in text
    assert "net/fc/bias  bfloat16 in A, float32 in B" in text
    assert "global_step  1 of 1  max abs 2  max rel 0.222222" in text
    assert "1 variable equal." in text


def test_diff_without_values_finds_only_what_can_be_seen_from_outside(written, other):
    text = run("diff", written, other, "--no-values", status=1).stdout
    assert "other values" not in text
    data = json.loads(run("diff", written, other, "--json", status=1).stdout)
    assert data["same"] is False
    assert list(data["only_a"]) == ["net/fc/kernel"]


def test_diff_within_a_tolerance_exits_with_0(tmp_path):
    tf_writes(tmp_path / "a", {"w": torch.tensor([1.0, 100.0])})
    tf_writes(tmp_path / "b", {"w": torch.tensor([1.0, 100.5])})
    assert "1 of 2" in run("diff", tmp_path / "a", tmp_path / "b", status=1).stdout
    for option in ("--rtol=0.01", "--atol=0.5"):
        text = run("diff", tmp_path / "a", tmp_path / "b", option).stdout
        assert text == "1 variable equal.\n"
    run("diff", tmp_path / "a", tmp_path / "b", "--atol=-1", status=2)


def test_diff_and_report_rename_and_choose(written, tmp_path):
    tf_writes(tmp_path / "old", {"old/layer_2/w": TENSORS["net/layer_2/w"]})
    options = ["--rename", "^old/=net/", "--only", "net/layer_2"]
    assert run("diff", written, tmp_path / "old", *options).stdout == "1 variable equal.\n"
    page = tmp_path / "page.html"
    run("report", written, tmp_path / "old", "-o", page, *options)
    assert "net/layer_2/w" in page.read_text()
    assert "old/layer_2" not in page.read_text()
    assert "net/fc" not in page.read_text()
    said = told("diff", written, written, "--rename", "old", status=2)
    assert "--rename takes REGEX=NEW" in said
    assert "no regular expression" in told("diff", written, written, "--only", "(", status=2)
    assert "no regular expression" in told("report", written, written, "--rename", "(=a")
    assert "invalid group" in told("diff", written, written, "--rename", r"a=\9", status=2)


def test_diff_in_trouble_exits_with_2(written, tmp_path):
    assert "nothing.ckpt" in told("diff", written, tmp_path / "nothing.ckpt", status=2)


NETS = """
import torch, torchscope as ts

def model(x):
    with ts.variable_scope("net/fc"):
        return x @ ts.get_variable("kernel", [x.shape[-1], 3])

def plain():
    return torch.nn.Linear(2, 3)

def unbuilt():
    return ts.ScopedModule(model)

def built():
    return ts.ScopedModule(model), torch.zeros(1, 2)

def by_name():
    return ts.ScopedModule(model), {"x": torch.zeros(1, 2)}

def number():
    return 3

def broken():
    raise RuntimeError("no such\\nluck")
"""


@pytest.fixture
def nets(tmp_path, monkeypatch):
    (tmp_path / "nets_of_a_user.py").write_text(NETS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield "nets_of_a_user"
    sys.modules.pop("nets_of_a_user", None)


def test_a_side_may_be_in_another_format(written, tmp_path):
    held = {name: tensor.clone() for name, tensor in TENSORS.items()}
    save_file(held, tmp_path / "same.safetensors")
    assert run("diff", written, tmp_path / "same.safetensors").stdout == "5 variables equal.\n"
    held.pop("global_step")
    save_file(held, tmp_path / "less.safetensors")
    assert "only in A: 1" in run("diff", written, tmp_path / "less.safetensors", status=1).stdout


@pytest.mark.parametrize("function", ["built", "by_name"])
def test_a_side_may_be_a_net_that_a_function_builds(nets, written, function):
    text = run("diff", f"{nets}:{function}", written, "--no-values", status=1).stdout
    assert "only in A" not in text
    assert "1 variable of one shape and dtype." in text


def test_a_plain_module_is_compared_by_its_keys(nets, written):
    text = run("diff", f"{nets}:plain", written, "--no-values", status=1).stdout
    assert "weight  (3, 2)  float32  likely net/fc/kernel, its dimensions in another order" in text


def test_what_is_wrong_with_a_function_is_said_in_a_line(nets, written):
    for function, said in {
        "unbuilt": "return (net, example_inputs)",
        "number": "it returned 3",
        "broken": "fails with RuntimeError: no such luck",
        "missing": "has no attribute 'missing'",
    }.items():
        assert said in told("diff", f"{nets}:{function}", written, status=2)
    assert "No module named 'no_such_module'" in told("diff", "no_such_module:f", written, status=2)


# convert, verify, report


def test_a_checkpoint_is_converted_there_and_back_by_the_endings(written, tmp_path):
    for ending in ("safetensors", "pt", "pth", "bin"):
        there, back = tmp_path / f"m.{ending}", tmp_path / f"back_from_{ending}.ckpt"
        assert run("convert", written, there).stdout == f"{there} is written.\n"
        run("convert", there, back)
        assert run("diff", written, back).stdout == "5 variables equal.\n"
        assert run("diff", written, there).stdout == "5 variables equal.\n"
        assert "5 variables, 15 values, 58 B" in run("ls", there).stdout
        assert run("stat", there).stdout == run("stat", written).stdout
        assert "5 variables, 58 B" in run("verify", there).stdout
    # NumPy has no bfloat16.
    assert "net/fc/bias (bfloat16)" in told("convert", written, tmp_path / "m.npz")
    assert "nowhere" in told("convert", tmp_path / "nowhere", tmp_path / "n.pt")


def test_convert_replaces_nothing_unless_it_is_told_to(written, tmp_path):
    for name in ("m.safetensors", "m.ckpt"):
        path = tmp_path / name
        run("convert", written, path)
        before = {file: file.read_bytes() for file in tmp_path.iterdir()}
        run("convert", written, tmp_path / "other", "--force")
        assert "is there already" in told("convert", tmp_path / "other", path)
        assert {file: file.read_bytes() for file in before} == before
        run("convert", tmp_path / "other", path, "--force")


@pytest.mark.parametrize(
    "target", ["out.h5", "out.pb", "out.npy", "m.index", ".", "", "sub", "sub/"]
)
def test_convert_to_what_is_no_format_is_refused(written, tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    said = told("convert", written, target)
    assert ("ending '." in said and ".safetensors" in said) or "model.ckpt" in said
    assert [path.name for path in tmp_path.rglob("*")] == ["sub"]


@pytest.mark.parametrize("target", ["m", "m.ckpt", "m.ckpt-7", "v1.5-7", "m-7"])
def test_convert_to_what_tensorflow_calls_its_checkpoints_writes_one(written, tmp_path, target):
    run("convert", written, tmp_path / target)
    assert run("diff", written, tmp_path / target).stdout == "5 variables equal.\n"


def test_convert_leaves_out_what_optimizers_keep_if_it_is_told_to(tmp_path):
    slots = {"net/w/Adam": torch.ones(2), "net/w/Adam_1": torch.ones(2)}
    slots["beta1_power"] = torch.tensor(0.9)
    tf_writes(tmp_path / "m", {"net/w": torch.zeros(2), "step": torch.tensor(1), **slots})
    text = run("convert", tmp_path / "m", tmp_path / "m.npz", "--drop-slots").stdout
    assert text.endswith("m.npz is written, without 3 variables of optimizers.\n")
    assert "2 variables, 3 values" in run("ls", tmp_path / "m.npz").stdout


def test_verify_of_a_good_one_says_so(written):
    assert "nothing is wrong" in run("verify", written).stdout


def test_verify_lists_every_bad_one_and_exits_with_1(tmp_path):
    tf_writes(tmp_path / "bad", {name: TENSORS[name] for name in ("global_step", "net/fc/kernel")})
    (data,) = tmp_path.glob("bad.data-*")
    broken = bytearray(data.read_bytes())
    broken[-1] ^= 1
    data.write_bytes(broken)
    result = run("verify", tmp_path / "bad", status=1)
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["net/fc/kernel"]
    assert result.stderr == "error: 1 of 2 variables cannot be trusted.\n"


def test_report_writes_a_page(nets, written):
    text = run("report", f"{nets}:built", written, "-o", "page.html").stdout
    assert text == "page.html is written: open it in a browser.\n"
    assert "net/fc/kernel" in Path("page.html").read_text(encoding="utf-8")
    assert "no/such/folder" in told("report", written, written, "-o", "no/such/folder/page.html")
    os.mkfifo("pipe")
    assert "it is a pipe" in told("report", written, written, "-o", "pipe")


def test_report_tells_of_a_graph_beside_the_checkpoint(nets, tmp_path):
    tf_writes(tmp_path / "m.ckpt", TENSORS)
    (tmp_path / "m.ckpt.meta").touch()
    last = run("report", f"{nets}:built", tmp_path / "m.ckpt").stdout.splitlines()[-1]
    assert f"torchscope-ckpt graph {tmp_path}/m.ckpt.meta tells of it." in last


# In general


def test_it_tells_its_version():
    assert run("--version").stdout == f"torchscope {torchscope.__version__}\n"


def test_no_command_waits_for_a_pipe(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    endings = ["", ".index", ".pb", ".npy", ".npz", ".pkl", ".safetensors", ".pt"]
    for name in ("checkpoint", *(f"m{ending}" for ending in endings)):
        os.mkfifo(name)
    (tmp_path / "data").mkdir()
    tf_writes(tmp_path / "data" / "m", {"w": torch.ones(3)})
    (data,) = (tmp_path / "data").glob("m.data-*")
    data.unlink()
    os.mkfifo(data)
    for path in (".", "checkpoint", *(f"m{ending}" for ending in endings)):
        for command in ("ls", "stat", "verify"):
            told(command, path)
        told("diff", written, path, status=2)
        told("convert", path, "out")
        if path.startswith("m"):
            told("convert", written, path, "--force")
    told("stat", "data/m")
    assert "1 of 1 variable cannot" in run("verify", "data/m", status=1).stderr


@pytest.mark.parametrize("command", ["ls", "stat", "verify"])
def test_a_path_that_leads_nowhere_is_one_clear_line(tmp_path, command):
    assert "nowhere" in told(command, tmp_path / "nowhere")


def test_a_wrong_call_exits_with_2():
    assert "Missing argument" in run("ls", status=2).stderr
    assert "No such command" in run("nothing", status=2).stderr


def test_a_name_cannot_move_the_terminals_cursor(tmp_path):
    tf_writes(tmp_path / "m", {"a\x1b[31mred\n": torch.zeros(1)})
    text = run("ls", tmp_path / "m").stdout
    assert "\x1b" not in text
    assert "a\\x1b[31mred\\n" in text


def test_names_that_nest_without_end_are_listed(tmp_path):
    tf_writes(tmp_path / "deep", {"/".join("d" * 20000): torch.zeros(1)})
    assert "1 variable, 1 values, 4 B" in run("ls", tmp_path / "deep").stdout


def in_a_terminal(*command):
    """What a command prints when it speaks to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert process.wait() == 0
    return said.decode()


def test_a_pipe_gets_no_colours_and_a_terminal_gets_them(written):
    command = [sys.executable, "-m", "torchscope.checkpoint", "ls", written]
    piped = subprocess.run(command, capture_output=True, text=True, check=True)
    assert piped.stderr == ""
    assert "\x1b" not in piped.stdout
    assert piped.stdout == run("ls", written).stdout
    assert "\x1b[" in in_a_terminal("env", "-u", "NO_COLOR", "TERM=xterm", *command)


def test_a_bar_is_shown_on_a_terminal_after_a_second(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert list(_bar(["a", "b"])) == ["a", "b"]
    assert terminal.getvalue().strip() == ""
    for _ in _bar(["a", "b", "c"]):
        time.sleep(0.6)
    assert "variables" in terminal.getvalue()
