"""Which test files need TensorFlow: those that import it, and those that import one of tests/ that does.

That is read from their text, so that nothing is imported to find out. `--without-tensorflow` leaves
these out, where the tests run in an environment that has other versions of PyTorch and no TensorFlow.
"""

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
# What files in tests/ are imported from: see `pythonpath` in pyproject.toml.
ROOTS = (TESTS, TESTS.parent)
PACKAGES = {"tensorflow", "tf_slim", "tf_keras"}
# Functions to which the name of a module is given as a text.
BY_TEXT = {"importlib.import_module", "importlib.util.find_spec"}


def needs_tensorflow(path: Path) -> bool:
    """Whether a file imports TensorFlow, or one of its functions does, or another file that it imports.

    >>> needs_tensorflow(TESTS / "tensorflow1.py"), needs_tensorflow(TESTS / "nets.py")
    (True, False)
    """
    read, left = set[Path](), {path}
    while left:
        one = left.pop()
        read.add(one)
        names = _imported(one)
        if not PACKAGES.isdisjoint(name.partition(".")[0] for name in names):
            return True
        left |= {file for file in map(_file_of, names) if file} - read
    return False


@cache
def _imported(path: Path) -> frozenset[str]:
    """The modules that a file imports, and the names that it takes from them: they may be modules."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in BY_TEXT:
            names |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    return frozenset(names)


@cache
def _file_of(name: str) -> Path | None:
    """The file in tests/ that has this name as a module."""
    for root in ROOTS:
        at = root.joinpath(*name.split("."))
        for file in (at.with_suffix(".py"), at / "__init__.py"):
            if file.is_file() and file.is_relative_to(TESTS):
                return file
    return None
