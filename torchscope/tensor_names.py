"""Names of tensors: a pass knows those that TF1 would have given, where somebody has said them.

A torch.Tensor has no name, and torch.compile refuses attributes on it. What TF1 names after a tensor, an
average of it, asks here.
"""

from __future__ import annotations

import weakref

from torch import Tensor

from torchscope import passes


def note(tensor: Tensor, name: str) -> None:
    """Notes the full name of a tensor for the rest of the pass."""
    passes.current().tensor_names.append((weakref.ref(tensor), name))


def name_of(tensor: Tensor) -> str:
    """The full name of a tensor, or that of a 'Tensor' in the open name scope where nobody said one.

    >>> import torch
    >>> x = torch.ones(2)
    >>> before = name_of(x)
    >>> note(x, "model/x")
    >>> before, name_of(x)
    ('Tensor', 'model/x')
    """
    pass_ = passes.current()
    for of, name in reversed(pass_.tensor_names):
        if of() is tensor:
            return name
    scope = pass_.name_scope
    return f"{scope}/Tensor" if scope else "Tensor"
