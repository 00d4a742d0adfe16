"""A Python file as text, parts of which are replaced: what is not replaced stays, to the byte."""

from __future__ import annotations

import ast
import bisect
import io
import tokenize
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# What stands for a node: texts, and nodes whose own text goes there.
Part = str | ast.AST

# Nodes that can be followed by an attribute, or stand in an argument, as they are.
_ATOMS = (
    ast.Name,
    ast.Attribute,
    ast.Call,
    ast.Subscript,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
)


@dataclass
class _Edit:
    """What one rule makes of one node."""

    node: ast.AST
    parts: Sequence[Part]
    rule: str


class Source:
    """The text of a file, its tree, and what is to stand in the place of nodes.

    A replaced node keeps its number of lines, so that all that follows keeps its line numbers.

    Args:
        text: the file's text.

    Raises:
        SyntaxError: it is no Python of this version.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree: ast.Module = ast.parse(text)
        self._bytes = text.encode()
        self._lines = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._edits: dict[int, _Edit] = {}
        self._around: dict[int, tuple[ast.AST, str, str, str]] = {}
        self._order: list[tuple[int, int, ast.AST]] = []
        self.used: Counter[str] = Counter()

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends, in bytes."""
        begins = self._lines[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        ends = self._lines[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return begins, ends

    def code(self, node: ast.AST) -> str:
        """A node's text as it was."""
        begins, ends = self.span(node)
        return self._bytes[begins:ends].decode()

    def line(self, number: int) -> str:
        """One line, without what surrounds it."""
        return self._bytes[self._lines[number - 1] : self._lines[number]].decode().strip()

    def replace(self, node: ast.AST, parts: Sequence[Part], rule: str) -> None:
        """Puts other parts in a node's place. A node is replaced by one rule at most."""
        assert id(node) not in self._edits, (rule, self._edits[id(node)].rule, self.code(node))
        self._edits[id(node)] = _Edit(node, parts, rule)

    def surround(self, node: ast.AST, before: str, after: str, rule: str) -> None:
        """Puts texts before and after a node, which may be replaced as well."""
        self._around[id(node)] = (node, before, after, rule)

    @property
    def changed(self) -> bool:
        """Whether anything is to be replaced."""
        return bool(self._edits or self._around)

    def rendered(self) -> str:
        """The text with all that was replaced."""
        nodes = {id(edit.node): edit.node for edit in self._edits.values()}
        nodes.update({key: around[0] for key, around in self._around.items()})
        spans = [(*self.span(node), node) for node in nodes.values()]
        self._order = sorted(spans, key=lambda each: (each[0], -each[1]))
        self.used.clear()
        return self._between(0, len(self._bytes), frozenset()).decode()

    def receiver(self, node: ast.expr) -> Sequence[Part]:
        """A node as what an attribute is asked of, or an index: in parentheses, if they are needed."""
        atom = isinstance(node, _ATOMS) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        return (node,) if atom else ("(", node, ")")

    def _between(self, begins: int, ends: int, inside: frozenset[int]) -> bytes:
        """The text of a range. The nodes `inside` of which it is are not replaced again."""
        pieces, at = [], begins
        # Only nodes with a range of their own can begin before: see `inside`.
        first = bisect.bisect_left(self._order, begins, key=lambda each: each[0])
        for node_begins, node_ends, node in self._order[first:]:
            if node_begins >= ends:
                break
            if node_begins < at or node_ends > ends or id(node) in inside:
                continue
            pieces += [self._bytes[at:node_begins], self._of(node, node_begins, node_ends, inside)]
            at = node_ends
        pieces.append(self._bytes[at:ends])
        return b"".join(pieces)

    def _of(self, node: ast.AST, begins: int, ends: int, inside: frozenset[int]) -> bytes:
        """What stands in the place of one node that was replaced, surrounded, or both."""
        inside |= {id(node)}
        edit, around = self._edits.get(id(node)), self._around.get(id(node))
        if edit is None:
            text = self._between(begins, ends, inside)
        else:
            self.used[edit.rule] += 1
            parts = (
                part.encode() if isinstance(part, str) else self._between(*self.span(part), inside)
                for part in edit.parts
            )
            text = self._with_its_lines(b"".join(parts), begins, ends)
        if around is not None:
            _, before, after, rule = around
            self.used[rule] += 1
            text = before.encode() + text + after.encode()
        return text

    def _with_its_lines(self, text: bytes, begins: int, ends: int) -> bytes:
        """A text that has as many lines as what it replaces, and the comments that were in that."""
        old = self._bytes[begins:ends]
        lost = old.count(b"\n") - text.count(b"\n")
        if lost <= 0:
            return text
        comments = [each for each in _comments(old.decode()) if each.encode() not in text]
        end = b"\r\n" if b"\r\n" in old else b"\n"
        trivia = ("  " + "  ".join(comments) if comments else "").encode() + end * lost
        if text.endswith(b")"):
            return text[:-1] + trivia + b")"
        return text + trivia


def _comments(text: str) -> list[str]:
    """The comments in a piece of source."""
    tokens = tokenize.generate_tokens(io.StringIO(f"({text})").readline)
    try:
        return [token.string for token in tokens if token.type == tokenize.COMMENT]
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return []
