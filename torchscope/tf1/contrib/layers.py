"""tf.contrib.layers: the layers of slim, its initializers and regularizers."""

from torchscope.slim import GDN as GDN
from torchscope.slim import RevBlock as RevBlock
from torchscope.slim import apply_regularization as apply_regularization
from torchscope.slim import avg_pool2d as avg_pool2d
from torchscope.slim import avg_pool3d as avg_pool3d
from torchscope.slim import batch_norm as batch_norm
from torchscope.slim import bias_add as bias_add
from torchscope.slim import conv1d as conv1d
from torchscope.slim import conv2d as conv2d
from torchscope.slim import conv2d_in_plane as conv2d_in_plane
from torchscope.slim import conv2d_transpose as conv2d_transpose
from torchscope.slim import conv3d as conv3d
from torchscope.slim import conv3d_transpose as conv3d_transpose
from torchscope.slim import convolution as convolution
from torchscope.slim import convolution1d as convolution1d
from torchscope.slim import convolution2d as convolution2d
from torchscope.slim import convolution2d_in_plane as convolution2d_in_plane
from torchscope.slim import convolution2d_transpose as convolution2d_transpose
from torchscope.slim import convolution3d as convolution3d
from torchscope.slim import convolution3d_transpose as convolution3d_transpose
from torchscope.slim import dense_to_sparse as dense_to_sparse
from torchscope.slim import dropout as dropout
from torchscope.slim import elu as elu
from torchscope.slim import flatten as flatten
from torchscope.slim import fully_connected as fully_connected
from torchscope.slim import gdn as gdn
from torchscope.slim import group_norm as group_norm
from torchscope.slim import images_to_sequence as images_to_sequence
from torchscope.slim import instance_norm as instance_norm
from torchscope.slim import l1_l2_regularizer as l1_l2_regularizer
from torchscope.slim import l1_regularizer as l1_regularizer
from torchscope.slim import l2_regularizer as l2_regularizer
from torchscope.slim import layer_norm as layer_norm
from torchscope.slim import legacy_fully_connected as legacy_fully_connected
from torchscope.slim import legacy_linear as legacy_linear
from torchscope.slim import legacy_relu as legacy_relu
from torchscope.slim import linear as linear
from torchscope.slim import max_pool2d as max_pool2d
from torchscope.slim import max_pool3d as max_pool3d
from torchscope.slim import maxout as maxout
from torchscope.slim import one_hot_encoding as one_hot_encoding
from torchscope.slim import pool as pool
from torchscope.slim import recompute_grad as recompute_grad
from torchscope.slim import relu as relu
from torchscope.slim import relu6 as relu6
from torchscope.slim import repeat as repeat
from torchscope.slim import rev_block as rev_block
from torchscope.slim import scale_gradient as scale_gradient
from torchscope.slim import separable_conv2d as separable_conv2d
from torchscope.slim import separable_convolution2d as separable_convolution2d
from torchscope.slim import sequence_to_images as sequence_to_images
from torchscope.slim import softmax as softmax
from torchscope.slim import spatial_softmax as spatial_softmax
from torchscope.slim import stack as stack
from torchscope.slim import sum_regularizer as sum_regularizer
from torchscope.slim import unit_norm as unit_norm
from torchscope.slim import utils as utils
from torchscope.slim import variance_scaling_initializer as variance_scaling_initializer
from torchscope.slim import xavier_initializer as xavier_initializer
from torchscope.slim import xavier_initializer_conv2d as xavier_initializer_conv2d
from torchscope.slim.embedding import bow_encoder as bow_encoder
from torchscope.slim.embedding import embed_sequence as embed_sequence
from torchscope.slim.embedding import embedding_lookup_unique as embedding_lookup_unique
from torchscope.slim.embedding import safe_embedding_lookup_sparse as safe_embedding_lookup_sparse
from torchscope.slim.normalization import poincare_normalize as poincare_normalize
from torchscope.tf1.missing import missing as _missing
from torchscope.tf1.missing import refused as _refused

# The names by which code asks for an optimizer; who makes one is told what PyTorch has.
OPTIMIZER_CLS_NAMES = {
    name: _refused("torchscope.tf1.train", f"{optimizer}Optimizer")
    for name, optimizer in {
        "Adagrad": "Adagrad",
        "Adam": "Adam",
        "Ftrl": "Ftrl",
        "Momentum": "Momentum",
        "RMSProp": "RMSProp",
        "SGD": "GradientDescent",
    }.items()
}


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
