"""A page as one HTML file: it asks for nothing, and runs no script but its own.

A package has the parts of its page in a folder: `page.html`, `page.css` and `page.js`. What pages have in common is
beside this file: how they look (`page/look.css`), and a list of scopes (`page/list.js`). What a page shows is JSON in
it. Its names come from anywhere, and end no element.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import html
import json
import os
import secrets
from contextlib import suppress
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any


def page(package: str, title: str, data: Any) -> str:
    """A page of the parts in a package's folder `page`.

    Args:
        package: the package's name.
        title: what the browser calls it.
        data: what it shows, as JSON has it.
    """
    style = _part(__package__, "look.css") + _part(package, "page.css")
    script = _part(__package__, "list.js") + _part(package, "page.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    return Template(_part(package, "page.html")).substitute(
        title=html.escape(title), policy=policy, style=style, data=_inert(data), script=script
    )


def encoded(text: str) -> bytes:
    """A page as bytes, whatever names are in it."""
    return text.encode("utf-8", "backslashreplace")


def write(path: str | os.PathLike[str], text: str) -> None:
    """Writes a page to a file that is there whole, or as it was before.

    Raises:
        OSError: it cannot be written.
    """
    file = Path(path)
    part = file.with_name(f".{secrets.token_hex(8)}.part")
    try:
        if file.exists() and not file.is_file():
            code = errno.EISDIR if file.is_dir() else errno.EINVAL
            raise OSError(
                code, "it is a directory" if file.is_dir() else "it is a pipe or a device"
            )
        try:
            part.write_bytes(encoded(text))
            part.replace(file)
        finally:
            with suppress(OSError):
                part.unlink()
    except OSError as error:
        raise OSError(
            error.errno,
            f"The page could not be written to {file}: {error.strerror}. Give the path of a file in a "
            "folder that is there and can be written to.",
        ) from error


def _part(package: str, name: str) -> str:
    return (resources.files(package) / "page" / name).read_text("utf-8")


def _hash(text: str) -> str:
    """The name under which the page's policy allows a script or a style."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _inert(data: Any) -> str:
    """JSON that can end no script element, whatever is in it."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
