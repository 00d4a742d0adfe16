"""The command torchscope-port, as it is typed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from torchscope.port.command import app

MODEL = """\
import tensorflow as tf

def model(x):
  return tf.reshape(x, [-1, x.get_shape()[1].value])
"""
PORTED = MODEL.replace("import tensorflow as tf", "import torchscope.tf1 as tf").replace(
    "x.get_shape()[1].value", "x.shape[1]"
)
SESSION = "import tensorflow as tf\nsess = tf.Session()\n"


def port(*arguments):
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "sub").mkdir(parents=True)
    (folder / "model.py").write_text(MODEL)
    (folder / "sub" / "plain.py").write_text("x = 1\n")
    (folder / "notes.txt").write_text("tensorflow")
    return folder


def files(folder):
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_report_alone_writes_nothing(source):
    before = files(source)
    done = port(source)
    assert done.exit_code == 0, done.stderr
    assert "2 files: 1 rewritten, 1 left as they are, 0 failed; 0 things to decide" in done.stdout
    assert "DimensionValues" in done.stdout
    assert files(source) == before


def test_a_folder_is_written_below_another(source, tmp_path):
    assert port(source, "-o", tmp_path / "out").exit_code == 0
    assert files(tmp_path / "out") == {"model.py": PORTED, "sub/plain.py": "x = 1\n"}
    again = port(tmp_path / "out", "-o", tmp_path / "twice")
    assert again.exit_code == 0
    assert files(tmp_path / "twice") == files(tmp_path / "out")


def test_in_place_keeps_what_was_there(source):
    assert port(source, "--in-place").exit_code == 0
    after = files(source)
    assert after["model.py"] == PORTED
    assert after["model.py.orig"] == MODEL
    assert "sub/plain.py.orig" not in after
    (source / "model.py").write_text(MODEL)
    refused = port(source, "--in-place")
    assert refused.exit_code == 2
    assert "model.py.orig is there already" in refused.stderr
    assert (source / "model.py").read_text() == MODEL


def test_a_diff_is_one_that_patch_takes(source, tmp_path):
    done = port(source, "--diff")
    assert done.exit_code == 0
    assert files(source)["model.py"] == MODEL
    subprocess.run(
        ["patch", "-p1"], input=done.stdout, text=True, check=True, cwd=source, capture_output=True
    )
    assert files(source)["model.py"] == PORTED


def test_what_is_left_to_decide_is_status_1_and_reported(source, tmp_path):
    (source / "train.py").write_text(SESSION)
    done = port(source, "--json", tmp_path / "report.json", "--html", tmp_path / "report.html")
    assert done.exit_code == 1
    assert f"{source / 'train.py'}  session\n      2  sess = tf.Session()" in done.stdout
    assert "ts.ScopedModule(build)" in done.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    (train,) = (each for each in report["files"] if each["name"] == "train.py")
    (note,) = train["to_decide"]
    assert (note["line"], note["code"], note["kind"]) == (2, "sess = tf.Session()", "session")
    page = (tmp_path / "report.html").read_text()
    assert "sess = tf.Session()" in page
    assert "+def" not in page
    assert "import torchscope.tf1 as tf" in page


def test_json_is_printed_alone(source):
    report = json.loads(port(source, "--json", "-").stdout)
    assert report["rules"] == {
        "DimensionValues": 1,
        "GetShape": 1,
        "Imports": 1,
    }


def test_a_file_that_fails_is_not_written_and_the_others_are(source, tmp_path):
    (source / "bad.py").write_text("import tensorflow as tf\nx = = 1\n")
    (source / "bytes.py").write_bytes(b"import tensorflow as tf\nx = '\xff'\n")
    done = port(source, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert f"{source / 'bad.py'}:2: invalid syntax: x = = 1" in done.stdout
    assert f"{source / 'bytes.py'}: it is no UTF-8" in done.stdout
    assert files(tmp_path / "out") == {"model.py": PORTED, "sub/plain.py": "x = 1\n"}


def test_an_encoding_that_is_named_is_kept(source, tmp_path):
    text = "# -*- coding: latin-1 -*-\nimport tensorflow as tf\nname = 'é'\n"
    (source / "latin.py").write_bytes(text.encode("latin-1"))
    assert port(source / "latin.py", "-o", tmp_path / "out").exit_code == 0
    written = (tmp_path / "out" / "latin.py").read_bytes()
    assert written == text.replace("import tensorflow", "import torchscope.tf1").encode("latin-1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.py"], "there is no such file or folder"),
        (["empty"], "there is no Python below this folder"),
        (["source", "-o", "out", "--diff"], "exclude one another"),
        (["source", "-o", "source/out"], "would be read the next time"),
        (["source", "-o", "source/model.py"], "this is a file"),
        (["source/model.py", "-o", "source"], "would be read the next time"),
        (["source", "source", "-o", "out"], "several files would be written as"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    source, tmp_path, monkeypatch, arguments, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    before = files(tmp_path)
    done = port(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert files(tmp_path) == before


def test_links_that_lead_back_are_not_followed(source, tmp_path):
    (source / "sub" / "back").symlink_to(source)
    done = port(source, "-o", tmp_path / "out")
    assert done.exit_code == 0
    assert set(files(tmp_path / "out")) == {"model.py", "sub/plain.py"}


def test_both_ways_of_calling_it_are_the_same_command(source):
    shown = []
    for command in (["torchscope-port"], [sys.executable, "-m", "torchscope.port"]):
        run = [str(Path(sys.executable).with_name(command[0])) if len(command) == 1 else command[0]]
        done = subprocess.run(
            [*run, *command[1:], str(source)], capture_output=True, text=True, check=True
        )
        shown.append(done.stdout)
    assert shown[0] == shown[1]
    assert "1 rewritten" in shown[0]
