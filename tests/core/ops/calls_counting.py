"""Calls of what counts."""

import numpy as np

from tests.core.ops.call import Call

WHOLE = np.array([3, 1, 3, 0, 5], "int32")
OTHER = np.array([3, 2, 3, 4, 5], "int32")
X = np.array([-1, 0, 1.5, 2, 5, 15], "float32")
WEIGHTS = np.array([1, 0.5, 2, 3, 1], "float32")
VALUES = "how many numbers there are depends on the numbers"

CALLS = [
    Call(
        ("count_nonzero", "math.count_nonzero"),
        lambda tf, x: tf.count_nonzero(x, 0, dtype=tf.int32),
        (X,),
    ),
    Call(("bincount", "math.bincount"), lambda tf, x: tf.bincount(x), (WHOLE,), unrecorded=VALUES),
    Call(
        ("bincount", "math.bincount"),
        lambda tf, x, w: tf.bincount(x, w, minlength=4, maxlength=4),
        (WHOLE, WEIGHTS),
        gradients=False,
    ),
    Call(
        ("histogram_fixed_width",),
        lambda tf, x: tf.histogram_fixed_width(x, [0.0, 5.0], 5),
        (X,),
        gradients=False,
    ),
    Call(
        ("histogram_fixed_width_bins",),
        lambda tf, x: tf.histogram_fixed_width_bins(x, [0.0, 5.0], nbins=5),
        (X,),
        gradients=False,
    ),
    Call(("unique",), lambda tf, x: tf.unique(x), (WHOLE,), unrecorded=VALUES),
    Call(
        ("unique_with_counts",),
        lambda tf, x: tf.unique_with_counts(x, tf.int64),
        (WHOLE,),
        unrecorded=VALUES,
    ),
    Call(
        ("setdiff1d", "listdiff"),
        lambda tf, x: tf.setdiff1d(x, tf.constant([3])),
        (WHOLE,),
        unrecorded=VALUES,
    ),
    Call(
        ("confusion_matrix", "math.confusion_matrix"),
        lambda tf, x, y: tf.confusion_matrix(x, y),
        (WHOLE, OTHER),
        unrecorded=VALUES,
    ),
    Call(
        ("confusion_matrix", "math.confusion_matrix"),
        lambda tf, x, y, w: tf.confusion_matrix(x, y, 6, tf.float32, weights=w),
        (WHOLE, OTHER, WEIGHTS),
    ),
]
