"""Name scopes: what tf.Variable and unnamed layers put before their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchscope._core import current
from torchscope._core.current import CurrentPass
from torchscope._core.names.unique_names import unique_name
from torchscope._core.names.valid_names import check_name


def open_name_scope(pass_: CurrentPass, name: str) -> str:
    """Opens a name scope the way TF1's graph does, and returns it without the final slash."""
    pass_.where = opened = _taken(pass_, name)
    return opened


def take_name(name: str) -> str:
    """A name in the current name scope that nothing in the pass has; it is taken from then on.

    One that ends with a slash is that of a name scope, which was taken when the scope was opened.
    """
    return _taken(current.current(), name)


def _taken(pass_: CurrentPass, name: str) -> str:
    outer = pass_.name_scope
    check_name(name, at_root=not outer)
    if name.endswith("/"):
        return name[:-1]
    return unique_name(f"{outer}/{name}" if outer else name, pass_.names)


class name_scope:
    """Prefixes the names that tf.Variable and unnamed layers take (tf.name_scope).

    get_variable ignores it. A name that is in use is made unique; one that ends with a slash is
    absolute and opens that scope again; None or '' goes back to the root.

    >>> import torchscope as ts
    >>> with ts.name_scope("tower") as first, ts.name_scope("conv") as inner:
    ...     print(first, inner, ts.Variable(0.0, name="a").name, ts.get_variable("b", []).name)
    tower/ tower/conv/ tower/conv/a:0 b:0

    Args:
        name: the scope's name.
        default_name: the name where `name` is None.
        values: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the name has characters that TF1 does not allow, or `values` came with no name.
        TypeError: the name is not a string.
    """

    __slots__ = ("_name", "_outer", "_pass")

    def __init__(
        self,
        name: str | None,
        default_name: str | None = None,
        values: Sequence[Any] | None = None,
    ) -> None:
        self._name = default_name if name is None else name
        if self._name is None and values is not None:
            raise ValueError(
                f"At least one of name ({name}) and default_name ({default_name}) must be provided."
            )

    def __enter__(self) -> str:
        self._pass = pass_ = current.current()
        self._outer = pass_.where
        if self._name is None or self._name == "":
            pass_.where = ""
            return ""
        return open_name_scope(pass_, self._name) + "/"

    def __exit__(self, *exc_info: object) -> None:
        self._pass.where = self._outer
