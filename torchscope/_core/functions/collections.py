"""Collections: lists under well-known keys, which TF1's graph kept and a pass keeps here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchscope._core.passes import one_pass as passes
from torchscope._core.store.graph_keys import GraphKeys


def add_to_collection(name: str, value: Any) -> None:
    """Puts a value into a collection (tf.add_to_collection).

    A variable stays in it; anything else is dropped when the next pass of the module starts.

    >>> import torchscope as ts
    >>> ts.add_to_collection("sizes", 3)
    >>> ts.get_collection("sizes")
    [3]
    """
    pass_ = passes.current()
    pass_.collected.add(name, value, pass_.store, pass_.where)


def add_to_collections(names: str | Iterable[str], value: Any) -> None:
    """Puts a value into each of several collections, once (tf.add_to_collections).

    >>> import torchscope as ts
    >>> ts.add_to_collections(["a", "b", "a"], 1)
    >>> ts.get_collection("a"), ts.get_collection("b")
    ([1], [1])
    """
    for name in dict.fromkeys([names] if isinstance(names, str) else names):
        add_to_collection(name, value)


def get_collection(key: str, scope: str | None = None) -> list[Any]:
    """A new list of what a collection holds (tf.get_collection).

    Args:
        key: the collection's name.
        scope: a regular expression that the items' names must match from their start. A tensor
            goes by the name scope that was open when it was put there. Items without a name
            (numbers, say) are left out.

    >>> import torchscope as ts
    >>> with ts.name_scope("tower_0"):
    ...     ts.add_to_collection("losses", torch.tensor(0.5))
    >>> ts.get_collection("losses", "tower_0"), ts.get_collection("losses", "tower_1")
    ([tensor(0.5000)], [])
    """
    pass_ = passes.current()
    return pass_.collected.read(key, pass_.store, scope)


def get_collection_ref(key: str) -> list[Any]:
    """The list behind a collection: to change it changes the collection (tf.get_collection_ref).

    >>> import torchscope as ts
    >>> ts.add_to_collection("stale", 1)
    >>> ts.get_collection_ref("stale").clear()
    >>> ts.get_collection("stale")
    []
    """
    pass_ = passes.current()
    return pass_.collected.ref(key, pass_.store)


def global_variables(scope: str | None = None) -> list[Any]:
    """All variables that are saved, in the order in which they were made (tf.global_variables).

    Args:
        scope: a regular expression that the names must match from their start.

    >>> import torchscope as ts
    >>> _ = ts.get_variable("a", [1]), ts.get_local_variable("b", [1])
    >>> [v.name for v in ts.global_variables()]
    ['a:0']
    """
    return get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


def local_variables(scope: str | None = None) -> list[Any]:
    """The variables that are neither trained nor saved (tf.local_variables).

    >>> import torchscope as ts
    >>> _ = ts.get_variable("a", [1]), ts.get_local_variable("b", [1])
    >>> [v.name for v in ts.local_variables()]
    ['b:0']
    """
    return get_collection(GraphKeys.LOCAL_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Any]:
    """The variables that an optimizer is to train (tf.trainable_variables).

    >>> import torchscope as ts
    >>> _ = ts.get_variable("a", [1]), ts.get_variable("b", [1], trainable=False)
    >>> [v.name for v in ts.trainable_variables()]
    ['a:0']
    """
    return get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def model_variables(scope: str | None = None) -> list[Any]:
    """The variables that layers put into MODEL_VARIABLES (tf.model_variables).

    >>> import torchscope as ts
    >>> ts.model_variables()
    []
    """
    return get_collection(GraphKeys.MODEL_VARIABLES, scope)


def moving_average_variables(scope: str | None = None) -> list[Any]:
    """The variables put into MOVING_AVERAGE_VARIABLES (tf.moving_average_variables).

    >>> import torchscope as ts
    >>> ts.moving_average_variables()
    []
    """
    return get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)
