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
from torchscope.nn.convolution import bias_add as bias_add
from torchscope.nn.convolution import conv2d as conv2d
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
from torchscope.nn.dropout import dropout as dropout
from torchscope.nn.embedding import embedding_lookup as embedding_lookup
from torchscope.nn.linear import relu_layer as relu_layer
from torchscope.nn.linear import xw_plus_b as xw_plus_b
