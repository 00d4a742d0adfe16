"""Which variable of one side is likely to be which of the other, where their names differ.

Partners have the same dimensions, in any order, and names that say much the same. Names are cut
into words and numbers; what is rare tells more than what every name has. Each variable is
compared with the few that share its rarest words, so that tens of thousands take seconds.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# One meaning, as TF1's layers and PyTorch's modules write it.
_MEANINGS = {
    "kernel": "weight",
    "gamma": "weight",
    "scale": "weight",
    "w": "weight",
    "beta": "bias",
    "offset": "bias",
    "b": "bias",
    "moving": "running",
    "variance": "var",
    "embedding": "embed",
    "convolution": "conv",
    "batchnorm": "norm",
    "bn": "norm",
    "query": "q",
    "key": "k",
    "value": "v",
}
# A variable is compared with all that have its dimensions, or else with this many of them.
_FEW = 24


@dataclass(frozen=True, slots=True)
class Partner:
    """A variable that is likely to be the same as another one.

    Attributes:
        name: its name, on the other side.
        same_shape: whether the dimensions are in the same order too.
        likeness: how much the names say the same, from 0 to 1.
    """

    name: str
    same_shape: bool
    likeness: float


Shapes = Mapping[str, tuple[int, ...]]


def partners(left: Shapes, right: Shapes) -> dict[str, Partner]:
    """The likeliest partner of each name on the left, if it has one; nobody has two.

    >>> found = partners({"fc/kernel": (3, 2)}, {"fc.weight": (2, 3), "fc.bias": (2,)})
    >>> found["fc/kernel"].name, found["fc/kernel"].same_shape
    ('fc.weight', False)

    Args:
        left: names and their shapes.
        right: those among which partners are sought.
    """
    groups: dict[tuple[int, ...], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, shapes in enumerate((left, right)):
        for name in sorted(shapes, key=natural):
            groups[tuple(sorted(shapes[name]))][side].append(name)
    found: dict[str, Partner] = {}
    for ours, theirs in groups.values():
        if ours and theirs:
            for a, b, likeness in _pair(ours, theirs, left, right):
                found[a] = Partner(b, left[a] == right[b], round(likeness, 3))
    return found


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which layer_2 comes before layer_10.

    >>> sorted(["layer_10", "layer_2"], key=natural)
    ['layer_2', 'layer_10']
    """
    parts = re.split(r"([0-9]{1,18})", name)
    return tuple((1, int(p), p) if i % 2 else (0, 0, p) for i, p in enumerate(parts))


def _pair(
    ours: list[str], theirs: list[str], left: Shapes, right: Shapes
) -> Iterator[tuple[str, str, float]]:
    """Partners among variables that all have the same dimensions, the most alike first."""
    meanings_a = [_meanings(name) for name in ours]
    meanings_b = [_meanings(name) for name in theirs]
    number = Counter(m for meanings in (*meanings_a, *meanings_b) for m in meanings)
    total = len(ours) + len(theirs)
    weight = {m: math.log(1 + total / count) for m, count in number.items()}
    length_a = [math.sqrt(sum(weight[m] ** 2 for m in each)) for each in meanings_a]
    length_b = [math.sqrt(sum(weight[m] ** 2 for m in each)) for each in meanings_b]
    having: dict[str, list[int]] = defaultdict(list)
    for j, each in enumerate(meanings_b):
        for m in each:
            having[m].append(j)
    everyone = range(len(theirs)) if len(theirs) <= _FEW else None
    likely = []
    for i, each in enumerate(meanings_a):
        for j in everyone or _sharing_the_rarest(each, having):
            common = sum(weight[m] ** 2 for m in each & meanings_b[j])
            if common:
                likeness = common / (length_a[i] * length_b[j])
                same = left[ours[i]] == right[theirs[j]]
                likely.append((-likeness - 0.1 * same, i, j, likeness))
    likely.sort()
    free_a, free_b = dict.fromkeys(range(len(ours))), dict.fromkeys(range(len(theirs)))
    for _, i, j, likeness in likely:
        if i in free_a and j in free_b:
            del free_a[i], free_b[j]
            yield ours[i], theirs[j], min(likeness, 1.0)
    if len(free_a) == len(free_b):
        # No word tells who belongs to whom, so their order does: layer_0 is the first in both.
        for i, j in zip(free_a, free_b, strict=True):
            yield ours[i], theirs[j], 0.0


def _sharing_the_rarest(meanings: frozenset[str], having: Mapping[str, list[int]]) -> list[int]:
    found: dict[int, None] = {}
    for m in sorted(meanings & having.keys(), key=lambda m: (len(having[m]), m)):
        if found and len(found) + len(having[m]) > 4 * _FEW:
            break
        found.update(dict.fromkeys(having[m][:_FEW]))
    return list(found)


def _meanings(name: str) -> frozenset[str]:
    """The words of a name, and its numbers together with the words before them."""
    words = [word.lower() for word in _WORD.findall(name)]
    words = [_MEANINGS.get(singular, singular) for singular in map(_singular, words)]
    found = {word for word in words if not word.isdigit()}
    found.update(f"{a} {b}" for a, b in zip(["", *words], words, strict=False))
    return frozenset(found)


def _singular(word: str) -> str:
    if word.endswith("ses"):
        return word[:-2]
    return (
        word[:-1]
        if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "as"))
        else word
    )
