"""Templates are called as their functions are."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import assert_type

import torchscope as ts


def affine(x: Tensor, units: int, *, bias: bool = True) -> Tensor:
    """A function that asks for variables."""
    return ts.layers.dense(x, units, use_bias=bias)


def use(x: Tensor) -> Tensor:
    """A template, and one that has an argument already."""
    template = ts.make_template("affine", affine)
    assert_type(template(x, 3, bias=False), Tensor)
    assert_type(template.variable_scope_name, str | None)
    narrow = ts.make_template("narrow", affine, units=1)
    assert_type(narrow(x), Tensor)
    return template(torch.ones(1, 3), units=3)
