"""The values of a layer's variables as arrays, and what tells how to make another layer like it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from torchscope._core.values.conversion import dtype_name, shape_text
from torchscope._core.values.static_shapes import TensorShape

if TYPE_CHECKING:
    from typing_extensions import Self


class Valued:
    """The part of a layer that is about values and settings."""

    name: Any
    trainable: bool
    built: Any
    weights: Any
    _dtype: torch.dtype | None

    def count_params(self) -> int:
        """How many numbers its variables have (tf.layers.Layer.count_params).

        >>> import torch, torchscope as ts
        >>> layer = ts.layers.Dense(4)
        >>> _ = layer(torch.ones(1, 3))
        >>> layer.count_params()
        16

        Raises:
            ValueError: it is not built in this pass.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You can "
                f"build it manually via: `{self.name}.build(batch_input_shape)`. A layer is built anew "
                "in each pass: ask inside of it."
            )
        return sum(math.prod(weight.shape) for weight in self.weights)

    def get_weights(self) -> list[Any]:
        """The values of `weights`, as arrays of their own (tf.layers.Layer.get_weights)."""
        return [weight.detach().cpu().clone().numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Gives its variables values, in the order of `weights` (tf.layers.Layer.set_weights).

        Args:
            weights: arrays or tensors.

        Raises:
            ValueError: there are more or fewer, or one has another shape. Nothing is set then.
        """
        mine = self.weights
        if len(mine) != len(weights):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a weight list of length '
                f"{len(weights)}, but the layer was expecting {len(mine)} weights. Provided weights: "
                f"{str(weights)[:50]}... Its variables are "
                f"{[weight.name for weight in mine]}; a layer has none before it is called in the pass."
            )
        for variable, value in zip(mine, weights, strict=True):
            shape = tuple(getattr(value, "shape", ()))
            if shape != tuple(variable.shape):
                raise ValueError(
                    f"Layer weight shape {shape_text(variable.shape)} not compatible with provided "
                    f"weight shape {shape_text(shape)}. The variable is {variable.name}; give arrays."
                )
        for variable, value in zip(mine, weights, strict=True):
            variable.load(value)

    def get_config(self) -> dict[str, Any]:
        """Its name, trainability and dtype: what `from_config` takes (tf.layers.Layer.get_config).

        >>> import torchscope as ts
        >>> ts.layers.Layer(name="mine", dtype="float32").get_config()
        {'name': 'mine', 'trainable': True, 'dtype': 'float32'}

        Raises:
            NotImplementedError: its class takes other arguments, which it has to add.
        """
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": None if self._dtype is None else dtype_name(self._dtype),
        }
        if type(self).get_config is Valued.get_config:
            taken = inspect.signature(type(self)).parameters.values()
            named = {each.name for each in taken if each.kind is each.POSITIONAL_OR_KEYWORD}
            if named - set(config):
                raise NotImplementedError(
                    "Layers with arguments in `__init__` must override `get_config`. That of "
                    f"{type(self).__name__} would add {sorted(named - set(config))} to what "
                    "super().get_config() gives."
                )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A layer with the settings that `get_config` gave (tf.layers.Layer.from_config)."""
        return cls(**config)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the output for the shape of an input (tf.layers.Layer.compute_output_shape).

        >>> import torchscope as ts
        >>> ts.layers.Conv2D(4, 3, strides=2).compute_output_shape([None, 9, None, 3])
        TensorShape([Dimension(None), Dimension(4), Dimension(None), Dimension(4)])

        Args:
            input_shape: its dimensions, None where one is not known.

        Raises:
            NotImplementedError: the layer's class does not tell.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no `compute_output_shape`: write the method, or look at the shape "
            "of what the layer gives."
        )
