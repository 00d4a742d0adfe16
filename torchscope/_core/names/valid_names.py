"""Which names TF1 allows for scopes and variables."""

from __future__ import annotations

import re

_SCOPE_PATTERN = r"^[A-Za-z0-9_.\\/>-]*$"
_ROOT_PATTERN = r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$"
_SCOPE_NAME = re.compile(_SCOPE_PATTERN)
_ROOT_NAME = re.compile(_ROOT_PATTERN)


def check_name(name: object, *, at_root: bool) -> None:
    """Refuses what TF1 refuses as the name of a scope or a variable.

    Raises:
        TypeError: `name` is not a string.
        ValueError: it has a character that TF1 does not allow there.
    """
    if not isinstance(name, str):
        raise TypeError(
            f"expected string or bytes-like object, got '{type(name).__name__}'. "
            f"A scope or variable is named by a string; this is {name!r}."
        )
    if at_root:
        if not _ROOT_NAME.fullmatch(name):
            raise ValueError(
                f"'{name}' is not a valid root scope name. "
                f"A root scope name has to match the following pattern: {_ROOT_PATTERN}"
            )
    elif not _SCOPE_NAME.fullmatch(name):
        raise ValueError(
            f"'{name}' is not a valid scope name. "
            f"A scope name has to match the following pattern: {_SCOPE_PATTERN}"
        )


def can_begin_a_name(name: str) -> bool:
    """Whether a scope of this name may be opened anywhere, at the root too, and relative to it.

    >>> can_begin_a_name("conv1"), can_begin_a_name("_conv1"), can_begin_a_name("conv1/")
    (True, False, False)
    """
    return _ROOT_NAME.fullmatch(name) is not None and not name.endswith("/")
