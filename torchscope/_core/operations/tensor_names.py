"""Names of tensors: a pass knows those that TF1 would have given, where somebody has said them.

A torch.Tensor has no name, and torch.compile refuses attributes on it. What TF1 names after a tensor, an
average of it, asks here.
"""

from __future__ import annotations

import weakref
from typing import TypeVar

from torch import Tensor

from torchscope._core import current
from torchscope._core.operations.name_scopes import take_name

T = TypeVar("T")


def note(tensor: Tensor, name: str) -> None:
    """Notes the full name of a tensor for the rest of the pass."""
    current.current().tensor_names.append((weakref.ref(tensor), name))


def named(tensor: T, name: str | None) -> T:
    """The tensor, whose name is known from now on if it was given one.

    What is known without computing, such as a size, is no tensor and has no name.

    >>> import torch
    >>> [name_of(named(torch.ones(2), "loss")) for _ in range(2)]
    ['loss', 'loss_1']

    Raises:
        ValueError: the name has characters that TF1 does not allow.
    """
    if name is not None and isinstance(tensor, Tensor):
        note(tensor, take_name(name))
    return tensor


def name_of(tensor: Tensor) -> str:
    """The full name of a tensor, or that of a 'Tensor' in the open name scope where nobody said one.

    >>> import torch
    >>> x = torch.ones(2)
    >>> before = name_of(x)
    >>> note(x, "model/x")
    >>> before, name_of(x)
    ('Tensor', 'model/x')
    """
    pass_ = current.current()
    for of, name in reversed(pass_.tensor_names):
        if of() is tensor:
            return name
    scope = pass_.name_scope
    return f"{scope}/Tensor" if scope else "Tensor"
