"""Cases of the nodes that compute gradients by element; their own gradients are compared, too."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(1)
Y = RANDOM.rand(3, 4).astype(np.float32) * 0.8 + 0.1
DY = RANDOM.randn(3, 4).astype(np.float32)
F = RANDOM.randn(3, 4).astype(np.float32) * 4
Z = (RANDOM.randn(2, 3) + 1j * RANDOM.randn(2, 3)).astype(np.complex64)

_OF_VALUES = ("SigmoidGrad", "TanhGrad", "SqrtGrad", "RsqrtGrad", "ReciprocalGrad", "InvGrad")
_OF_FEATURES = ("SoftplusGrad", "SoftsignGrad", "Relu6Grad", "LeakyReluGrad", "ReluGrad")

CASES = [
    *(Case(op, {"y": Y, "dy": DY}) for op in _OF_VALUES),
    *(Case(op, {"y": Y.astype(np.float64), "dy": DY.astype(np.float64)}) for op in _OF_VALUES),
    *(Case(op, {"y": Z, "dy": Z.conj() * 2}, near=1e-4) for op in _OF_VALUES),
    *(Case(op, {"gradients": DY, "features": F}) for op in _OF_FEATURES),
    Case("LeakyReluGrad", {"gradients": DY, "features": F}, {"alpha": 0.3}),
    *(Case(op, {"gradients": DY, "outputs": F}) for op in ("EluGrad", "SeluGrad")),
    *(
        Case(op, {"gradients": DY[0], "features": np.array([0.0, 6.0, -1.0, 7.0], np.float32)})
        for op in _OF_FEATURES
    ),
    *(
        Case(op, {"features": F})
        for op in ("Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "LeakyRelu")
    ),
]
