"""Files become modules: a MetaGraphDef with its checkpoint, a GraphDef, a SavedModel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from torchscope.checkpoint import load_checkpoint
from torchscope.checkpoint.formats.files import Bytes, File
from torchscope.graphs import definitions, meta, variables
from torchscope.graphs.first_values import make, make_frozen
from torchscope.graphs.module import ImportedGraph
from torchscope.graphs.opening import INIT, of_tags, signature_of
from torchscope.graphs.operations.table import Operation, given
from torchscope.graphs.weights import weights


def import_meta_graph(
    path: str | os.PathLike[str],
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    operations: Mapping[str, Callable[..., Any]] | None = None,
) -> ImportedGraph:
    """The graph of a .meta file, which `Saver.save` writes beside a checkpoint, as a module.

    Its variables have the values of the checkpoint. Where there is none, and for what it does not hold, they have those
    that the graph's own initializers give. Answers to TF1's tf.train.import_meta_graph.

        net = graphs.import_meta_graph("model.ckpt-100.meta")
        logits = net(feeds={"images:0": images}, fetches="logits:0")
        torch.optim.SGD(net.parameters(), lr=0.1)

    Args:
        path: the file, "model.ckpt-100.meta".
        checkpoint: the checkpoint; by default the one beside the file, of the same name, if it is there.
        operations: functions for types of nodes that torchscope does not know, or has otherwise. One takes the node's
            inputs, and those of its attributes that it names as keyword-only arguments; it gives what the node gives, in
            a tuple if that is several tensors.

    Raises:
        CheckpointError: the file is damaged, or is no MetaGraphDef.
        GraphError: the graph makes no sense, or the first value of a variable needs what torchscope does not have.
    """
    path = os.fspath(path)
    read = meta.read(File(path))
    definition = read.definition()
    net = ImportedGraph(definition, signatures=read.signatures, operations=_own(operations))
    described = variables.describe(definition, read.collections)
    if checkpoint is None:
        checkpoint = meta.checkpoint_beside(path)
    make(net, described, None if checkpoint is None else load_checkpoint(checkpoint))
    return net


def import_graph_def(
    graph_def: Any,
    input_map: Mapping[str, Any] | None = None,
    return_elements: Sequence[str] | None = None,
    name: str | None = None,
    *,
    trainable: bool | str = False,
    operations: Mapping[str, Callable[..., Any]] | None = None,
) -> ImportedGraph:
    """A GraphDef, most likely a frozen one, as a module.

    What a frozen graph multiplies, convolves and adds constants with was a variable once. It is one again, under the
    constant's name, which freezing has left as it was. Answers to TF1's tf.import_graph_def.

    >>> from google.protobuf import text_format
    >>> from tensorboard.compat.proto.graph_pb2 import GraphDef
    >>> import torch
    >>> from torchscope import graphs
    >>> graph_def = text_format.Parse(
    ...     '''
    ...     node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    ...     node { name: "w" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
    ...            attr { key: "value" value { tensor { dtype: DT_FLOAT
    ...                 tensor_shape { dim { size: 2 } } float_val: [2, 3] } } } }
    ...     node { name: "y" op: "Mul" input: "x" input: "w" }
    ...     ''',
    ...     GraphDef(),
    ... )
    >>> net = graphs.import_graph_def(graph_def, return_elements=["y:0"], trainable=True)
    >>> net(torch.ones(2)), list(net.state_dict())
    ([tensor([2., 3.], grad_fn=<MulBackward0>)], ['w'])

    Args:
        graph_def: the file, "frozen.pb"; its bytes; or a GraphDef message.
        input_map: values for tensors that are not to be fed, by their names in the file.
        return_elements: the names, in the file, of the tensors that a call gives; as in TF1.
        name: the scope to put before all names. None by default: TF1's default is "import".
        trainable: whether the variables are trained: all of them but moving averages of batch norms, or those in whose
            names the regular expression is found.
        operations: as in `import_meta_graph`.

    Raises:
        CheckpointError: the file is damaged, or is no GraphDef.
        GraphError: the graph makes no sense, or nothing is of the name that is to be trained.
    """
    file = _file(graph_def)
    definition = definitions.read(file, 0, file.size)
    if name:
        definition = definition.under(name)
        input_map = {f"{name}/{key}": value for key, value in (input_map or {}).items()}
        if return_elements is not None:
            return_elements = [f"{name}/{each}" for each in return_elements]
    frozen = weights(definition)
    net = ImportedGraph(
        definition,
        fetches=return_elements,
        operations=_own(operations),
        fixed=input_map,
        weights=frozen,
    )
    make(net, variables.describe(definition, {}), None)
    make_frozen(net, {each: definition.nodes[each] for each in frozen}, trainable)
    return net


def load_saved_model(
    directory: str | os.PathLike[str],
    tags: Iterable[str] | None = None,
    signature: str | None = None,
    *,
    operations: Mapping[str, Callable[..., Any]] | None = None,
) -> ImportedGraph:
    """A SavedModel, of TF1 or of TF2, as a module, whose call takes and gives what a signature names.

    Answers to TF1's tf.saved_model.load.

        net = load_saved_model("exported/1")
        probabilities = net(images=images)["probabilities"]

    Args:
        directory: the folder, in which saved_model.pb is.
        tags: which of its graphs: the one that has all of these. By default the only one, or the one for serving.
        signature: the name of the signature. By default "serving_default", or the only one.
        operations: as in `import_meta_graph`.

    Raises:
        CheckpointError: a file is missing, or is damaged.
        GraphError: there is no graph of these tags, or no such signature, or the graph makes no sense.
    """
    directory = os.fspath(directory)
    read = of_tags(meta.read_all(File(f"{directory}/saved_model.pb")), tags, directory)
    definition = read.definition()
    signatures = {
        name: each for name, each in read.signatures.items() if each.outputs and name != INIT
    }
    net = ImportedGraph(
        definition,
        signatures=signatures,
        signature=signature_of(signatures, signature, directory),
        operations=_own(operations),
    )
    described = variables.describe(definition, read.collections, read.trainable)
    make(net, described, None, saved=True)
    saver = read.message.saver_def
    if described and saver.restore_op_name:
        prefix = f"{directory}/variables/variables"
        net(feeds={saver.filename_tensor_name: prefix}, fetches=[saver.restore_op_name])
    return net


def _file(graph_def: Any) -> File:
    if isinstance(graph_def, str | os.PathLike):
        return File(os.fspath(graph_def))
    if hasattr(graph_def, "SerializeToString"):
        graph_def = graph_def.SerializeToString()
    if not isinstance(graph_def, bytes | bytearray | memoryview):
        raise TypeError(f"A GraphDef is a file, bytes or a message; this is {graph_def!r:.80}.")
    return Bytes(bytes(graph_def), "<GraphDef>")


def _own(functions: Mapping[str, Callable[..., Any]] | None) -> dict[str, Operation]:
    """The operations that a user gives."""
    return {kind: given(function) for kind, function in (functions or {}).items()}
