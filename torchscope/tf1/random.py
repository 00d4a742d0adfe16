"""tf.random: draws."""

from torchscope._core.ops.drawing import categorical, multinomial, set_random_seed, truncated_normal
from torchscope._core.ops.drawing import random_gamma as gamma
from torchscope._core.ops.drawing import random_normal as normal
from torchscope._core.ops.drawing import random_poisson as poisson
from torchscope._core.ops.drawing import random_shuffle as shuffle
from torchscope._core.ops.drawing import random_uniform as uniform
from torchscope._core.ops.stateless import (
    stateless_categorical,
    stateless_normal,
    stateless_parameterized_truncated_normal,
    stateless_truncated_normal,
    stateless_uniform,
)
from torchscope._core.ops.stateless import stateless_categorical as stateless_multinomial
from torchscope.nn.candidates import (
    all_candidate_sampler,
    fixed_unigram_candidate_sampler,
    log_uniform_candidate_sampler,
    uniform_candidate_sampler,
)

__all__ = [
    "all_candidate_sampler",
    "categorical",
    "fixed_unigram_candidate_sampler",
    "gamma",
    "log_uniform_candidate_sampler",
    "multinomial",
    "normal",
    "poisson",
    "set_random_seed",
    "shuffle",
    "stateless_categorical",
    "stateless_multinomial",
    "stateless_normal",
    "stateless_parameterized_truncated_normal",
    "stateless_truncated_normal",
    "stateless_uniform",
    "truncated_normal",
    "uniform",
    "uniform_candidate_sampler",
]


def __dir__() -> list[str]:
    return __all__
