"""tf.random: draws."""

from torchscope.nn.candidates import all_candidate_sampler as all_candidate_sampler
from torchscope.nn.candidates import (
    fixed_unigram_candidate_sampler as fixed_unigram_candidate_sampler,
)
from torchscope.nn.candidates import log_uniform_candidate_sampler as log_uniform_candidate_sampler
from torchscope.nn.candidates import uniform_candidate_sampler as uniform_candidate_sampler
from torchscope.ops.drawing import categorical as categorical
from torchscope.ops.drawing import multinomial as multinomial
from torchscope.ops.drawing import random_gamma as gamma
from torchscope.ops.drawing import random_normal as normal
from torchscope.ops.drawing import random_poisson as poisson
from torchscope.ops.drawing import random_shuffle as shuffle
from torchscope.ops.drawing import random_uniform as uniform
from torchscope.ops.drawing import set_random_seed as set_random_seed
from torchscope.ops.drawing import truncated_normal as truncated_normal
from torchscope.ops.stateless import stateless_categorical as stateless_categorical
from torchscope.ops.stateless import stateless_categorical as stateless_multinomial
from torchscope.ops.stateless import stateless_normal as stateless_normal
from torchscope.ops.stateless import (
    stateless_parameterized_truncated_normal as stateless_parameterized_truncated_normal,
)
from torchscope.ops.stateless import stateless_truncated_normal as stateless_truncated_normal
from torchscope.ops.stateless import stateless_uniform as stateless_uniform
