"""TF1's graphs: here each is a registry and the pass that its code is in."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn

from torchscope._core.modules.registry import (
    ScopedParameterRegistry,
    lasting_pass,
    registry_of,
    reset_default_registry,
)
from torchscope._core.names.unique_names import unique_name
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass
from torchscope._core.store.tree import ScopeModule

# What asks a graph for its tensors and operations, and what to write instead.
_OF_TENSORS = (
    "Here a pass computes tensors at once and keeps no graph of them. Return what you want from the "
    "model function, or put it into a collection (tf.add_to_collection) and read it afterwards "
    "(registry.get_collection)."
)
_OF_VARIABLES = "A variable is found by its name in `registry.variables`."
_INSTEAD = {
    "as_graph_def": "ts.graph(net, *inputs) makes a graph that can be printed; torch.export one that is saved.",
    "as_graph_element": f"{_OF_VARIABLES} {_OF_TENSORS}",
    "create_op": "Call the operation.",
    "get_operation_by_name": f"{_OF_VARIABLES} {_OF_TENSORS}",
    "get_operations": f"ts.graph(net, *inputs) lists operations when it is printed. {_OF_TENSORS}",
    "get_tensor_by_name": f"{_OF_VARIABLES} {_OF_TENSORS}",
    "gradient_override_map": "A torch.autograd.Function has a gradient of its own, and so has what "
    "tf.custom_gradient makes.",
    "version": _OF_TENSORS,
}


class Graph:
    """A graph of TF1's (tf.Graph): a fresh registry, which is the default one inside `as_default()`.

    >>> import torchscope.tf1 as tf
    >>> graph = tf.Graph()
    >>> with graph.as_default():
    ...     w = tf.get_variable("w", [2])
    >>> [v.name for v in graph.get_collection("variables")], tf.global_variables()
    (['w:0'], [])

    A net (`ts.ScopedModule`) has a registry of its own, and each call of it is a graph of its own: there
    is no need of this one then.
    """

    def __init__(self) -> None:
        module = ScopeModule()
        self._begin(lasting_pass(module))

    def _begin(self, pass_: Pass) -> None:
        self._pass, self._module = pass_, pass_.registry.module
        self._thread = threading.get_ident()

    @property
    def registry(self) -> ScopedParameterRegistry:
        """The registry that has its variables."""
        return registry_of(self._pass)

    def _here(self) -> Pass:
        """Its pass as this thread sees it."""
        current = passes.current()
        return current if current.registry is self.registry else self._pass

    @contextmanager
    def as_default(self) -> Iterator[Graph]:
        """A block in which it is the default graph; the one before is put back.

        Raises:
            RuntimeError: a module's forward is running, whose pass is the graph, and this one is another.
        """
        active = passes.active()
        if active is not None and active.registry is self.registry:
            yield self
            return
        if active is not None:
            raise RuntimeError(
                "tf.Graph().as_default() was entered in a pass. A pass is a graph of its own, and the "
                "variables of another one would be lost when it ends. Leave the line out, or move it "
                "around the making of the net."
            )
        outer = getattr(passes.thread, "graph", None)
        own = threading.get_ident() == self._thread
        passes.thread.graph = self._pass if own else self._pass.fork()
        try:
            yield self
        finally:
            passes.thread.graph = outer

    def get_all_collection_keys(self) -> list[str]:
        """The names of the collections that hold something."""
        pass_ = self._here()
        return [key for key in pass_.collected.keys(pass_.store) if isinstance(key, str)]

    def get_collection(self, name: str, scope: str | None = None) -> list[Any]:
        """What a collection holds, as `tf.get_collection`."""
        pass_ = self._here()
        return pass_.collected.read(name, pass_.store, scope)

    def get_collection_ref(self, name: str) -> list[Any]:
        """The list behind a collection, as `tf.get_collection_ref`."""
        pass_ = self._here()
        return pass_.collected.ref(name, pass_.store)

    def add_to_collection(self, name: str, value: Any) -> None:
        """Puts a value into a collection, as `tf.add_to_collection`."""
        pass_ = self._here()
        pass_.collected.add(name, value, pass_.store, pass_.where)

    def add_to_collections(self, names: str | Iterable[str], value: Any) -> None:
        """Puts a value into each of several collections, as `tf.add_to_collections`."""
        for name in dict.fromkeys([names] if isinstance(names, str) else names):
            self.add_to_collection(name, value)

    def clear_collection(self, name: str) -> None:
        """Empties a collection."""
        self.get_collection_ref(name).clear()

    @property
    def collections(self) -> list[str]:
        """The names of the collections."""
        return self.get_all_collection_keys()

    def get_name_scope(self) -> str:
        """The current name scope, without the final slash.

        >>> import torchscope.tf1 as tf
        >>> with tf.name_scope("a"), tf.name_scope("b"):
        ...     tf.get_default_graph().get_name_scope()
        'a/b'
        """
        return self._here().name_scope

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """The name that something called `name` takes in the current name scope.

        >>> import torchscope.tf1 as tf
        >>> graph = tf.get_default_graph()
        >>> graph.unique_name("a"), graph.unique_name("a"), tf.Variable(0.0, name="a").name
        ('a', 'a_1', 'a_2:0')
        """
        pass_ = self._here()
        where = pass_.name_scope
        return unique_name(f"{where}/{name}" if where else name, pass_.names, mark=mark_as_used)

    def name_scope(self, name: str | None) -> name_scope:
        """Opens a name scope, as `tf.name_scope`."""
        return name_scope(name)

    @property
    def seed(self) -> int | None:
        """None: `torch.manual_seed` seeds all draws."""
        return None

    @property
    def finalized(self) -> bool:
        """Whether no more variables may be made."""
        return self.registry.finalized

    def finalize(self) -> None:
        """Has every request refused that would make a variable."""
        self.registry.finalize()

    def device(self, device_name_or_function: Any) -> AbstractContextManager[Any]:
        """A block that changes nothing: see `tf.device`."""
        return device(device_name_or_function)

    def colocate_with(self, op: Any, ignore_existing: bool = False) -> AbstractContextManager[Any]:
        """A block that changes nothing: see `tf.colocate_with`."""
        return colocate_with(op, ignore_existing)

    def container(self, container_name: str) -> AbstractContextManager[Any]:
        """A block that changes nothing: see `tf.container`."""
        return container(container_name)

    def _get_control_flow_context(self) -> None:
        """None: no operation is put into a graph of a loop, or of XLA."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Graph) and self.registry is other.registry

    def __hash__(self) -> int:
        return hash(id(self.registry))

    def __getattr__(self, name: str) -> NoReturn:
        instead = _INSTEAD.get(name)
        raise AttributeError(
            f"tf.Graph has no attribute {name!r}{f' in torchscope. {instead}' if instead else '.'}"
        )


