"""tf.math.special: the functions of Bessel."""

from torchscope.ops.special import bessel_i0 as bessel_i0
from torchscope.ops.special import bessel_i0e as bessel_i0e
from torchscope.ops.special import bessel_i1 as bessel_i1
from torchscope.ops.special import bessel_i1e as bessel_i1e
from torchscope.ops.special import bessel_j0 as bessel_j0
from torchscope.ops.special import bessel_j1 as bessel_j1
from torchscope.ops.special import bessel_k0 as bessel_k0
from torchscope.ops.special import bessel_k0e as bessel_k0e
from torchscope.ops.special import bessel_k1 as bessel_k1
from torchscope.ops.special import bessel_k1e as bessel_k1e
from torchscope.ops.special import bessel_y0 as bessel_y0
from torchscope.ops.special import bessel_y1 as bessel_y1
