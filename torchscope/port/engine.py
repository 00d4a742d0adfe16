"""From TensorFlow's source to PyTorch's: text in, text out."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from torchscope.port.bindings import (
    ALIASES,
    BESIDE,
    TENSORFLOW,
    imports_alias,
    imports_tensorflow,
    is_of_tensorflow,
)
from torchscope.port.file import File, Note, Rule
from torchscope.port.python2 import modernized
from torchscope.port.rules import RULES

# What a file has in it if it is about TensorFlow at all.
_WORDS = re.compile(
    rf"\b({'|'.join((*TENSORFLOW, *BESIDE))})\b|\bimport\s[^\n#]*\b({'|'.join(ALIASES)})\b"
)
# What it has if it was rewritten before.
_REWRITTEN = re.compile(
    r"^\s*(from|import) torchscope\b|; from torchscope\.port import helpers", re.MULTILINE
)


@dataclass(frozen=True)
class Rewritten:
    """A file's new text, how often each rule was used in it, and what a person has to decide."""

    text: str
    rules: Counter[str] = field(default_factory=Counter)
    notes: tuple[Note, ...] = ()


def rewrite(text: str, path: str = "<text>", *, rules: Sequence[Rule] = RULES) -> Rewritten:
    r"""Rewrites one file that was written for TensorFlow 1.

    Comments, formatting and the numbers of lines stay. A file that does not import TensorFlow is not
    changed by one byte, and neither is one that was rewritten before.

    >>> print(rewrite("import tensorflow as tf\ndepth = x.get_shape()[-1].value\n").text)
    import torchscope.tf1 as tf
    depth = x.shape[-1]

    Args:
        text: the file's text.
        path: its name, for messages.
        rules: what is rewritten.

    Raises:
        SyntaxError: it is Python of no version that can be read, 2 included.
        ImportError: it is Python 2, and fissix is missing, which reads that.
    """
    if not _WORDS.search(text):
        return Rewritten(text)
    used: Counter[str] = Counter()
    new = modernized(text, path)
    if new != text:
        used["Python2"] += 1
    file = File(new)
    if not _is_about_tensorflow(file):
        return Rewritten(text)
    by_type: defaultdict[type[ast.AST], list[Rule]] = defaultdict(list)
    for rule in rules:
        for kind in rule.nodes:
            by_type[kind].append(rule)
    unreadable = _unreadable(file)
    for node in file.names.nodes:
        for rule in by_type.get(type(node), ()):
            if node not in unreadable:
                rule.apply(node, file)
    text = file.rewritten()
    used.update(file.source.used)
    used.pop("Helpers", None)
    return Rewritten(text, used, tuple(sorted(file.notes, key=lambda note: note.line)))


def _is_about_tensorflow(file: File) -> bool:
    """Whether a file imports TensorFlow, be it by a text, and was not rewritten before."""
    if any(imports_tensorflow(node) for node in file.names.nodes):
        return True
    if _REWRITTEN.search(file.source.text):
        return False
    if any(imports_alias(node) for node in file.names.nodes):
        return True
    texts = any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and is_of_tensorflow(node.value)
        for node in file.names.nodes
    )
    return texts and "import_module(" in file.source.text


def _unreadable(file: File) -> set[ast.AST]:
    """What is in f-strings, where this Python does not tell where in the text."""
    values = [node for node in file.names.nodes if not file.has_positions(node)]
    for value in values:
        if any(isinstance(inner, ast.Attribute) for inner in ast.walk(value)):
            advice = (
                "Look at what stands in braces: this Python does not tell where it is, 3.12 does."
            )
            file.note(file.names.parent(value) or value, "f-string", advice)
    return {inner for value in values for inner in ast.walk(value)}
