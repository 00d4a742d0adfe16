"""Measures that go on from batch to batch, with TF1's names and variables (tf.metrics)."""

from torchscope.metrics.classes import mean_iou as mean_iou
from torchscope.metrics.classes import mean_per_class_accuracy as mean_per_class_accuracy
from torchscope.metrics.counts import false_negatives as false_negatives
from torchscope.metrics.counts import (
    false_negatives_at_thresholds as false_negatives_at_thresholds,
)
from torchscope.metrics.counts import false_positives as false_positives
from torchscope.metrics.counts import (
    false_positives_at_thresholds as false_positives_at_thresholds,
)
from torchscope.metrics.counts import precision as precision
from torchscope.metrics.counts import precision_at_thresholds as precision_at_thresholds
from torchscope.metrics.counts import recall as recall
from torchscope.metrics.counts import recall_at_thresholds as recall_at_thresholds
from torchscope.metrics.counts import true_negatives as true_negatives
from torchscope.metrics.counts import true_negatives_at_thresholds as true_negatives_at_thresholds
from torchscope.metrics.counts import true_positives as true_positives
from torchscope.metrics.counts import true_positives_at_thresholds as true_positives_at_thresholds
from torchscope.metrics.curves import auc as auc
from torchscope.metrics.curves import sensitivity_at_specificity as sensitivity_at_specificity
from torchscope.metrics.curves import specificity_at_sensitivity as specificity_at_sensitivity
from torchscope.metrics.means import accuracy as accuracy
from torchscope.metrics.means import mean as mean
from torchscope.metrics.means import mean_absolute_error as mean_absolute_error
from torchscope.metrics.means import mean_cosine_distance as mean_cosine_distance
from torchscope.metrics.means import mean_relative_error as mean_relative_error
from torchscope.metrics.means import mean_squared_error as mean_squared_error
from torchscope.metrics.means import mean_tensor as mean_tensor
from torchscope.metrics.means import percentage_below as percentage_below
from torchscope.metrics.means import root_mean_squared_error as root_mean_squared_error
from torchscope.metrics.ranked import average_precision_at_k as average_precision_at_k
from torchscope.metrics.ranked import precision_at_k as precision_at_k
from torchscope.metrics.ranked import precision_at_top_k as precision_at_top_k
from torchscope.metrics.ranked import recall_at_k as recall_at_k
from torchscope.metrics.ranked import recall_at_top_k as recall_at_top_k
from torchscope.metrics.ranked import sparse_average_precision_at_k as sparse_average_precision_at_k
from torchscope.metrics.ranked import sparse_precision_at_k as sparse_precision_at_k
