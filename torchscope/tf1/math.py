"""tf.math."""

from torchscope.nn import in_top_k as in_top_k
from torchscope.nn import top_k as top_k
from torchscope.nn import zero_fraction as zero_fraction
from torchscope.ops.counting import bincount as bincount
from torchscope.ops.counting import confusion_matrix as confusion_matrix
from torchscope.ops.counting import count_nonzero as count_nonzero
from torchscope.ops.cumulating import cumprod as cumprod
from torchscope.ops.cumulating import cumsum as cumsum
from torchscope.ops.cumulating import cumulative_logsumexp as cumulative_logsumexp
from torchscope.ops.extremes import argmax as argmax
from torchscope.ops.extremes import argmin as argmin
from torchscope.ops.norms import reduce_euclidean_norm as reduce_euclidean_norm
from torchscope.ops.norms import reduce_std as reduce_std
from torchscope.ops.norms import reduce_variance as reduce_variance
from torchscope.ops.reducing import reduce_all as reduce_all
from torchscope.ops.reducing import reduce_any as reduce_any
from torchscope.ops.reducing import reduce_logsumexp as reduce_logsumexp
from torchscope.ops.reducing import reduce_max as reduce_max
from torchscope.ops.reducing import reduce_mean as reduce_mean
from torchscope.ops.reducing import reduce_min as reduce_min
from torchscope.ops.reducing import reduce_prod as reduce_prod
from torchscope.ops.reducing import reduce_sum as reduce_sum
from torchscope.ops.segments import segment_max as segment_max
from torchscope.ops.segments import segment_mean as segment_mean
from torchscope.ops.segments import segment_min as segment_min
from torchscope.ops.segments import segment_prod as segment_prod
from torchscope.ops.segments import segment_sum as segment_sum
from torchscope.ops.segments import unsorted_segment_max as unsorted_segment_max
from torchscope.ops.segments import unsorted_segment_mean as unsorted_segment_mean
from torchscope.ops.segments import unsorted_segment_min as unsorted_segment_min
from torchscope.ops.segments import unsorted_segment_prod as unsorted_segment_prod
from torchscope.ops.segments import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n
from torchscope.ops.segments import unsorted_segment_sum as unsorted_segment_sum
"""tf.math: arithmetic, and what belongs to it."""

from torchscope.ops.reordering import invert_permutation as invert_permutation
