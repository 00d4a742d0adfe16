"""Functions with TF1's names, arguments and numbers, over torch.nn.functional (tf.nn)."""

from torchscope.nn.activations import crelu as crelu
from torchscope.nn.activations import elu as elu
from torchscope.nn.activations import leaky_relu as leaky_relu
from torchscope.nn.activations import log_softmax as log_softmax
from torchscope.nn.activations import relu as relu
from torchscope.nn.activations import relu6 as relu6
from torchscope.nn.activations import selu as selu
from torchscope.nn.activations import sigmoid as sigmoid
from torchscope.nn.activations import softmax as softmax
from torchscope.nn.activations import softplus as softplus
from torchscope.nn.activations import softsign as softsign
from torchscope.nn.activations import swish as swish
from torchscope.nn.activations import tanh as tanh
from torchscope.nn.candidates import all_candidate_sampler as all_candidate_sampler
from torchscope.nn.candidates import compute_accidental_hits as compute_accidental_hits
from torchscope.nn.candidates import (
    fixed_unigram_candidate_sampler as fixed_unigram_candidate_sampler,
)
from torchscope.nn.candidates import log_uniform_candidate_sampler as log_uniform_candidate_sampler
from torchscope.nn.candidates import uniform_candidate_sampler as uniform_candidate_sampler
from torchscope.nn.convolution import atrous_conv2d as atrous_conv2d
from torchscope.nn.convolution import bias_add as bias_add
from torchscope.nn.convolution import conv1d as conv1d
from torchscope.nn.convolution import conv2d as conv2d
from torchscope.nn.convolution import conv3d as conv3d
from torchscope.nn.convolution import convolution as convolution
from torchscope.nn.cross_entropy import log_poisson_loss as log_poisson_loss
from torchscope.nn.cross_entropy import (
    sigmoid_cross_entropy_with_logits as sigmoid_cross_entropy_with_logits,
)
from torchscope.nn.cross_entropy import (
    softmax_cross_entropy_with_logits as softmax_cross_entropy_with_logits,
)
from torchscope.nn.cross_entropy import (
    softmax_cross_entropy_with_logits_v2 as softmax_cross_entropy_with_logits_v2,
)
from torchscope.nn.cross_entropy import (
    sparse_softmax_cross_entropy_with_logits as sparse_softmax_cross_entropy_with_logits,
)
from torchscope.nn.cross_entropy import (
    weighted_cross_entropy_with_logits as weighted_cross_entropy_with_logits,
)
from torchscope.nn.ctc import collapse_repeated as collapse_repeated
from torchscope.nn.ctc import ctc_greedy_decoder as ctc_greedy_decoder
from torchscope.nn.ctc import ctc_loss as ctc_loss
from torchscope.nn.ctc import ctc_loss_v2 as ctc_loss_v2
from torchscope.nn.ctc_beams import ctc_beam_search_decoder as ctc_beam_search_decoder
from torchscope.nn.ctc_beams import ctc_beam_search_decoder_v2 as ctc_beam_search_decoder_v2
from torchscope.nn.depthwise_convolution import depthwise_conv2d as depthwise_conv2d
from torchscope.nn.depthwise_convolution import depthwise_conv2d_native as depthwise_conv2d_native
from torchscope.nn.depthwise_convolution import separable_conv2d as separable_conv2d
from torchscope.nn.dropout import dropout as dropout
from torchscope.nn.embedding import embedding_lookup as embedding_lookup
from torchscope.nn.linear import relu_layer as relu_layer
from torchscope.nn.linear import xw_plus_b as xw_plus_b
from torchscope.nn.normalization import (
    batch_norm_with_global_normalization as batch_norm_with_global_normalization,
)
from torchscope.nn.normalization import batch_normalization as batch_normalization
from torchscope.nn.normalization import fused_batch_norm as fused_batch_norm
from torchscope.nn.normalization import l2_loss as l2_loss
from torchscope.nn.normalization import l2_normalize as l2_normalize
from torchscope.nn.normalization import local_response_normalization as local_response_normalization
from torchscope.nn.normalization import lrn as lrn
from torchscope.nn.normalization import moments as moments
from torchscope.nn.normalization import weighted_moments as weighted_moments
from torchscope.nn.normalization import zero_fraction as zero_fraction
from torchscope.nn.pooling import avg_pool as avg_pool
from torchscope.nn.pooling import avg_pool1d as avg_pool1d
from torchscope.nn.pooling import avg_pool2d as avg_pool2d
from torchscope.nn.pooling import avg_pool3d as avg_pool3d
from torchscope.nn.pooling import max_pool as max_pool
from torchscope.nn.pooling import max_pool1d as max_pool1d
from torchscope.nn.pooling import max_pool2d as max_pool2d
from torchscope.nn.pooling import max_pool3d as max_pool3d
from torchscope.nn.pooling import pool as pool
from torchscope.nn.ranking import in_top_k as in_top_k
from torchscope.nn.ranking import top_k as top_k
from torchscope.nn.sampled_losses import nce_loss as nce_loss
from torchscope.nn.sampled_losses import sampled_softmax_loss as sampled_softmax_loss
from torchscope.nn.sparse_embedding import embedding_lookup_sparse as embedding_lookup_sparse
from torchscope.nn.sparse_embedding import (
    safe_embedding_lookup_sparse as safe_embedding_lookup_sparse,
)
from torchscope.nn.sufficient_statistics import normalize_moments as normalize_moments
from torchscope.nn.sufficient_statistics import sufficient_statistics as sufficient_statistics
from torchscope.nn.transposed_convolution import atrous_conv2d_transpose as atrous_conv2d_transpose
from torchscope.nn.transposed_convolution import conv1d_transpose as conv1d_transpose
from torchscope.nn.transposed_convolution import conv2d_transpose as conv2d_transpose
from torchscope.nn.transposed_convolution import conv3d_transpose as conv3d_transpose
from torchscope.nn.transposed_convolution import conv_transpose as conv_transpose
from torchscope.nn.window_maxima import dilation2d as dilation2d
from torchscope.nn.window_maxima import erosion2d as erosion2d
from torchscope.nn.window_maxima import max_pool_with_argmax as max_pool_with_argmax
