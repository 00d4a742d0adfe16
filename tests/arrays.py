"""Arrays for tests, and tensors of them: nothing here needs TensorFlow."""

import numpy as np
import torch


def numbers(*shape, dtype="float32", seed=0):
    """Normally distributed numbers."""
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def numbers_of(*shapes):
    """The same of each shape, as float64: one draw after another."""
    draw = np.random.default_rng(0)
    return [draw.normal(size=shape) for shape in shapes]


def as_torch(array):
    """A tensor of a numpy array, of bfloat16 as well."""
    if array.dtype.name == "bfloat16":
        return torch.tensor(array.astype("float32")).to(torch.bfloat16)
    return torch.tensor(array)


def is_floating(array):
    """Whether a gradient can be asked for."""
    return array.dtype.kind == "f" or array.dtype.name == "bfloat16"


def as_list(value):
    """A list of one or several."""
    return list(value) if isinstance(value, list | tuple) else [value]
