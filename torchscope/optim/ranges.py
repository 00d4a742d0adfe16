"""Which numbers an optimizer's options may be; tensors are what they are, since to look at one waits for its device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor


def positive(algorithm: type, options: Mapping[str, Any], *names: str) -> None:
    """Refuses what is not above 0, in TF1's words."""
    for name, value in _numbers(options, names):
        if not value > 0:
            raise ValueError(
                f"{name} must be positive: {value}. {algorithm.__name__} begins there."
            )


def not_negative(algorithm: type, options: Mapping[str, Any], *names: str) -> None:
    """Refuses what is below 0."""
    for name, value in _numbers(options, names):
        if not value >= 0:
            raise ValueError(
                f"{algorithm.__name__} was given a {name} of {value}; it is 0 or more."
            )


def share(algorithm: type, options: Mapping[str, Any], *names: str) -> None:
    """Refuses what is no share that an average may keep."""
    for name, value in _numbers(options, names):
        if not 0 <= value < 1:
            raise ValueError(
                f"{algorithm.__name__} was given a {name} of {value}; it is in [0, 1)."
            )


def _numbers(options: Mapping[str, Any], names: tuple[str, ...]) -> list[tuple[str, float]]:
    values = [(name, options[name]) for name in names]
    return [(name, value) for name, value in values if not isinstance(value, Tensor | None)]
