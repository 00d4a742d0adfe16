"""Initializers: TF1's, by their numbers, under both of its spellings.

Each is called with a shape and a dtype and gives a new tensor on the current default device.
`seed` is an int, for the same draw on every call and every machine; a torch.Generator, which is
drawn from; or None, for PyTorch's own generator.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from torchscope.conversion import as_dtype, convert_to_tensor, dtype_name, shape_text
from torchscope.partitioners import PartitionInfo

Seed = int | torch.Generator | None

# What is drawn in these dtypes is drawn as it is.
_WIDE = (torch.float32, torch.float64)
_INTEGERS = (torch.int32, torch.int64)
# The standard deviation of a standard normal cut at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978


def _default_device() -> torch.device:
    """Where new tensors are made; torch.compile does not trace torch.get_default_device."""
    return torch.empty(0).device


class Initializer:
    """What all initializers are: called with a shape and a dtype, they give a tensor."""

    def __call__(
        self, shape: Sequence[int], dtype: Any = None, partition_info: Any = None
    ) -> Tensor:
        """A new tensor of this shape and dtype.

        Args:
            shape: its dimensions.
            dtype: its dtype; the initializer's own by default.
            partition_info: where the tensor lies in a larger one that it is a piece of.
        """
        if type(dtype) is not torch.dtype:
            dtype = self.dtype if dtype is None else as_dtype(dtype)
        if partition_info is None:
            return self._fill(tuple(shape), dtype)
        return self._fill_piece(tuple(shape), dtype, partition_info)

    dtype: torch.dtype = torch.float32

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        raise NotImplementedError

    def _fill_piece(
        self, shape: tuple[int, ...], dtype: torch.dtype, partition: PartitionInfo
    ) -> Tensor:
        return self._fill(shape, dtype)

    def __repr__(self) -> str:
        settings = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({settings})"


class Zeros(Initializer):
    """All zeros, of any dtype (tf.zeros_initializer).

    >>> Zeros()([2], torch.bool)
    tensor([False, False])
    """

    def __init__(self, dtype: Any = torch.float32) -> None:
        self.dtype = as_dtype(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.zeros(shape, dtype=dtype)


class Ones(Initializer):
    """All ones, of any dtype (tf.ones_initializer).

    >>> Ones()([2], torch.int32)
    tensor([1, 1], dtype=torch.int32)
    """

    def __init__(self, dtype: Any = torch.float32) -> None:
        self.dtype = as_dtype(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.ones(shape, dtype=dtype)


class Constant(Initializer):
    """A number everywhere, or a list of numbers in row-major order (tf.constant_initializer).

    A list that is too short is filled up with its last number, an empty one with zeros, as TF1
    fills them.

    >>> Constant([1, 2, 3])([2, 2])
    tensor([[1., 2.],
            [3., 3.]])

    Raises:
        TypeError: the value is no number or list of numbers, the dtype cannot hold it, or
            `verify_shape` found another shape.
        ValueError: there are more numbers than the shape takes.
    """

    def __init__(
        self, value: Any = 0, dtype: Any = torch.float32, verify_shape: bool = False
    ) -> None:
        array = hasattr(value, "dtype") and hasattr(value, "shape")
        if not (array or isinstance(value, bool | int | float | complex | list | tuple)):
            raise TypeError(
                f"Invalid type for initial value={value} of type: {type(value).__name__}. "
                "Expected Python scalar, list or tuple of values, or numpy.ndarray."
            )
        self.value = value
        self.dtype = as_dtype(dtype)
        self.verify_shape = verify_shape

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        value, size = self.value, math.prod(shape)
        array = isinstance(value, Tensor) or hasattr(value, "__array__")
        if not array:
            if size == 0:
                # TF1 does not look at the value then.
                return torch.zeros(shape, dtype=dtype)
            _check_numbers(value, dtype)
        given = convert_to_tensor(value, None if array else dtype).to(dtype)
        if self.verify_shape and tuple(given.shape) != shape:
            raise TypeError(
                f"Expected Tensor's shape: {shape_text(shape)}, but got {shape_text(given.shape)}."
            )
        if given.numel() > size:
            raise ValueError(
                f"Too many elements provided. Takes at most {size}, but got {given.numel()}."
            )
        flat = given.to(_default_device()).flatten()
        if flat.numel() < size:
            last = flat[-1:] if flat.numel() else flat.new_zeros(1)
            flat = torch.cat([flat, last.expand(size - flat.numel())])
        return flat.reshape(shape).clone()


def _check_numbers(value: Any, dtype: torch.dtype) -> None:
    """Refuses a Python number of a kind that `dtype` does not hold, rather than cut it off."""
    if isinstance(value, list | tuple):
        for each in value:
            _check_numbers(each, dtype)
        return
    kinds = 4 if dtype.is_complex else 3 if dtype.is_floating_point else 2
    held = (bool, int, float, complex)[: 1 if dtype == torch.bool else kinds]
    if not (isinstance(value, held) or hasattr(value, "dtype")):
        raise TypeError(
            f"Expected {dtype_name(dtype)}, but got {value} of type '{type(value).__name__}'."
        )


def _floating(dtype: Any) -> torch.dtype:
    """The dtype of an initializer that knows only floating ones."""
    found = as_dtype(dtype)
    if not found.is_floating_point:
        raise ValueError(
            "Argument `dtype` is expected to be floating point. Received: "
            f"<dtype: '{dtype_name(found)}'>."
        )
    return found


class _Random(Initializer):
    seed: Seed

    def _empty(self, shape: tuple[int, ...], dtype: torch.dtype, parameter: float) -> Tensor:
        """Room for a draw; half precisions are drawn in float32, so that no tail is lost."""
        if not dtype.is_floating_point:
            if dtype.is_complex:
                raise TypeError(
                    f"Value passed to parameter 'dtype' has DataType {dtype_name(dtype)} not in "
                    "list of allowed values: float16, bfloat16, float32, float64"
                )
            raise TypeError(
                f"Expected {dtype_name(dtype)}, but got {parameter} of type 'float'. "
                f"{type(self).__name__} draws floating numbers."
            )
        wide = torch.float64 if dtype == torch.float64 else torch.float32
        if self.seed is None:
            return torch.empty(shape, dtype=wide)
        # A seeded draw is made on the CPU, where it is the same on every machine.
        device = self.seed.device if isinstance(self.seed, torch.Generator) else "cpu"
        return torch.empty(shape, dtype=wide, device=device)

    def _as_asked(self, draw: Tensor, dtype: torch.dtype) -> Tensor:
        """A draw in the dtype, and on the device, that were asked for."""
        if self.seed is None:
            return draw if draw.dtype == dtype else draw.to(dtype)
        return draw.to(_default_device(), dtype)

    def _generator(self) -> torch.Generator | None:
        if self.seed is None or isinstance(self.seed, torch.Generator):
            return self.seed
        # Any integer is a seed, numpy's too.
        return torch.Generator().manual_seed(operator.index(self.seed) % 2**63)

    def _normal(
        self, shape: tuple[int, ...], dtype: torch.dtype, mean: float, stddev: float
    ) -> Tensor:
        if self.seed is None and dtype in _WIDE:
            return torch.empty(shape, dtype=dtype).normal_(mean, abs(stddev))
        draw = self._empty(shape, dtype, mean)
        draw.normal_(mean, abs(stddev), generator=self._generator())
        return self._as_asked(draw, dtype)

    def _truncated_normal(
        self, shape: tuple[int, ...], dtype: torch.dtype, mean: float, stddev: float
    ) -> Tensor:
        draw = self._empty(shape, dtype, mean)
        if stddev == 0:
            draw.fill_(mean)
        else:
            low, high = sorted((mean - 2 * stddev, mean + 2 * stddev))
            nn.init.trunc_normal_(draw, mean, abs(stddev), low, high, generator=self._generator())
        return self._as_asked(draw, dtype)

    def _uniform(
        self, shape: tuple[int, ...], dtype: torch.dtype, low: float, high: float
    ) -> Tensor:
        if self.seed is None and dtype in _WIDE:
            low, high = (high, low) if high < low else (low, high)
            return torch.empty(shape, dtype=dtype).uniform_(low, high)
        if not dtype.is_floating_point and dtype not in _INTEGERS:
            raise ValueError(
                f"Argument `dtype` got invalid value <dtype: '{dtype_name(dtype)}'>. Accepted "
                "dtypes are floating ones and, by random_uniform, int32 and int64."
            )
        draw = self._empty(shape, dtype, low)
        low, high = sorted((low, high))
        draw.uniform_(low, high, generator=self._generator())
        if draw.dtype == dtype:
            return self._as_asked(draw, dtype)
        draw = self._as_asked(draw, dtype)
        # Rounding may have reached the end, which is not part of the range.
        return draw.masked_fill_(draw == high, low)


class RandomNormal(_Random):
    """Draws from a normal distribution (tf.random_normal_initializer).

    >>> draw = RandomNormal(stddev=0.1, seed=1)
    >>> torch.equal(draw([3]), draw([3]))
    True
    """

    def __init__(
        self,
        mean: float = 0.0,
        stddev: float = 1.0,
        seed: Seed = None,
        dtype: Any = torch.float32,
    ) -> None:
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, _floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return self._normal(shape, dtype, self.mean, self.stddev)


class TruncatedNormal(_Random):
    """A normal distribution cut at two standard deviations (tf.truncated_normal_initializer).

    >>> bool(TruncatedNormal(stddev=0.5)([1000]).abs().max() <= 1.0)
    True
    """

    def __init__(
        self,
        mean: float = 0.0,
        stddev: float = 1.0,
        seed: Seed = None,
        dtype: Any = torch.float32,
    ) -> None:
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, _floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return self._truncated_normal(shape, dtype, self.mean, self.stddev)


class RandomUniform(_Random):
    """Draws evenly from [minval, maxval) (tf.random_uniform_initializer).

    `maxval` is 1 by default for floating dtypes. For int32 and int64 both bounds must be given, as
    integers.

    >>> bool(RandomUniform(-1, 1)([100]).abs().max() <= 1)
    True
    """

    def __init__(
        self,
        minval: float = 0.0,
        maxval: float | None = None,
        seed: Seed = None,
        dtype: Any = torch.float32,
    ) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed
        self.dtype = as_dtype(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        if dtype not in _INTEGERS:
            high = 1.0 if self.maxval is None else self.maxval
            return self._uniform(shape, dtype, self.minval, high)
        if self.maxval is None:
            raise ValueError(f"Must specify maxval for integer dtype tf.{dtype_name(dtype)}")
        _check_numbers([self.minval, self.maxval], dtype)
        device = self._empty(shape, torch.float32, 0.0).device
        draw = torch.randint(
            int(self.minval),
            int(self.maxval),
            shape,
            dtype=dtype,
            generator=self._generator(),
            device=device,
        )
        return draw.to(_default_device())


def compute_fans(shape: Sequence[int]) -> tuple[int, int]:
    """Fan-in and fan-out as TF1 counts them: of a kernel, its last two dimensions are channels.

    >>> compute_fans([5, 5, 32, 64]), compute_fans([7]), compute_fans([])
    ((800, 1600), (7, 7), (1, 1))
    """
    if len(shape) < 2:
        fan = int(math.prod(shape))
        return fan, fan
    receptive = math.prod(shape[:-2])
    return int(shape[-2] * receptive), int(shape[-1] * receptive)


class VarianceScaling(_Random):
    """Scales a draw by the fans of the shape (tf.variance_scaling_initializer).

    The variance is ``scale / n``, where n is the fan-in, the fan-out or their mean.

    >>> draw = VarianceScaling(2.0, "fan_in", seed=0)([1000, 100])
    >>> 0.0445 < draw.std().item() < 0.045  # about the root of 2 / 1000
    True

    Args:
        scale: a positive factor.
        mode: 'fan_in', 'fan_out' or 'fan_avg'.
        distribution: 'normal' or 'truncated_normal' (the same, cut at two standard deviations and
            widened to keep the variance), 'untruncated_normal' or 'uniform'.
        seed: see `torchscope.initializers`.
        dtype: the dtype where none is asked for.

    Raises:
        ValueError: an argument is none of these.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Seed = None,
        dtype: Any = torch.float32,
    ) -> None:
        if scale <= 0:
            raise ValueError(f"Argument `scale` must be a positive float. Received: {scale}")
        modes = ("fan_in", "fan_out", "fan_avg")
        if mode not in modes:
            raise ValueError(f"Argument `mode` should be one of {modes}. Received: {mode}")
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(
                "Argument `distribution` should be one of ('normal', uniform', 'truncated_normal', "
                f"'untruncated_normal'). Received: {distribution}"
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.seed, self.dtype = seed, _floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return self._scaled(shape, dtype, shape)

    def _fill_piece(
        self, shape: tuple[int, ...], dtype: torch.dtype, partition: PartitionInfo
    ) -> Tensor:
        return self._scaled(shape, dtype, partition.full_shape)

    def _scaled(self, shape: tuple[int, ...], dtype: torch.dtype, whole: Sequence[int]) -> Tensor:
        fan_in, fan_out = compute_fans(whole)
        fan = (fan_in + fan_out) / 2
        if self.mode != "fan_avg":
            fan = fan_in if self.mode == "fan_in" else fan_out
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return self._uniform(shape, dtype, -limit, limit)
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return self._normal(shape, dtype, 0.0, stddev)
        return self._truncated_normal(shape, dtype, 0.0, stddev / _TRUNCATED_STDDEV)


class UniformUnitScaling(_Random):
    """Keeps the scale of the input through a layer (tf.uniform_unit_scaling_initializer).

    Draws evenly within ``factor * sqrt(3 / n)``, n being the product of all dimensions but the last.

    >>> bool(UniformUnitScaling()([300, 7]).abs().max() <= 0.1)
    True
    """

    def __init__(self, factor: float = 1.0, seed: Seed = None, dtype: Any = torch.float32) -> None:
        self.factor, self.seed, self.dtype = factor, seed, _floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return self._scaled(shape, dtype, shape)

    def _fill_piece(
        self, shape: tuple[int, ...], dtype: torch.dtype, partition: PartitionInfo
    ) -> Tensor:
        return self._scaled(shape, dtype, partition.full_shape)

    def _scaled(self, shape: tuple[int, ...], dtype: torch.dtype, whole: Sequence[int]) -> Tensor:
        size = max(1.0, math.prod(whole[:-1]))
        limit = math.sqrt(3 / size) * self.factor
        return self._uniform(shape, dtype, -limit, limit)


class GlorotUniform(VarianceScaling):
    """VarianceScaling(1, 'fan_avg', 'uniform'): get_variable's default.

    >>> GlorotUniform()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed, dtype)


class GlorotNormal(VarianceScaling):
    """VarianceScaling(1, 'fan_avg', 'truncated_normal').

    >>> GlorotNormal()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, dtype)


