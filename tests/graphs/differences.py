"""The types of nodes that do not give TensorFlow's numbers, and why: docs/graph_operations.md lists them."""

_RANDOM = "the numbers drawn are PyTorch's, whatever the seeds; of TensorFlow's dtype, shape and distribution"
_STATELESS = "drawn by another generator than TensorFlow's, the same each time for the same seed"
_VECTORS = "signs of vectors, and their order where values are complex, are PyTorch's"
_WRONG = "TensorFlow's own result is taken for a mistake"
_ROWS = (
    "rows are taken at once, and not one after the other, which shows where a row is named twice"
)

_TYPES: dict[str, str] = {
    _RANDOM: """
        AllCandidateSampler FixedUnigramCandidateSampler FractionalAvgPool FractionalMaxPool LogUniformCandidateSampler
        Multinomial ParameterizedTruncatedNormal RandomCrop RandomGamma RandomPoisson RandomPoissonV2 RandomShuffle
        RandomStandardNormal RandomUniform RandomUniformInt SampleDistortedBoundingBox SampleDistortedBoundingBoxV2
        TruncatedNormal UniformCandidateSampler ExtractGlimpse
        ExtractGlimpseV2
    """,
    _STATELESS: """
        StatelessMultinomial StatelessParameterizedTruncatedNormal StatelessRandomBinomial StatelessRandomGammaV2
        StatelessRandomGammaV3 StatelessRandomNormal StatelessRandomNormalV2 StatelessRandomPoisson
        StatelessRandomUniform StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2 StatelessRandomUniformInt
        StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessSampleDistortedBoundingBox StatelessShuffle
        StatelessTruncatedNormal StatelessTruncatedNormalV2
    """,
    _VECTORS: "Svd BatchSvd SelfAdjointEig SelfAdjointEigV2 BatchSelfAdjointEig BatchSelfAdjointEigV2 Eig",
    _ROWS: """
        SparseApplyAdadelta SparseApplyAdagrad SparseApplyAdagradDA SparseApplyAdagradV2 SparseApplyCenteredRMSProp
        SparseApplyFtrl SparseApplyFtrlV2 SparseApplyMomentum SparseApplyProximalAdagrad
        SparseApplyProximalGradientDescent SparseApplyRMSProp ResourceSparseApplyAdadelta ResourceSparseApplyAdagrad
        ResourceSparseApplyAdagradDA ResourceSparseApplyAdagradV2 ResourceSparseApplyCenteredRMSProp
        ResourceSparseApplyFtrl ResourceSparseApplyFtrlV2 ResourceSparseApplyKerasMomentum ResourceSparseApplyMomentum
        ResourceSparseApplyProximalAdagrad ResourceSparseApplyProximalGradientDescent ResourceSparseApplyRMSProp
    """,
    f"of {_WRONG}: the first image's result for the whole batch": "FusedPadConv2D FusedResizeAndPadConv2D",
    f"{_WRONG}: the gates are in the order of BlockLSTM": "BlockLSTMGradV2",
    "a number that is the largest of several alike gets the whole gradient; in TensorFlow each of them does": (
        "MaxPool3DGrad"
    ),
    "narrow beams are pruned in another order: at a width of 20 a log probability was off by 0.02": (
        "CTCBeamSearchDecoder"
    ),
    "a matrix needs a basis of eigenvectors": "MatrixSquareRoot MatrixLogarithm",
    "rows are always exchanged; it goes by a dense matrix": "TridiagonalSolve",
    "one step off where a number lies between two, at most": "QuantizedConcat QuantizedBiasAdd",
    "what it takes is left as it was": "InplaceUpdate InplaceAdd InplaceSub",
    "zeros, where TensorFlow leaves what is there": "Empty",
    "the CPU's branch is taken": "DeviceIndex",
    "`first_n` is not counted": "Print",
    "what was read may be read again, whatever `clear_after_read` says": "TensorArray TensorArrayV2 TensorArrayV3",
}
DIFFERENCES: dict[str, str] = {
    name: reason for reason, names in _TYPES.items() for name in names.split()
}
