"""An imported graph as a module: its variables are parameters and buffers, and a call computes what is fetched."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

import torchscope as ts
import torchscope.tf1 as tf
from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops.sizes import Sizes
from torchscope._core.pytorch import fakes
from torchscope.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from torchscope.graphs import control
from torchscope.graphs.batch_norms import Fold, fold, folds, without
from torchscope.graphs.constant_folding import can_compute, constant, is_kept
from torchscope.graphs.constants import Constants
from torchscope.graphs.definitions import Definition, Node, Output
from torchscope.graphs.errors import GraphError
from torchscope.graphs.failing import failed_node
from torchscope.graphs.feeding import fed
from torchscope.graphs.fusing import fuse_biases
from torchscope.graphs.lowering import Lowered, lower
from torchscope.graphs.meta import Signature
from torchscope.graphs.needed import Key
from torchscope.graphs.operations.table import Operation
from torchscope.graphs.variables import Described


class _Ready(NamedTuple):
    """What a call runs.

    Args:
        lowered: the part of the graph, which takes the feeds, and after them what was folded.
        folded: the constants that were computed ahead.
        held: whether each of what is fetched is what the net itself holds: a variable, or what is constant.
    """

    lowered: Lowered
    folded: tuple[Key, ...]
    held: tuple[bool, ...]


class ImportedGraph(nn.Module):
    """A graph of TensorFlow's as a module, without TensorFlow.

    Its variables are parameters and buffers, under their own names: an optimizer trains them, `state_dict` has them,
    and `ts.checkpoint` reads and writes them. A call computes what is fetched, and nothing else.

    Args:
        definition: the graph.
        inputs: the tensors that arguments by position are fed to; its placeholders by default.
        fetches: what a call gives where it does not say.
        signatures: named inputs and outputs, by the names of the signatures.
        signature: the one whose names are keyword arguments.
        operations: functions for types of nodes that torchscope does not know, or has otherwise.
        fixed: values for tensors that are not to be fed, by their names.
        weights: the constants that are variables.
    """

    def __init__(
        self,
        definition: Definition,
        *,
        inputs: Sequence[str] | None = None,
        fetches: Any = None,
        signatures: Mapping[str, Signature] | None = None,
        signature: str | None = None,
        operations: Mapping[str, Operation] | None = None,
        fixed: Mapping[str, Any] | None = None,
        weights: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._ts_definition = definition.without_values()
        self._ts_own = dict(operations or {})
        self._ts_fetches = fetches
        self.signatures: dict[str, Signature] = dict(signatures or {})
        self._ts_signature = signature
        self._ts_fixed = {definition.tensor(key): value for key, value in (fixed or {}).items()}
        given = map(definition.tensor, definition.placeholders() if inputs is None else inputs)
        self._ts_inputs = [each for each in given if each not in self._ts_fixed]
        self._ts_weights = frozenset(weights)
        # The variables' shapes and dtypes; what the graph says of them; and of which others some are pieces.
        self._ts_kinds: dict[str, tuple[list[int], Any]] = {}
        self._ts_described: dict[str, Described] = {}
        self._ts_pieces: dict[str, Described] = {}
        # The batch norms that went into kernels, and the versions that their variables had then.
        self._ts_folds: list[tuple[Fold, list[tuple[int, int]]]] = []
        self._ts_constants = Constants(definition, self._ts_weights)
        self.registry = ts.ScopedParameterRegistry(self)
        self._forget()

    def _forget(self) -> None:
        self._ts_ready: dict[Any, _Ready] = {}
        self._ts_latest: Lowered | None = None
        self._ts_lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        left = ("_ts_ready", "_ts_latest", "_ts_lock")
        return {key: value for key, value in self.__dict__.items() if key not in left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._forget()

    @property
    def operations(self) -> Mapping[str, Node]:
        """The nodes of the graph, by their names, in the file's order."""
        return self._ts_definition.nodes

    @property
    def graph(self) -> fx.Graph:
        """What the last call ran, as a graph of torch.fx.

        Raises:
            GraphError: nothing was called yet.
        """
        if self._ts_latest is None:
            raise GraphError(
                "Nothing of the graph has run yet: call it, and then look at what ran."
            )
        return self._ts_latest.module.graph

    def forward(
        self,
        *inputs: Any,
        feeds: Mapping[str, Any] | None = None,
        fetches: Any = None,
        **named: Any,
    ) -> Any:
        """Computes what is fetched.

        Args:
            *inputs: values for the graph's inputs, in their order.
            feeds: values for tensors, by their names: "images:0". Any tensor can be fed.
            fetches: names of tensors, in any nesting of lists, tuples and dicts. The name of a node, without ":0", gives
                its first output; where it has none, the node runs, and None is given.
            **named: values by the names of the signature, which then says what is fetched.

        Returns:
            The tensors in the structure of `fetches`.

        Raises:
            GraphError: a name is not the graph's; a placeholder is not fed; an operation is not known.
        """
        if self._ts_folds and not fakes.are_recorded():
            self._fold()
        given = self._given(inputs, feeds or {}, named)
        if fetches is None:
            fetches = self._default_fetches()
        names, structure = tree_flatten(fetches)
        lowered, folded, held = self._ready(
            tuple(given), tuple(map(self._ts_definition.tensor, names))
        )
        device = device_of_the_net()
        values = [
            fed(value, self._ts_definition.nodes[each.node], each, device)
            for each, value in given.items()
        ]
        results = self._run(lowered, [*values, *map(self._ts_constants.value, folded)])
        # As in a session a result stays what it is when variables change, and these whatever is done with it.
        results = tuple(
            control.snapshot(each) if lowered.assigns or own else each
            for each, own in zip(results, held, strict=True)
        )
        return tree_unflatten(list(map(_result, results)), structure)

    def write_page(self, path: str | os.PathLike[str], *, training: bool = False) -> None:
        """Writes the graph as one HTML page: scopes open and close, shared variables are drawn once.

        It is the page of `ts.graph`, of the nodes as the file has them: functions are drawn where they are called, and
        edges say the shapes that the file tells. No operation has to be known for that.

            net = import_meta_graph("model.ckpt-100.meta")
            net.write_page("model.html")

        Args:
            path: the file.
            training: whether to draw also what trains, saves, summarizes and gives first values.

        Raises:
            OSError: the file cannot be written; then it is as it was.
        """
        from torchscope.graphs import drawing  # noqa: PLC0415, most programs draw nothing

        drawing.write(
            path, self._ts_definition, self._ts_weights, self._ts_kinds, training=training
        )

    def _run(self, lowered: Lowered, values: Sequence[Any]) -> tuple[Any, ...]:
        """Runs a part of the graph on what is fed."""
        constants = map(self._constant, lowered.constants)
        variables = map(self._variable, lowered.variables)
        try:
            given: tuple[Any, ...] = lowered.module.forward(*values, *constants, *variables)
        except Exception as error:
            node = failed_node(error)
            if node is None or fakes.are_recorded():
                raise
            raise GraphError(
                f"The node {node!r} cannot be computed: {error}", self._ts_definition.path
            ) from error
        return given

    def _given(
        self, inputs: Sequence[Any], feeds: Mapping[str, Any], named: Mapping[str, Any]
    ) -> dict[Output, Any]:
        """What is fed, by tensors."""
        if len(inputs) > len(self._ts_inputs):
            raise GraphError(
                f"{len(inputs)} values were given by position, and the graph has {len(self._ts_inputs)} inputs: "
                f"{', '.join(map(str, self._ts_inputs)) or 'none'}.",
                self._ts_definition.path,
            )
        given = self._ts_fixed | dict(zip(self._ts_inputs, inputs, strict=False))
        for name, value in feeds.items():
            given[self._ts_definition.tensor(name)] = value
        for name, value in named.items():
            given[self._input_of_signature(name)] = value
        return given

    def _input_of_signature(self, name: str) -> Output:
        signature = self.signatures.get(self._ts_signature or "")
        if signature is None or name not in signature.inputs:
            inputs = ", ".join(signature.inputs) if signature else "no signature"
            raise GraphError(
                f"There is no input {name!r}; there is {inputs}. Feed a tensor by its name: feeds={{'x:0': value}}.",
                self._ts_definition.path,
            )
        return self._ts_definition.tensor(signature.inputs[name])

    def _default_fetches(self) -> Any:
        if self._ts_fetches is not None:
            return self._ts_fetches
        signature = self.signatures.get(self._ts_signature or "")
        if signature is not None:
            return signature.outputs
        ends = self._ts_definition.ends()
        raise GraphError(
            "Say what to fetch: fetches=['node:0']. What nobody takes in this graph: "
            + ", ".join(map(repr, ends[:8]))
            + (", ..." if len(ends) > 8 else "."),
            self._ts_definition.path,
        )

    def _ready(self, given: tuple[Output, ...], fetches: tuple[Output, ...]) -> _Ready:
        """What a call runs, which is worked out once for the same names."""
        key = given, fetches
        found = self._ts_ready.get(key)
        if found is None:
            with self._ts_lock:
                found = self._made_ready(given, fetches)
                self._ts_ready[key] = found
            overridden = found.lowered.overridden
            if overridden and torch.is_grad_enabled():
                warnings.warn(
                    f"TensorFlow computed the gradient of {len(overridden)} nodes, such as "
                    f"{overridden[0]!r}, by a function of Python's (custom_gradient, gradient_override_map), "
                    "which is in no graph: autograd takes that of what they compute. Fetch the graph's own "
                    "gradients, or give the operation with a gradient of your own: operations={type: function}.",
                    stacklevel=6,
                )
        self._ts_latest = found.lowered
        return found

    def _lowered(self, given: Sequence[Output], fetches: Sequence[Output]) -> Lowered:
        return lower(self._ts_definition, given, fetches, own=self._ts_own)

    def _made_ready(self, given: tuple[Output, ...], fetches: tuple[Output, ...]) -> _Ready:
        found = constant(self._ts_definition, given, fetches, self._ts_weights, self._ts_own)
        self._compute(found.tensors)
        folded = {each: key for each in found.tensors if (key := _key(each)) in self._ts_constants}
        lowered = self._lowered((*given, *folded), fetches)
        fuse_biases(lowered.module)
        graph = lowered.module.graph
        own = set(list(graph.find_nodes(op="placeholder"))[len(given) :])
        outputs: Any = graph.output_node().args[0]
        held = [each in own or fixed for each, fixed in zip(outputs, found.fetched, strict=True)]
        return _Ready(lowered, tuple(folded.values()), tuple(held))

    def _compute(self, tensors: Sequence[Output]) -> None:
        """Computes what is constant, once, and keeps what is not large."""
        new = [each for each in tensors if _key(each) not in self._ts_constants]
        if not new or not can_compute():
            return
        lowered = self._lowered((), new)
        with torch.no_grad(), torch.inference_mode(mode=False):
            values = self._run(lowered, ())
        for each, value in zip(new, values, strict=True):
            if is_kept(value):
                self._ts_constants.keep(_key(each), value)

    def _constant(self, key: Key) -> Any:
        if not key.function and key.node in self._ts_weights:
            return self._variable(key)
        return self._ts_constants.value(key)

    def _variable(self, key: Key) -> Any:
        if key.node not in self._ts_kinds:
            kind = self._ts_definition.nodes[key.node].attributes.get("dtype")
            raise GraphError(
                f"The variable {key.node!r} is of dtype {kind}, which no tensor can hold.",
                self._ts_definition.path,
            )
        shape, dtype = self._ts_kinds[key.node]
        return ts.get_variable(key.node, shape, dtype)

    def restore(self, checkpoint: str | os.PathLike[str]) -> None:
        """Gives the variables the values of a checkpoint; pieces get theirs of the whole. Answers to TF1's Saver.restore.

        Args:
            checkpoint: the checkpoint, as for `torchscope.checkpoint.load_checkpoint`.

        Raises:
            CheckpointError: there is none, or it is damaged.
            GraphError: it does not have some variable, or has it of another shape. Nothing is changed then.
        """
        opened = load_checkpoint(checkpoint)
        values = {name: self._saved(name, opened) for name in self._ts_kinds}
        absent = [name for name, value in values.items() if value is None]
        if absent:
            raise GraphError(
                f"The checkpoint does not have {len(absent)} of the graph's {len(values)} variables: "
                f"{', '.join(absent[:8])}.",
                opened.path,
            )
        for name, value in values.items():
            shape, _ = self._ts_kinds[name]
            if value is not None and list(value.shape) != shape:
                raise GraphError(
                    f"The variable {name!r} has the shape {shape}, and in the checkpoint {list(value.shape)}.",
                    opened.path,
                )
        with self.registry.activate(), torch.no_grad():
            for name, value in values.items():
                self._variable(Key("", name)).copy_(value)

    def _saved(self, name: str, checkpoint: Checkpoint) -> Tensor | None:
        """What a checkpoint has of a variable."""
        piece = self._ts_pieces.get(name)
        if piece is not None:
            return piece.saved(checkpoint)
        return checkpoint.get(name)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the variables as a checkpoint, from which TensorFlow restores its own graph. Answers to TF1's Saver.save.

        What the graph has in pieces is written whole.

        Args:
            path: the prefix of the checkpoint's files.

        Raises:
            CheckpointError: it cannot be written there.
        """
        whole: dict[str, Tensor] = {}
        for name, variable in self.registry.variables.items():
            each = self._ts_pieces.get(name)
            if each is None or each.piece is None:
                whole[name] = variable.detach()
                continue
            if each.name not in whole:
                whole[each.name] = variable.new_zeros(each.whole)
            whole[each.name][each.piece] = variable.detach()
        save_checkpoint(whole, path)

    def fold_batch_norms(self) -> int:
        """Has batch norms go into the kernels before them: the same numbers, but for rounding, from less to compute.

        Only those of inference can be folded, fused or written out as `tf.nn.batch_normalization` does, and only where the
        convolution, its kernel and the batch norm's variables have no other use. The variables stay those of the graph:
        TensorFlow computes the same with a checkpoint of them. Other values that are loaded later are folded by the next
        call; a net that was compiled is to be compiled after that. Train before, not after: kernels are scaled then as no
        initializer would.

        Returns:
            How many were folded.
        """
        found = folds(self._ts_definition, self.registry.variables, self._ts_constants.number)
        self._ts_definition = without(self._ts_definition, found)
        self._ts_folds += [(each, []) for each in found]
        self._fold()
        self._forget()
        return len(found)

    def _fold(self) -> None:
        """Folds the batch norms whose variables are not those that were folded."""
        variables = self.registry.variables
        for each, versions in self._ts_folds:
            own = [variables[name] for name in each.own]
            if list(map(_version, own)) != versions:
                fold(each, variables)
                versions[:] = map(_version, own)

    def extra_repr(self) -> str:
        """How much there is, and what it takes."""
        inputs = ", ".join(map(str, self._ts_inputs))
        return f"{len(self._ts_definition.nodes)} nodes, inputs: {inputs or 'none'}"


def _key(tensor: Output) -> Key:
    """Under which the value of a tensor that is constant is kept: no node is called so."""
    return Key("", str(tensor))


def _version(tensor: Tensor) -> tuple[int, int]:
    """What changes where a tensor is written to, or another one takes its place."""
    return id(tensor), -1 if tensor.is_inference() else tensor._version


def _result(value: Any) -> Any:
    return tf.convert_to_tensor(value) if isinstance(value, Sizes | int | float) else value