class HeNormal(VarianceScaling):
    """VarianceScaling(2, 'fan_in', 'truncated_normal').

    >>> HeNormal()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(2.0, "fan_in", "truncated_normal", seed, dtype)


class HeUniform(VarianceScaling):
    """VarianceScaling(2, 'fan_in', 'uniform').

    >>> HeUniform()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed, dtype)


class LecunNormal(VarianceScaling):
    """VarianceScaling(1, 'fan_in', 'truncated_normal').

    >>> LecunNormal()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(1.0, "fan_in", "truncated_normal", seed, dtype)


class LecunUniform(VarianceScaling):
    """VarianceScaling(1, 'fan_in', 'uniform').

    >>> LecunUniform()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed, dtype)


class Orthogonal(_Random):
    """An orthogonal matrix, times `gain` (tf.orthogonal_initializer).

    With more than two dimensions all but the last are taken together.

    >>> q = Orthogonal(seed=0)([3, 3])
    >>> torch.allclose(q @ q.T, torch.eye(3), atol=1e-5)
    True

    Raises:
        ValueError: the shape has fewer than two dimensions.
    """

    def __init__(self, gain: float = 1.0, seed: Seed = None, dtype: Any = torch.float32) -> None:
        self.gain, self.seed, self.dtype = gain, seed, _floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        if len(shape) < 2:
            raise ValueError(_two_dimensions(shape))
        flat = self._empty((math.prod(shape[:-1]), shape[-1]), dtype, 0.0)
        if flat.numel():
            nn.init.orthogonal_(flat, self.gain, generator=self._generator())
        return flat.reshape(shape).to(_default_device(), dtype)


