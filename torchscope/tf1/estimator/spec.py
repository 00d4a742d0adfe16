"""tf.estimator.EstimatorSpec: what a model function gives, for each of the three things it is called for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from torch import Tensor

from torchscope._core.operations.operation import Operation
from torchscope._core.values.structures import flatten
from torchscope.tf1.estimator.export import ClassificationOutput, PredictOutput, RegressionOutput
from torchscope.tf1.estimator.modes import ModeKeys
from torchscope.tf1.hooks import SessionRunHook
from torchscope.tf1.scaffold import Scaffold

# The name under which a server looks for outputs if it is told none.
_SERVED = "serving_default"


class _Fields(NamedTuple):
    mode: str
    predictions: Any
    loss: Tensor | None
    train_op: Any
    eval_metric_ops: dict[str, Any]
    export_outputs: dict[str, Any] | None
    training_chief_hooks: tuple[Any, ...]
    training_hooks: tuple[Any, ...]
    scaffold: Scaffold
    evaluation_hooks: tuple[Any, ...]
    prediction_hooks: tuple[Any, ...]


class EstimatorSpec(_Fields):
    """What a model function gives (tf.estimator.EstimatorSpec).

    A function of TF1's kind is a net as it is, one for all three modes:

    >>> import torch, torchscope as ts, torchscope.tf1 as tf
    >>> def model_fn(features, labels, mode, params):
    ...     predictions = tf.layers.dense(features, 1)[:, 0]
    ...     if mode == tf.estimator.ModeKeys.PREDICT:
    ...         return tf.estimator.EstimatorSpec(mode, predictions)
    ...     loss = tf.losses.mean_squared_error(labels, predictions)
    ...     step = tf.train.get_or_create_global_step()
    ...     train_op = tf.train.GradientDescentOptimizer(params["lr"]).minimize(loss, step)
    ...     error = tf.metrics.mean_absolute_error(labels, predictions)
    ...     return tf.estimator.EstimatorSpec(mode, predictions, loss, train_op, {"error": error})
    >>> net = ts.ScopedModule(model_fn)
    >>> x, y = torch.randn(8, 3), torch.zeros(8)
    >>> for _ in range(2):
    ...     spec = net(x, y, tf.estimator.ModeKeys.TRAIN, {"lr": 0.1})
    ...     spec.train_op.run()
    >>> with torch.no_grad():
    ...     net(x, None, tf.estimator.ModeKeys.PREDICT, {}).predictions.shape
    torch.Size([8])

    It is a named tuple, so that `ts.build`, `ts.graph` and torch.compile take it as any other result.

    Args:
        mode: one of ModeKeys.
        predictions: a tensor or a dict of tensors.
        loss: a tensor of one element.
        train_op: an operation or a tensor.
        eval_metric_ops: a dict of what tf.metrics gives: pairs of a value and an update.
        export_outputs: a dict of what tf.estimator.export has. In PREDICT it is the predictions by default.
        training_chief_hooks: hooks. These and the others are held; a loop of your own calls what it needs.
        training_hooks: hooks.
        scaffold: a Scaffold; an empty one by default.
        evaluation_hooks: hooks.
        prediction_hooks: hooks.

    Raises:
        ValueError: a mode lacks what it needs, `loss` and `train_op` in TRAIN, `loss` in EVAL, `predictions` in
            PREDICT; the loss has several elements; or of several export_outputs none is the default.
        TypeError: something is of another type.
    """

    __slots__ = ()

    def __new__(  # noqa: D102, PYI034 - told above; Self is in no supported typing
        cls,
        mode: str,
        predictions: Any = None,
        loss: Any = None,
        train_op: Any = None,
        eval_metric_ops: dict[str, Any] | None = None,
        export_outputs: dict[str, Any] | None = None,
        training_chief_hooks: Iterable[Any] | None = None,
        training_hooks: Iterable[Any] | None = None,
        scaffold: Scaffold | None = None,
        evaluation_hooks: Iterable[Any] | None = None,
        prediction_hooks: Iterable[Any] | None = None,
    ) -> EstimatorSpec:
        if train_op is not None:
            _check(train_op, "train_op", Operation, Tensor)
        elif mode == ModeKeys.TRAIN:
            raise ValueError("Missing train_op. Give what an optimizer's minimize(loss) gives.")
        loss = _loss(loss, mode)
        predictions = _predictions(predictions, mode)
        if mode == ModeKeys.PREDICT:
            export_outputs = _exported(export_outputs, predictions)
        hooks = [
            _hooks(each)
            for each in (training_chief_hooks, training_hooks, evaluation_hooks, prediction_hooks)
        ]
        metrics = _metrics(eval_metric_ops)
        scaffold = Scaffold() if scaffold is None else scaffold
        if not isinstance(scaffold, Scaffold):
            raise TypeError(f"scaffold must be tf.train.Scaffold. Given: {scaffold}")
        return super().__new__(
            cls,
            mode,
            predictions,
            loss,
            train_op,
            metrics,
            export_outputs,
            hooks[0],
            hooks[1],
            scaffold,
            *hooks[2:],
        )

    def _replace(self, **kwds: Any) -> EstimatorSpec:
        """The same with other fields, which are checked; the mode stays."""
        if kwds.get("mode", self.mode) != self.mode:
            raise ValueError(
                f"mode of EstimatorSpec cannot be changed. It is {self.mode!r}: call the model function "
                f"with {kwds['mode']!r}."
            )
        return EstimatorSpec(**{**self._asdict(), **kwds})


def _check(value: Any, name: str, *types: type) -> None:
    if not isinstance(value, types):
        wanted = " or ".join(each.__name__ for each in types)
        raise TypeError(f"{name} must be {wanted}, given: {value}")


def _loss(loss: Any, mode: str) -> Tensor | None:
    if loss is None:
        if mode in (ModeKeys.TRAIN, ModeKeys.EVAL):
            raise ValueError(f"Missing loss. EstimatorSpec needs one in mode {mode!r}.")
        return None
    _check(loss, "loss", Tensor)
    if loss.numel() != 1:
        raise ValueError(
            f"Loss must be scalar, given: {loss}. Make one number of it: tf.reduce_mean(loss)."
        )
    scalar: Tensor = loss.reshape(())
    return scalar


def _predictions(predictions: Any, mode: str) -> Any:
    if predictions is None:
        if mode == ModeKeys.PREDICT:
            raise ValueError(f"Missing predictions. EstimatorSpec needs some in mode {mode!r}.")
        return {}
    if isinstance(predictions, dict):
        for key, value in predictions.items():
            _check(value, f"predictions[{key}]", Tensor)
        return dict(predictions)
    _check(predictions, "predictions", Tensor)
    return predictions


def _exported(outputs: Any, predictions: Any) -> dict[str, Any]:
    if outputs is None:
        return {_SERVED: PredictOutput(predictions)}
    _check_dict(outputs, "export_outputs")
    for each in outputs.values():
        if not isinstance(each, PredictOutput | ClassificationOutput | RegressionOutput):
            raise TypeError(
                f"Values in export_outputs must be ExportOutput objects. Given: {outputs}. "
                "tf.estimator.export.PredictOutput makes one of tensors."
            )
    if len(outputs) == 1:
        return {**outputs, _SERVED: next(iter(outputs.values()))}
    if outputs and _SERVED not in outputs:
        raise ValueError(
            "Multiple export_outputs were provided, but none of them is specified as the default. Do this "
            f"by naming one of them with {_SERVED!r}."
        )
    return dict(outputs)


def _hooks(hooks: Any) -> tuple[Any, ...]:
    held = tuple(hooks or ())
    for hook in held:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"All hooks must be SessionRunHook instances, given: {hook}")
    return held


def _metrics(metrics: Any) -> dict[str, Any]:
    if metrics is None:
        return {}
    _check_dict(metrics, "eval_metric_ops")
    for key, pair in metrics.items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(
                "Values of eval_metric_ops must be (metric_value, update_op) tuples, given: "
                f"{pair} for key: {key}"
            )
        for each in flatten(pair):
            _check(each, f"eval_metric_ops[{key}]", Operation, Tensor)
    return dict(metrics)


def _check_dict(value: Any, name: str) -> None:
    if not isinstance(value, dict):
        raise TypeError(f"{name} must be a dict, given: {value}")
