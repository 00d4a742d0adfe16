"""Symbols as rows of a table that the layer makes (tf.contrib.layers.embed_sequence, bow_encoder)."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from torchscope import nn
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.sparse.making import from_dense
from torchscope._core.ops.sparse.tensor import SparseTensor
from torchscope._core.requests.variable_scope import variable_scope
from torchscope.slim.variables import model_variable


def embed_sequence(
    ids: Any,
    vocab_size: int | None = None,
    embed_dim: int | None = None,
    unique: bool = False,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Tensor:
    """The rows of 'embeddings' that the ids of a sequence name (tf.contrib.layers.embed_sequence).

    >>> from torchscope import slim
    >>> embed_sequence([[2, 0, 1]], vocab_size=4, embed_dim=5).shape
    torch.Size([1, 3, 5])
    >>> slim.get_model_variables()[0].name
    'EmbedSequence/embeddings:0'

    Args:
        ids: integers in [0, vocab_size), (N, T) or of any shape.
        vocab_size: how many rows the table has; may be left out with reuse=True.
        embed_dim: how long they are; the same.
        unique: accepted for TF1 code: whether each row is looked up once. The result is the same.
        initializer: for 'embeddings', (vocab_size, embed_dim); the scope's by default.
        regularizer: its share in REGULARIZATION_LOSSES.
        trainable: whether the table is trained.
        scope: the name of the layer's scope, or a VariableScope.
        reuse: as the `reuse` of a variable_scope.

    Raises:
        ValueError: the sizes are missing, or the variable breaks the rules of `get_variable`; or as
            `nn.embedding_lookup`.
        TypeError: as `nn.embedding_lookup`.
    """
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError(
            "Must specify vocab size and embedding dimension when not reusing. Got "
            f"vocab_size={vocab_size} and embed_dim={embed_dim}"
        )
    with variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        known = embed_dim is not None and not (reuse and vocab_size is None)
        table = model_variable(
            "embeddings",
            shape=[vocab_size, embed_dim] if known else None,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
        )
        look_up = embedding_lookup_unique if unique else nn.embedding_lookup
        return look_up(table, ids)


def embedding_lookup_unique(
    params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None
) -> Tensor:
    """`nn.embedding_lookup`, in which TF1 looked each row up once.

    Answers to tf.contrib.layers.embedding_lookup_unique.

    >>> import torch
    >>> embedding_lookup_unique(torch.tensor([[1.0], [2.0]]), [1, 1]).flatten()
    tensor([2., 2.])

    Args:
        params: a table (V, ...), a list of its pieces, or a variable in pieces.
        ids: integers in [0, V), of any shape.
        partition_strategy: as in `nn.embedding_lookup`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError, TypeError: as `nn.embedding_lookup`.
    """
    return nn.embedding_lookup(params, ids, partition_strategy)


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str | None = None,
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: Any = None,
) -> Tensor:
    """`nn.safe_embedding_lookup_sparse` (tf.contrib.layers.safe_embedding_lookup_sparse).

    >>> import torch
    >>> ids = SparseTensor([[0, 0], [1, 0]], [1, -1], [3, 2])
    >>> safe_embedding_lookup_sparse(torch.tensor([[1.0], [2.0]]), ids).flatten()
    tensor([2., 0., 0.])

    Args:
        embedding_weights: as there.
        sparse_ids: as there.
        sparse_weights: as there.
        combiner: 'mean', 'sum' or 'sqrtn'; 'mean' by default.
        default_id: as there.
        name: accepted for TF1 code; it has no effect.
        partition_strategy: as there.
        max_norm: as there.

    Raises:
        ValueError, TypeError: as there.
    """
    return nn.safe_embedding_lookup_sparse(
        embedding_weights,
        sparse_ids,
        sparse_weights,
        "mean" if combiner is None else combiner,
        default_id,
        name,
        partition_strategy,
        max_norm,
    )


def bow_encoder(
    ids: Any,
    vocab_size: int,
    embed_dim: int,
    sparse_lookup: bool = True,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Tensor:
    """The mean of the rows of 'embeddings' that a text's ids name (tf.contrib.layers.bow_encoder).

    >>> bow_encoder([[2, 0], [1, 3]], vocab_size=4, embed_dim=5).shape
    torch.Size([2, 5])

    Args:
        ids: integers, (N, T), or a SparseTensor of them.
        vocab_size: how many rows the table has.
        embed_dim: how long they are.
        sparse_lookup: whether an id of 0 in a dense tensor is none. A text without ids has row 0.
        initializer: for 'embeddings', (vocab_size, embed_dim); the scope's by default.
        regularizer: its share in REGULARIZATION_LOSSES.
        trainable: whether the table is trained.
        scope: the name of the layer's scope, or a VariableScope.
        reuse: as the `reuse` of a variable_scope.

    Raises:
        ValueError: the sizes are missing, or the variable breaks the rules of `get_variable`.
        TypeError: the ids are sparse, and not looked up so.
    """
    if not vocab_size or not embed_dim:
        raise ValueError("Must specify vocab size and embedding dimension")
    with variable_scope(scope, "bow_encoder", [ids], reuse=reuse):
        table = model_variable(
            "embeddings",
            shape=[vocab_size, embed_dim],
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
        )
        if sparse_lookup:
            sparse = ids if isinstance(ids, SparseTensor) else from_dense(ids)
            return safe_embedding_lookup_sparse([table], sparse, default_id=0)
        if isinstance(ids, SparseTensor):
            raise TypeError(
                f"ids are expected to be dense Tensor, got: {ids}. Leave out sparse_lookup=False."
            )
        return nn.embedding_lookup(table, as_tensor(ids)).mean(1)
