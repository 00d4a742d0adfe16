"""A table of a registry's variables, for the terminal and for a notebook."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

from torchscope._core.store.records import Record
from torchscope._core.store.variable_store import VariableStore
from torchscope._core.values.conversion import dtype_name, shape_text

_HEAD = ("name", "shape", "dtype", "trainable", "collections", "bytes", "requests")
_NUMBERS = (False, False, False, False, False, True, True)


@dataclass(frozen=True, slots=True)
class Row:
    """One variable.

    Attributes:
        name: TF1's name.
        shape: the dimensions.
        dtype: TF1's name of the present dtype.
        trainable: whether gradients reach it.
        collections: the keys of its collections.
        elements: how many numbers it holds.
        bytes: their size in bytes.
        requests: how many requests of the last pass it answered.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool
    collections: tuple[str, ...]
    elements: int
    bytes: int
    requests: int

    def cells(self) -> tuple[str, ...]:
        """The row as the table prints it."""
        return (
            self.name,
            shape_text(self.shape),
            self.dtype,
            "yes" if self.trainable else "no",
            ", ".join(self.collections),
            f"{self.bytes:,}",
            str(self.requests),
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """The variables of a registry, sorted by name. ``print`` it, or show it in a notebook."""

    rows: tuple[Row, ...]

    @classmethod
    def of(cls, store: VariableStore, requests: Mapping[Record, int]) -> Summary:
        """The summary of a variable store as it is now.

        Args:
            store: the variables.
            requests: how many requests of the last pass each of them answered.
        """
        rows = []
        for record in store.records:
            tensor = store.variable_of(record)
            rows.append(
                Row(
                    name=record.name,
                    shape=tuple(tensor.shape),
                    dtype=dtype_name(tensor.dtype),
                    trainable=tensor.requires_grad,
                    collections=record.keys,
                    elements=tensor.numel(),
                    bytes=tensor.numel() * tensor.element_size(),
                    requests=requests.get(record, 0),
                )
            )
        return cls(tuple(sorted(rows, key=lambda row: row.name)))

    def total(self) -> str:
        """A line with the sums."""
        trained = [row for row in self.rows if row.trainable]
        variables = "1 variable" if len(self.rows) == 1 else f"{len(self.rows)} variables"
        return (
            f"{variables}, {sum(r.elements for r in self.rows):,} elements, "
            f"{sum(r.bytes for r in self.rows):,} bytes "
            f"({sum(r.elements for r in trained):,} elements, "
            f"{sum(r.bytes for r in trained):,} bytes trainable)"
        )

    def __str__(self) -> str:
        table = [_HEAD, *(row.cells() for row in self.rows)]
        widths = [max(len(cells[i]) for cells in table) for i in range(len(_HEAD))]
        lines = [
            "  ".join(
                cell.rjust(width) if number else cell.ljust(width)
                for cell, width, number in zip(cells, widths, _NUMBERS, strict=True)
            ).rstrip()
            for cells in table
        ]
        return "\n".join([*lines, self.total()])

    def _repr_html_(self) -> str:
        def line(cells: tuple[str, ...], tag: str) -> str:
            aligned = (
                f'<{tag} style="text-align:{"right" if number else "left"}">'
                f"{html.escape(cell)}</{tag}>"
                for cell, number in zip(cells, _NUMBERS, strict=True)
            )
            return f"<tr>{''.join(aligned)}</tr>"

        body = "".join(line(row.cells(), "td") for row in self.rows)
        return (
            f"<table><thead>{line(_HEAD, 'th')}</thead><tbody>{body}</tbody>"
            f'<caption style="caption-side:bottom">{html.escape(self.total())}</caption></table>'
        )
