"""Messages: TF1's first sentence, then what was found, where it was made, and what to do."""

from __future__ import annotations

import contextlib
import difflib
import functools
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import torch

_PACKAGE = __name__.partition(".")[0]
_PACKAGES = (_PACKAGE, "torch", "contextlib", "functools")
# Where their code is. What a program has written is in no file, and goes by its module.
_INSIDE = (
    f"{Path(__file__).parents[2]}{os.sep}",
    f"{Path(torch.__file__).parent}{os.sep}",
    contextlib.__file__,
    functools.__file__,
    "<",
)


def caller(ours: int = 1) -> str:
    """File and line of the innermost frame outside of torchscope and PyTorch.

    Args:
        ours: how many frames are known to be inside. To look at one costs more than to pass it by.
    """
    frame = sys._getframe(ours)
    while True:
        file = frame.f_code.co_filename
        if not file.startswith(_INSIDE):
            break
        if (
            file[0] == "<"
            and frame.f_globals.get("__name__", "").partition(".")[0] not in _PACKAGES
        ):
            break
        outer = frame.f_back
        if outer is None:
            break
        frame = outer
    # Thousands of variables are made at one line: one string for all of them.
    return sys.intern(f"{file}:{frame.f_lineno}")


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


def shared_by_all() -> str:
    """What to know of a request that went to the default registry: reuse is seldom the remedy there.

    Two nets that ask in their __init__ would have one Parameter.
    """
    net = _being_made()
    where = "" if net is None else f" in the __init__ of {net},"
    return (
        f" It was asked for{where} outside of every module's forward, so it belongs to the default "
        "registry, as all that is asked for there: two nets that reuse it have one variable between "
        "them. For a net with variables of its own, ask for them in its forward, or inside `with "
        "registry.activate():` of its ScopedParameterRegistry, or run the function as "
        "ts.ScopedModule(function). If a script or a notebook's cell runs once more, begin it with "
        "ts.reset_default_registry()."
    )


def _being_made() -> str | None:
    """The class of the innermost nn.Module whose __init__ is on the stack."""
    frame = sys._getframe(1).f_back
    while frame is not None:
        if frame.f_code.co_name == "__init__":
            made = frame.f_locals.get(frame.f_code.co_varnames[0])
            if isinstance(made, torch.nn.Module):
                return type(made).__name__
        frame = frame.f_back
    return None


def already_exists(name: str, made_at: str, *, outside: bool) -> ValueError:
    """A second request without reuse.

    Args:
        name: the variable's name.
        made_at: where it was first made.
        outside: whether it was asked for outside of every pass, in the default registry.
    """
    return ValueError(
        f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
        f"reuse=tf.AUTO_REUSE in VarScope? Originally defined at: {made_at}. "
        "Each pass may ask for a variable once without reuse; to share it within a pass, ask "
        f"for it again inside variable_scope(..., reuse=True).{shared_by_all() if outside else ''}"
    )


def does_not_exist(
    name: str, names: Iterable[str], earlier: str | None, entry: str | None, *, outside: bool
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
            "a pass goes without reuse, and finds that very variable. For a model that keeps "
            "reuse=True after its first call there is "
            "ScopedParameterRegistry(module, reuse_from_earlier_passes=True)."
        )
    return ValueError(message + nearest(name, names) + (shared_by_all() if outside else ""))


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
