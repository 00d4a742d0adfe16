"""TF1's graphs: here the default registry."""

from __future__ import annotations

from torchscope.registry import reset_default_registry


def reset_default_graph() -> None:
    """Starts the default registry afresh (tf.reset_default_graph): `ts.reset_default_registry`."""
    reset_default_registry()
