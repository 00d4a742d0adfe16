"""The words by which a model function is told what it is called for."""


class ModeKeys:
    """What a model function is called for (tf.estimator.ModeKeys).

    >>> ModeKeys.TRAIN
    'train'
    """

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"
