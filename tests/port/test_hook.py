"""The import hook: what it rewrites, and what it leaves as it was."""

import importlib
import inspect
import linecache
import subprocess
import sys
import textwrap
import threading
import traceback

import pytest
import torch

import torchscope as ts
from torchscope.port import importing

MODEL = """\
import tensorflow as tf


def model(x):
  # A comment.
  n = x.get_shape()[-1].value
  w = tf.get_variable("w", [n, 2])
  return tf.matmul(x, w)


def fails(x):
  n = x.get_shape().as_list(
  )
  raise ValueError("on line 14: %s" % n)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a package of TF1 source in it, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = tmp_path / "source"
    package = source / "old_package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "model.py").write_text(MODEL)
    (package / "uses.py").write_text(
        "from old_package import model\nfrom . import model as again\n"
    )
    (source / "old_model.py").write_text(MODEL)
    before = set(sys.modules)
    yield source
    for name in set(sys.modules) - before:
        if name.startswith("old_"):
            del sys.modules[name]


def net_of(module):
    torch.manual_seed(0)
    return ts.ScopedModule(module.model)


def test_a_module_runs_and_the_file_stays(folder):
    with importing(folder):
        import old_model  # noqa: PLC0415
    net = net_of(old_model)
    assert net(torch.ones(3, 4)).shape == (3, 2)
    assert [v.name for v in net.registry.global_variables()] == ["w:0"]
    assert (folder / "old_model.py").read_text() == MODEL
    assert not list(folder.rglob("*.pyc"))


def test_leaving_it_puts_everything_back(folder):
    finders, path = list(sys.meta_path), list(sys.path)
    with pytest.raises(ZeroDivisionError, match="division"), importing(folder):
        assert sys.path[0] == str(folder)
        1 / 0  # noqa: B018 - it is to fail
    assert (sys.meta_path, sys.path) == (finders, path)
    with pytest.raises(ModuleNotFoundError, match="old_model"):
        importlib.import_module("old_model")


def test_packages_are_found_by_name_and_modules_in_them_find_each_other(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    with importing(packages=["old_package"]):
        uses = importlib.import_module("old_package.uses")
    assert uses.model is uses.again
    assert net_of(uses.model)(torch.ones(1, 2)).shape == (1, 2)


def test_what_was_imported_before_is_set_aside_and_put_back(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    (folder / "old_plain.py").write_text(
        "kind = 'plain'\ntry:\n    import tensorflow_nothing\nexcept ImportError:\n    pass\n"
    )
    plain = importlib.import_module("old_plain")
    with importing(folder):
        rewritten = importlib.import_module("old_plain")
        assert rewritten is not plain
    assert sys.modules["old_plain"] is plain


def test_nested_blocks_and_the_same_folder_twice(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "old_other.py").write_text(MODEL)
    finders = list(sys.meta_path)
    with importing(folder):
        import old_model  # noqa: PLC0415

        with importing(other), importing(folder):
            assert importlib.import_module("old_other").model
            assert importlib.import_module("old_model") is old_model
        assert sys.path[0] == str(folder)
    assert sys.meta_path == finders


def test_a_module_is_reloaded_as_it_is_by_then(folder):
    with importing(folder):
        import old_model  # noqa: PLC0415

        (folder / "old_model.py").write_text(MODEL.replace("[n, 2]", "[n, 5]"))
        importlib.reload(old_model)
    assert net_of(old_model)(torch.ones(3, 4)).shape == (3, 5)


def test_tracebacks_inspect_and_debuggers_show_the_file_as_it_is(folder):
    with importing(folder):
        import old_model  # noqa: PLC0415
    linecache.checkcache()
    assert inspect.getsource(old_model.fails) == MODEL[MODEL.index("def fails") :]
    with pytest.raises(ValueError, match="on line 14") as caught:
        old_model.fails(torch.ones(2))
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == (str(folder / "old_model.py"), 14)
    assert last.line == 'raise ValueError("on line 14: %s" % n)'
    assert old_model.__loader__.get_source("old_model") == MODEL


def test_the_cache_goes_by_what_is_in_the_file(folder, tmp_path, monkeypatch):
    def imported():
        with importing(folder):
            module = importlib.import_module("old_model")
        del sys.modules["old_model"]
        return module

    imported()
    (kept,) = (tmp_path / "cache").rglob("*.bin")
    seen = []
    monkeypatch.setattr(
        "torchscope.port.hook.rewrite",
        lambda *given: seen.append(given) or pytest.fail("not cached"),
    )
    imported()
    assert not seen
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    kept.write_bytes(b"damaged")
    assert imported().model
    (folder / "old_model.py").write_text(MODEL + "more = 1\n")
    assert imported().more == 1
    assert len(list((tmp_path / "cache").rglob("*.bin"))) == 2


def test_a_cache_that_cannot_be_written_is_none(folder, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/nowhere")
    with importing(folder):
        assert importlib.import_module("old_model").model


def test_threads_import_at_once(folder):
    for number in range(8):
        (folder / f"old_threads{number}.py").write_text(MODEL)
    found, start = [], threading.Barrier(8)

    def work(number):
        start.wait()
        with importing(folder):
            found.append(importlib.import_module(f"old_threads{number}"))

    finders, path = list(sys.meta_path), list(sys.path)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(module.tf.__name__ == "torchscope.tf1" for module in found)
    assert (sys.meta_path, sys.path) == (finders, path)


def test_an_encoding_that_a_file_names_is_its_encoding(folder):
    text = "# -*- coding: latin-1 -*-\nimport tensorflow as tf\nname = 'é'\n"
    (folder / "old_latin.py").write_bytes(text.encode("latin-1"))
    with importing(folder):
        assert importlib.import_module("old_latin").name == "é"


def test_a_cycle_of_imports_is_pythons_own(folder):
    (folder / "old_a.py").write_text("import tensorflow as tf\nimport old_b\nkind = tf.float32\n")
    (folder / "old_b.py").write_text("import tensorflow as tf\nimport old_a\n")
    with importing(folder):
        a = importlib.import_module("old_a")
    assert a.old_b.old_a is a


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (b"import tensorflow as tf\nx = = 1\n", SyntaxError, r"old_bad.py, line 2"),
        (b"import tensorflow as tf\nx = '\xff'\n", SyntaxError, r"utf-8|utf8|UTF-8"),
        (
            b"import tensorflow as tf\ntf.nothing_at_all(1)()\nx = y_is_nowhere\n",
            NameError,
            "y_is_nowhere",
        ),
    ],
)
def test_bad_files_are_named_with_their_line(folder, text, error, message):
    (folder / "old_bad.py").write_bytes(text)
    with pytest.raises(error) as caught, importing(folder):
        importlib.import_module("old_bad")
    told = (
        str(caught.value)
        if error is NameError
        else f"{caught.value} {getattr(caught.value, 'filename', '')}"
    )
    assert __import__("re").search(message, told.replace(str(folder) + "/", "")), told


def test_what_is_not_there_says_which_line_asked(folder):
    (folder / "old_needs.py").write_text(
        "import tensorflow as tf\nfrom tensorflow.python.client import device_lib\ndef f():\n  device_lib.list()\n"
    )
    with importing(folder):
        module = importlib.import_module("old_needs")
    with pytest.raises(
        NotImplementedError,
        match=r"tensorflow.python.client.device_lib.list was used.*old_needs.py:2",
    ):
        module.f()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("missing",), NotADirectoryError, "this is no folder"),
        (("empty",), FileNotFoundError, "there is no Python below this folder"),
    ],
)
def test_bad_folders_are_refused(tmp_path, arguments, error, message):
    (tmp_path / "empty").mkdir()
    finders = list(sys.meta_path)
    with pytest.raises(error, match=message), importing(*(tmp_path / each for each in arguments)):
        pass
    assert sys.meta_path == finders


def test_a_package_that_is_not_installed_is_refused():
    with (
        pytest.raises(ModuleNotFoundError, match="not installed"),
        importing(packages=["old_nowhere"]),
    ):
        pass


def test_tensorflow_need_not_be_there_and_others_still_get_it(folder, tmp_path):
    (folder / "old_reads.py").write_text("import tensorflow\nkind = tensorflow.__name__\n")
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "tensorflow.py").write_text("")
    (tmp_path / "others" / "others.py").write_text(
        "import tensorflow\nkind = tensorflow.__name__\n"
    )
    program = f"""
        import sys
        sys.path.insert(0, {str(tmp_path / "others")!r})
        from torchscope.port import importing
        with importing({str(folder)!r}):
            import old_reads, others
        print(old_reads.kind, others.kind)
    """
    out = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=True, capture_output=True, text=True
    )
    assert out.stdout.split() == ["torchscope.tf1", "tensorflow"]


def test_a_script_runs_with_its_arguments(folder):
    (folder / "old_script.py").write_text(
        "import sys\nimport tensorflow as tf\nimport old_model\n"
        "assert __name__ == '__main__'\nprint(sys.argv[1:], tf.__name__, __file__)\n"
    )
    script = str(folder / "old_script.py")
    run = [sys.executable, "-m", "torchscope.port", "run", script, "--depth", "3"]
    out = subprocess.run(run, check=True, capture_output=True, text=True)
    assert out.stdout.split() == ["['--depth',", "'3']", "torchscope.tf1", script]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "usage: python -m torchscope.port run script.py"),
        (("nowhere.py",), "there is no such script"),
    ],
)
def test_a_script_that_is_not_there_is_one_line(arguments, said):
    run = [sys.executable, "-m", "torchscope.port", "run", *arguments]
    out = subprocess.run(run, check=False, capture_output=True, text=True)
    assert out.returncode == 1
    assert said in out.stderr
    assert "Traceback" not in out.stderr


def test_a_script_of_python_2_runs(folder):
    (folder / "old_two.py").write_text("import tensorflow as tf\nprint 'dtype', tf.float32\n")
    run = [sys.executable, "-m", "torchscope.port", "run", str(folder / "old_two.py")]
    out = subprocess.run(run, check=True, capture_output=True, text=True)
    assert out.stdout == "dtype torch.float32\n"
