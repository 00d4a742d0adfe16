"""The public names of torchscope, one a line: what docs/api-policy.md promises to keep.

They are what `dir` gives of the modules that torchscope names: functions with their arguments, classes with what they
define themselves. What has been named before is a line that says where. `python -m tests.public.written_down` writes
tests/public/written_down.txt anew, so that a change of the API is seen in its diff.
"""

import enum
import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

FILE = Path(__file__).with_suffix(".txt")
# Those that are imported by themselves. TF1's spellings come last, so that they lead to the names of torchscope.
ROOTS = (
    "torchscope",
    "torchscope.checkpoint",
    "torchscope.graphs",
    "torchscope.port",
    "torchscope.tf1",
)


def modules() -> dict[str, ModuleType]:
    """The public modules, each under the first path that leads to it."""
    found: dict[str, ModuleType] = {}
    for root in ROOTS:
        waiting = [(root, importlib.import_module(root))]
        while waiting:
            path, module = waiting.pop(0)
            if module in found.values():
                continue
            found[path] = module
            named = [(f"{path}.{name}", getattr(module, name)) for name in sorted(dir(module))]
            # A module that is shown at several paths is described at its own.
            waiting += [(at, it) for at, it in named if _is_ours(it) and _is_at(at, it)]
    return found


def lines() -> list[str]:
    """What the file has to say."""
    named = [
        (f"{path}.{name}", getattr(module, name))
        for path, module in modules().items()
        for name in sorted(dir(module))
    ]
    # Of what has several names, the first.
    first: dict[int, str] = {id(module): path for path, module in modules().items()}
    for path, value in named:
        if _has_a_name(value):
            first.setdefault(id(value), path)
    said = ["torchscope.__version__: str"]
    for path, value in named:
        if _has_a_name(value) and first[id(value)] != path:
            said.append(f"{path} = {first[id(value)]}")
        else:
            said += _lines_of(path, value, first)
    return sorted(said)


def _has_a_name(value: object) -> bool:
    return inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value)


def _lines_of(path: str, value: object, public: dict[int, str]) -> Iterator[str]:
    if inspect.ismodule(value):
        yield f"{path}: module" if _is_ours(value) else f"{path}: module {value.__name__}"
    elif inspect.isclass(value) and _is_ours(value):
        yield f"{path}{_signature(value) if _has_its_own_making(value) else ''}: class"
        for name in dir(value):
            owner = next((each for each in value.__mro__ if name in vars(each)), None)
            # What it has of a public class is a line of that class, and what it has of PyTorch's is PyTorch's.
            bases = (each for each in value.__mro__[1:] if id(each) in public)
            own = _is_ours(owner) and not any(owner in each.__mro__ for each in bases)
            if own and not name.startswith("_"):
                yield f"{path}.{_member(value, name)}"
    elif (inspect.isroutine(value) and _is_ours(value)) or isinstance(value, functools.partial):
        yield f"{path}{_signature(value)}"
    elif _has_a_name(value):
        yield f"{path}: of {value.__module__.split('.')[0]}"
    else:
        yield f"{path}: {type(value).__qualname__}"


def _member(value: type, name: str) -> str:
    member = inspect.getattr_static(value, name)
    if isinstance(member, staticmethod | classmethod):
        member = getattr(value, name)
    return f"{name}{_signature(member)}" if inspect.isroutine(member) else name


def _signature(value: object) -> str:
    """Names, kinds and defaults. What types they have, mypy knows."""
    signature = inspect.signature(value)
    parameters = [
        each.replace(annotation=each.empty, default=_Shown(each.default))
        if each.default is not each.empty
        else each.replace(annotation=each.empty)
        for each in signature.parameters.values()
    ]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


class _Shown:
    """A default as the file shows it: the same on each machine, and in each process."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        value = self.value
        if isinstance(value, enum.Enum):
            return str(value)
        if inspect.isclass(value) or inspect.isroutine(value):
            return value.__name__
        text = repr(value)
        return type(value).__name__ if re.search(" at 0x|^<", text) else text


def _has_its_own_making(value: type) -> bool:
    """Whether torchscope says how a class is called, rather than what it derives from."""
    if issubclass(value, enum.Enum):
        return False
    owners = (each for each in value.__mro__ if vars(each).keys() & {"__init__", "__new__"})
    return _is_ours(next(owners)) or issubclass(value, tuple)


def _is_ours(value: object) -> bool:
    of = value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None) or ""
    return of.split(".")[0] == "torchscope"


def _is_at(path: str, module: object) -> bool:
    """Whether a module is the one at this path, or is of a private file that stands for it."""
    return isinstance(module, ModuleType) and (module.__name__ == path or "._" in module.__name__)


if __name__ == "__main__":
    FILE.write_text("\n".join(lines()) + "\n")
