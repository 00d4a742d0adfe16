"""Calls of functions of one tensor, element by element."""

import numpy as np

from tests.core.ops.call import Call, named

ANY = np.array([[-2.5, -1.0, 0.0], [0.3, 1.5, 3.0]], "float32")
WITHIN = np.array([-0.9, -0.2, 0.0, 0.5], "float32")
ABOVE = np.array([0.25, 0.5, 1.5, 3.0], "float32")
ODD = np.array([-np.inf, 0.0, np.nan, 2.0], "float32")


def of(name, *arrays, older=(), **more):
    """Calls of a function of one tensor, at the root and under tf.math."""
    names = (name, f"math.{name}") if "." not in name else (name,)
    return [Call((*names, *older), named(name), (array,), **more) for array in arrays]


CALLS = [
    *of("abs", ANY, np.array([-1, 2]), np.array([3 + 4j]), older=("complex_abs",)),
    *of("negative", ANY, np.array([-1, 2]), older=("neg",)),
    *of("square", ANY, np.array([-1, 2])),
    *of("sign", ANY, ODD, np.array([-1, 2])),
    *[call for name in ("sqrt", "rsqrt", "log", "lgamma", "digamma") for call in of(name, ABOVE)],
    *[
        call
        for name in (
            *("exp", "expm1", "sin", "cos", "tan", "atan", "sinh", "cosh", "asinh"),
            *("floor", "ceil", "rint", "erf", "erfc", "log_sigmoid"),
        )
        for call in of(name, ANY)
    ],
    *[call for name in ("log1p", "asin", "acos", "atanh") for call in of(name, WITHIN)],
    *of("math.erfinv", WITHIN),
    *of("acosh", ABOVE + 1),
    *of("reciprocal", ABOVE, older=("inv",)),
    *of("math.reciprocal_no_nan", ANY),
    *of("math.ndtri", np.array([0.1, 0.5, 0.8], "float32")),
    *of("math.erfcinv", np.array([1e-6, 0.5, 1.8], "float32")),
    *of("round", np.array([-2.5, -0.5, 0.5, 1.5, 2.2], "float32"), np.array([1, 2])),
    *[
        call
        for name in ("is_nan", "is_inf", "is_finite")
        for call in of(name, ODD, older=(f"debugging.{name}",), gradients=False)
    ],
]
