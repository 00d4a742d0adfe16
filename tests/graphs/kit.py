"""An operation by TensorFlow and by torchscope: what a node of its type gives, and its gradients."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch

from tests.tensorflow1 import plain_session, tf
from torchscope import graphs

# What operations draw at random, or what takes part in nothing, has no numbers to compare.
FEW = 1e-5


class Case(NamedTuple):
    """A node: its type, what it takes, and what is compared.

    Args:
        op: its type.
        inputs: arrays by the names of its arguments; a list of them where the argument is a list.
        attributes: its attributes, by their names.
        near: how far numbers may be from TensorFlow's, relative and absolute.
        constant: whether what it takes may only be constants: TensorFlow itself needs to know them.
        gradients: whether gradients are compared, where TensorFlow has them.
        left_out: the names of outputs that TensorFlow leaves as they happen to be.
        fed: whether what it takes may be fed without its shape being known.
    """

    op: str
    inputs: dict[str, Any]
    attributes: dict[str, Any] = {}
    near: float = FEW
    constant: bool = False
    gradients: bool = True
    left_out: tuple[str, ...] = ()
    fed: bool = True

    def __str__(self) -> str:
        said = "-".join(f"{key}={value}" for key, value in self.attributes.items())
        return f"{self.op}-{said}".replace(" ", "")[:60]


class Built(NamedTuple):
    """A graph of one node, with what TensorFlow computes in it."""

    definition: bytes
    feeds: dict[str, Any]
    outputs: list[str]
    inputs: list[str]
    gradients: list[str | None]
    given: list[Any]
    slopes: list[Any]


class Made(NamedTuple):
    """A node in a graph: what is fed, the tensors that it takes by their names, and those that it gives."""

    feeds: dict[str, Any]
    given: dict[str, Any]
    outputs: list[Any]


def make(case: Case, *, fed: bool) -> Made:
    """Makes the node in TensorFlow's graph.

    Args:
        case: the node.
        fed: whether what it takes is fed; else small arrays of integers are constants.
    """
    feeds: dict[str, Any] = {}

    def tensor(value: Any, name: str) -> Any:
        value = np.asarray(value)
        small = value.dtype.kind in "iub" and value.ndim <= 2 and value.size <= 64
        if case.constant or (small and not fed) or value.dtype.kind in "SUO":
            return tf.constant(value, name=name)
        made = tf.placeholder(value.dtype, [None] * value.ndim if fed else value.shape, name=name)
        feeds[made.name] = value
        return made

    given = {
        name: [tensor(each, f"{name}_{i}") for i, each in enumerate(value)]
        if isinstance(value, list)
        else tensor(value, name)
        for name, value in case.inputs.items()
    }
    made = getattr(tf.raw_ops, case.op)(**given, **case.attributes)
    if case.left_out:
        made = [getattr(made, each) for each in made._fields if each not in case.left_out]
    return Made(feeds, given, [each for each in _flat(made) if isinstance(each, tf.Tensor)])


def build(case: Case, *, fed: bool) -> Built:
    """Makes the node, and its gradients, in TensorFlow, and runs both."""
    with tf.Graph().as_default() as graph, plain_session() as session:
        feeds, given, outputs = make(case, fed=fed)
        sources = [
            each
            for value in given.values()
            for each in _flat(value)
            if each.op.type == "Placeholder" and (each.dtype.is_floating or each.dtype.is_complex)
        ]
        slopes = _slopes(outputs, sources) if case.gradients else [None] * len(sources)
        wanted = [each for each in slopes if each is not None]
        found, steep = session.run([outputs, wanted], feeds)
        return Built(
            graph.as_graph_def().SerializeToString(),
            feeds,
            [each.name for each in outputs],
            [each.name for each in sources],
            [None if each is None else each.name for each in slopes],
            found,
            steep,
        )


def _flat(made: Any) -> list[Any]:
    if isinstance(made, list | tuple):
        return [each for one in made for each in _flat(one)]
    return [] if isinstance(made, tf.Operation) else [made]


def _slopes(outputs: list[Any], sources: list[Any]) -> list[Any]:
    """The gradients of a sum of all outputs, each number with a weight of its own; None where there are none."""
    floating = [
        part
        for each in outputs
        for part in ([tf.real(each), 2 * tf.imag(each)] if each.dtype.is_complex else [each])
        if part.dtype.is_floating
    ]
    if not floating or not sources:
        return [None] * len(sources)
    total = tf.add_n(
        [tf.reduce_sum(tf.cast(each * weights_of(each), tf.float32)) for each in floating]
    )
    try:
        slopes: list[Any] = tf.gradients(total, sources)
    except (LookupError, TypeError, NotImplementedError):
        return [None] * len(sources)
    return [
        tf.convert_to_tensor(each) if isinstance(each, tf.IndexedSlices) else each
        for each in slopes
    ]


def weights_of(tensor: Any) -> Any:
    """Weights for a tensor of TensorFlow's, told by the places of its numbers."""
    count = tf.cast(tf.size(tensor), tf.float32)
    return tf.cast(tf.reshape(tf.cos(tf.range(count)), tf.shape(tensor)), tensor.dtype)


def check(case: Case, *, fed: bool) -> None:
    """Has torchscope import what TensorFlow built, and compares values, dtypes, shapes and gradients.

    Gradients are compared twice: autograd's, and those of the nodes that TensorFlow computes its own with.
    """
    built = build(case, fed=fed)
    net = graphs.import_graph_def(built.definition)
    sources = {
        name: torch.from_numpy(np.array(value)).requires_grad_(name in built.inputs)
        for name, value in built.feeds.items()
    }
    given = net(feeds=sources, fetches=built.outputs)
    for found, expected, name in zip(given, built.given, built.outputs, strict=True):
        compare(found, expected, case.near, name)
    wanted = [name for name in built.gradients if name is not None]
    if not wanted:
        return
    total = sum(
        (
            part
            * torch.cos(torch.arange(part.numel(), dtype=torch.float32))
            .reshape(part.shape)
            .to(part.dtype)
        )
        .sum()
        .to(torch.float32)
        for each in given
        for part in ((each.real, 2 * each.imag) if each.is_complex() else (each,))
        if part.is_floating_point() and part.requires_grad
    )
    inputs = [
        sources[source]
        for source, slope in zip(built.inputs, built.gradients, strict=True)
        if slope is not None
    ]
    slopes: Any = [None] * len(inputs)
    if isinstance(total, torch.Tensor):
        slopes = torch.autograd.grad(total, inputs, allow_unused=True)
    for name, found, expected, source in zip(wanted, slopes, built.slopes, inputs, strict=True):
        compare(
            torch.zeros_like(source) if found is None else found,
            expected,
            case.near * 10,
            f"autograd's {name}",
        )
    by_nodes = net(feeds=built.feeds, fetches=wanted)
    for name, found, expected in zip(wanted, by_nodes, built.slopes, strict=True):
        compare(found, expected, case.near * 10, name)


def compare(found: Any, expected: Any, near: float, name: str) -> None:
    """Fails unless two values are of one dtype and shape, and near."""
    values = found.detach()
    if values.dtype == torch.bfloat16:
        values, expected = values.float(), np.asarray(expected, np.float32)
    values = values.resolve_conj().numpy()
    expected = np.asarray(expected)
    assert values.dtype == expected.dtype, name
    assert values.shape == expected.shape, name
    np.testing.assert_allclose(values, expected, near, near, err_msg=name)