class Identity(Initializer):
    """The identity matrix, times `gain` (tf.initializers.identity).

    >>> Identity(2.0)([2, 3])
    tensor([[2., 0., 0.],
            [0., 2., 0.]])

    Raises:
        ValueError: the shape has not two dimensions.
        TypeError: the dtype is one of integers.
    """

    def __init__(self, gain: float = 1.0, dtype: Any = torch.float32) -> None:
        self.gain, self.dtype = gain, _floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        if len(shape) != 2:
            raise ValueError(_two_dimensions(shape))
        if not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(f"Expected {dtype_name(dtype)}, but got {self.gain} of type 'float'.")
        return self.gain * torch.eye(*shape, dtype=dtype)

    def _fill_piece(
        self, shape: tuple[int, ...], dtype: torch.dtype, partition: PartitionInfo
    ) -> Tensor:
        whole = self._fill(tuple(partition.full_shape), dtype)
        offsets = zip(partition.var_offset, shape, strict=True)
        return whole[tuple(slice(at, at + size) for at, size in offsets)]


def _two_dimensions(shape: tuple[int, ...]) -> str:
    return (
        "The tensor to initialize, specified by argument `shape` must be at least "
        f"two-dimensional. Received shape={list(shape)}"
    )


zeros = zeros_initializer = Zeros
ones = ones_initializer = Ones
constant = constant_initializer = Constant
random_normal = random_normal_initializer = RandomNormal
random_uniform = random_uniform_initializer = RandomUniform
truncated_normal = truncated_normal_initializer = TruncatedNormal
variance_scaling = variance_scaling_initializer = VarianceScaling
glorot_uniform = glorot_uniform_initializer = GlorotUniform
glorot_normal = glorot_normal_initializer = GlorotNormal
he_normal = he_normal_initializer = HeNormal
he_uniform = he_uniform_initializer = HeUniform
lecun_normal = lecun_normal_initializer = LecunNormal
lecun_uniform = lecun_uniform_initializer = LecunUniform
orthogonal = orthogonal_initializer = Orthogonal
identity = identity_initializer = Identity
uniform_unit_scaling = uniform_unit_scaling_initializer = UniformUnitScaling
