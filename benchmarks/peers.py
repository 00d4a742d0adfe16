"""An existing parameter by name, in haiku and in pyro, beside ours.

haiku's is asked for inside the apply of a transformed function, eagerly; pyro's by its name alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import haiku as hk
import jax
import jax.numpy as jnp
import pyro
import torch

from benchmarks.access import COPIES, model, within_a_pass
from benchmarks.figures import Figure
from benchmarks.timing import Sample, lines, medians


def within_apply() -> Sample:
    """A sample of hk.get_parameter, inside apply."""
    line = 'hk.get_parameter("w", [16, 16], init=jnp.zeros)'
    sample = lines(line, COPIES, hk=hk, jnp=jnp)
    make = hk.transform(lambda: hk.get_parameter("w", [16, 16], init=jnp.zeros))
    parameters = make.init(jax.random.key(0))
    apply = hk.transform(sample).apply
    return lambda: apply(parameters, None)


def measure(repeats: int) -> Iterator[Figure]:
    """All three in the same rounds."""
    pyro.param("w", torch.zeros(16, 16))
    ours, haikus, pyros = medians(
        within_a_pass(model, 'ts.get_variable("w", [16, 16])', reuse=True),
        within_apply(),
        lines('pyro.param("w")', COPIES, pyro=pyro),
        repeats=10 * repeats,
        warmup=20,
    )
    yield Figure("haiku's hk.get_parameter / ours", haikus / ours, 4.0, 6.0, more_is_better=True)
    yield Figure("pyro's pyro.param / ours", pyros / ours, 2.0, 3.0, more_is_better=True)
