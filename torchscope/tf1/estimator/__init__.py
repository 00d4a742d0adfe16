"""tf.estimator: what a model function is told, and what it gives. The loop around it is one of your own."""

from torchscope.tf1.estimator import export
from torchscope.tf1.estimator.modes import ModeKeys
from torchscope.tf1.estimator.spec import EstimatorSpec
from torchscope.tf1.missing import missing as _missing

__all__ = ["EstimatorSpec", "ModeKeys", "export"]


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
