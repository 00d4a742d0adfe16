"""What a checkpoint has under one scope, as a rule looks at it: shapes first, values later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from torchscope.checkpoint.sources import Source


class MissingError(LookupError):
    """A rule asked for what the checkpoint has not got; its text says for what."""


class SavedScope:
    """The tensors under a scope, by their names in it.

    A rule is run twice: with tensors on the meta device, to see which shapes it gives, and with
    the values when all has been checked.

    Attributes:
        name: the scope's name, 'conv1'; it can be the name of a tensor as well.
        used: the names in the checkpoint that were asked for.
    """

    def __init__(
        self, name: str, source: Source, names: Mapping[str, str], *, values: bool
    ) -> None:
        self.name = name
        self.used: list[str] = []
        self._source = source
        self._names = names
        self._values = values

    def _full(self, name: str) -> str:
        return "/".join(part for part in (self.name, name) if part)

    def __contains__(self, name: str) -> bool:
        return self._full(name) in self._names

    def __iter__(self) -> Iterator[str]:
        """The names in the scope, relative to it, scopes inside it included."""
        prefix = self._full("") and self._full("") + "/"
        return (n.removeprefix(prefix) for n in self._names if n.startswith(prefix))

    def get(self, *names: str) -> Tensor | None:
        """The first of some tensors that is there, or None; '' is the scope's own name."""
        for name in names:
            found = self._names.get(self._full(name))
            if found is not None:
                self.used.append(found)
                if self._values:
                    return self._source.tensor(found)
                dtype = self._source.dtype(found) or torch.uint8
                return torch.empty(self._source.shape(found), dtype=dtype, device="meta")
        return None

    def one(self, *names: str) -> Tensor:
        """The first of some tensors that is there.

        Raises:
            MissingError: there is none.
        """
        found = self.get(*names)
        if found is None:
            raise MissingError(
                f"Key {' or '.join(self._full(name) for name in names)} not found in checkpoint"
            )
        return found

    def inside(self, name: str) -> SavedScope:
        """A scope in this one; what is asked of it counts as asked of this one."""
        scope = SavedScope(self._full(name), self._source, self._names, values=self._values)
        scope.used = self.used
        return scope
