"""Which names are still free: a name, or `name_1`, `name_2`, ... where it is in use."""

from __future__ import annotations

from collections.abc import MutableMapping


def unique_name(name: str, in_use: MutableMapping[str, int], *, mark: bool = True) -> str:
    """`name`, or `name_1`, `name_2`, ... where it is in use; marks what it returns as in use.

    As in TF1 two names that differ only in case are one name, and 'a/b' does not use up 'a'.

    >>> used = {}
    >>> unique_name("conv", used), unique_name("Conv", used), unique_name("conv", used)
    ('conv', 'Conv_1', 'conv_2')
    """
    base = name.lower()
    count = in_use.get(base, 0)
    if mark:
        in_use[base] = count + 1
    if not count:
        return name
    key = base
    while key in in_use:
        key = f"{base}_{count}"
        count += 1
    if mark:
        in_use[key] = 1
    return f"{name}_{count - 1}"
