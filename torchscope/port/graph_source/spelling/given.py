"""What is given to a spelling, and the plainest spelling: a function of all that a node takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from torchscope.port.graph_source.constants import Constant, argument, operand, row
from torchscope.port.graph_source.expressions import Call, Row

_HINTS = {"strides": "stride", "ksize": "size", "dilations": "rate"}


class Given(NamedTuple):
    """A node that is to be spelled.

    Args:
        op: its type.
        name: its name.
        inputs: expressions and constants.
        attributes: its attributes.
        source: gives the node by which a value was computed, if it is one of this graph's.
        taken: which of its values are taken, if it gives several.
    """

    op: str
    name: str
    inputs: tuple[Any, ...]
    attributes: Mapping[str, Any]
    source: Callable[[Any], Given | None]
    taken: frozenset[int]

    def argument(self, place: int) -> Any:
        """An input as it is given to a function."""
        return argument(self.inputs[place])

    def operand(self, place: int) -> Any:
        """An input as it is added to, multiplied with, or compared."""
        return operand(self.inputs[place])

    def known(self, place: int) -> Any:
        """The value of an input that is a constant; None of all others."""
        found = self.inputs[place]
        return found.value if isinstance(found, Constant) else None

    def sizes(self, place: int) -> Any:
        """An input that is a shape: the list that was packed, where it was."""
        packed = self.source(self.inputs[place])
        if packed is not None and packed.op == "Pack" and not packed.attributes.get("axis"):
            return Row(tuple(map(operand, packed.inputs)))
        return Row(()) if self.known(place) == [] else self.argument(place)


Spelling = Callable[[Given], Any]


def plain(function: str, *keywords: str, **defaults: Any) -> Spelling:
    """A function of all inputs, with attributes as keywords.

    Args:
        function: its name.
        *keywords: attributes that are always said; "a=b" says the attribute b as the keyword a.
        **defaults: attributes that are said where they have another value than this.
    """

    def spelled(given: Given) -> Any:
        said = []
        for each in (*keywords, *defaults):
            keyword, _, attribute = each.partition("=")
            attribute = attribute or keyword
            value = given.attributes.get(attribute, defaults.get(attribute))
            if value is None or (attribute in defaults and value == defaults[attribute]):
                continue
            said.append((keyword, row(value, _HINTS.get(attribute, attribute))))
        return Call(function, tuple(map(argument, given.inputs)), tuple(said))

    return spelled
