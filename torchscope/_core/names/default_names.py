"""Default names of scopes: Conv, Conv_1, ..., counted for each scope around."""

from __future__ import annotations


class Subscopes:
    """How often a variable scope was opened, and what was opened inside it.

    TF1 keeps one counter for each full name and sets to zero all that lie under a scope when that
    scope closes. Here the counters are a tree, so that closing a scope drops its branch at once.
    """

    __slots__ = ("_numbers", "inside", "opened")

    def __init__(self) -> None:
        self.opened: int = 0
        self.inside: dict[str, Subscopes] = {}
        # By default name, a number below which all are taken in that dict.
        self._numbers: tuple[dict[str, Subscopes], dict[str, int]] | None = None

    def at(self, name: str) -> Subscopes:
        """The counter of the scope `name`, relative to this one."""
        node = self
        for component in name.split("/"):
            below = node.inside.get(component)
            if below is None:
                below = node.inside[component] = Subscopes()
            node = below
        return node

    def count(self, name: str) -> int:
        """How often `name` was opened here; unlike `at` it makes no counter."""
        node: Subscopes | None = self
        for component in name.split("/"):
            node = node.inside.get(component) if node is not None else None
        return node.opened if node is not None else 0

    def free_number(self, default: str) -> int:
        """The first n for which `default`_n was not opened here; 0 stands for `default` itself."""
        if self._numbers is None or self._numbers[0] is not self.inside:
            self._numbers = self.inside, {}
        numbers = self._numbers[1]
        number = numbers.get(default, 0)
        while self.count(numbered(default, number)):
            number += 1
        numbers[default] = number
        return number

    def copy(self, twins: dict[Subscopes, Subscopes] | None = None) -> Subscopes:
        """A copy of the whole tree; `twins` gets the copy of each counter."""
        twin = Subscopes()
        twin.opened = self.opened
        twin.inside = {component: node.copy(twins) for component, node in self.inside.items()}
        if twins is not None:
            twins[self] = twin
        return twin


def numbered(default: str, number: int) -> str:
    """The n-th name that is tried for a scope of a default name.

    >>> numbered("Conv", 0), numbered("Conv", 1)
    ('Conv', 'Conv_1')
    """
    return f"{default}_{number}" if number else default
