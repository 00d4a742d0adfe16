"""tf.flags: absl's flags, which the extra `scripts` brings."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

try:
    from absl import flags as _absl
    from absl.flags import *  # noqa: F403 - TF1 had all of it
    from absl.flags import __all__
except ModuleNotFoundError as _error:
    raise ImportError(
        f"tf.flags needs the extra 'scripts', of which {_error.name} is missing: "
        "pip install 'torchscope[scripts]'"
    ) from _error

_absl.disclaim_key_flags()

_OLDER = {"flag_name": "name", "default_value": "default", "docstring": "help"}


def _with_older_names(define: Callable[..., Any]) -> Callable[..., Any]:
    """A function that defines a flag, and knows its arguments by TF1's first names as well."""

    @functools.wraps(define)
    def run(*args: Any, **kwargs: Any) -> Any:
        return define(*args, **{_OLDER.get(name, name): value for name, value in kwargs.items()})

    return run


DEFINE_string = _with_older_names(_absl.DEFINE_string)
DEFINE_boolean = _with_older_names(_absl.DEFINE_boolean)
DEFINE_bool = DEFINE_boolean
DEFINE_float = _with_older_names(_absl.DEFINE_float)
DEFINE_integer = _with_older_names(_absl.DEFINE_integer)


class _FlagsOfTheProgram:
    """absl's FLAGS, which read the command line when a flag is first asked for, as TF1's did."""

    def __getattr__(self, name: str) -> Any:
        if not _absl.FLAGS.is_parsed() and name in _absl.FLAGS:
            _absl.FLAGS(sys.argv)
        return getattr(_absl.FLAGS, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_absl.FLAGS, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_absl.FLAGS, name)

    def __getitem__(self, name: str) -> Any:
        return _absl.FLAGS[name]

    def __contains__(self, name: str) -> bool:
        return name in _absl.FLAGS

    def __iter__(self) -> Iterator[str]:
        return iter(_absl.FLAGS)

    def __len__(self) -> int:
        return len(_absl.FLAGS)

    def __dir__(self) -> list[str]:
        return dir(_absl.FLAGS)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _absl.FLAGS(*args, **kwargs)

    def __str__(self) -> str:
        return str(_absl.FLAGS)

    def _parse_flags(self, args: list[str] | None = None) -> None:
        """What scripts called before TF 1.5."""
        _absl.FLAGS([sys.argv[0], *args] if args is not None else sys.argv, known_only=True)


FLAGS: Any = _FlagsOfTheProgram()  # type: ignore[no-redef]


def __dir__() -> tuple[str, ...]:
    return __all__
