"""tf.estimator.export: what a model function says of the outputs that a server was to give."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from torchscope.tf1.missing import missing as _missing

__all__ = ["ClassificationOutput", "PredictOutput", "RegressionOutput"]


class _Prediction(NamedTuple):
    outputs: dict[str, Any]


class PredictOutput(_Prediction):
    """Outputs by name (tf.estimator.export.PredictOutput).

    >>> import torch
    >>> PredictOutput(torch.ones(2)).outputs
    {'output': tensor([1., 1.])}

    Args:
        outputs: a dict of tensors, or one tensor, which is called 'output'. A tuple as a name is joined by '/'.

    Raises:
        ValueError: a name is no text, or an output no tensor.
    """

    __slots__ = ()

    def __new__(cls, outputs: Any) -> PredictOutput:  # noqa: D102, PYI034 - told above; Self is in no supported typing
        given = outputs if isinstance(outputs, dict) else {"output": outputs}
        named = {"/".join(key) if isinstance(key, tuple) else key: given[key] for key in given}
        for name, value in named.items():
            if not isinstance(name, str):
                raise ValueError(f"Prediction output key must be a string; got {name}.")
            if not isinstance(value, Tensor):
                raise ValueError(f"Prediction output value must be a Tensor; got {value}.")
        return super().__new__(cls, named)


class _Classification(NamedTuple):
    scores: Any
    classes: Any


class ClassificationOutput(_Classification):
    """Scores of classes, their names, or both (tf.estimator.export.ClassificationOutput).

    >>> import torch
    >>> ClassificationOutput(torch.ones(1, 2)).scores.shape
    torch.Size([1, 2])

    Args:
        scores: a tensor of floats, or None.
        classes: names of classes, or None; they are kept as they are.

    Raises:
        ValueError: the scores are no floats, or both are None.
    """

    __slots__ = ()

    def __new__(cls, scores: Any = None, classes: Any = None) -> ClassificationOutput:  # noqa: D102, PYI034 - told above; Self is in no supported typing
        if scores is not None and not (
            isinstance(scores, Tensor) and scores.dtype.is_floating_point
        ):
            raise ValueError(
                f"Classification scores must be a float32 Tensor; got {scores}. Give what "
                "tf.nn.softmax gives."
            )
        if scores is None and classes is None:
            raise ValueError(
                "Cannot create a ClassificationOutput with empty arguments. At least one of `scores` and "
                "`classes` must be defined."
            )
        return super().__new__(cls, scores, classes)


class _Regression(NamedTuple):
    value: Any


class RegressionOutput(_Regression):
    """A number for each example (tf.estimator.export.RegressionOutput).

    >>> import torch
    >>> RegressionOutput(torch.ones(2)).value
    tensor([1., 1.])

    Args:
        value: a tensor of floats.

    Raises:
        ValueError: it is no tensor of floats.
    """

    __slots__ = ()

    def __new__(cls, value: Any) -> RegressionOutput:  # noqa: D102, PYI034 - told above; Self is in no supported typing
        if not (isinstance(value, Tensor) and value.dtype.is_floating_point):
            raise ValueError(
                f"Regression output value must be a float32 Tensor; got {value}. Give it as "
                "tf.cast(value, tf.float32)."
            )
        return super().__new__(cls, value)


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
