"""A net that is evaluated on the averages of its variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import torch
from torch import Tensor, nn

from torchscope._core.pytorch.sharding import is_sharded
from torchscope._core.store.places import REGISTRY
from torchscope._core.store.records import Record
from torchscope._core.store.variable_store import VariableStore
from torchscope._core.values import errors


@contextmanager
def averaged(net: nn.Module, name: str = "ExponentialMovingAverage") -> Iterator[list[str]]:
    """A context in which the variables of a net have the values of their averages.

    >>> import torch, torchscope as ts, torchscope.tf1 as tf
    >>> def model(x):
    ...     w = ts.get_variable("w", initializer=[1.0, 2.0])
    ...     return x * w, tf.train.ExponentialMovingAverage(0.5).apply([w])
    >>> net = ts.ScopedModule(model)
    >>> y, update = net(torch.ones(2))
    >>> _ = net.registry.variables["w"].assign([5.0, 6.0])
    >>> update.run()
    >>> with averaged(net):
    ...     net(torch.ones(2))[0].tolist(), net.w.tolist()
    ([3.0, 4.0], [3.0, 4.0])
    >>> net.w.tolist()
    [5.0, 6.0]

    Variables are the objects that they are, for optimizers too, and share the memory of their averages
    meanwhile: nothing is copied, but where `fully_shard` has sharded them, or the two lie in memory in
    different orders. They have their own values again
    afterwards, whatever happens in between. What has no average keeps its value: batch normalization's
    moving statistics, for example. It is for evaluation: a variable that is written to inside writes to
    its average. Contexts of the same averages or of others may be inside one another.

    Args:
        net: a module in whose tree are registries; a wrapper such as DistributedDataParallel too.
        name: the averages' last part, as ``ExponentialMovingAverage(..., name)`` was given it.

    Yields:
        The names of the trainable variables that have no such average.

    Raises:
        ValueError: there are no such averages, or a variable has two.
        TypeError: `net` is no module.
    """
    if not isinstance(net, nn.Module):
        raise TypeError(f"averaged takes a module; this is {net!r:.200}.")
    pairs: list[tuple[Tensor, Tensor]] = []
    without: list[str] = []
    for store in _stores(net):
        followed = _averages(store, name)
        for record in store.records:
            if record in followed:
                average = store.variable_of(followed[record])
                pairs.append((store.variable_of(record), average))
            elif record.trainable:
                without.append(record.name)
    if not pairs:
        raise ValueError(_none_of(net, name))
    with ExitStack() as stack:
        # A graph that was computed before, and is differentiated inside, fails; afterwards it works.
        stack.enter_context(_versions_kept([variable for variable, _ in pairs]))
        for variable, average in pairs:
            give, own = _way_to_give(variable, average)
            stack.callback(give, variable, own)
            give(variable, average)
        yield without


def _stores(net: nn.Module) -> list[VariableStore]:
    return [
        module.__dict__[REGISTRY].store for module in net.modules() if REGISTRY in module.__dict__
    ]


def _averages(store: VariableStore, name: str) -> dict[Record, Record]:
    """The variables that have averages of a name, and these."""
    named = {record.name: record for record in store.records}
    found: dict[Record, Record] = {}
    for record in store.records:
        if record.slot_of is None or not record.name.endswith(f"/{name}"):
            continue
        of = named.get(record.slot_of)
        if of is None:
            continue
        if of in found:
            raise ValueError(
                f"Variable {of.name} has two averages named {name}: {found[of].name}, and "
                f"{record.name}, made at {record.made_at}. Give one ExponentialMovingAverage another "
                "name."
            )
        found[of] = record
    return found


def _none_of(net: nn.Module, name: str) -> str:
    """What to say where there are no averages."""
    slots = [
        record.name
        for store in _stores(net)
        for record in store.records
        if record.slot_of is not None
    ]
    lasts = sorted({slot.rpartition("/")[2] for slot in slots})
    known = f" Its slots are named {', '.join(lasts)}." if lasts else ""
    return (
        f"No variable of this {type(net).__name__} has an average named {name!r}.{known}"
        f"{errors.nearest(name, lasts)} They are made where the model function calls "
        "tf.train.ExponentialMovingAverage(...).apply(...): call the net, or ts.build(net, *inputs), "
        "before averaged(net)."
    )


def _way_to_give(
    variable: Tensor, average: Tensor
) -> tuple[Callable[[Tensor, Tensor], None], Tensor]:
    """How a variable is given another value, and what gives it its own again."""
    if is_sharded(variable) or variable.stride() != average.stride():
        return _copy, variable.detach().clone()
    return _share, variable.data


def _share(variable: Tensor, value: Tensor) -> None:
    variable.data = value.data
    torch.autograd.graph.increment_version(variable)


def _copy(variable: Tensor, value: Tensor) -> None:
    with torch.no_grad():
        variable.copy_(value)


def _versions_kept(variables: list[Tensor]) -> AbstractContextManager[None]:
    return torch.autograd._unsafe_preserve_version_counter(tuple(variables))  # type: ignore[attr-defined]
