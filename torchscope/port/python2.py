"""Python 2 becomes Python 3: by fissix, the successor of lib2to3."""

from __future__ import annotations

import ast
import re
import warnings

# Modules that Python 3 calls otherwise.
_MODULES = re.compile(
    r"^import\s+(cPickle|ConfigParser|Queue|StringIO|cStringIO|urllib2|urlparse|Tkinter|commands|copy_reg)\b"
    r"|^from\s+(cPickle|ConfigParser|Queue|StringIO|cStringIO|urllib2|urlparse|itertools)\s+import\b.*"
    r"\b(izip|imap|ifilter|StringIO|Queue|urlopen|urlparse|dump|load)\b",
    re.MULTILINE,
)


def modernized(text: str, path: str) -> str:
    r"""The text as Python 3, or as it is, if it is that already.

    >>> print(modernized("print 'a'\n", "a.py"), end="")
    print('a')

    Args:
        text: the file's text.
        path: its name, for messages.

    Raises:
        SyntaxError: it is neither Python 3 nor Python 2.
        ImportError: it is Python 2, and fissix is missing.
    """
    failure = _failure(text, path)
    if failure is None and not _MODULES.search(text):
        return text
    try:
        from fissix import refactor  # noqa: PLC0415 - for files of Python 2 alone
        from fissix.pgen2 import parse, tokenize  # noqa: PLC0415
    except ImportError:
        if failure is None:
            return text
        raise ImportError(
            f"{path}, line {failure.lineno}, is no Python 3 ({failure.msg}). If it is Python 2, fissix "
            "makes Python 3 of it: pip install 'torchscope[port]'."
        ) from failure
    fixers = refactor.get_fixers_from_package("fissix.fixes")
    # These change what Python 3 understands as it is.
    fixers = [name for name in fixers if name.rpartition(".fix_")[2] not in _LEFT]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tool = refactor.RefactoringTool(fixers)
        try:
            new = str(tool.refactor_string(text if text.endswith("\n") else f"{text}\n", path))
        except (parse.ParseError, tokenize.TokenError, IndentationError) as error:
            raise (failure or SyntaxError(str(error), (path, 0, 0, ""))) from error
    failure = _failure(new, path)
    if failure is not None:
        raise failure
    return new


_LEFT = frozenset(
    [
        "asserts",
        "buffer",
        "callable",
        "execfile",
        "exitfunc",
        "getcwdu",
        "idioms",
        "intern",
        "isinstance",
        "nonzero",
        "operator",
        "paren",
        "set_literal",
        "standarderror",
        "sys_exc",
        "throw",
        "tuple_params",
        "types",
        "unicode",
        "ws_comma",
        "xreadlines",
        "zip",
    ]
)


def _failure(text: str, path: str) -> SyntaxError | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, path)
    except SyntaxError as error:
        return error
    return None
