"""What is drawn at random. No numbers are TensorFlow's: those of a seed are neither, but the same each time.

Draws without state take a seed of two integers, or, in their later versions, the key and the counter of a generator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops.arguments import as_tensor, numbers_of
from torchscope.graphs.operations.table import op
from torchscope.graphs.operations.variables import changing

# What StatelessRandomGetAlg says: Philox. A counter is raised by so much for each number that is skipped.
_PHILOX, _STEP = 1, 256
_LEAST = -(2**63)


def _seed() -> Tensor:
    """A seed that is drawn."""
    return torch.randint(2**62, (2,), device=device_of_the_net())


@op("RandomUniform", stateful=True)
def _uniform(shape: Any, *, dtype: Any) -> Any:
    return tf.random_uniform(shape, dtype=dtype)


@op("RandomStandardNormal", stateful=True)
def _normal(shape: Any, *, dtype: Any) -> Any:
    return tf.random_normal(shape, dtype=dtype)


@op("TruncatedNormal", stateful=True)
def _truncated_normal(shape: Any, *, dtype: Any) -> Any:
    return tf.truncated_normal(shape, dtype=dtype)


@op("RandomUniformInt", stateful=True)
def _integers(shape: Any, low: Any, high: Any) -> Any:
    return tf.random_uniform(shape, low, high, dtype=tf.as_dtype(tf.convert_to_tensor(low).dtype))


@op("ParameterizedTruncatedNormal", stateful=True)
def _parameterized(shape: Any, means: Any, stdevs: Any, minvals: Any, maxvals: Any) -> Any:
    # Where there are several, each is for one place along the first axis.
    behind = [1] * (len(shape) - 1)
    mean, deviation, least, most = (
        each.reshape(-1, *behind) if each.ndim else each
        for each in map(tf.convert_to_tensor, (means, stdevs, minvals, maxvals))
    )
    return tf.random.stateless_parameterized_truncated_normal(
        shape, _seed(), mean, deviation, least, most
    )


@op("Multinomial", stateful=True)
def _multinomial(logits: Any, num_samples: Any, *, output_dtype: Any = torch.int64) -> Any:
    return tf.multinomial(logits, num_samples, output_dtype=output_dtype)


@op("RandomGamma", stateful=True)
def _gamma(shape: Any, alpha: Any) -> Any:
    return tf.random_gamma(shape, alpha, dtype=alpha.dtype)


@op("RandomGammaGrad")
def _gamma_gradient(alpha: Any, sample: Any) -> Any:
    like = torch.zeros_like(alpha + sample)
    return torch._standard_gamma_grad(alpha + like, sample + like)


@op("RandomPoisson", stateful=True)
def _poisson(shape: Any, rate: Any, *, dtype: Any) -> Any:
    return tf.random_poisson(rate, shape, dtype=rate.dtype).to(dtype)


@op("RandomPoissonV2", stateful=True)
def _poisson_v2(shape: Any, rate: Any, *, dtype: Any = torch.int64) -> Any:
    return tf.random_poisson(rate.double(), shape, dtype=torch.float64).to(dtype)


@op("RandomShuffle", stateful=True)
def _shuffle(value: Any) -> Any:
    return tf.random_shuffle(value)


@op("RandomCrop", stateful=True)
def _random_crop(image: Any, size: Any) -> Any:
    """A part of an image, drawn at random."""
    given = as_tensor(image)
    return tf.random_crop(given, [*numbers_of(size, "size"), given.shape[2]])


@op("NonDeterministicInts", stateful=True)
def _any_integers(shape: Any, *, dtype: Any = torch.int64) -> Any:
    return _full(shape, _seed(), dtype)


# Without state: a seed tells the numbers. In the later versions it is a key and a counter.


def _full(shape: Any, seed: Any, dtype: torch.dtype) -> Tensor:
    """Whole numbers of all that a dtype has."""
    long = dtype in {torch.int64, torch.uint64}
    drawn = tf.random.stateless_uniform(
        shape, seed, None, None, torch.int64 if long else torch.int32
    )
    return drawn.view(dtype)


def _between(shape: Any, seed: Any, low: Any, high: Any, dtype: torch.dtype) -> Tensor:
    """Whole numbers from one to before another."""
    if dtype in {torch.int32, torch.int64}:
        return tf.random.stateless_uniform(shape, seed, low, high, dtype)
    least, most = (tf.convert_to_tensor(each).long() for each in (low, high))
    return tf.random.stateless_uniform(shape, seed, least, most, torch.int64).to(dtype)


def _number(seed: Any) -> int:
    """A seed as one number."""
    first, second = tf.convert_to_tensor(seed).tolist()
    return int((first * 0x9E3779B97F4A7C15 + second) % 2**62)


def _pair(key: Any, counter: Any) -> Tensor:
    """The seed that a key and a counter are."""
    counted = tf.convert_to_tensor(counter).view(torch.int64)
    mixed = counted[0] * (0x9E3779B97F4A7C15 - 2**64) + counted[1]
    return torch.stack([tf.convert_to_tensor(key).view(torch.int64)[0], mixed])


_DRAWS: dict[str, Callable[..., Any]] = {
    "StatelessRandomUniform": lambda shape, seed, dtype: tf.random.stateless_uniform(
        shape, seed, dtype=dtype
    ),
    "StatelessRandomNormal": lambda shape, seed, dtype: tf.random.stateless_normal(
        shape, seed, dtype=dtype
    ),
    "StatelessTruncatedNormal": lambda shape, seed, dtype: tf.random.stateless_truncated_normal(
        shape, seed, dtype=dtype
    ),
}


def _enter_draw(name: str, draw: Callable[..., Any]) -> None:
    @op(name)
    def by_seed(shape: Any, seed: Any, *, dtype: Any = torch.float32) -> Any:
        return draw(shape, seed, dtype)

    @op(f"{name}V2")
    def by_key(shape: Any, key: Any, counter: Any, alg: Any, *, dtype: Any = torch.float32) -> Any:
        return draw(shape, _pair(key, counter), dtype)


for _name, _draw in _DRAWS.items():
    _enter_draw(_name, _draw)


@op("StatelessRandomUniformFullInt")
def _full_by_seed(shape: Any, seed: Any, *, dtype: Any = torch.uint64) -> Any:
    return _full(shape, seed, dtype)


@op("StatelessRandomUniformFullIntV2")
def _full_by_key(shape: Any, key: Any, counter: Any, alg: Any, *, dtype: Any = torch.uint64) -> Any:
    return _full(shape, _pair(key, counter), dtype)


@op("StatelessRandomUniformInt")
def _between_by_seed(shape: Any, seed: Any, minval: Any, maxval: Any, *, dtype: Any) -> Any:
    return _between(shape, seed, minval, maxval, dtype)


@op("StatelessRandomUniformIntV2")
def _between_by_key(
    shape: Any, key: Any, counter: Any, alg: Any, minval: Any, maxval: Any, *, dtype: Any
) -> Any:
    return _between(shape, _pair(key, counter), minval, maxval, dtype)


@op("StatelessMultinomial")
def _stateless_multinomial(
    logits: Any, num_samples: Any, seed: Any, *, output_dtype: Any = torch.int64
) -> Any:
    return tf.random.stateless_categorical(logits, num_samples, seed, output_dtype)


@op("StatelessParameterizedTruncatedNormal")
def _stateless_parameterized(
    shape: Any, seed: Any, means: Any, stddevs: Any, minvals: Any, maxvals: Any
) -> Any:
    return tf.random.stateless_parameterized_truncated_normal(
        shape, seed, means, stddevs, minvals, maxvals
    )


def _drawn(shape: Any, seed: Any, draw: Callable[..., Tensor], *parameters: Any) -> Tensor:
    """A draw by PyTorch of a shape, whose last axes are those of the parameters."""
    generator = torch.Generator().manual_seed(_number(seed))
    sizes = [int(each) for each in shape]
    given = [tf.convert_to_tensor(each) for each in parameters]
    device = given[0].device
    spread = [each.cpu().expand(sizes).contiguous() for each in given]
    return draw(*spread, generator=generator).to(device)


@op("StatelessRandomPoisson")
def _stateless_poisson(shape: Any, seed: Any, lam: Any, *, dtype: Any) -> Any:
    return _drawn(shape, seed, torch.poisson, lam).to(dtype)


@op("StatelessRandomBinomial")
def _stateless_binomial(
    shape: Any, seed: Any, counts: Any, probs: Any, *, dtype: Any = torch.int64
) -> Any:
    given = (tf.convert_to_tensor(each).double() for each in (counts, probs))
    return _drawn(shape, seed, torch.binomial, *given).to(dtype)


@op("StatelessRandomGammaV2")
def _stateless_gamma(shape: Any, seed: Any, alpha: Any) -> Any:
    alpha = tf.convert_to_tensor(alpha)
    # As random_gamma has it, the parameters' axes are behind those that are asked for.
    before = [int(each) for each in shape][: len(shape) - alpha.ndim]
    return tf.random_gamma(before, alpha, dtype=alpha.dtype, seed=_number(seed))


@op("StatelessRandomGammaV3")
def _stateless_gamma_by_key(shape: Any, key: Any, counter: Any, alg: Any, alpha: Any) -> Any:
    return _stateless_gamma(shape, _pair(key, counter), alpha)


@op("StatelessShuffle")
def _stateless_shuffle(value: Any, key: Any, counter: Any, alg: Any) -> Any:
    value = tf.convert_to_tensor(value)
    weights = tf.random.stateless_uniform(
        [value.shape[0]], _pair(key, counter), dtype=torch.float64
    )
    return value[torch.argsort(weights)]


# Generators


def _key_and_counter(seed: Any) -> tuple[Tensor, Tensor]:
    given = tf.convert_to_tensor(seed).long()
    counter = torch.stack([torch.zeros_like(given[1]), given[1]])
    return given[:1].view(torch.uint64), counter.view(torch.uint64)


op("StatelessRandomGetKeyCounter", outputs=("key", "counter"))(_key_and_counter)


@op("StatelessRandomGetKeyCounterAlg", outputs=("key", "counter", "alg"))
def _key_counter_and_algorithm(seed: Any) -> Any:
    return (*_key_and_counter(seed), _PHILOX)


op("StatelessRandomGetAlg")(lambda: _PHILOX)


@op("RngReadAndSkip", assigns=(0,))
def _read_and_skip(resource: Any, alg: Any, delta: Any) -> Any:
    before = resource.detach().clone()
    low, high = before[0], before[1]
    raised = low + tf.convert_to_tensor(delta).view(torch.int64) * _STEP
    # Compared as numbers without a sign: it went beyond the largest.
    carried = (raised ^ _LEAST) < (low ^ _LEAST)
    with changing(resource):
        resource.copy_(torch.cat([torch.stack([raised, high + carried]), before[2:]]))
    return before


@op("RngSkip", outputs=(), assigns=(0,))
def _skip(resource: Any, algorithm: Any, delta: Any) -> None:
    _read_and_skip(resource, algorithm, delta)
