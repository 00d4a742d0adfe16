"""What a person has to decide: it is noted, and stays as it is."""

from __future__ import annotations

import ast
from typing import ClassVar

from torchscope.port import places
from torchscope.port.file import File, Rule
from torchscope.tf1.missing import instead_of

_SESSIONS = (
    "Session",
    "InteractiveSession",
    "get_default_session",
    "train.MonitoredTrainingSession",
)
_RUN = (
    "A call of the net computes: `net = ts.ScopedModule(build)`, whose function makes the placeholders and "
    "returns what is fetched, and then `fetches = net(feeds={'x': batch})`."
)
_PLACEHOLDER = (
    "A placeholder is an argument of the pass: make it in the function that builds the model, and feed it "
    "by its name, `net(feeds={'x': batch})`."
)


class Sessions(Rule):
    """Sessions have no counterpart: the call of a net computes."""

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Call,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Notes the making of a session, and what is run in it."""
        assert isinstance(node, ast.Call)
        path = file.names.path(node.func)
        inner = places.canonical(path) if path else None
        if inner in _SESSIONS:
            file.note(node, "session", _RUN)
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "run":
            asked = file.source.code(node.func.value)
            if asked.rpartition(".")[2].lstrip("_").startswith("sess") or asked.startswith(
                "tf.get_default_session"
            ):
                file.note(node, "session", _RUN)


class Placeholders(Rule):
    """A placeholder outside of a function belongs to no pass."""

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Call,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Notes a placeholder that is made when the file is imported."""
        assert isinstance(node, ast.Call)
        found = file.found(node.func)
        made = found in {f"{places.TF1}.placeholder", f"{places.TF1}.placeholder_with_default"}
        if made and file.names.at_import(node):
            file.note(node, "placeholder", _PLACEHOLDER)


def kind_of(path: str) -> str:
    """What kind of decision a symbol asks for that torchscope has not."""
    inner = places.canonical(path) or path
    for kind, words in (
        ("tf.data", ("data", "contrib.data", "python_io", "train.Example")),
        ("estimator", ("estimator", "contrib.learn", "contrib.estimator", "contrib.tpu")),
        ("queue", ("FIFOQueue", "train.Coordinator", "train.start_queue_runners", "train.batch")),
    ):
        if any(inner == word or inner.startswith(f"{word}.") for word in words):
            return kind
    return "queue" if "ueue" in instead_of(f"tf.{inner}") else "unknown symbol"
