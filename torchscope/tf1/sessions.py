"""TF1's sessions, which are not imitated: what to write in their place, and what scripts make before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

from torchscope._core.ops.errors import UnimplementedError


def _refuse(asked: str) -> NoReturn:
    raise UnimplementedError(
        None,
        None,
        f"{asked}: torchscope has no sessions. A call of a net computes, and nothing has to be "
        "initialized. In the place of `session.run(fetches, feed_dict={x: batch})` write:\n"
        "    net = ts.ScopedModule(build)  # build() makes the placeholders, and returns the fetches\n"
        "    for batch in batches:\n"
        "        fetches = net(feeds={'x': batch})  # by the names of the placeholders",
    )


class Session:
    """Refused, with what to write (tf.Session).

    >>> import torchscope.tf1 as tf
    >>> tf.Session()
    Traceback (most recent call last):
    torchscope.tf1.errors.UnimplementedError: tf.Session: torchscope has no sessions. ...

    Raises:
        UnimplementedError: always; it is a NotImplementedError as well.
    """

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        _refuse(f"tf.{type(self).__name__}")


class InteractiveSession(Session):
    """Refused, with what to write (tf.InteractiveSession)."""


def get_default_session() -> NoReturn:
    """Refused, with what to write (tf.get_default_session).

    Raises:
        UnimplementedError: always.
    """
    _refuse("tf.get_default_session()")


class _Settings(SimpleNamespace):
    """Settings of a session, which are held and mean nothing here."""

    def CopyFrom(self, other: Any) -> None:  # noqa: N802 - TF1's name
        """Takes over what another one says."""
        vars(self).update(vars(other))


class GPUOptions(_Settings):
    """Settings of a session: PyTorch takes memory as it needs it (tf.GPUOptions).

    >>> GPUOptions(per_process_gpu_memory_fraction=0.5).per_process_gpu_memory_fraction
    0.5
    """


class OptimizerOptions(_Settings):
    """Settings of a session: torch.compile is called for a net (tf.OptimizerOptions)."""

    DEFAULT = 0
    L0 = -1
    L1 = 0
    OFF = -1
    ON_1 = 1
    ON_2 = 2


class GraphOptions(_Settings):
    """Settings of a session (tf.GraphOptions)."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"optimizer_options": OptimizerOptions(), **settings})


class ConfigProto(_Settings):
    """Settings of a session, which scripts make before it: they are held, and mean nothing here.

    Answers to tf.ConfigProto.

    >>> config = ConfigProto(allow_soft_placement=True)
    >>> config.gpu_options.allow_growth = True
    >>> config.allow_soft_placement
    True
    """

    def __init__(self, **settings: Any) -> None:
        begun = {"gpu_options": GPUOptions(), "graph_options": GraphOptions(), "device_count": {}}
        super().__init__(**{**begun, **settings})


class RunOptions(_Settings):
    """Settings of a run: torch.profiler traces (tf.RunOptions)."""

    NO_TRACE = 0
    SOFTWARE_TRACE = 1
    HARDWARE_TRACE = 2
    FULL_TRACE = 3


class RunMetadata(_Settings):
    """What a run tells of itself: nothing here (tf.RunMetadata)."""
