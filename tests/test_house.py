"""The house: what is exported, what is documented, and which file may import which."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch._functorch.config

import torchscope as ts

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "torchscope"
MODULES = [m.name for m in pkgutil.walk_packages([str(PACKAGE)], "torchscope.")]


def imports_of(path, name):
    """The modules of the package that a file imports when it runs."""
    tree = ast.parse(path.read_text())
    for_types = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in for_types:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                target = full if full in MODULES else node.module
                if target in MODULES and target != name:
                    yield target


def test_no_file_imports_one_that_imports_it():
    graph = {
        name: set(imports_of(Path(importlib.import_module(name).__file__), name))
        for name in MODULES
    }
    done, open_ = set(), []

    def visit(name):
        assert name not in open_, f"a circle of imports: {[*open_, name]}"
        if name not in done:
            open_.append(name)
            for below in graph[name]:
                visit(below)
            open_.pop()
            done.add(name)

    for name in MODULES:
        visit(name)
    assert len(done) > 15


def public(module):
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }


@pytest.mark.parametrize(
    "module",
    [
        "torchscope",
        "torchscope.checkpoint",
        "torchscope.image",
        "torchscope.layers",
        "torchscope.legacy_seq2seq",
        "torchscope.losses",
        "torchscope.nn",
        "torchscope.optim",
        "torchscope.seq2seq",
        "torchscope.tf1",
    ],
)
def test_every_public_name_is_documented_and_not_private(module):
    for name, value in public(importlib.import_module(module)).items():
        if getattr(value, "__module__", None) == "torch":
            # PyTorch's own.
            continue
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name
            assert not value.__name__.startswith("_"), name


def test_every_function_and_class_at_the_top_has_an_example():
    plain = {"GraphKeys"}
    without = [
        name
        for name, value in public(ts).items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and name not in plain
        and ">>>" not in (inspect.getdoc(value) or "")
    ]
    assert without == []


def test_the_core_needs_torch_and_einops_only():
    code = (
        "import sys, torchscope, torchscope.tf1;"
        "print([m for m in ('tensorflow', 'sklearn', 'matplotlib', 'pytest', 'google.protobuf', 'crc32c', 'rich') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def examples_in(text):
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


def test_the_readmes_examples_run():
    text = (ROOT / "README.md").read_text()
    assert text[: text.index("```python")].count("\n") < 40
    for block in examples_in(text):
        ts.reset_default_registry()
        exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize(
    "guide", ["checkpoints.md", "layers.md", "operations.md", "speed.md", "training.md"]
)
def test_a_guide_runs_as_one_program(guide):
    blocks = examples_in((ROOT / "docs" / guide).read_text())
    assert blocks
    with torch._functorch.config.patch(recompute_views=False):
        # What a guide sets ends with it.
        exec(compile("\n".join(blocks), guide, "exec"), {})


def raises_in(function):
    """Each `pytest.raises` of a function: its line, whether it has a match, and its name."""
    for node in ast.walk(function):
        for item in node.items if isinstance(node, ast.With) else ():
            call = item.context_expr
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.raises":
                matches = [k.value for k in call.keywords if k.arg == "match"]
                said = bool(matches) and ast.unparse(matches[0]) not in {"''", "'.*'"}
                yield call.lineno, said, item.optional_vars and ast.unparse(item.optional_vars)


def looks_at_the_text(function, name):
    """Whether a function reads `name.value` other than for an attribute that is not its text."""
    texts = {f"{name}.value.args", f"{name}.value.code"}
    read = [ast.unparse(node) for node in ast.walk(function) if isinstance(node, ast.Attribute)]
    value = f"{name}.value"
    others = [one for one in read if one.startswith(f"{value}.") and one.count(".") == 2]
    return not texts.isdisjoint(read) or read.count(value) > len(others)


def test_whoever_expects_an_error_looks_at_its_text():
    without = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text())
        for function in (f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)):
            for line, said, name in raises_in(function):
                if not said and not (name and looks_at_the_text(function, name)):
                    without.append(f"{path.relative_to(ROOT)}:{line}")
    assert sorted(set(without)) == []
