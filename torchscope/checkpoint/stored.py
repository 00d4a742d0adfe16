"""One value of a file: its shape and dtype are known, its bytes are read when it is asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

Dtype = torch.dtype | type[bytes] | str
"""bytes for strings; a dtype's name where torch has none of that kind."""

MANY = 2**63
"""No tensor has as many elements."""

RANK = 32
"""No array has more dimensions."""


def _nothing() -> None:
    """Where a format has no checksum."""


@dataclass(frozen=True, eq=False)
class Stored:
    """What is known of a value before it is read.

    Attributes:
        shape: its shape.
        dtype: its dtype.
        nbytes: the bytes that its values take in memory.
        load: gives a tensor that nobody else holds; strings as a numpy array of dtype object.
        verify: raises CheckpointError if a checksum does not fit.
    """

    shape: torch.Size
    dtype: Dtype
    nbytes: int
    load: Callable[[], Any]
    verify: Callable[[], None] = _nothing


def torch_dtype(dtype: Any) -> Dtype:
    """The torch dtype of a numpy one.

    >>> import numpy as np
    >>> torch_dtype(np.dtype(">f4")), torch_dtype(np.dtype("S3")), torch_dtype(np.dtype("f16"))
    (torch.float32, <class 'bytes'>, 'float128')
    """
    if dtype.kind in "SUO":
        return bytes
    try:
        return torch.from_numpy(np.empty(0, dtype.newbyteorder("="))).dtype
    except TypeError:
        return str(dtype.name)


def numpy_dtype(code: str) -> Any:
    """The numpy dtype that a file names, such as '<f4'; ValueError for one that no array has here.

    >>> numpy_dtype("<f4"), numpy_dtype("O")
    (dtype('float32'), dtype('O'))
    """
    # numpy would read a whole language of records and counts.
    if re.fullmatch(r"[<>|=]?([biufcSU?O])\d{0,9}", code):
        try:
            dtype = np.dtype(code)
        except TypeError:
            pass
        else:
            if dtype.itemsize:
                return dtype
    raise ValueError(f"an array of dtype {code!r}")


def elements(shape: Sequence[Any]) -> int:
    """How many elements a shape has; ValueError for a shape that no tensor can have.

    >>> elements((2, 3)), elements(())
    (6, 1)
    """
    if len(shape) > RANK:
        raise ValueError(f"{len(shape)} dimensions")
    for size in shape:
        if not isinstance(size, int) or isinstance(size, bool):
            raise ValueError("a dimension that is no number")
        if not 0 <= size < MANY:
            raise ValueError(
                f"a dimension of {size:.0f}" if abs(size) < MANY else "a huge dimension"
            )
    # Torch multiplies all sizes but the zeros to tell one row from the next.
    if math.prod(size or 1 for size in shape) >= MANY:
        raise ValueError("more than 2^63 elements")
    return math.prod(shape)


def tensor(array: Any) -> Any:
    """A tensor of the values of a numpy array: a copy, if that may only be read.

    Strings stay an array, of bytes.
    """
    if array.dtype.kind in "SUO":
        strings = np.empty(array.shape, object)
        for index, value in np.ndenumerate(array):
            strings[index] = value.encode() if isinstance(value, str) else bytes(value)
        return strings
    # What may only be read is the file's. An order of dimensions, such as Fortran's, is kept.
    native = array.dtype.newbyteorder("=")
    return torch.from_numpy(array.astype(native, order="K", copy=not array.flags.writeable))
