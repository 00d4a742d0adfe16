"""Which tensor of a checkpoint a variable's name means: renaming, and moving averages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from torchscope.checkpoint.errors import visible

Rename = Callable[[str], str | None] | Sequence[tuple[str, str]]

MOVING_AVERAGE = "ExponentialMovingAverage"


def names_in_net(
    names: Iterable[str], rename: Rename | None = None, moving_averages: bool | str = False
) -> dict[str, str]:
    """What each tensor of a checkpoint is called in the net: from that name to the tensor's own.

    >>> names_in_net(["gen/fc/biases"], [("^gen/", ""), ("biases$", "bias")])
    {'fc/bias': 'gen/fc/biases'}
    >>> names_in_net(["w", "w/ExponentialMovingAverage"], moving_averages=True)["w"]
    'w/ExponentialMovingAverage'

    Args:
        names: the names in the checkpoint.
        rename: a function from a name in the checkpoint to the name in the net, which gives None
            for what is to be left out; or pairs of a regular expression and what to put in the
            place of each match, applied in order (`re.sub`).
        moving_averages: whether the moving average of a variable is to be taken, where there is
            one. A text is the `name` that tf.train.ExponentialMovingAverage was given.

    Raises:
        ValueError: two tensors of the checkpoint would have one name.
        TypeError: `rename` is neither, or gave something that is no name.
    """
    renamed = _function(rename)
    ending = f"/{moving_averages if isinstance(moving_averages, str) else MOVING_AVERAGE}"
    plain: dict[str, list[str]] = {}
    averages: dict[str, list[str]] = {}
    for name in names:
        _enter(plain, renamed(name), name)
        if moving_averages and name.endswith(ending):
            _enter(averages, renamed(name.removesuffix(ending)), name)
    for meant in (plain, averages):
        _check_one_each(meant)
    return {name: tensors[0] for name, tensors in {**plain, **averages}.items()}


def _enter(meant: dict[str, list[str]], name: str | None, tensor: str) -> None:
    if name is not None:
        meant.setdefault(name, []).append(tensor)


def _function(rename: Rename | None) -> Callable[[str], str | None]:
    if rename is None:
        return lambda name: name
    if callable(rename):
        given: Callable[[str], str | None] = rename

        def checked(name: str) -> str | None:
            result = given(name)
            if result is not None and not isinstance(result, str):
                raise TypeError(f"rename gave {result!r} for {name!r}: it must be a name or None.")
            return result

        return checked
    try:
        if any(isinstance(pair, str) for pair in rename):
            raise TypeError("a text is no pair")
        pairs = [(re.compile(pattern), replacement) for pattern, replacement in rename]
        for pattern, replacement in pairs:
            pattern.sub(replacement, "")
    except (TypeError, ValueError, re.error) as error:
        raise TypeError(
            "rename must be a function, or pairs of a regular expression and its replacement, "
            f"such as [('^old/', 'new/')]. This is {rename!r:.200} ({error})"
        ) from error

    def substitute(name: str) -> str:
        for pattern, replacement in pairs:
            name = pattern.sub(replacement, name)
        return name

    return substitute


def _check_one_each(meant: dict[str, list[str]]) -> None:
    several = {name: tensors for name, tensors in meant.items() if len(tensors) > 1}
    if several:
        lines = "".join(
            f"\n  {visible(name)}: {visible(', '.join(tensors))}"
            for name, tensors in sorted(several.items())
        )
        raise ValueError(
            "rename gives one name to several tensors of the checkpoint. Have it give None for "
            f"those that are to be left out:{lines}"
        )
