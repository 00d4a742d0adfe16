"""Losses, reduced and kept in a collection, with TF1's names and numbers (tf.losses).

Each is put into the collection 'losses', like a variable's regularization loss into its own, and
`get_total_loss` adds them up. What a forward puts there is dropped when its next pass starts. At top
level, where the pass of the default registry lasts, a training loop either gives
``loss_collection=None`` or calls `reset_default_registry`: else all its losses would be kept.
"""

from torchscope.losses.classification import hinge_loss as hinge_loss
from torchscope.losses.classification import log_loss as log_loss
from torchscope.losses.classification import sigmoid_cross_entropy as sigmoid_cross_entropy
from torchscope.losses.classification import softmax_cross_entropy as softmax_cross_entropy
from torchscope.losses.classification import (
    sparse_softmax_cross_entropy as sparse_softmax_cross_entropy,
)
from torchscope.losses.collected import add_loss as add_loss
from torchscope.losses.collected import get_losses as get_losses
from torchscope.losses.collected import get_regularization_loss as get_regularization_loss
from torchscope.losses.collected import get_regularization_losses as get_regularization_losses
from torchscope.losses.collected import get_total_loss as get_total_loss
from torchscope.losses.regression import absolute_difference as absolute_difference
from torchscope.losses.regression import cosine_distance as cosine_distance
from torchscope.losses.regression import huber_loss as huber_loss
from torchscope.losses.regression import mean_pairwise_squared_error as mean_pairwise_squared_error
from torchscope.losses.regression import mean_squared_error as mean_squared_error
from torchscope.losses.weighting import Reduction as Reduction
from torchscope.losses.weighting import compute_weighted_loss as compute_weighted_loss
