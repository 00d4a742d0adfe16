"""tf.estimator: the words by which a model function is told what it is called for."""

from torchscope.tf1.missing import missing as _missing


class ModeKeys:
    """What a model function is called for (tf.estimator.ModeKeys).

    >>> ModeKeys.TRAIN
    'train'
    """

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
