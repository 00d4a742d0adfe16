"""How a variable is kept where several replicas of a model run."""

from __future__ import annotations

import enum


class VariableSynchronization(enum.Enum):
    """When the replicas of a variable are made one (tf.VariableSynchronization).

    ON_READ is for what each replica writes by itself while it runs, such as moving averages: such
    a variable is not trained unless that is said, and then it is a buffer of its module. The others
    have no effect: gradients are made one by DistributedDataParallel or fully_shard.

    >>> import torchscope as ts
    >>> count = ts.get_variable("count", [], synchronization=ts.VariableSynchronization.ON_READ)
    >>> count.trainable, [name for name, _ in ts.get_default_registry().module.named_buffers()][-1]
    (False, 'count')
    """

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


class VariableAggregation(enum.Enum):
    """How the replicas of a variable are made one (tf.VariableAggregation). It has no effect.

    >>> VariableAggregation.MEAN.name
    'MEAN'
    """

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3
