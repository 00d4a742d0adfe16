"""Calls of special functions."""

import numpy as np

from tests.core.ops.call import Call

X = np.array([[0.3, 1.0, 2.5], [4.0, 0.7, 1.5]], "float32")
ANY = np.array([-2.5, -0.5, 0.3, 3.0], "float32")
ZEROS = np.array([[0.0, 1.0, -2.0]] * 2, "float32")
Y = np.array([[0.0, 2.0, 0.5], [1.0, 3.0, 2.0]], "float32")


def of(name, array):
    """A call of a function under tf.math.special, and where it is older."""
    older = () if name[-2:] not in {"i0", "i1", "0e", "1e"} or "k" in name else (f"math.{name}",)
    return Call(
        (f"math.special.{name}", *older),
        lambda tf, x: getattr(tf.math.special, name)(x),
        (array,),
    )


CALLS = [
    *[of(f"bessel_{order}", ANY) for order in ("i0", "i0e", "i1", "i1e", "j0", "j1")],
    *[of(f"bessel_{order}", X) for order in ("y0", "y1", "k0", "k1", "k0e", "k1e")],
    Call(("igamma", "math.igamma"), lambda tf, x: tf.igamma([0.5, 1.0, 2.0], x), (X,), 1e-5),
    Call(("igammac", "math.igammac"), lambda tf, x: tf.igammac([0.5, 1.0, 2.0], x), (X,), 1e-5),
    Call(("igamma", "math.igamma"), lambda tf, a, x: tf.igamma(a, x), (X[0], X * 2), 1e-4),
    Call(("igammac", "math.igammac"), lambda tf, a, x: tf.igammac(a, x), (X * 2, X[1]), 1e-4),
    Call(("zeta", "math.zeta"), lambda tf, q: tf.zeta([1.5, 2.0, 3.0], q), (X,)),
    Call(("polygamma", "math.polygamma"), lambda tf, x: tf.polygamma([0.0, 1.0, 3.0], x), (X,)),
    Call(("polygamma",), lambda tf, x: tf.polygamma([0.5, -1.0, 2.0], x), (X,), gradients=False),
    Call(("lbeta", "math.lbeta"), lambda tf, x: tf.lbeta(x), (X,)),
    Call(("math.xlogy",), lambda tf, x, y: tf.math.xlogy(x, y), (ZEROS, np.abs(Y))),
    Call(("math.xlog1py",), lambda tf, x, y: tf.math.xlog1py(x, y), (ZEROS, Y - 1)),
    Call(("math.xdivy",), lambda tf, x, y: tf.math.xdivy(x, y), (ZEROS, Y)),
]
