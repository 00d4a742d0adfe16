"""GraphError: what is wrong with a graph, or with what was asked of it."""

from __future__ import annotations

from torchscope.checkpoint.errors import CheckpointError


class GraphError(CheckpointError):
    """A graph that cannot be imported, or cannot compute what was asked of it.

    >>> raise GraphError("The graph has no tensor 'logits:0'.", "model.meta")
    Traceback (most recent call last):
    torchscope.graphs.errors.GraphError: The graph has no tensor 'logits:0'. (model.meta)
    """
