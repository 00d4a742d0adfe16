"""Public names: each is documented, and importing them brings no extra."""

import importlib
import inspect
import subprocess
import sys

import pytest

import torchscope as ts


def public(module):
    named = {name: getattr(module, name) for name in module.__all__}
    return {name: value for name, value in named.items() if not inspect.ismodule(value)}


@pytest.mark.parametrize(
    "module",
    [
        "torchscope",
        "torchscope.checkpoint",
        "torchscope.graphs",
        "torchscope.image",
        "torchscope.layers",
        "torchscope.losses",
        "torchscope.nn",
        "torchscope.optim",
        "torchscope.seq2seq",
        "torchscope.seq2seq.legacy",
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
