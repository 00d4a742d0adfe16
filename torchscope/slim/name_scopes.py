"""Names and the name scope that they are in (tf.contrib.framework.get_name_scope)."""

from __future__ import annotations

from torchscope._core.passes import one_pass as passes


def get_name_scope() -> str:
    """The name scope that is open; '' where none is (tf.contrib.framework.get_name_scope).

    >>> import torchscope as ts
    >>> with ts.name_scope("a"), ts.name_scope("b"):
    ...     get_name_scope()
    'a/b'
    """
    return passes.current().name_scope


def prepend_name_scope(name: str, import_scope: str | None) -> str:
    """A name with a scope before it (tf.contrib.framework.prepend_name_scope).

    >>> prepend_name_scope("a/w", "mine"), prepend_name_scope("loc:@a/w", "mine")
    ('mine/a/w', 'loc:@mine/a/w')

    Args:
        name: the name, maybe after '^' or 'loc:@'.
        import_scope: the scope; None or '' for none.
    """
    if not import_scope:
        return name
    scope = import_scope.removesuffix("/")
    for mark in ("^", "loc:@"):
        if mark in name:
            before, _, after = name.rpartition(mark)
            return f"{before}{mark}{scope}/{after}"
    return f"{scope}/{name}"


def strip_name_scope(name: str, export_scope: str | None) -> str:
    """A name without the scope before it (tf.contrib.framework.strip_name_scope).

    >>> strip_name_scope("mine/a/w", "mine"), strip_name_scope("a/w", "mine")
    ('a/w', 'a/w')

    Args:
        name: the name, maybe after '^' or 'loc:@'.
        export_scope: the scope; None or '' for none.
    """
    if not export_scope:
        return name
    scope = export_scope.removesuffix("/")
    for mark in ("^", "loc:@", ""):
        if name.startswith(f"{mark}{scope}/"):
            return mark + name.removeprefix(f"{mark}{scope}/")
    return name
