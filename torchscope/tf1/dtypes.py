"""tf.dtypes: dtypes, and what makes another of one."""

from torch import bfloat16 as bfloat16
from torch import bool as bool  # noqa: A004 - tf.bool
from torch import complex64 as complex64
from torch import complex128 as complex128
from torch import double as double
from torch import float16 as float16
from torch import float32 as float32
from torch import float64 as float64
from torch import half as half
from torch import int8 as int8
from torch import int16 as int16
from torch import int32 as int32
from torch import int64 as int64
from torch import uint8 as uint8
from torch import uint16 as uint16
from torch import uint32 as uint32
from torch import uint64 as uint64

from torchscope.conversion import as_dtype as as_dtype
from torchscope.ops.casting import cast as cast
from torchscope.ops.casting import complex_of as complex  # noqa: A004 - tf.complex
from torchscope.ops.casting import saturate_cast as saturate_cast
from torchscope.tf1._texts import string as string
