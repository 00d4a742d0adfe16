"""tf.estimator: what a model function is told, and what it gives. The loop around it is one of your own."""

from torchscope.tf1.estimator import export as export
from torchscope.tf1.estimator.modes import ModeKeys as ModeKeys
from torchscope.tf1.estimator.spec import EstimatorSpec as EstimatorSpec
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
