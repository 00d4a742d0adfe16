"""One file that is being rewritten: its source, what its names mean, and what was noted about it."""

from __future__ import annotations

import ast
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torchscope.port import places
from torchscope.port.bindings import Bindings
from torchscope.port.source import Part, Source

# The module whose functions ask at run time what the syntax does not tell.
HELPERS = "torchscope.port.helpers"


@dataclass(frozen=True)
class Note:
    """What a person has to decide."""

    line: int
    code: str
    kind: str
    advice: str


class Rule(ABC):
    """One thing that is written otherwise, wherever it stands. Its docstring says what, and why."""

    nodes: ClassVar[tuple[type[ast.AST], ...]]

    @abstractmethod
    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the node, if it is what the rule is about."""


class File:
    """A file's source and names.

    Args:
        text: the file's text.

    Raises:
        SyntaxError: it is no Python of this version.
    """

    def __init__(self, text: str) -> None:
        self.source: Source = Source(text)
        self.names: Bindings = Bindings(self.source.tree)
        self.notes: list[Note] = []
        self._asked_by: list[ast.AST] = []
        taken = {node.id for node in self.names.nodes if isinstance(node, ast.Name)}
        choices = ("helpers", "port_helpers", "torchscope_helpers")
        self._helpers = next(name for name in choices if name not in taken)

    def helper(self, name: str, node: ast.AST) -> str:
        """How a helper's function is called in this file."""
        self._asked_by.append(node)
        return f"{self._helpers}.{name}"

    def replace(self, node: ast.AST, parts: Sequence[Part], rule: Rule) -> None:
        """Puts other parts in a node's place."""
        self.source.replace(node, parts, type(rule).__name__)

    def note(self, node: ast.AST, kind: str, advice: str) -> None:
        """Notes what a person has to decide, once for each line."""
        line = node.lineno  # type: ignore[attr-defined]
        made = Note(line, self.source.line(line), kind, advice)
        if made not in self.notes:
            self.notes.append(made)

    def found(self, node: ast.AST) -> str | None:
        """Where torchscope.tf1 has what a name or a chain of attributes stands for in TensorFlow."""
        path = self.names.path(node)
        return None if path is None else places.find(path)

    def is_tried(self, node: ast.AST) -> bool:
        """Whether a failure at this place is caught by the file itself."""
        return any(
            isinstance(parent, ast.Try)
            and parent.handlers
            and any(child is each for each in parent.body)
            for child, parent in self.names.ancestors(node)
        )

    def rewritten(self) -> str:
        """The text with all that was replaced, and with an import of the helpers, if any is needed."""
        if not self._asked_by:
            return self.source.rendered()
        line = f"from {HELPERS.rpartition('.')[0]} import helpers"
        line += "" if self._helpers == "helpers" else f" as {self._helpers}"
        body = self.source.tree.body
        tops = {self._top(node) for node in self._asked_by}
        first = next(at for at, statement in enumerate(body) if statement in tops)
        before = [each for each in body[:first] if isinstance(each, (ast.Import, ast.ImportFrom))]
        if not before:
            return self._beginning_with(line, body[first])
        after = before[-1]
        text = self.source.rendered()
        lines = _lines(text)
        at = after.end_lineno or 0
        if at < len(lines) and not lines[at].strip():
            ending = lines[at][len(lines[at].rstrip("\r\n")) :]
            return "".join((*lines[:at], line, ending, *lines[at + 1 :]))
        self.source.surround(after, "", f"; {line}", "Helpers")
        return self.source.rendered()

    def _top(self, node: ast.AST) -> ast.AST:
        """The statement of the file, and of nothing in it, in which a node is."""
        return ([node, *(parent for _, parent in self.names.ancestors(node))])[-2]

    def _beginning_with(self, line: str, statement: ast.stmt) -> str:
        """The text with a line before one of its statements."""
        if not isinstance(statement, (ast.Expr, ast.Assign, ast.Import, ast.ImportFrom)):
            text = _lines(self.source.rendered())
            at = min(
                [
                    statement.lineno,
                    *(each.lineno for each in getattr(statement, "decorator_list", [])),
                ]
            )
            return "".join((*text[: at - 1], f"{line}\n", *text[at - 1 :]))
        self.source.surround(statement, f"{line}; ", "", "Helpers")
        return self.source.rendered()

    def has_positions(self, node: ast.AST) -> bool:
        """Whether it is known where in the text a node stands: Python before 3.12 errs in f-strings."""
        if sys.version_info >= (3, 12) or not isinstance(node, ast.FormattedValue):
            return True
        value = node.value
        try:
            return ast.dump(ast.parse(self.source.code(value), mode="eval").body) == ast.dump(value)
        except (SyntaxError, ValueError, IndexError):
            return False


def _lines(text: str) -> list[str]:
    """The lines of a file with their ends, as Python counts them: str.splitlines ends them elsewhere too."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text)
