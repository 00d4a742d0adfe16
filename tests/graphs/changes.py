"""A node that changes variables, by TensorFlow and by torchscope: what they hold afterwards."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.graphs.kit import FEW, compare
from tests.graphs.registry import REGISTRY
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs


class Change(NamedTuple):
    """A node: its type, the variables and the arrays that it takes, by the names of its arguments.

    Args:
        op: its type.
        variables: what they hold at first.
        inputs: the others; they are constants.
        attributes: its attributes.
        steps: how often it is run.
    """

    op: str
    variables: dict[str, Any]
    inputs: dict[str, Any]
    attributes: dict[str, Any] = {}
    steps: int = 2

    def __str__(self) -> str:
        said = "-".join(f"{key}={value}" for key, value in self.attributes.items())
        return f"{self.op}-{said}".replace(" ", "")[:60]


def check(change: Change) -> None:
    """Builds the node, runs it in TensorFlow and here, and compares what it gives and leaves."""
    told = REGISTRY[change.op].input_arg
    resource = not any(each.is_ref for each in told)
    with tf.Graph().as_default() as graph, plain_session() as session:
        variables = {
            name: tf.Variable(value, name=name, use_resource=resource)
            for name, value in change.variables.items()
        }
        handles = {
            name: each.handle if resource else each._variable for name, each in variables.items()
        }
        inputs = {name: tf.constant(value, name=name) for name, value in change.inputs.items()}
        made = getattr(tf.raw_ops, change.op)(**handles, **inputs, **change.attributes)
        target = made if isinstance(made, tf.Operation) else made.op
        if not isinstance(made, tf.Operation):
            made = tf.identity(made)
        session.run(tf.global_variables_initializer())
        given = [session.run(made) for _ in range(change.steps)]
        expected = session.run(variables)
        net = graphs.import_graph_def(graph.as_graph_def())
    fetched = target.name if isinstance(made, tf.Operation) else made.name
    found = [net(fetches=fetched) for _ in range(change.steps)]
    state = net.state_dict()
    for name, value in expected.items():
        compare(state[name], value, FEW, name)
    if not isinstance(made, tf.Operation):
        for mine, theirs in zip(found, given, strict=True):
            compare(mine, theirs, FEW, change.op)
