"""Checkpoints written and read by TensorFlow, for comparison."""

from pathlib import Path

import numpy as np
import torch

from tests.tensorflow1 import tf
from torchscope.checkpoint.formats.dtypes import NUMBERS


def as_numpy(tensor):
    """A tensor as TensorFlow takes it, bfloat16 and float8 too."""
    plain = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
    dtype = tf.as_dtype(NUMBERS[tensor.dtype]).as_numpy_dtype
    return np.frombuffer(plain.tobytes(), dtype).reshape(tuple(tensor.shape))


def tf_writes(prefix, tensors, pieces=()):
    """SaveV2 with tensors by name, and pieces as (name, 'full shape and slice', tensor)."""
    names = [*tensors, *(name for name, _, _ in pieces)]
    specs = [*("" for _ in tensors), *(spec for _, spec, _ in pieces)]
    values = [*tensors.values(), *(tensor for _, _, tensor in pieces)]
    with tf.Graph().as_default(), tf.Session() as session:
        fed = [tf.placeholder(NUMBERS[value.dtype]) for value in values]
        save = tf.raw_ops.SaveV2(
            prefix=str(prefix), tensor_names=names, shape_and_slices=specs, tensors=fed
        )
        session.run(save, {f: as_numpy(v) for f, v in zip(fed, values, strict=True)})


def tf_merges(prefixes, prefix):
    """What a sharded save does with the checkpoints of its devices."""
    with tf.Graph().as_default(), tf.Session() as session:
        session.run(
            tf.raw_ops.MergeV2Checkpoints(
                checkpoint_prefixes=[str(p) for p in prefixes], destination_prefix=str(prefix)
            )
        )


def tf_reads(prefix):
    """All that TensorFlow's reader finds, by name."""
    reader = tf.train.NewCheckpointReader(str(prefix))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def files(folder):
    """The bytes of all files in a folder, by name."""
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def spec(full_shape, offset, size):
    """Where a piece lies in the whole, as TensorFlow is told."""
    slices = ":".join(f"{o},{s}" for o, s in zip(offset, size, strict=True))
    return " ".join([*map(str, full_shape), slices])
