"""A pickle read as data: arrays, dicts, lists, numbers and text.

A pickle is a program. Python's own reader imports what it names and calls it, so that a file of
weights can do anything. Here nothing is imported, and nothing is called: the few names that a pickle
of arrays needs are known by what they mean, and any other is refused. The bytes of an array stay
where they are; only where they begin and end is noted.

Such a program can also make much of little: a list of a list a hundred times over, keys that a dict
finds slowly. What it makes is paid for (`budgets`). Keys are text, whose hash nobody can foresee.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats.budgets import Budget
from torchscope.checkpoint.formats.files import File
from torchscope.checkpoint.formats.stored import elements, numpy_dtype

# What each step of the program is paid with: what it may leave in memory.
_STEP = 64
# Bytes beyond this stay in the file until they are asked for.
_SHORT = 4096
_WINDOW = 1 << 16
_FORGOTTEN = object()


class InFile(NamedTuple):
    """Some bytes of a file, which are read when they are needed."""

    file: File
    offset: int
    size: int

    def read(self, at: int, size: int) -> Any:
        """Some of them."""
        return self.file.read(self.offset + at, size, "The pickle")


class InMemory(NamedTuple):
    """Some bytes that are there."""

    data: memoryview
    size: int

    def read(self, at: int, size: int) -> Any:
        """Some of them."""
        return self.data[at : at + size]


class Octets(NamedTuple):
    """Many bytes of a pickle, where they lie."""

    source: InFile | InMemory
    at: int
    size: int

    def read(self) -> Any:
        """The bytes."""
        return self.source.read(self.at, self.size)


class Array:
    """A pickled numpy array: `values()` reads its bytes from where they lie.

    Attributes:
        shape: its shape.
        dtype: its numpy dtype; object for one that holds objects, which are then `objects`.
        objects: the list of these.
    """

    __slots__ = ("_data", "_fortran", "dtype", "objects", "shape")

    def __init__(self) -> None:
        self.shape: tuple[int, ...] | None = None
        self.dtype: Any = None
        self.objects: list[Any] = _NO_OBJECTS
        self._fortran = False
        self._data: bytes | Octets = b""

    def fill(self, shape: Any, dtype: Any, fortran: Any, data: Any) -> None:
        """Takes what was pickled of it; ValueError where it does not fit together."""
        if not isinstance(shape, tuple) or not isinstance(dtype, _Dtype):
            raise ValueError("an array without a shape or a dtype")
        count = elements(shape)
        if dtype.dtype.kind == "O":
            if not isinstance(data, list) or len(data) != count:
                raise ValueError(f"an array of {count} objects that are not there")
            self.objects = data
        else:
            data = _bytes(data)
            size = data.size if isinstance(data, Octets) else len(data)
            if size != count * dtype.dtype.itemsize:
                raise ValueError(
                    f"an array of {count * dtype.dtype.itemsize} bytes, of which {size} are there"
                )
            self._data = data
        self.shape, self.dtype, self._fortran = shape, dtype.dtype, fortran is True

    def values(self) -> Any:
        """Its values."""
        data = self._data.read() if isinstance(self._data, Octets) else self._data
        flat = np.frombuffer(data, self.dtype) if len(data) else np.empty(0, self.dtype)
        return flat.reshape(self.shape, order="F" if self._fortran else "C")


_NO_OBJECTS: list[Any] = []


class _Dtype:
    """A pickled dtype, whose byte order comes later."""

    def __init__(self, code: str) -> None:
        self.dtype = numpy_dtype(code)

    def order(self, order: str) -> None:
        if order in {"<", ">"}:
            self.dtype = self.dtype.newbyteorder(order)


class _Name:
    """A name of a class or function, which stands for what it would give."""

    def __init__(self, name: str, give: Callable[..., Any] | None) -> None:
        self.name = name
        self.give = give


def _dtype(code: Any, *_: Any) -> _Dtype:
    return _Dtype(_text(code))


def _array_of_buffer(data: Any, dtype: Any, shape: Any, order: Any) -> Array:
    array = Array()
    array.fill(shape, dtype, order == "F", data)
    return array


def _scalar(dtype: Any, data: Any) -> Array:
    array = Array()
    array.fill((), dtype, False, data)
    if array.objects:
        raise ValueError("a number that is an object")
    return array


def _encoded(text: Any, encoding: Any = "latin1") -> bytes:
    # Whether it is text comes first: what else it may be cannot be hashed, or not in time.
    if not isinstance(text, str) or not isinstance(encoding, str):
        raise ValueError("text to encode that is none")
    if encoding not in {"latin1", "latin-1"}:
        raise ValueError(f"text to encode as {encoding[:20]!r}")
    return text.encode("latin-1")


def _complex(real: Any, imaginary: Any) -> complex:
    if not isinstance(real, float) or not isinstance(imaginary, float):
        raise ValueError("a complex number of what are no numbers")
    return complex(real, imaginary)


def _no_bytes() -> bytes:
    return b""


def _ordered(items: Any = ()) -> dict[str, Any]:
    if not isinstance(items, (list, tuple)):
        raise ValueError("a dict of what are no pairs")
    return {_key(key): value for key, value in items}


_NAMES: dict[str, Callable[..., Any] | None] = {
    "numpy.core.multiarray._reconstruct": lambda *_: Array(),
    "numpy.core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _array_of_buffer,
    "numpy.ndarray": None,
    "numpy.dtype": _dtype,
    "_codecs.encode": _encoded,
    "builtins.bytes": _no_bytes,
    "builtins.complex": _complex,
    "collections.OrderedDict": _ordered,
}


def _name(module: str, name: str) -> _Name:
    # numpy has moved its own, and Python 2 called its builtins otherwise.
    known = module.replace("numpy._core", "numpy.core").replace("__builtin__", "builtins")
    full = f"{known}.{name}"
    if full not in _NAMES:
        raise ValueError(f"the name {module}.{name}, which has no place among arrays")
    return _Name(full, _NAMES[full])


def _bytes(value: Any) -> bytes | Octets:
    if isinstance(value, (bytes, Octets)):
        return value
    raise ValueError("something where bytes were expected")


def _text(value: Any) -> str:
    """Text, also that of Python 2, which is bytes."""
    if isinstance(value, str):
        return value
    octets = _bytes(value)
    if isinstance(octets, Octets):
        raise ValueError(f"{octets.size} bytes where a name was expected")
    return octets.decode("latin-1")


def _key(value: Any) -> str:
    """A key of a dict, as text; a number is that of a layer."""
    if not isinstance(value, int):
        return _text(value)
    if abs(value) >= 1 << 64:
        raise ValueError("a huge number as a key")
    return str(value)


# How Python 2 wrote the bytes of a string that are no plain letters.
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.?)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if len(code) == 3:
        return bytes([int(code[1:], 16)])
    if not code or code not in b"\\'\"nrt":
        raise ValueError("a string with an escape that there is not")
    return _ESCAPED.get(code, code)


class _Machine:
    """The stack on which a pickle builds what it holds.

    Each opcode is a method. What is wrong with what it finds is an error of Python, which `run`
    turns into a CheckpointError.
    """

    def __init__(
        self, source: InFile | InMemory, budget: Budget, file: str, offset: int | None
    ) -> None:
        self.source, self.budget, self.file, self.offset = source, budget, file, offset
        # A part of the source, where it begins there, and how far it has been looked at.
        self.window, self.begin, self.next = b"", 0, 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: list[Any] = []
        self.remembered = 0

    @property
    def at(self) -> int:
        """How far the source has been looked at."""
        return self.begin + self.next

    def run(self) -> Any:
        start = 0
        budget = self.budget
        try:
            while True:
                start = self.begin + self.next
                budget.left -= _STEP
                if budget.left < 0:
                    raise budget.spent()
                if self.next == len(self.window):
                    self.look(1)
                code = self.window[self.next]
                self.next += 1
                if code == 0x2E:  # STOP
                    return self.pop()
                step = _STEPS.get(code)
                if step is None:
                    raise ValueError(f"the opcode {bytes([code])!r}, which arrays do not need")
                step(self)
        except CheckpointError:
            raise
        except (ValueError, LookupError, TypeError, OverflowError, struct.error) as error:
            # An empty stack, a mark or a place in memory that is not there need no words.
            what = (
                str(error) if type(error) is ValueError else "an opcode that has not what it needs"
            )
            raise CheckpointError(
                f"A pickle of arrays was expected; found {what}.",
                self.file,
                None if self.offset is None else self.offset + start,
            ) from None

    # What is in the file.

    def take(self, size: int) -> bytes:
        end = self.next + size
        if size < 0 or end > len(self.window):
            self.look(size)
            end = size
        found = self.window[self.next : end]
        self.next = end
        return found

    def look(self, size: int) -> None:
        """Moves the window to where the machine is, so that it has so many bytes at least."""
        at = self.at
        left = self.source.size - at
        if size < 0 or size > left:
            raise ValueError(f"{left} bytes where {size} should follow")
        self.window = bytes(self.source.read(at, min(left, max(size, _WINDOW))))
        self.begin, self.next = at, 0

    def octets(self, size: int) -> bytes | Octets:
        if size <= _SHORT:
            return self.take(size)
        at = self.at
        if size > self.source.size - at:
            raise ValueError(f"{self.source.size - at} bytes where {size} should follow")
        self.window, self.begin, self.next = b"", at + size, 0
        return Octets(self.source, at, size)

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> bytes:
        size = _WINDOW
        while True:
            end = self.window.find(b"\n", self.next)
            if end >= 0:
                return self.take(end + 1 - self.next)[:-1]
            left = self.source.size - self.at
            if len(self.window) - self.next == left:
                raise ValueError("a line without an end")
            self.look(min(left, size))
            size *= 4

    # What is on the stack.

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise IndexError
        return self.stack.pop()

    def top(self) -> Any:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise IndexError
        return self.stack[-1]

    def pop_to_mark(self) -> list[Any]:
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def mark(self) -> None:
        self.marks.append(len(self.stack))

    def tuple(self, size: int) -> None:
        start = len(self.stack) - size
        if start < (self.marks[-1] if self.marks else 0):
            raise IndexError
        self.stack[start:] = [tuple(self.stack[start:])]

    def put(self, index: int) -> None:
        value = self.top()
        # What was remembered was made before, of a byte at least.
        if not 0 <= index <= self.at:
            raise ValueError("a place to remember that is none")
        if index >= len(self.memo):
            self.budget.spend(8 * (index - len(self.memo)))
            self.memo += [_FORGOTTEN] * (index + 1 - len(self.memo))
        self.remembered += self.memo[index] is _FORGOTTEN
        self.memo[index] = value

    def get(self, index: int) -> None:
        if index < 0 or self.memo[index] is _FORGOTTEN:
            raise IndexError
        self.push(self.memo[index])

    def extend(self, values: list[Any]) -> None:
        target = self.top()
        if not isinstance(target, list):
            raise TypeError
        target.extend(values)

    def update(self, values: list[Any]) -> None:
        target = self.top()
        if not isinstance(target, dict) or len(values) % 2:
            raise TypeError
        for key, value in zip(values[::2], values[1::2], strict=True):
            name = _key(key)
            if name in target:
                raise ValueError(f"a dict with two keys {name[:200]!r}")
            target[name] = value

    def set_item(self) -> None:
        value, key = self.pop(), self.pop()
        self.update([key, value])

    def dict_to_mark(self) -> None:
        values = self.pop_to_mark()
        self.push({})
        self.update(values)

    def string(self) -> None:
        text = self.line()
        if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in b"'\"":
            raise ValueError("a string without quotes")
        self.push(_ESCAPE.sub(_unescaped, text[1:-1]))

    def integer(self) -> None:
        text = self.line().decode("ascii")
        self.push({"00": False, "01": True}.get(text) if text in {"00", "01"} else int(text))

    def name_of_stack(self) -> None:
        name, module = self.pop(), self.pop()
        self.push(_name(_text(module), _text(name)))

    def call(self) -> None:
        arguments, name = self.pop(), self.pop()
        if not isinstance(name, _Name) or name.give is None or not isinstance(arguments, tuple):
            raise ValueError("a call of what is no known function")
        # What is given may be made anew of all that was given to it.
        for argument in arguments:
            if isinstance(argument, (str, list, tuple)):
                self.budget.spend(_STEP * len(argument) if name.give is _ordered else len(argument))
        self.push(name.give(*arguments))

    def build(self) -> None:
        state, target = self.pop(), self.top()
        if not isinstance(state, tuple):
            raise ValueError("a state that is none of an array")
        if isinstance(target, Array) and target.shape is None:
            version, *rest = state
            target.fill(*rest if version == 1 and len(rest) == 4 else state)
        elif isinstance(target, _Dtype):
            _version, order, *structure = state
            if structure[:3] != [None, None, None]:
                raise ValueError("an array of records")
            target.order(_text(order))
        else:
            raise ValueError("a state that is none of an array")


def _ignore(machine: _Machine) -> None:
    """What says nothing about the values."""


_STEPS: dict[int, Callable[[_Machine], Any]] = {
    code[0]: step
    for code, step in {
        b"\x80": lambda m: m.take(1),
        b"\x95": lambda m: m.take(8),
        b"\x98": _ignore,
        b"(": _Machine.mark,
        b"0": lambda m: m.pop_to_mark() if m.marks and m.marks[-1] == len(m.stack) else m.pop(),
        b"1": _Machine.pop_to_mark,
        b"2": lambda m: m.push(m.top()),
        b"N": lambda m: m.push(None),
        b"\x88": lambda m: m.push(True),
        b"\x89": lambda m: m.push(False),
        # Numbers.
        b"I": _Machine.integer,
        b"L": lambda m: m.push(int(m.line().decode("ascii").rstrip("L"))),
        b"F": lambda m: m.push(float(m.line())),
        b"G": lambda m: m.push(m.number(">d")),
        b"J": lambda m: m.push(m.number("<i")),
        b"K": lambda m: m.push(m.byte()),
        b"M": lambda m: m.push(m.number("<H")),
        b"\x8a": lambda m: m.push(int.from_bytes(m.take(m.byte()), "little", signed=True)),
        b"\x8b": lambda m: m.push(int.from_bytes(m.take(m.number("<i")), "little", signed=True)),
        # Bytes, and the strings of Python 2, which are bytes.
        b"S": _Machine.string,
        b"T": lambda m: m.push(m.octets(m.number("<i"))),
        b"U": lambda m: m.push(m.octets(m.byte())),
        b"B": lambda m: m.push(m.octets(m.number("<I"))),
        b"C": lambda m: m.push(m.octets(m.byte())),
        b"\x8e": lambda m: m.push(m.octets(m.number("<Q"))),
        b"\x96": lambda m: m.push(m.octets(m.number("<Q"))),
        # Text.
        b"V": lambda m: m.push(m.line().decode("raw-unicode-escape")),
        b"X": lambda m: m.push(str(m.take(m.number("<I")), "utf-8", "surrogatepass")),
        b"\x8c": lambda m: m.push(str(m.take(m.byte()), "utf-8", "surrogatepass")),
        b"\x8d": lambda m: m.push(str(m.take(m.number("<Q")), "utf-8", "surrogatepass")),
        # Tuples, lists, dicts.
        b")": lambda m: m.push(()),
        b"t": lambda m: m.push(tuple(m.pop_to_mark())),
        b"\x85": lambda m: m.tuple(1),
        b"\x86": lambda m: m.tuple(2),
        b"\x87": lambda m: m.tuple(3),
        b"]": lambda m: m.push([]),
        b"l": lambda m: m.push(m.pop_to_mark()),
        b"a": lambda m: m.extend([m.pop()]),
        b"e": lambda m: m.extend(m.pop_to_mark()),
        b"}": lambda m: m.push({}),
        b"d": _Machine.dict_to_mark,
        b"s": _Machine.set_item,
        b"u": lambda m: m.update(m.pop_to_mark()),
        # The memory of what was pickled before.
        b"p": lambda m: m.put(int(m.line())),
        b"q": lambda m: m.put(m.byte()),
        b"r": lambda m: m.put(m.number("<I")),
        b"\x94": lambda m: m.put(m.remembered),
        b"g": lambda m: m.get(int(m.line())),
        b"h": lambda m: m.get(m.byte()),
        b"j": lambda m: m.get(m.number("<I")),
        # Names, calls and states.
        b"c": lambda m: m.push(_name(m.line().decode("utf-8"), m.line().decode("utf-8"))),
        b"\x93": _Machine.name_of_stack,
        b"R": _Machine.call,
        b"b": _Machine.build,
    }.items()
}
"""What each opcode does: pickletools has the list of all."""


def load(source: InFile | InMemory, budget: Budget, file: str, offset: int | None = 0) -> Any:
    """What a pickle holds: `Array`, dict, list, tuple, numbers, text, bytes, `Octets` and None.

    Args:
        source: its bytes, from which the arrays are read later.
        budget: what is paid for all this.
        file: the file they are of, and
        offset: where in it they begin, for the errors; None where they do not lie there as they are.

    Raises:
        CheckpointError: if it is broken, or names anything but what arrays are pickled with.
    """
    return _Machine(source, budget, file, offset).run()
