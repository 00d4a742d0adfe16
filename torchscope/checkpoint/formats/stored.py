"""Values of a file that is no checkpoint of TensorFlow's: read when they are asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from torchscope.checkpoint.formats import dtypes
from torchscope.checkpoint.formats.files import File
from torchscope.checkpoint.formats.shapes import Kind

MANY = 2**63
"""No tensor has as many elements."""

RANK = 32
"""No array has more dimensions."""


class Stored(NamedTuple):
    """What is known of a value before it is read.

    Args:
        kind: its dtype and shape.
        nbytes: the bytes that it takes in memory.
        load: gives a tensor that nobody else holds; strings as a numpy array of dtype object. It
            raises CheckpointError where there is none, or a checksum does not fit.
        verify: raises the same, where `load` need not be called for it.
    """

    kind: Kind
    nbytes: int
    load: Callable[[], Any]
    verify: Callable[[], object] | None = None


class Values:
    """The values of a file, as what a `Checkpoint` reads from.

    Args:
        format: what kind of file it is.
        path: the file.
        found: its values by their names.
        checksum: the checksums that it has, "" for none.
    """

    def __init__(
        self, format: str, path: str, found: dict[str, Stored], checksum: str = ""
    ) -> None:
        self.format = format
        self.path = path
        self.checksum = checksum
        self._was_read = False
        self._found = dict(sorted(found.items()))
        self.kinds: dict[str, Kind] = {name: stored.kind for name, stored in self._found.items()}

    def nbytes(self, name: str) -> int:
        """The bytes that a value takes."""
        return self._found[name].nbytes

    def read(self, name: str) -> Any:
        """A value."""
        return self._found[name].load()

    def read_into(self, name: str, out: Tensor) -> None:
        """Reads a value into a tensor; ValueError if that has another shape or dtype."""
        self.kinds[name].check_target(name, out, self.path)
        out.detach().copy_(self._found[name].load())

    def check(self, name: str) -> None:
        """Makes sure that a value can be read, as far as that is not known of all."""
        verify = self._found[name].verify
        if verify is not None:
            verify()

    def verify(self, name: str) -> None:
        """Reads a value, and compares it with its checksum, if the format has one."""
        if not self._was_read:
            # What is mapped is not there yet, and a disk that fails then ends the process.
            file = File(self.path)
            for _ in file.chunks(0, file.size, "The file"):
                pass
            self._was_read = True
        stored = self._found[name]
        (stored.verify or stored.load)()

    def close(self) -> None:
        """Lets go of the file."""
        self._found = {}


def kind_of(dtype: Any, shape: Sequence[int]) -> Kind:
    """The kind of a value of a dtype of torch or numpy; no known one for another.

    >>> import numpy as np
    >>> kind_of(np.dtype(">f4"), (2,)).dtype, kind_of(np.dtype("S3"), ()).dtype
    (torch.float32, <class 'bytes'>)
    """
    if isinstance(dtype, np.dtype):
        dtype = torch_dtype(dtype)
    number = dtypes.STRING if dtype is bytes else dtypes.NUMBERS.get(dtype, 0)
    return Kind(number, torch.Size(shape))


@lru_cache(256)
def torch_dtype(dtype: Any) -> torch.dtype | type[bytes] | str:
    """The torch dtype of a numpy one; bytes for strings, its own name where torch has none.

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
    """A tensor of the values of a numpy array: a copy, if that may only be read, or lies askew.

    Strings stay an array, of bytes.
    """
    if array.dtype.kind in "SUO":
        strings = np.empty(array.shape, object)
        for index, value in np.ndenumerate(array):
            strings[index] = value.encode() if isinstance(value, str) else bytes(value)
        return strings
    # What may only be read is the file's. An order of dimensions, such as Fortran's, is kept.
    native = array.dtype.newbyteorder("=")
    copy = not (array.flags.writeable and array.flags.aligned)
    return torch.from_numpy(array.astype(native, order="K", copy=copy))
