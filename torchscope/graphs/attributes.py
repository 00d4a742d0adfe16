"""The attributes of a node, as Python's values."""

from __future__ import annotations

from typing import Any, NamedTuple

from torchscope.checkpoint.formats import dtypes


class Call(NamedTuple):
    """A function that an attribute names, with what its own attributes say."""

    name: str
    attributes: dict[str, Any]


def value(message: Any) -> Any:
    """What an AttrValue says: a number, a text, a dtype, a shape, a `Call`, or a list of these.

    Bytes that are no text stay bytes. A dtype that no tensor has is TensorFlow's name of it. A shape is a list, in which
    None is a size that is not known; where not even the rank is, it is None.
    """
    # In the order of how often they are met.
    if message.HasField("type"):
        return dtype(message.type)
    if message.HasField("b"):
        return message.b
    if message.HasField("i"):
        return message.i
    if message.HasField("s"):
        return _text(message.s)
    if message.HasField("list"):
        return _list(message.list)
    if message.HasField("shape"):
        return shape(message.shape)
    if message.HasField("f"):
        return message.f
    if message.HasField("func"):
        return _call(message.func)
    return None


def dtype(number: int) -> Any:
    """The torch dtype of a number; TensorFlow's name of it where there is none.

    >>> dtype(1), dtype(7), dtype(101)
    (torch.float32, 'string', torch.float32)
    """
    # From 100 on are references to variables of a dtype.
    number %= 100
    return dtypes.TORCH.get(number) or dtypes.name_of(number)


def shape(message: Any) -> list[int | None] | None:
    """A shape: its sizes, None for each that is not known; None if the rank is not."""
    if message.unknown_rank:
        return None
    return [None if each.size < 0 else each.size for each in message.dim]


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _call(message: Any) -> Call:
    return Call(message.name, {each.key: value(each.value) for each in message.attr})


def _list(message: Any) -> list[Any]:
    for given, read in (
        (message.i, int),
        (message.type, dtype),
        (message.s, _text),
        (message.shape, shape),
        (message.f, float),
        (message.b, bool),
        (message.func, _call),
    ):
        if given:
            return [read(each) for each in given]
    return []
