"""A graph to look at: the operations as a page shows them, and as a text in DOT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from torchscope._core import pages
from torchscope._core.graphs.listing import Listed

# How a scope can nest in a drawing; what a name has beyond that is one label.
_DEEPEST = 60


def page(title: str, operations: Sequence[Listed]) -> str:
    """One HTML page, whose scopes open and close."""
    index = {each.name: number for number, each in enumerate(operations)}
    rows: list[list[Any]] = [
        [
            each.name,
            each.type,
            each.dtype,
            each.shape,
            each.nbytes,
            [
                _read(operations[index[n]], index[n], at)
                for n, at in zip(each.reads, each.places, strict=True)
            ],
            each.seconds,
            int(each.variable),
        ]
        for each in operations
    ]
    return pages.page(__package__, title, {"title": title, "operations": rows})


def title_of(net: nn.Module) -> str:
    """What a net is called: its class, and what it says of itself."""
    said = net.extra_repr()
    return f"{type(net).__name__}({said})" if said and "\n" not in said else type(net).__name__


def dot(operations: Sequence[Listed]) -> str:
    """The operations in DOT: scopes are clusters, and shapes stand on edges."""
    index = {each.name: number for number, each in enumerate(operations)}
    shapes = [
        "\N{MULTIPLICATION SIGN}".join("?" if n is None else str(n) for n in each.shape or ())
        for each in operations
    ]
    lines = [
        "digraph {",
        '  node [shape=box, style="rounded,filled", fillcolor="#eceff1", fontname="Helvetica"];',
        '  edge [fontname="Helvetica", fontsize=10];',
    ]
    scopes: list[str] = []
    for number, each in sorted(enumerate(operations), key=lambda item: _scopes(item[1].name)):
        parts = _scopes(each.name)
        while scopes != parts[: len(scopes)]:
            scopes.pop()
            lines.append(f"{'  ' * (len(scopes) + 1)}}}")
        for part in parts[len(scopes) :]:
            pad = "  " * (len(scopes) + 1)
            scopes.append(part)
            lines.append(f"{pad}subgraph {_quoted('cluster_' + '/'.join(scopes))} {{")
            lines.append(f'{pad}  label={_quoted(part)}; fontname="Helvetica"; color="#8d989f";')
        label = each.name.split("/", len(scopes))[-1]
        look = ""
        if each.variable:
            label = f"{label}\n{shapes[number] or 'scalar'}"
            look = ', shape=ellipse, style=filled, fillcolor="#c3ddd6"'
        lines.append(f"{'  ' * (len(scopes) + 1)}n{number} [label={_quoted(label)}{look}];")
    while scopes:
        scopes.pop()
        lines.append(f"{'  ' * (len(scopes) + 1)}}}")
    for number, each in enumerate(operations):
        for name in each.reads:
            shape = "" if operations[index[name]].variable else shapes[index[name]]
            label = f" [label={_quoted(shape)}]" if shape else ""
            lines.append(f"  n{index[name]} -> n{number}{label};")
    return "\n".join([*lines, "}", ""])


def _read(read: Listed, number: int, place: int) -> int | list[Any]:
    """What is read, as the page has it: an operation's number; and where that is not its first value, which one."""
    shape = read.shapes[place] if place < len(read.shapes) else None
    return [number, place, shape] if place else number


def _scopes(name: str) -> list[str]:
    return name.split("/")[:-1][:_DEEPEST]


def _quoted(text: str) -> str:
    """A text as DOT quotes it: nothing in it ends it, or is markup."""
    for mark, instead in ("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"):
        text = text.replace(mark, instead)
    printable = "".join(
        each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text
    )
    return f'"{printable}"'
