"""Values that wait for variables which no pass has asked for yet.

A net that never ran has no variables. What is restored into it waits beside its variable store, and a
variable that a pass makes takes its first value from here, as TF1's init_from_checkpoint takes the
place of initializers. What is never asked for leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope.checkpoint.matching import Match, Wanted, match, refusal
from torchscope.checkpoint.saveables import SAVED
from torchscope.checkpoint.sources import Source


class Waiting:
    """A source of first values (`records.FirstValues`).

    Args:
        source: where they are read from.
        names: from names in the net to names in the source.
        chosen: whether a variable is to be filled.
        strict: whether a variable must be found.
        convert_dtypes: whether another dtype will do.
        entries: the methods of the module whose passes may still make variables. It waits until
            each of them has completed one.
    """

    def __init__(
        self,
        source: Source,
        names: dict[str, str],
        chosen: Callable[[Wanted], bool],
        *,
        strict: bool,
        convert_dtypes: bool,
        entries: set[str],
    ) -> None:
        self.source = source
        self.names = names
        self.chosen = chosen
        self.strict = strict
        self.convert_dtypes = convert_dtypes
        self.entries = entries

    def first_value(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: torch.dtype,
        *,
        partition: Any,
        collections: tuple[str, ...],
        device: torch.device,
        entry: str | None,
        made_at: str,
    ) -> Tensor | None:
        """The value for a variable that is about to be made; None where its initializer gives it.

        Raises:
            CheckpointError: the source lacks it, or has it in another shape or dtype, and it must
                be found; or its checksum is wrong; or the net is on the meta device.
        """
        wanted = Wanted(name, shape, (dtype,), made_at, partition)
        if SAVED.isdisjoint(collections) or not self.chosen(wanted):
            return None
        found = match(wanted, self.source, self.names, convert_dtypes=self.convert_dtypes)
        if isinstance(found, Match):
            if device.type == "meta":
                raise self.source.fail(
                    f"Variable {name} is made on the meta device, where it cannot keep the value "
                    "that was restored. Build the net, give it memory by net.to_empty(device=...), "
                    "and restore then."
                )
            for part in found.parts:
                self.source.verify(part.name)
            return found.value(self.source, shape, dtype)
        if self.strict and (entry is None or entry in self.entries):
            raise refusal(self.source, [found], set(), None)
        return None

    def ended(self, entry: str | None) -> bool:
        """Notes that a pass is complete, and says whether nothing waits any more."""
        self.entries.discard(entry or "")
        return not self.entries
