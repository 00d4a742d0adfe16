"""ts.graph: a net as a graph that is built once, as TF1's was."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, overload

import torch
from torch import Tensor, nn
from torch.utils._pytree import TreeSpec, tree_flatten

from torchscope._core import pages
from torchscope._core.passes.one_pass import thread
from torchscope._core.pytorch import fakes
from torchscope._core.store.places import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torchscope._core.graphs.calls import Call
    from torchscope._core.graphs.listing import Listed

# What a module is made of: a graph has the same as its net, under another forward.
_SHARED = (
    "_parameters",
    "_buffers",
    "_modules",
    "_non_persistent_buffers_set",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
# How many recordings a graph keeps of calls that are alike but for sizes and the net's state.
_KEPT = 8

P = ParamSpec("P")
R = TypeVar("R")
Output = TypeVar("Output", covariant=True)


class Net(Protocol[P, Output]):
    """A module: a graph of it is called as its forward is."""

    @property
    def forward(self) -> Callable[P, Output]:
        """What a call computes."""


def graph(net: Net[P, R], *args: Any, **kwargs: Any) -> Graph[P, R]:
    """The net as a graph that is built once, as TF1's was; it is called as the net is.

    >>> import torch, torchscope as ts
    >>> def model(x):
    ...     return ts.layers.dense(x, 2, activation=torch.relu)
    >>> net = ts.ScopedModule(model)
    >>> graph = ts.graph(net, torch.ones(4, 3))
    >>> x = torch.randn(8, 3)
    >>> torch.equal(graph(x), net(x)), graph.dense.kernel is net.dense.kernel
    (True, True)

    The net's Python runs once, on shapes without values; the variables are made as by `build`. Later
    calls run the operations alone, on the tensors that the net has then, with autograd, autocast and
    random numbers as ever. Collections hold what a call of the net would have put there. Images in
    (N, H, W, C) keep PyTorch's channels_last memory from layer to layer, with no permutation in between.

    Another mode (train or eval), other shapes or dtypes, and a net that was changed meanwhile have
    the Python run again: each is recorded when it is first called. Sizes that have differed once
    are taken for any.

    Args:
        net: a module; most likely one with a registry in its tree.
        *args: example inputs, in any nesting: only shapes, dtypes and devices of tensors count.
        **kwargs: further inputs, by name.

    Returns:
        A module with the parameters, buffers, modules, mode and state_dict of the net: the very same.

    Raises:
        TypeError: `net` is no module.
        RuntimeError: forward needs values of tensors, or changes an attribute of a module: what it
            does then is no graph.
    """
    if not isinstance(net, nn.Module):
        raise TypeError(
            f"ts.graph takes a module; this is {net!r:.200}. To build a graph of a function, use "
            "ts.ScopedModule(function)."
        )
    made: Graph[P, R] = Graph(net)
    made.record(*args, **kwargs)
    return made


class Graph(nn.Module, Generic[P, R]):
    """A net under another forward: the operations that its Python led to, without the Python.

    >>> import torch, torchscope as ts
    >>> net = ts.ScopedModule(lambda x: x * ts.get_variable("scale", initializer=2.0))
    >>> graph = ts.graph(net, torch.ones(2))
    >>> _ = graph.eval()
    >>> net.training, graph(torch.ones(3)), list(graph.state_dict())
    (False, tensor([2., 2., 2.], grad_fn=<MulBackward0>), ['scale'])

    >>> print(graph)
    scale        VariableV2   float32  ()
    Placeholder  Placeholder  float32  (?,)
    Mul          Mul          float32  (?,)  Placeholder, scale

    It has the net's own tensors, modules, mode and state_dict. What it has recorded is for inputs of
    certain shapes and dtypes, and for the net as it stood: other inputs, another mode or a module
    that was replaced have it recorded again, when it is called.
    """

    net: nn.Module

    if TYPE_CHECKING:

        @overload
        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

        @overload
        def __call__(self: Graph[[], R], *feeds: Any) -> R: ...

        @overload
        def __call__(self, *args: Any, feeds: Mapping[Any, Any], **kwargs: Any) -> R: ...

        def __call__(self, *args: Any, **kwargs: Any) -> R:
            """A graph is called as its net is."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        # Not as a submodule, or its tensors would have two keys each.
        self.__dict__["net"] = net
        for name in _SHARED:
            self.__dict__[name] = net.__dict__[name]
        if REGISTRY in net.__dict__:
            self.__dict__[REGISTRY] = net.__dict__[REGISTRY]
        self._start_afresh()

    def _start_afresh(self) -> None:
        # By all that a call shows, sizes too; and by all but sizes.
        self._exact: dict[Any, list[Call]] = {}
        self._alike: dict[Any, list[tuple[list[tuple[int, ...]], Call]]] = {}
        self._latest: Call | None = None
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        left = ("_exact", "_alike", "_latest", "_lock")
        return {key: value for key, value in self.__dict__.items() if key not in left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._start_afresh()

    @property
    def training(self) -> bool:
        """The net's mode."""
        return self.net.training

    @training.setter
    def training(self, mode: bool) -> None:
        if "net" in self.__dict__:
            self.net.training = mode

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs what a call of the net would run."""
        if torch.compiler.is_dynamo_compiling() or fakes.are_recorded():
            # Somebody else makes a graph: the compiler, torch.export, a net that this one is part of.
            plain: R = self.net(*args, **kwargs)
            return plain
        inputs, structure = _leaves(args, kwargs)
        result: R = self._recorded(inputs, structure)(inputs)
        return result

    def __str__(self) -> str:
        """The operations that were recorded last, under the names that TF1 would have given them."""
        with self._lock:
            latest = self._latest
        return repr(self) if latest is None else latest.listing()

    def _operations(self) -> list[Listed]:
        """The operations that were recorded last."""
        with self._lock:
            latest = self._latest
        return [] if latest is None else latest.operations()

    def write_page(self, path: str | os.PathLike[str]) -> None:
        """Writes the graph as one HTML page: scopes open and close, shared variables are drawn once.

        >>> import tempfile, torch, torchscope as ts
        >>> from pathlib import Path
        >>> graph = ts.graph(ts.ScopedModule(lambda x: ts.layers.dense(x, 2)), torch.ones(4, 3))
        >>> path = Path(tempfile.mkdtemp(), "net.html")
        >>> graph.write_page(path)
        >>> path.read_text()[:15]
        '<!doctype html>'

        It shows the operations that were recorded or measured last, with their times if they were
        measured. The page is a file of its own, which asks for nothing.

        Args:
            path: the file.

        Raises:
            RuntimeError: nothing has been recorded yet.
            OSError: the file cannot be written; then it is as it was.
        """
        from torchscope._core.graphs import drawing  # noqa: PLC0415, most programs draw nothing

        text = drawing.page(drawing.title_of(self.net), self._recorded_operations())
        pages.write(path, text)

    def to_dot(self) -> str:
        r"""The graph as a text in DOT, for papers: a cluster for each scope, shapes on the edges.

        >>> import torch, torchscope as ts
        >>> net = ts.ScopedModule(lambda x: x * ts.get_variable("scale", [3]))
        >>> print(ts.graph(net, torch.ones(3)).to_dot())
        digraph {
          node [shape=box, style="rounded,filled", fillcolor="#eceff1", fontname="Helvetica"];
          edge [fontname="Helvetica", fontsize=10];
          n0 [label="scale\n3", shape=ellipse, style=filled, fillcolor="#c3ddd6"];
          n1 [label="Placeholder"];
          n2 [label="Mul"];
          n1 -> n2 [label="3"];
          n0 -> n2;
        }

        Graphviz makes a picture of it: `dot -Tpdf net.dot -o net.pdf`. It shows the operations that were
        recorded last.

        Raises:
            RuntimeError: nothing has been recorded yet.
        """
        from torchscope._core.graphs import drawing  # noqa: PLC0415, most programs draw nothing

        return drawing.dot(self._recorded_operations())

    def _recorded_operations(self) -> list[Listed]:
        operations = self._operations()
        if not operations:
            raise RuntimeError(
                "This graph has recorded no operations, so that there is nothing to draw. Call it first: "
                "graph(*inputs), or graph.record(*inputs)."
            )
        return operations

    def record(self, *args: Any, **kwargs: Any) -> None:
        """Makes ready for calls with such inputs, in the mode that the net is in."""
        self._recorded(*_leaves(args, kwargs))

    def measure(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """How many seconds each operation of a forward call takes, by name; a page shows them from then on.

        >>> import torch, torchscope as ts
        >>> net = ts.ScopedModule(lambda x: ts.layers.dense(x, 2, activation=torch.relu))
        >>> graph = ts.graph(net, torch.ones(4, 3))
        >>> seconds = graph.measure(torch.ones(4, 3))
        >>> list(seconds), all(each > 0 for each in seconds.values())
        (['dense/MatMul', 'dense/Relu'], True)

        Operations run one by one, and a GPU is waited for before and after each. So they add up to what a
        call takes on the CPU, and to more than that on a GPU, where the next one begins meanwhile. Each
        figure is the median of half a second of turns, five at least and a hundred at most, after one that
        does not count. Backward is not run.

        Variables, inputs, collections and random numbers are afterwards what they were: the operations run
        on copies, so that variables need their memory twice meanwhile.

        Args:
            *args: inputs with values, as for a call.
            **kwargs: further ones, by name.

        Returns:
            Seconds by the names that `print(graph)` shows, in the order in which the operations run.
            Variables and inputs take none, and are not there.

        Raises:
            ValueError: an input or a variable has no values.
        """
        inputs, structure = _leaves(args, kwargs)
        measured = self._recorded(inputs, structure)
        seconds = measured.measure(inputs)
        with self._lock:
            self._latest = measured
        return seconds

    def _recorded(self, inputs: Any, structure: TreeSpec | int) -> Call:
        state = (
            structure,
            getattr(thread, "surroundings", None),
            torch.is_grad_enabled(),
            torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu"),
            torch.is_autocast_enabled("cuda") and torch.get_autocast_dtype("cuda"),
        )
        exact = (*state, *[_seen(each) for each in inputs])
        for captured in self._exact.get(exact, ()):
            if captured.holds():
                return captured
        with self._lock:
            return self._record(inputs, structure, state, exact)

    def _record(
        self, inputs: Any, structure: TreeSpec | int, state: tuple[Any, ...], exact: tuple[Any, ...]
    ) -> Call:
        # What records takes longer to import than most of this package, and many programs record nothing.
        from torchscope._core.graphs.calls import Call  # noqa: PLC0415

        known = self._exact.setdefault(exact, [])
        alike = self._alike.setdefault((*state, *[_seen(each, sized=False) for each in inputs]), [])
        sizes = [tuple(each.shape) if isinstance(each, Tensor) else () for each in inputs]
        made = next((c for _, c in alike if c.fits(inputs) and c.holds()), None)
        if made is None:
            varying = {
                (number, dim)
                for others, _ in alike
                for number, other in enumerate(others)
                for dim, size in enumerate(other)
                if size != sizes[number][dim]
            }
            if not isinstance(structure, TreeSpec):
                inputs, structure = tree_flatten((inputs, {}))
            made = Call(self.net, inputs, structure, varying)
            self._latest = made
            alike.insert(0, (sizes, made))
            del alike[_KEPT:]
        known.insert(0, made)
        del known[_KEPT:]
        return made


def _leaves(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, TreeSpec | int]:
    """The leaves of a call's inputs, and how they make up the inputs: a number for tensors alone."""
    if not kwargs and all(type(each) is Tensor for each in args):
        return args, len(args)
    return tree_flatten((args, kwargs))


def _seen(leaf: Any, *, sized: bool = True) -> Any:
    """What a recording depends on of an input."""
    if isinstance(leaf, Tensor):
        size = leaf.shape if sized else leaf.dim()
        return size, leaf.dtype, leaf.device, leaf.requires_grad
    if not isinstance(leaf, Hashable):
        raise TypeError(
            f"A graph is called with tensors, and with numbers, strings and the like that stay what they "
            f"are; this is a {type(leaf).__qualname__}. Make a tensor of it, with torch.as_tensor for "
            "example, or call the net itself."
        )
    return type(leaf), leaf
