"""A partitioned variable is stored as slices: under which keys, and how they are joined.

A slice is a start and a length in every dimension. Its key is made of the variable's name and of
these numbers, in TensorFlow's ordered code: bytes that sort as what they stand for.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from torchscope.checkpoint.errors import CheckpointError

_MOST_CELLS = 1 << 24


class Slice(NamedTuple):
    """Where a part lies in its variable.

    >>> Slice((2, 0), (3, 4)).shape
    (3, 4)
    """

    starts: tuple[int, ...]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, message: Any, shape: tuple[int, ...], file: str) -> Slice:
        """The slice that a TensorSlice describes: a dimension without a length is taken whole.

        Raises:
            CheckpointError: it does not lie in a variable of that shape.
        """
        extents = message.extent
        if len(extents) != len(shape):
            raise CheckpointError(
                f"A slice has {len(extents)} dimensions, and its variable {len(shape)}.", file
            )
        starts, lengths = [], []
        for extent, whole in zip(extents, shape, strict=True):
            length = extent.length if extent.HasField("length") else whole - extent.start
            if extent.start < 0 or length < 0 or extent.start + length > whole:
                raise CheckpointError(
                    f"A slice begins at {extent.start} and is {length} long, in a dimension of"
                    f" {whole}.",
                    file,
                )
            starts.append(extent.start)
            lengths.append(length)
        return cls(tuple(starts), tuple(lengths))

    @property
    def where(self) -> tuple[slice, ...]:
        """What takes this part out of an array or a tensor."""
        return tuple(slice(a, a + n) for a, n in zip(self.starts, self.shape, strict=True))


def key_of(name: str, message: Any) -> bytes:
    r"""The key under which a slice is stored.

    >>> from torchscope.checkpoint.formats.protos import TensorSlice
    >>> key_of("v", TensorSlice(extent=[{"start": 3, "length": 1}, {}]))
    b'\x00v\x00\x01\x01\x02\x83\x81\x80\x7f'
    """
    # A zero ends the name, so a zero in the name is marked. UTF-8 has no byte 255.
    text = name.encode().replace(b"\x00", b"\x00\xff")
    key = [_number(0), text, b"\x00\x01", _number(len(message.extent))]
    for extent in message.extent:
        key.append(_signed(extent.start))
        key.append(_signed(extent.length if extent.HasField("length") else -1))
    return b"".join(key)


def check_cover(slices: list[Slice], shape: tuple[int, ...], name: str, file: str) -> None:
    """Raises CheckpointError unless slices cover a shape, each place of it once."""
    if 0 in shape or (len(slices) == 1 and slices[0].shape == shape):
        return
    covered = sum(math.prod(part.shape) for part in slices)
    if covered == math.prod(shape) and _apart(slices, shape):
        return
    raise CheckpointError(
        f"The {len(slices)} slices of {name} do not cover its shape {list(shape)}, each place once:"
        f" they have {covered} values, and {math.prod(shape)} are expected.",
        file,
    )


def _apart(slices: list[Slice], shape: tuple[int, ...]) -> bool:
    """Whether no two slices overlap: they are painted on the grid that their bounds make."""
    # numpy sorts and finds them; a dict finds numbers that someone chose for it slowly.
    starts = np.array([part.starts for part in slices], np.int64).reshape(len(slices), -1)
    stops = starts + np.array([part.shape for part in slices], np.int64).reshape(starts.shape)
    bounds = [
        np.unique(np.concatenate(([0], a, b))) for a, b in zip(starts.T, stops.T, strict=True)
    ]
    if math.prod(map(len, bounds)) > _MOST_CELLS:
        return False
    # Dimensions that nothing divides need no place: numpy has 64 dimensions, a file any number.
    divided = [d for d in range(len(shape)) if len(bounds[d]) > 2]
    if len(divided) > 32:
        return False
    begins: list[Any] = [np.searchsorted(bounds[d], starts[:, d]) for d in divided]
    ends: list[Any] = [np.searchsorted(bounds[d], stops[:, d]) for d in divided]
    painted: np.ndarray = np.zeros([len(bounds[d]) - 1 for d in divided], np.bool_)
    for number, part in enumerate(slices):
        if 0 in part.shape:
            continue
        cells = tuple(slice(a[number], b[number]) for a, b in zip(begins, ends, strict=True))
        if painted[cells].any():
            return False
        painted[cells] = True
    return True


def _number(value: int) -> bytes:
    """A number from zero on: how many bytes it takes, and these, highest first."""
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes((len(data),)) + data


def _signed(value: int) -> bytes:
    """A number of either sign: as many of its highest bits are turned as it takes bytes."""
    bits = (value if value >= 0 else ~value).bit_length() + 1
    length = (bits + 6) // 7
    turned = ((1 << length) - 1) << 7 * length
    return ((value & (1 << 8 * length) - 1) ^ turned).to_bytes(length, "big")
