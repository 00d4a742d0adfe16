"""What an error advises works: where TF1 source is rewritten."""

import tempfile
from pathlib import Path

import pytest

from remedies import follow, tried
from torchscope.port.codemod import convert, write, write_in_place
from torchscope.port.command import check_output

CASES = []
remedy = tried(CASES)


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


def a_file():
    """A file of TF1 source, in a folder of its own."""
    file = Path(tempfile.mkdtemp(), "model.py")
    file.write_text("import tensorflow as tf\n")
    return file


@remedy(FileExistsError, "would be lost", "write elsewhere with -o")
def a_file_that_was_rewritten_before():
    file = a_file()
    file.with_name("model.py.orig").write_text("what it was")
    yield lambda: write_in_place([convert(file)])
    assert write([convert(file)], file.parent / "new") == 1
    assert (file.parent / "new" / "model.py").read_text() == "import torchscope.tf1 as tf\n"


@remedy(ValueError, "would be read the next time", "Name a folder elsewhere")
def a_folder_that_lies_in_the_source():
    folder = a_file().parent
    yield lambda: check_output([folder], folder / "new", ["model.py"])
    check_output([folder], Path(tempfile.mkdtemp()), ["model.py"])
