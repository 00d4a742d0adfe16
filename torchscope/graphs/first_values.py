"""What variables of a graph hold at first: a checkpoint's values, or those of the graph's own initializers."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

import torchscope as ts
import torchscope.tf1 as tf
from torchscope.checkpoint import Checkpoint
from torchscope.graphs.definitions import Node
from torchscope.graphs.errors import GraphError
from torchscope.graphs.lowering import Lowered
from torchscope.graphs.module import ImportedGraph
from torchscope.graphs.variables import Described
from torchscope.graphs.weights import trained


class FirstValue:
    """An initializer that gives a value once, which it then holds no longer; after that, what the graph computes it as.

    Args:
        net: whose variable it is. A copy's variable begins with what the original computes.
        name: its node.
        value: what it gives at first.
    """

    def __init__(self, net: ImportedGraph | None, name: str, value: Tensor | None) -> None:
        self._net = None if net is None else weakref.ref(net)
        self._name = name
        self._value = value

    def __call__(self, *_: Any, **__: Any) -> Tensor:
        """The value, whatever shape and dtype are asked for: they are the variable's."""
        value, self._value = self._value, None
        if value is not None:
            return value
        net = None if self._net is None else self._net()
        if net is None:
            raise GraphError(
                f"The graph that the variable {self._name!r} is of is gone: import it anew."
            )
        return _computed_again(net, self._name)

    def __reduce__(self) -> Any:
        return FirstValue, (None, self._name, self._value)


def make(
    net: ImportedGraph,
    described: Sequence[Described],
    checkpoint: Checkpoint | None,
    *,
    saved: bool = False,
) -> None:
    """Makes the variables of a graph.

    Args:
        net: the graph, which has none yet.
        described: the variables.
        checkpoint: has the values of some or all of them.
        saved: whether the graph itself restores them next, so that any value will do.

    Raises:
        GraphError: a variable has no value in the checkpoint, and the graph has no initializer for it that can be run.
    """
    net._ts_pieces = {each.node: each for each in described if each.piece is not None}
    net._ts_described = {each.node: each for each in described}
    wanted = {each.node: each for each in described}
    with net.registry.activate():
        while wanted:
            each = next(iter(wanted.values()))
            sizes = [size for size in each.shape or () if size is not None]
            if saved and each.shape is not None and len(sizes) == len(each.shape):
                del wanted[each.node]
                _give_described(net, each, torch.zeros(sizes, dtype=each.dtype))
            else:
                _make(net, each, wanted, checkpoint)
    if checkpoint is not None:
        _tell_of_absent(described, checkpoint)


def _tell_of_absent(described: Sequence[Described], checkpoint: Checkpoint) -> None:
    local = ts.GraphKeys.LOCAL_VARIABLES
    absent = [
        each.name
        for each in described
        if each.name not in checkpoint and local not in each.collections
    ]
    if absent:
        warnings.warn(
            f"The checkpoint {checkpoint.path} does not have {len(absent)} of the graph's {len(described)} variables, such "
            f"as {absent[0]!r}: they begin as the graph's own initializers say. If it is another graph's, give the right one.",
            stacklevel=4,
        )


def make_frozen(net: ImportedGraph, constants: Mapping[str, Node], trainable: bool | str) -> None:
    """Makes variables of the constants of a frozen graph that are its weights.

    Args:
        net: the graph.
        constants: their nodes.
        trainable: as in `import_graph_def`.

    Raises:
        GraphError: a regular expression is found in no name.
    """
    chosen = dict(trained(list(constants), trainable))
    if isinstance(trainable, str) and not any(chosen.values()):
        names = ", ".join(list(chosen)[:8]) + (", ..." if len(chosen) > 8 else "")
        raise GraphError(
            f"Nothing would be trained: trainable={trainable!r} is found in the name of no weight. Take an expression that is "
            f"found in some of these: {names or 'none'}."
        )
    with net.registry.activate():
        for name, is_trained in chosen.items():
            stored = constants[name].stored
            assert stored is not None
            _give(net, name, stored.load(), trainable=is_trained)


def _make(
    net: ImportedGraph, each: Described, wanted: dict[str, Described], checkpoint: Checkpoint | None
) -> None:
    del wanted[each.node]
    value = None if checkpoint is None else each.saved(checkpoint)
    if value is None:
        if each.initial is None:
            raise GraphError(
                f"The variable {each.name!r} has no value: the graph has no initializer for it. Give a checkpoint."
            )
        initializer = net._lowered((), (each.initial,))
        for needed in initializer.variables:
            if needed.node in wanted:
                _make(net, wanted[needed.node], wanted, checkpoint)
        value = _computed(net, each, initializer)
    _give_described(net, each, value)


def _computed(net: ImportedGraph, each: Described, initializer: Lowered) -> Tensor:
    """What the graph's own initializer gives a variable, in the pass that runs."""
    (found,) = net._run(initializer, ())
    value: Tensor = tf.convert_to_tensor(found, each.dtype)
    return value.clone()


def _computed_again(net: ImportedGraph, name: str) -> Tensor:
    each = net._ts_described.get(name)
    if each is None or each.initial is None:
        raise GraphError(
            f"The graph has no initializer for the variable {name!r}: it was frozen. Import it anew."
        )
    with net.registry.activate():
        return _computed(net, each, net._lowered((), (each.initial,)))


def _give_described(net: ImportedGraph, each: Described, value: Tensor) -> None:
    own = [key for key in each.collections if key != ts.GraphKeys.TRAINABLE_VARIABLES]
    trainable = each.trainable and value.dtype.is_floating_point
    _give(net, each.node, value, trainable=trainable, collections=own or None)


def _give(net: ImportedGraph, name: str, value: Tensor, **said: Any) -> None:
    """Makes a variable in the pass that runs, of a value that nobody else holds."""
    net._ts_kinds[name] = list(value.shape), value.dtype
    first = FirstValue(net, name, value)
    ts.get_variable(name, list(value.shape), value.dtype, first, **said)
