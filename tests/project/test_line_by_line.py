"""docs/line_by_line.md: each of the most used symbols has its line, and what stands there is so."""

import ast
import importlib
import re
from pathlib import Path

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from tests import tensorflow1
from tests.oracle.usage import facts
from torchscope import slim

PAGE = (Path(__file__).parents[2] / "docs" / "line_by_line.md").read_text()
ROW = re.compile(r"^\| `([^|]+)` \|([^|]*)\|([^|]*)\|[^|]*\|$", re.MULTILINE)


def rows_in(text):
    """Three cells of each row: TF1's line, ours, and PyTorch's."""
    return [(first, ours.strip(), plain.strip()) for first, ours, plain in ROW.findall(text)]


ROWS = rows_in(PAGE)
COMPUTED = [
    row
    for section in PAGE.split("\n## ")
    if "Both sides compute the same" in section
    for row in rows_in(section)
]
# What lines may name, beside what they are about.
MODULES = {
    "ts": ts,
    "tf": tf,
    "slim": slim,
    "torch": torch,
    "nn": torch.nn,
    "F": torch.nn.functional,
    "np": np,
}


def most_used(count):
    """The symbols that most repositories use."""
    return [use.symbol for use in sorted(facts(), key=lambda use: -use.repositories)[:count]]


def named(code):
    """The dotted names in a line that begin with a module."""
    paths = re.findall(r"(?<![\w.\"])(\w+(?:\.\w+)+)", code)
    return [path for path in paths if path.split(".")[0] in MODULES]


def code_in(cell):
    return cell.strip("`") if cell.startswith("`") else ""


def test_each_of_the_most_used_symbols_has_a_line():
    symbols = set(most_used(150))
    of_tf1 = [path for row in ROWS for path in named(row[0])]
    missing = {
        symbol
        for symbol in symbols
        if not any(
            path == symbol
            or path.startswith(symbol.removesuffix("*") if symbol.endswith("*") else symbol + ".")
            for path in of_tf1
        )
    }
    assert missing == set()
    assert len(ROWS) == PAGE.count("\n| `")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_line_is_python_and_names_what_there_is(row):
    ours = row[0] if row[1] == "the same" else code_in(row[1])
    for code in (row[0], ours, code_in(row[2])):
        ast.parse(code)
    for path in (*named(ours), *named(code_in(row[2]))):
        root, *names = path.split(".")
        found = MODULES[root]
        for name in names:
            if not hasattr(found, name) and found.__name__.startswith("torch."):
                importlib.import_module(f"{found.__name__}.{name}")
            found = getattr(found, name)


@pytest.fixture
def names():
    generator = torch.Generator().manual_seed(0)

    def some(*shape):
        return torch.rand(*shape, generator=generator)

    return {
        **MODULES,
        "x": some(2, 3),
        "y": some(2, 3),
        "n": torch.tensor([2, 0]),
        "v": some(1).requires_grad_(),
        "images": some(2, 8, 8, 3),
        "features": some(2, 8, 8, 4),
        "kernel": some(3, 3, 3, 4),
        "up": some(3, 3, 5, 4),
        "b": some(4),
        "table": some(5, 3),
    }


@pytest.mark.parametrize("row", COMPUTED, ids=lambda row: row[0])
def test_both_sides_compute_the_same(row, names):
    assert row[1] == "the same"
    ours, plain = eval(row[0], names), eval(code_in(row[2]), names)
    if isinstance(ours, tuple):
        ours, plain = tuple(ours), tuple(plain)
    torch.testing.assert_close(ours, plain, check_dtype="top_k" not in row[0])


@pytest.mark.parametrize("row", COMPUTED, ids=lambda row: row[0])
def test_so_does_tensorflow(row, names):
    def build(tf):
        given = {
            name: tf.constant(value.detach().numpy()) if torch.is_tensor(value) else value
            for name, value in names.items()
        }
        return eval(row[0], {**given, "tf": tf})

    theirs = tensorflow1.evaluate(build)
    plain = eval(code_in(row[2]), names)
    several = isinstance(plain, list | tuple)
    theirs, plain = (list(theirs), list(plain)) if several else ([theirs], [plain])
    for their, ours in zip(theirs, plain, strict=True):
        torch.testing.assert_close(
            torch.as_tensor(their), torch.as_tensor(ours), check_dtype=False, rtol=1e-5, atol=1e-6
        )


def test_a_name_that_there_is_not_is_noticed():
    assert named('tf.nn.relu(x) + torch.no_such_name("tf.w")') == [
        "tf.nn.relu",
        "torch.no_such_name",
    ]