def get_default_graph() -> Graph:
    """The graph that code is in (tf.get_default_graph): of the pass, else of the default registry.

    >>> import torchscope.tf1 as tf
    >>> graph = tf.Graph()
    >>> with graph.as_default():
    ...     assert tf.get_default_graph() == graph
    """
    graph = Graph.__new__(Graph)
    graph._begin(passes.current())
    return graph


def reset_default_graph() -> None:
    """Starts the default registry afresh (tf.reset_default_graph): `ts.reset_default_registry`.

    Raises:
        AssertionError: it is called inside `with tf.Graph().as_default():`.
    """
    if getattr(passes.thread, "graph", None) is not None:
        raise AssertionError(
            "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, "
            "exit the nesting and create a new graph."
        )
    reset_default_registry()


@contextmanager
def device(device_name_or_function: Any) -> Iterator[None]:
    """Accepted for TF1 code, and changes nothing (tf.device): a net is where `net.to(device)` put it.

    >>> import torchscope.tf1 as tf
    >>> with tf.device("/gpu:0"):
    ...     tf.constant(1.0).device
    device(type='cpu')
    """
    yield


@contextmanager
def colocate_with(op: Any, ignore_existing: bool = False) -> Iterator[None]:
    """Accepted for TF1 code, and changes nothing (tf.colocate_with).

    >>> import torchscope.tf1 as tf
    >>> with tf.colocate_with(tf.constant(1.0)):
    ...     pass
    """
    yield


@contextmanager
def container(container_name: str) -> Iterator[str]:
    """Accepted for TF1 code, and changes nothing (tf.container).

    >>> import torchscope.tf1 as tf
    >>> with tf.container("experiment0"):
    ...     pass
    """
    yield container_name
