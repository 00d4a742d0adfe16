"""A captured call as the source of a Python function, which torch.compile traces in its stead."""

from __future__ import annotations

import keyword
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import fx
from torch.utils._pytree import TreeSpec

from torchscope._core.graphs.captured import Captured
from torchscope._core.graphs.checks import checks_of
from torchscope._core.graphs.functions import as_function
from torchscope._core.graphs.module_state import Change, places_of
from torchscope._core.graphs.recording import Recording
from torchscope._core.ops.sparse.tensor import SparseTensor
from torchscope._core.pytorch import versions
from torchscope._core.store.places import REGISTRY
from torchscope._core.store.tree import ScopeModule
from torchscope._core.store.variables import BufferVariable
from torchscope._core.summaries.operation import SummaryOperation, of_parts


def written(
    captured: Captured, places: list[str], uncompiled: Callable[..., Any]
) -> Callable[..., Any]:
    """The call as a function of the net, args and kwargs.

    Args:
        captured: the call.
        places: where in args and kwargs the inputs of the graph are, as Python says it.
        uncompiled: does the same, where the modules are not as they were.

    Raises:
        NotImplementedError: it returns something in a container that is not known.
    """
    return _Source(captured).function(places, uncompiled)


class _Source:
    """The lines of a function, and what they name.

    Args:
        captured: the call.
    """

    def __init__(self, captured: Captured) -> None:
        self._captured = captured
        self._lines: list[str] = []
        self._names: dict[str, Any] = {}
        # By the number of a root and a path below it, the local name of the module there.
        self._modules: dict[tuple[int, str], str] = {(0, ""): "net"}

    def function(self, places: list[str], uncompiled: Callable[..., Any]) -> Callable[..., Any]:
        recording = self._captured.recording
        self._check(uncompiled)
        reads = [self._tensor(root, key) for root, key in recording.read]
        plain = [self._plain(root, key) for root, key in recording.read]
        made = [node.target for node in recording.graph.nodes if node.op == "get_attr"]
        constants = [self._constant(recording.constants[each]) for each in made]
        operations = self._named("operations", _operations(recording))
        given = ", ".join(["None", *plain, *places, *constants])
        self._lines.append(f"outputs = {operations}({given})")
        outputs = self._outputs([*reads, *places, *constants])
        result, collected, left = recording.results.children()
        value = self._expression(result, outputs)
        for (registry, last), spec in zip(
            self._captured.collections, collected.children(), strict=True
        ):
            # What `ScopedParameterRegistry.outcome` is.
            outcome = f"({self._named('last', last)}, {self._expression(spec, outputs)})"
            self._lines.append(f"{self._registry(registry)}.outcome = {outcome}")
        for change, spec in zip(self._captured.left, left.children(), strict=True):
            self._lines.append(f"{self._left(change)} = {self._expression(spec, outputs)}")
        self._lines.append(f"return {value}")
        body = "".join(f"    {line}\n" for line in self._lines)
        exec(f"def call(net, args, kwargs):\n{body}", self._names)  # noqa: S102
        function: Callable[..., Any] = self._names["call"]
        return function

    def _named(self, name: str, value: Any) -> str:
        """A global name of a value."""
        name = f"{name}_{len(self._names)}"
        self._names[name] = value
        return name

    def _module(self, root: int, path: str) -> str:
        name = self._modules.get((root, path))
        if name is None:
            if path:
                above, _, last = path.rpartition(".")
                value = _attribute(self._module(root, above), last)
            else:
                value = self._named("root", self._captured.roots[root])
            name = self._modules[root, path] = f"module_{len(self._modules)}"
            self._lines.append(f"{name} = {value}")
        return name

    def _tensor(self, root: int, key: str) -> str:
        path, _, last = key.rpartition(".")
        return _attribute(self._module(root, path), last)

    def _plain(self, root: int, key: str) -> str:
        """A tensor as operations read it: see `Plain`."""
        module, _, last = key.rpartition(".")
        tensor = getattr(self._captured.roots[root].get_submodule(module), last)
        read = self._tensor(root, key)
        return f"{read}._ts_plain" if isinstance(tensor, BufferVariable) else read

    def _constant(self, tensor: Any) -> str:
        """A tensor that is no parameter and no buffer: where it is, if it is an attribute."""
        for number, root in enumerate(self._captured.roots):
            for path, module in root.named_modules():
                for key, value in module.__dict__.items():
                    if value is tensor:
                        return _attribute(self._module(number, path), key)
        return self._named("constant", tensor)

    def _left(self, change: Change) -> str:
        place = change.place
        inside = f"{self._module(place.root, place.path)}{place.inside}"
        return f"{inside}[{change.key!r}]" if place.items else f"{inside}.{change.key}"

    def _check(self, uncompiled: Callable[..., Any]) -> None:
        """Leaves the graph where a module is not as it was when the call was recorded."""
        checks: list[str] = []
        for number, root in enumerate(self._captured.roots):
            for place, there in places_of(number, root):
                module = root.get_submodule(place.path)
                if type(module) is not ScopeModule:
                    left = [each.key for each in self._captured.left if each.where is there]
                    name = self._module(number, place.path)
                    checks += checks_of(place, there, module, name, left, self._names)
        if checks:
            run = self._named("uncompiled", uncompiled)
            self._lines.append(f"if not ({' and '.join(checks)}):")
            self._lines.append(f"    return {run}(net, args, kwargs)")

    def _registry(self, registry: Any) -> str:
        for number, root in enumerate(self._captured.roots):
            for path, module in root.named_modules():
                if module is registry.module:
                    return _attribute(self._module(number, path), REGISTRY)
        raise AssertionError(registry)

    def _outputs(self, given: list[str]) -> Iterator[str]:
        """The expressions of what the call gives: of a tensor that it was given, that tensor."""
        nodes = self._captured.recording.graph.nodes
        expressions = dict(zip((n for n in nodes if n.op == "placeholder"), given, strict=True))
        output = next(node for node in reversed(nodes) if node.op == "output")
        for number, value in enumerate(output.args[0]):
            if isinstance(value, fx.Node):
                yield expressions.get(value, f"outputs[{number}]")
            else:
                yield self._named("value", value)

    def _expression(self, spec: TreeSpec, outputs: Iterator[str]) -> str:
        """What a call returns, as an expression."""
        if spec.is_leaf():
            return next(outputs)
        parts = [self._expression(child, outputs) for child in spec.children()]
        listed = "".join(f"{part}, " for part in parts)
        kind = spec.type
        if kind is list:
            return f"[{listed}]"
        if kind is tuple:
            return f"({listed})"
        if kind in (dict, OrderedDict, defaultdict):
            keys = spec.context[1] if kind is defaultdict else spec.context
            named = (self._key(key) for key in keys)
            items = "{" + "".join(f"{k}: {v}, " for k, v in zip(named, parts, strict=True)) + "}"
            if kind is dict:
                return items
            factory = [self._named("factory", spec.context[0])] if kind is defaultdict else []
            return f"{self._named('mapping', kind)}({', '.join([*factory, items])})"
        if kind.__name__ == "namedtuple":
            return f"{self._named('kind', spec.context)}({listed})"
        if issubclass(kind, tuple):
            # A torch.Size, and what torch.max and its like give.
            return f"{self._named('kind', kind)}(({listed}))"
        if kind is SparseTensor:
            return f"{self._named('kind', kind)}({listed})"
        if kind is SummaryOperation:
            context = self._named("context", spec.context)
            return f"{self._named('summary', of_parts)}({context}, ({listed}))"
        if not parts:
            # It holds no tensors: it is what it was.
            return self._named("value", spec.unflatten([]))
        raise NotImplementedError(f"A compiled pass cannot return a {kind.__qualname__}.")

    def _key(self, key: Any) -> str:
        return repr(key) if isinstance(key, str | int) else self._named("key", key)


def _attribute(of: str, name: str) -> str:
    if name.isidentifier() and not keyword.iskeyword(name):
        return f"{of}.{name}"
    return f"getattr({of}, {name!r})"


def _enters_autocast(node: fx.Node) -> bool:
    return node.target is torch.amp.autocast_mode._enter_autocast


def _operations(recording: Recording) -> Callable[..., Any]:
    """The operations as a function of tensors: None, those read of modules, inputs, constants."""
    graph = recording.graph
    if not versions.traces_autocast() and any(map(_enters_autocast, graph.nodes)):
        raise NotImplementedError(
            "This PyTorch cannot compile a forward that enters autocast; PyTorch 2.13 can. Enter it "
            "around the call of the net instead."
        )
    first = next(node for node in graph.nodes if node.op != "placeholder")
    for node in [node for node in graph.nodes if node.op == "get_attr"]:
        with graph.inserting_before(first):
            placeholder = graph.placeholder(node.name)
        node.replace_all_uses_with(placeholder)
        graph.erase_node(node)
    return as_function(graph)
