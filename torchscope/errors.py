"""Messages: TF1's first sentence, then what was found, where it was made, and what to do."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from pathlib import Path

import torch

_PACKAGE = __name__.partition(".")[0]
_HERE = str(Path(__file__).parent)


def caller(ours: int = 1) -> str:
    """File and line of the innermost frame outside of torchscope and PyTorch.

    Args:
        ours: how many frames are known to be inside. To look at one costs more than to pass it by.
    """
    if torch.compiler.is_compiling():
        return "a compiled function"
    frame = sys._getframe(ours)
    while True:
        file = frame.f_code.co_filename
        if not file.startswith(_HERE):
            module = frame.f_globals.get("__name__", "").partition(".")[0]
            if module not in (_PACKAGE, "torch", "contextlib", "functools"):
                break
        outer = frame.f_back
        if outer is None:
            break
        frame = outer
    # Thousands of variables are made at one line: one string for all of them.
    return sys.intern(f"{frame.f_code.co_filename}:{frame.f_lineno}")


# To compare with more names would take seconds.
_COMPARED = 1000


def nearest(name: str, names: Iterable[str]) -> str:
    """A sentence with the existing names that look most like `name`; '' where none does.

    >>> nearest("conv1/weight", ["conv1/weights", "fc/bias"])
    ' The nearest existing names are: conv1/weights.'
    """
    names = list(names)
    scope, _, leaf = name.rpartition("/")
    near = names
    if len(names) > _COMPARED:
        near = [n for n in names if n.rpartition("/")[0] == scope or n.endswith(f"/{leaf}")]
    close = difflib.get_close_matches(name, near[:_COMPARED], n=3, cutoff=0.6)
    close += [other for other in names if other.rpartition("/")[2] == leaf and other not in close]
    if not close:
        return ""
    return f" The nearest existing names are: {', '.join(close[:4])}."


def already_exists(name: str, made_at: str) -> ValueError:
    """A second request without reuse."""
    return ValueError(
        f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
        f"reuse=tf.AUTO_REUSE in VarScope? Originally defined at: {made_at}. "
        "Each pass may ask for a variable once without reuse; to share it within a pass, ask "
        "for it again inside variable_scope(..., reuse=True)."
    )


def does_not_exist(
    name: str, names: Iterable[str], earlier: str | None, entry: str | None
) -> ValueError:
    """A request with reuse=True for what this pass has not got."""
    message = (
        f"Variable {name} does not exist, or was not created with tf.get_variable(). "
        "Did you mean to set reuse=tf.AUTO_REUSE in VarScope?"
    )
    if earlier is not None:
        return ValueError(
            f"{message} An earlier pass made it at {earlier}, but every pass "
            f"({entry or 'activate'}) starts afresh, as a TF1 graph did: the first request of "
            "a pass goes without reuse, and finds that very variable."
        )
    return ValueError(message + nearest(name, names))


def finalized(name: str, asked_at: str, finalized_at: str, names: Iterable[str]) -> RuntimeError:
    """A variable that would be made when none may be made any more."""
    return RuntimeError(
        f"Graph is finalized and cannot be modified. Variable {name} does not exist, and is asked "
        f"for at {asked_at}; finalize() was called at {finalized_at}.{nearest(name, names)} If it "
        "is meant, let a pass make it before finalize()."
    )


def is_new(name: str, entry: str | None, asked_at: str, names: Iterable[str]) -> str:
    """A variable that is made when the passes before did without it: a name may be mistyped."""
    return (
        f"Variable {name} is new: an earlier pass of {entry} was complete without it. It is asked "
        f"for at {asked_at}, and begins with what its initializer gives; an optimizer that was made "
        f"before does not train it.{nearest(name, names)} To have such a name refused, call "
        "registry.finalize() once all variables are made. If this one is meant, make it between "
        "passes, in `with registry.activate():`, and nobody is warned."
    )


def other_shape(name: str, asked: str, found: str, made_at: str) -> ValueError:
    """A request that disagrees with the variable about its shape."""
    return ValueError(
        f"Trying to share variable {name}, but specified shape {asked} and found shape {found}. "
        f"It was first made at {made_at}."
    )


def other_dtype(name: str, asked: str, found: str, made_at: str) -> ValueError:
    """A request that disagrees with the variable about its dtype."""
    return ValueError(
        f"Trying to share variable {name}, but specified dtype {asked} and found dtype {found}. "
        f"It was first made at {made_at}. Where no dtype is given, the scope's is asked for."
    )
