"""An apply_gradients of people's own, which runs where the operation runs that it gives.

It assigns to variables, which happens at once. So what the model function calls only makes the variables that
it asks for, as the branch of a condition does that is not taken. That is slow, so a registry remembers what was
made, and the next passes just claim it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from torchscope._core.operations.operation import Operation, run_all
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass
from torchscope._core.running.dry_run import uncomputed
from torchscope._core.running.recomputation import again
from torchscope._core.store.records import Record
from torchscope._core.values.structures import flatten


def put_off(apply: Callable[..., Any]) -> Callable[..., Any]:
    """The method that gives an operation, which calls `apply`."""

    @functools.wraps(apply)
    def apply_gradients(self: Any, grads_and_vars: Any, *args: Any, **kwargs: Any) -> Any:
        if self._runs:
            return apply(self, grads_and_vars, *args, **kwargs)
        pairs, pass_ = tuple(grads_and_vars), passes.current()
        here = pass_.as_it_is()

        def call() -> Any:
            self._runs = True
            try:
                return apply(self, pairs, *args, **kwargs)
            finally:
                self._runs = False

        moved = [variable._ts_record for gradient, variable in pairs if gradient is not None]
        # Not by the class itself, which a model function may make anew in each pass.
        cls = type(self).__module__, type(self).__qualname__
        key = (pass_.entry, cls, pass_.scope.name, *moved)
        made = _made_by(pass_, key, call, f"{type(self).__name__}.apply_gradients")

        def run() -> None:
            with torch.no_grad(), again(here):
                run_all(flatten([call()]))

        kept = [pass_.store.variable_of(record) for record in made]
        changes = [*(variable for _, variable in pairs), *kept]
        return Operation.named(kwargs.get("name"), self._name, run, changes=changes)

    return apply_gradients


def _made_by(pass_: Pass, key: Any, call: Callable[[], Any], what: str) -> list[Record]:
    """The variables that a call asks for, which the pass has claimed then."""
    asked, claims = pass_.registry.experience.asked, pass_.claims
    made, further = asked.get(key, ([], {}))
    if made and all(r not in claims and pass_.store.is_stored(r) for r in made):
        claims.update(dict.fromkeys(made, 1))
        for name, count in further.items():
            pass_.names[name] = pass_.names.get(name, 0) + count
        return made
    alone = pass_.as_it_is()
    with uncomputed(what):
        call()
    made = [record for record in claims if record not in alone.claims]
    alone.claims.update(dict.fromkeys(made, 1))
    if all(record.claimable for record in made):
        # What else it has done to the pass is to use up names of operations.
        further = {n: c - alone.names.get(n, 0) for n, c in pass_.names.items()}
        asked[key] = made, {name: count for name, count in further.items() if count}
    return made
