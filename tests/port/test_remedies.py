"""What an error of the command torchscope-port advises works."""

import pytest
from remedies import follow, tried

from tests.port.test_command import files, port

CASES = []
remedy = tried(CASES)


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(tmp_path, kind, says, function):
    source = tmp_path / "source"
    source.mkdir()
    (source / "model.py").write_text("import tensorflow as tf\n")
    follow(kind, says, lambda: function(source))


def run(*arguments):
    """The command, whose refusal is an error here."""
    done = port(*arguments)
    if done.exit_code == 2:
        raise ValueError(done.stderr)


@remedy(ValueError, "move it away, or write elsewhere with -o")
def a_copy_that_would_be_lost(source):
    copy = source / "model.py.orig"
    copy.write_text("mine")
    yield lambda: run(source, "--in-place")
    run(source, "-o", source.parent / "elsewhere")
    copy.rename(source.parent / "mine")
    run(source, "--in-place")
    assert set(files(source)) == {"model.py", "model.py.orig"}


@remedy(ValueError, "Name a folder elsewhere, or write --in-place")
def an_output_among_what_is_read(source):
    yield lambda: run(source, "-o", source / "out")
    run(source, "-o", source.parent / "out")
    run(source, "--in-place")
    assert set(files(source.parent / "out")) == {"model.py"}
