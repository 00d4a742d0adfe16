"""What the placeholders of a pass are given, as Session.run's feed_dict gave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torchscope._core.values import errors


class Feeds:
    """What the placeholders of a pass are given.

    Args:
        by_name: values by the names of placeholders, with or without ':0'.
        in_order: values of the others, in the order in which they are made.

    Attributes:
        made: the names of the placeholders that were made so far.
        taken: how many of the values in order were taken.
    """

    taken: int

    def __init__(self, by_name: Mapping[str, Any] | None, in_order: Sequence[Any]) -> None:
        self.by_name: dict[str, Any] = _without_outputs(by_name)
        self.in_order = in_order
        self.made: list[str] = []
        self.taken = 0

    def copy(self) -> Feeds:
        """A copy at the same point, which goes its own way."""
        twin = Feeds(self.by_name, self.in_order)
        twin.made, twin.taken = list(self.made), self.taken
        return twin

    def take(self, name: str) -> Any:
        """The value of a placeholder that is made, or None."""
        self.made.append(name)
        if name in self.by_name:
            return self.by_name[name]
        if self.taken < len(self.in_order):
            self.taken += 1
            return self.in_order[self.taken - 1]
        return None

    def check_all_taken(self) -> None:
        """Refuses what no placeholder has taken.

        Raises:
            TypeError: there is something left.
        """
        made = ", ".join(self.made) or "none"
        if self.taken < len(self.in_order):
            raise TypeError(
                f"{len(self.in_order)} values were given by position, and {self.taken} placeholders "
                f"took one. The placeholders of the pass are: {made}."
            )
        for name in self.by_name:
            if name not in self.made:
                raise TypeError(
                    f"Cannot interpret feed_dict key as Tensor: The name '{name}:0' refers to a "
                    f"Tensor which does not exist. The operation, '{name}', does not exist in the "
                    f"graph: the pass made no placeholder of that name. Those that it made are: "
                    f"{made}.{errors.nearest(name, self.made)}"
                )


def _without_outputs(by_name: Mapping[str, Any] | None) -> dict[str, Any]:
    if by_name is None:
        return {}
    if not isinstance(by_name, Mapping):
        raise TypeError(
            f"The argument `feeds` must be a dictionary, of values by the names of placeholders; "
            f"this is {type(by_name).__name__}."
        )
    found: dict[str, Any] = {}
    for key, value in by_name.items():
        if not isinstance(key, str):
            raise TypeError(
                f"A placeholder is fed by its name, such as 'x' or 'model/x:0'; this key is a "
                f"{type(key).__name__}. What is no placeholder cannot be fed."
            )
        name = key.removesuffix(":0")
        if name in found:
            raise ValueError(f"The placeholder {name} is fed twice, as '{name}' and '{name}:0'.")
        found[name] = value
    return found
