"""tf.contrib.tpu: what model functions that were also meant for TPUs give. Those of PyTorch are torch_xla's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from torchscope.tf1.estimator import EstimatorSpec
from torchscope.tf1.missing import missing as _missing

__all__ = ["TPUEstimatorSpec"]


class _Fields(NamedTuple):
    mode: str
    predictions: Any
    loss: Any
    train_op: Any
    eval_metrics: Any
    export_outputs: dict[str, Any] | None
    scaffold_fn: Callable[[], Any] | None
    host_call: Any
    training_hooks: tuple[Any, ...]
    evaluation_hooks: tuple[Any, ...]
    prediction_hooks: tuple[Any, ...]


class TPUEstimatorSpec(_Fields):
    """What a model function gives that was also meant for TPUs (tf.contrib.tpu.TPUEstimatorSpec).

    Its measures are a function, and what the function takes. `as_estimator_spec` calls it, in the pass:

    >>> import torch, torchscope as ts, torchscope.tf1 as tf
    >>> def model_fn(features, labels, mode, params):
    ...     logits = tf.layers.dense(features, 2)
    ...     loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    ...     def metric_fn(labels, logits):
    ...         return {"accuracy": tf.metrics.accuracy(labels, tf.argmax(logits, -1))}
    ...     measures = metric_fn, [labels, logits]
    ...     return tf.contrib.tpu.TPUEstimatorSpec(mode, loss=loss, eval_metrics=measures)
    >>> net = ts.ScopedModule(lambda *args: model_fn(*args).as_estimator_spec())
    >>> spec = net(torch.ones(4, 3), torch.zeros(4, dtype=torch.int64), "eval", {})
    >>> list(spec.eval_metric_ops)
    ['accuracy']

    Args:
        mode: as in `EstimatorSpec`, and so are those that are not named here.
        predictions: as there.
        loss: as there.
        train_op: as there.
        eval_metrics: a function that gives a dict of what tf.metrics gives, and a list or a dict of its arguments.
        export_outputs: as there.
        scaffold_fn: a function that gives a Scaffold.
        host_call: held.
        training_hooks: as there.
        evaluation_hooks: as there.
        prediction_hooks: as there.

    Raises:
        ValueError: as there.
        TypeError: as there; or the measures are not such a pair.
    """

    __slots__ = ()

    def __new__(  # noqa: D102, PYI034 - told above; Self is in no supported typing
        cls,
        mode: str,
        predictions: Any = None,
        loss: Any = None,
        train_op: Any = None,
        eval_metrics: Any = None,
        export_outputs: dict[str, Any] | None = None,
        scaffold_fn: Callable[[], Any] | None = None,
        host_call: Any = None,
        training_hooks: Iterable[Any] | None = None,
        evaluation_hooks: Iterable[Any] | None = None,
        prediction_hooks: Iterable[Any] | None = None,
    ) -> TPUEstimatorSpec:
        if eval_metrics is not None and not (
            isinstance(eval_metrics, tuple | list)
            and len(eval_metrics) == 2
            and callable(eval_metrics[0])
        ):
            raise TypeError(
                f"eval_metrics should be a pair of a function and its arguments, given: {eval_metrics}"
            )
        # It checks what both have.
        plain = EstimatorSpec(
            mode,
            predictions,
            loss,
            train_op,
            export_outputs=export_outputs,
            training_hooks=training_hooks,
            evaluation_hooks=evaluation_hooks,
            prediction_hooks=prediction_hooks,
        )
        return super().__new__(
            cls,
            mode,
            plain.predictions,
            plain.loss,
            train_op,
            eval_metrics,
            plain.export_outputs,
            scaffold_fn,
            host_call,
            plain.training_hooks,
            plain.evaluation_hooks,
            plain.prediction_hooks,
        )

    def as_estimator_spec(self) -> EstimatorSpec:
        """The same as an EstimatorSpec: its measures are taken, and its scaffold is made."""
        metrics = None
        if self.eval_metrics is not None:
            function, given = self.eval_metrics
            metrics = function(**given) if isinstance(given, dict) else function(*given)
        return EstimatorSpec(
            self.mode,
            self.predictions,
            self.loss,
            self.train_op,
            metrics,
            self.export_outputs,
            training_hooks=self.training_hooks,
            scaffold=None if self.scaffold_fn is None else self.scaffold_fn(),
            evaluation_hooks=self.evaluation_hooks,
            prediction_hooks=self.prediction_hooks,
        )


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
