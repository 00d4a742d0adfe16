"""tf.train.Scaffold: the pieces that TF1's training loops picked up from a model function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils._pytree import register_pytree_node


class Scaffold:
    """Holds what a loop is to use besides the net (tf.train.Scaffold).

    There is nothing to initialize, so it is for a loop of your own to look at: its `saver` and its `init_fn`,
    which is called with the scaffold and the net, before the first step.

    >>> loaded = []
    >>> scaffold = Scaffold(init_fn=lambda scaffold, net: loaded.append(net))
    >>> scaffold.init_fn("net"), loaded, scaffold.saver is None
    (None, ['net'], True)

    Args:
        init_op: held; None by default, as all others.
        init_feed_dict: held.
        init_fn: a function of the scaffold and of what stands for the session: the net.
        ready_op: held.
        ready_for_local_init_op: held.
        local_init_op: held.
        summary_op: held.
        saver: a Saver.
        copy_from_scaffold: another one, which has what is None here.
        local_init_feed_dict: held.

    Raises:
        TypeError: `copy_from_scaffold` is none.
    """

    def __init__(
        self,
        init_op: Any = None,
        init_feed_dict: Any = None,
        init_fn: Callable[[Any, Any], Any] | None = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        local_init_op: Any = None,
        summary_op: Any = None,
        saver: Any = None,
        copy_from_scaffold: Scaffold | None = None,
        local_init_feed_dict: Any = None,
    ) -> None:
        if copy_from_scaffold is not None and not isinstance(copy_from_scaffold, Scaffold):
            raise TypeError(
                "copy_from_scaffold is not a Scaffold instance. It is "
                f"{copy_from_scaffold!r:.200}; give a tf.train.Scaffold."
            )
        other = copy_from_scaffold

        def held(value: Any, name: str) -> Any:
            return getattr(other, name, None) if value is None else value

        self.init_op: Any = held(init_op, "init_op")
        self.init_feed_dict: Any = held(init_feed_dict, "init_feed_dict")
        self.ready_op: Any = held(ready_op, "ready_op")
        self.ready_for_local_init_op: Any = held(ready_for_local_init_op, "ready_for_local_init_op")
        self.local_init_op: Any = held(local_init_op, "local_init_op")
        self.local_init_feed_dict: Any = held(local_init_feed_dict, "local_init_feed_dict")
        self.summary_op: Any = held(summary_op, "summary_op")
        self.saver: Any = held(saver, "saver")
        self._function = held(init_fn, "_function")

    @property
    def init_fn(self) -> Callable[[Any], Any] | None:
        """The function that was given, of the net alone."""
        function = self._function
        return None if function is None else lambda net: function(self, net)


# One that is in what a net gives is what it is, and nothing to compute.
register_pytree_node(
    Scaffold,
    lambda scaffold: ([], scaffold),
    lambda _, scaffold: scaffold,
    serialized_type_name="torchscope.tf1.scaffold.Scaffold",
)
