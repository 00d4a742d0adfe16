"""Which tensors of a checkpoint fill which variables, and what does not fit.

A variable in pieces is one tensor in a TF1 checkpoint, under the name of the whole. It may be cut
otherwise there, or not at all; and pieces may have been saved under their own names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core.values import errors
from torchscope._core.values.conversion import dtype_name, shape_text
from torchscope._core.values.partitioners import PartitionInfo
from torchscope.checkpoint.errors import CheckpointError, visible
from torchscope.checkpoint.partners import partners
from torchscope.checkpoint.sources import Source

Region = tuple[slice, ...]


class Wanted(NamedTuple):
    """A variable that is to be filled.

    Attributes:
        name: its name, in TF1's spelling.
        shape: its shape.
        dtypes: the dtype it was declared with, and the one that it has now.
        made_at: where it was first made.
        partition: where it lies in the whole, if it is a piece.
    """

    name: str
    shape: tuple[int, ...]
    dtypes: tuple[torch.dtype, ...]
    made_at: str
    partition: PartitionInfo | None = None

    @property
    def whole(self) -> str:
        """The name under which TF1 saves it."""
        return self.name if self.partition is None else self.name.rpartition("/part_")[0]


class Part(NamedTuple):
    """A tensor of the source, or some of it, and where in the variable it goes."""

    name: str
    taken: Region | None = None
    put: Region | None = None


class Match(NamedTuple):
    """What fills a variable."""

    name: str
    parts: tuple[Part, ...]

    def read_into(self, source: Source, out: Tensor) -> None:
        """Fills a tensor of the variable's shape."""
        for part in self.parts:
            place = out if part.put is None else out[part.put]
            if part.taken is None:
                source.read_into(part.name, place)
            else:
                place.copy_(source.tensor(part.name)[part.taken])

    def value(self, source: Source, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
        """A new tensor, on the CPU."""
        out = torch.empty(tuple(shape), dtype=dtype, device="cpu")
        self.read_into(source, out)
        return out


class Kind(Enum):
    """Why a variable cannot be filled."""

    MISSING = "missing"
    SHAPE = "another shape"
    DTYPE = "another dtype"
    SLOTS = "other slots"


class Problem(NamedTuple):
    """A variable that cannot be filled, and what was found for it."""

    wanted: Wanted
    kind: Kind
    found: str = ""

    def text(self, hint: str = "") -> str:
        """One line about it."""
        wanted = self.wanted
        if self.kind is Kind.MISSING:
            shape, dtype = shape_text(_saved_shape(wanted)), dtype_name(wanted.dtypes[0])
            about = f"Key {wanted.whole} not found in checkpoint: {shape} {dtype}"
        else:
            about = f"{wanted.whole} has {self.kind.value}: {self.found}"
        return f"{about}, first made at {wanted.made_at}.{hint}"


def match(
    wanted: Wanted, source: Source, names: Mapping[str, str], *, convert_dtypes: bool = False
) -> Match | Problem:
    """What fills a variable, or why nothing does.

    Args:
        wanted: the variable.
        source: where values are read from.
        names: from names in the net to names in the source.
        convert_dtypes: whether another dtype of the same kind will do.
    """
    full = _saved_shape(wanted)
    name = names.get(wanted.whole)
    if name is not None:
        saved = [name]
        if source.shape(name) != full:
            return _other_shape(
                wanted, full, f"{shape_text(source.shape(name))} is saved as {name}"
            )
        region = None if wanted.partition is None else _region(wanted)
        parts: tuple[Part, ...] = (Part(name, region),)
    else:
        saved = _saved_pieces(wanted.whole, names)
        if not saved:
            return Problem(wanted, Kind.MISSING)
        name = saved[0].rpartition("/part_")[0]
        axis = _joined_along(full, [source.shape(piece) for piece in saved])
        if axis is None:
            shapes = ", ".join(shape_text(source.shape(piece)) for piece in saved)
            return _other_shape(wanted, full, f"{shapes} are the pieces saved as {name}")
        parts = _overlaps(wanted, source, saved, axis)
    for each in saved:
        dtype = source.dtype(each)
        fits = dtype in wanted.dtypes
        if not fits and convert_dtypes and dtype is not None:
            fits = torch.can_cast(dtype, wanted.dtypes[-1])
        if not fits:
            asked = dtype_name(wanted.dtypes[0])
            return Problem(
                wanted, Kind.DTYPE, f"{asked} here, {source.dtype_text(each)} is saved as {each}"
            )
    return Match(name, parts)


def _saved_shape(wanted: Wanted) -> tuple[int, ...]:
    return wanted.shape if wanted.partition is None else tuple(wanted.partition.full_shape)


def _other_shape(wanted: Wanted, full: tuple[int, ...], found: str) -> Problem:
    return Problem(wanted, Kind.SHAPE, f"{shape_text(full)} here, {found}")


def _region(wanted: Wanted) -> Region:
    assert wanted.partition is not None
    offset = wanted.partition.var_offset
    return tuple(slice(o, o + size) for o, size in zip(offset, wanted.shape, strict=True))


def _saved_pieces(whole: str, names: Mapping[str, str]) -> list[str]:
    pieces: list[str] = []
    while (name := names.get(f"{whole}/part_{len(pieces)}")) is not None:
        pieces.append(name)
    return pieces


def _joined_along(full: tuple[int, ...], shapes: Sequence[tuple[int, ...]]) -> int | None:
    """The axis along which tensors of these shapes make one of the full shape."""
    if any(len(shape) != len(full) for shape in shapes):
        return None
    for axis, length in enumerate(full):
        along = sum(shape[axis] for shape in shapes)
        if along == length and all(
            shape[:axis] + shape[axis + 1 :] == full[:axis] + full[axis + 1 :] for shape in shapes
        ):
            return axis
    return None


def _overlaps(wanted: Wanted, source: Source, pieces: list[str], axis: int) -> tuple[Part, ...]:
    """What each of the saved pieces has of the variable."""
    offset = [0] * len(wanted.shape) if wanted.partition is None else wanted.partition.var_offset
    begin, end = offset[axis], offset[axis] + wanted.shape[axis]
    parts, at = [], 0
    for piece in pieces:
        length = source.shape(piece)[axis]
        first, last = max(begin, at), min(end, at + length)
        if first < last:
            taken = [slice(o, o + s) for o, s in zip(offset, wanted.shape, strict=True)]
            taken[axis] = slice(first - at, last - at)
            put = [slice(None)] * len(wanted.shape)
            put[axis] = slice(first - begin, last - begin)
            parts.append(Part(piece, tuple(taken), tuple(put)))
        at += length
    return tuple(parts)


# To look for a similar name costs a comparison with each.
_MOST_COMPARED = 200


def refusal(
    source: Source, problems: Sequence[Problem], used: set[str], number: int | None
) -> CheckpointError:
    """The error of a strict restore: every variable that does not fit, and what it may be called.

    Args:
        source: where values were to be read from.
        problems: what does not fit.
        used: the names in the source that fill other variables.
        number: how many variables were looked for; None where one was about to be made.
    """
    # The pieces of one variable have one problem.
    one_each = {problem.wanted.whole: problem for problem in problems}
    missing = {
        name: _saved_shape(problem.wanted)
        for name, problem in one_each.items()
        if problem.kind is Kind.MISSING
    }
    free = {name: source.shape(name) for name in source.names if name not in used}
    likely = partners(missing, free)
    lines: list[str] = []
    for name, problem in one_each.items():
        hint = ""
        partner = likely.get(name)
        if partner is not None:
            shape = "" if partner.same_shape else f" {shape_text(free[partner.name])}"
            hint = f" The likeliest is {partner.name}{shape}."
        elif name in missing and len(lines) < _MOST_COMPARED and len(free) < _MOST_COMPARED:
            hint = errors.nearest(name, free)
        lines.append("  " + problem.text(hint))
    if number is None:
        what = (
            "A variable that this pass asks for cannot be filled, and was not made. (For all of them "
            "at once call ts.build(net, *inputs) before restore.)"
        )
    else:
        of_them = "1 variable" if number == 1 else f"{number} variables"
        what = f"Of {of_them}, {len(problems)} cannot be filled, and nothing was written:"
    lines.append(
        "torchscope.checkpoint.restore(net, path) takes rename= if the names differ; only= if only some variables "
        "are to be filled; strict=False if what is missing may keep its value; convert_dtypes=True if other "
        "dtypes will do."
    )
    if any(problem.kind is Kind.SLOTS for problem in problems):
        lines.append(
            "For slots to begin afresh leave optimizer= out, or give strict=False; else give the optimizer that the "
            "checkpoint is of."
        )
    return source.fail(f"Restoring from checkpoint failed. {what}", lines=lines)


@dataclass(frozen=True)
class Restored:
    """What became of each variable of a net, and of each tensor of a checkpoint.

    Attributes:
        matched: the variables that were filled, and the names in the checkpoint.
        missing: the variables that the checkpoint lacks; they keep their values.
        other_shape: those that have another shape there, with what was found.
        other_dtype: those that have another dtype there.
        unexpected: what the checkpoint has beyond, such as the slots of an optimizer.
        waiting: what the checkpoint has for variables that no pass has asked for yet; by the names
            that they would have in the net.
        afresh: the variables whose slots an optimizer was to get, and that have none in the checkpoint.
    """

    matched: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    other_shape: Mapping[str, str] = field(default_factory=dict)
    other_dtype: Mapping[str, str] = field(default_factory=dict)
    unexpected: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    afresh: tuple[str, ...] = ()

    def __repr__(self) -> str:
        what: dict[str, Any] = {
            "missing": self.missing,
            "of another shape": self.other_shape,
            "of another dtype": self.other_dtype,
            "unexpected": self.unexpected,
            "waiting": self.waiting,
            "afresh": self.afresh,
        }
        counts = [f"{len(self.matched)} matched"]
        counts += [f"{len(names)} {title}" for title, names in what.items() if names]
        lines = [f"Restored({', '.join(counts)})"]
        for title, names in what.items():
            if names:
                more = f", and {len(names) - 5} more" if len(names) > 5 else ""
                lines.append(f"  {title}: {visible(', '.join(list(names)[:5]))}{more}")
        return "\n".join(lines)
