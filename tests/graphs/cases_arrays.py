"""Cases of shapes, and of what puts tensors together, takes them apart and picks of them."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(1)
A = RANDOM.randn(3, 4).astype(np.float32)
B = RANDOM.randn(2, 5, 6, 4).astype(np.float32)
C = RANDOM.randn(5, 4).astype(np.float64)
I = np.array([[7, -7, 3], [-2, 5, 9]], np.int32)  # noqa: E741
EMPTY = np.zeros([0, 3], np.float32)


def _numbers(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


CASES = [
    # Shapes
    Case("Shape", {"input": A}),
    Case("Shape", {"input": A}, {"out_type": np.int64}),
    Case("ShapeN", {"input": [A, B]}),
    Case("Size", {"input": A}),
    Case("Size", {"input": EMPTY}, {"out_type": np.int64}),
    Case("Rank", {"input": B}),
    Case("Reshape", {"tensor": A, "shape": _numbers(2, -1)}),
    Case("Reshape", {"tensor": EMPTY, "shape": _numbers(3, 0, 2)}),
    Case("ExpandDims", {"input": A, "axis": np.int32(-1)}),
    Case("Squeeze", {"input": A[:, None, :, None]}),
    Case("Squeeze", {"input": A[:, None, :, None]}, {"axis": [-1]}),
    Case("BroadcastTo", {"input": A, "shape": _numbers(2, 3, 4)}),
    Case("BroadcastArgs", {"s0": _numbers(3, 1, 4), "s1": _numbers(2, 1)}),
    Case("Fill", {"dims": _numbers(2, 3), "value": np.float32(2.5)}),
    Case("Fill", {"dims": _numbers(2, 3), "value": np.int32(-1)}),
    Case("ZerosLike", {"x": A}),
    Case("OnesLike", {"x": I}),
    Case("LinSpace", {"start": np.float32(1), "stop": np.float32(2), "num": np.int32(4)}),
    Case("LinSpace", {"start": np.float64(1), "stop": np.float64(-2), "num": np.int32(1)}),
    Case("Range", {"start": np.int32(2), "limit": np.int32(9), "delta": np.int32(3)}),
    Case("Range", {"start": np.float32(1), "limit": np.float32(0), "delta": np.float32(-0.25)}),
    Case("Bitcast", {"input": A}, {"type": np.int32}),
    Case("Bitcast", {"input": A}, {"type": np.uint8}),
    Case("Bitcast", {"input": A.view(np.uint8).reshape(3, 4, 4)}, {"type": np.float32}),
    Case("Empty", {"shape": _numbers(2, 3)}, {"dtype": np.float32, "init": True}),
    # Put together, taken apart
    Case("Pack", {"values": [A, A * 2]}, {"axis": -1}),
    Case("Unpack", {"value": A}, {"num": 4, "axis": 1}),
    Case("ConcatV2", {"values": [A, C.astype(np.float32)], "axis": np.int32(-2)}),
    Case("Concat", {"concat_dim": np.int32(1), "values": [A, A]}),
    Case("ConcatOffset", {"concat_dim": np.int32(1), "shape": [_numbers(2, 3), _numbers(2, 4)]}),
    Case("ConcatOffset", {"concat_dim": np.int32(-2), "shape": [_numbers(2, 3), _numbers(5, 3)]}),
    Case("ParallelConcat", {"values": [A[:1], A[1:2]]}, {"shape": [2, 4]}, constant=True),
    Case("Split", {"axis": np.int32(-1), "value": A}, {"num_split": 2}),
    Case(
        "SplitV",
        {"value": A, "size_splits": _numbers(1, -1), "axis": np.int32(1)},
        {"num_split": 2},
    ),
    Case("Tile", {"input": A, "multiples": _numbers(2, 3)}),
    Case("Tile", {"input": A, "multiples": _numbers(0, 1)}),
    Case("Pad", {"input": A, "paddings": _numbers(1, 2, 0, 1).reshape(2, 2)}),
    Case(
        "PadV2",
        {
            "input": A,
            "paddings": _numbers(1, 2, 0, 1).reshape(2, 2),
            "constant_values": np.float32(2),
        },
    ),
    *(
        Case(
            "MirrorPad",
            {"input": A, "paddings": _numbers(1, 2, 0, 1).reshape(2, 2)},
            {"mode": mode},
        )
        for mode in ("REFLECT", "SYMMETRIC")
    ),
    *(
        Case(
            "MirrorPadGrad",
            {"input": C, "paddings": _numbers(1, 1, 0, 1).reshape(2, 2)},
            {"mode": mode},
        )
        for mode in ("REFLECT", "SYMMETRIC")
    ),
    # In another order
    Case("Transpose", {"x": B, "perm": _numbers(3, 0, 2, 1)}),
    Case("ConjugateTranspose", {"x": B, "perm": _numbers(3, 0, 2, 1)}),
    Case("InvertPermutation", {"x": _numbers(2, 0, 1)}),
    Case("ReverseV2", {"tensor": A, "axis": _numbers(-1)}),
    Case("Reverse", {"tensor": A, "dims": np.array([True, False])}),
    Case(
        "ReverseSequence",
        {"input": B, "seq_lengths": _numbers(3, 0)},
        {"seq_dim": 2, "batch_dim": 0},
    ),
    Case(
        "ReverseSequence",
        {"input": A, "seq_lengths": np.array([1, 2, 3, 0])},
        {"seq_dim": 0, "batch_dim": 1},
    ),
    Case("Roll", {"input": A, "shift": _numbers(1, -2), "axis": _numbers(0, 1)}),
    Case("Roll", {"input": A, "shift": np.int32(5), "axis": np.int32(-1)}),
    Case("DataFormatDimMap", {"x": _numbers(1, -1, 0, 3)}),
    Case("DataFormatDimMap", {"x": np.int32(-2)}, {"src_format": "NCHW", "dst_format": "NHWC"}),
    Case("DataFormatDimMap", {"x": np.array([[1, -1]])}),
    Case("DataFormatVecPermute", {"x": _numbers(5, 6, 7, 8)}),
    Case("DataFormatVecPermute", {"x": np.arange(8).reshape(4, 2)}),
    Case(
        "DataFormatVecPermute", {"x": _numbers(5, 6)}, {"src_format": "NCHW", "dst_format": "HWCN"}
    ),
    # As they are
    Case("Identity", {"input": A}),
    Case("IdentityN", {"input": [A, I]}),
    Case("DeepCopy", {"x": A}),
    Case("Copy", {"input": A}),
    Case("CheckNumerics", {"tensor": A}, {"message": "no"}),
    Case("EnsureShape", {"input": A}, {"shape": [None, 4]}),
    Case("StopGradient", {"input": A}),
    # Chosen
    Case("Select", {"condition": A > 0, "x": A, "y": A * 2}),
    Case("Select", {"condition": A[:, 0] > 0, "x": A, "y": A * 2}),
    Case("SelectV2", {"condition": A > 0, "t": A, "e": A[0]}),
    Case("Gather", {"params": A, "indices": _numbers(2, 0, 2)}),
    Case(
        "GatherV2",
        {"params": A, "indices": _numbers(2, 0, 2), "axis": np.int32(1)},
    ),
    Case(
        "GatherV2",
        {"params": A, "indices": _numbers(2, 0, 2, 1, 1, 1).reshape(3, 2), "axis": np.int32(-1)},
        {"batch_dims": 1},
    ),
    Case("GatherNd", {"params": A, "indices": _numbers(2, 0, 1, 1).reshape(2, 2)}),
    Case("GatherNd", {"params": A, "indices": np.array([[1], [1]])}),
    Case(
        "OneHot",
        {
            "indices": _numbers(1, -1, 2),
            "depth": np.int32(3),
            "on_value": np.float32(2),
            "off_value": np.float32(-1),
        },
        {"axis": 0},
    ),
    # Other dtypes, and sizes at the edge
    *(
        Case(op, {**inputs, of: given})
        for given in (
            A.astype(np.float64),
            A > 0,
            A.astype(np.int64),
            (A + 1j * A).astype(np.complex64),
            A[:0],
        )
        for op, of, inputs in (
            ("Tile", "input", {"multiples": _numbers(2, 1)}),
            ("Pad", "input", {"paddings": _numbers(1, 0, 0, 1).reshape(2, 2)}),
            ("Transpose", "x", {"perm": _numbers(1, 0)}),
            ("ConjugateTranspose", "x", {"perm": _numbers(1, 0)}),
            ("Reshape", "tensor", {"shape": _numbers(-1)}),
            ("ReverseV2", "tensor", {"axis": _numbers(0, 1)}),
            ("Roll", "input", {"shift": _numbers(1), "axis": _numbers(1)}),
            ("ExpandDims", "input", {"axis": np.int32(0)}),
            ("BroadcastTo", "input", {"shape": _numbers(2, *given.shape)}),
            ("Shape", "input", {}),
            ("ZerosLike", "x", {}),
            ("OnesLike", "x", {}),
            ("Size", "input", {}),
            ("Identity", "input", {}),
        )
    ),
    *(
        Case("ConcatV2", {"values": [given, given[1:]], "axis": np.int32(0)})
        for given in (A > 0, A.astype(np.int64), A[:0], (A + 1j).astype(np.complex128))
    ),
    *(
        Case("Pack", {"values": [given, given]}, {"axis": 1})
        for given in (A > 0, A.astype(np.int64), A[:0], I[0])
    ),
    Case("Pack", {"values": [np.float32(1), np.float32(2)]}),
    Case("Pack", {"values": [np.int32(1), np.int32(2)]}),
    Case("Unpack", {"value": I[0]}, {"num": 3}),
    Case("Split", {"axis": np.int32(0), "value": _numbers(1, 2, 3, 4)}, {"num_split": 2}),
    Case("Squeeze", {"input": np.zeros([1, 0, 1], np.float32)}, {"axis": [0]}),
    Case("Transpose", {"x": np.float32(3), "perm": _numbers()}),
    Case("Reshape", {"tensor": np.float32(3), "shape": _numbers(1, 1)}),
    Case("Reshape", {"tensor": I, "shape": np.array([-1])}),
    Case("Reshape", {"tensor": A[:1, :1], "shape": _numbers()}),
    Case("Rank", {"input": np.float32(3)}),
    Case("Fill", {"dims": _numbers(), "value": np.float64(3)}),
    Case("Fill", {"dims": np.array([0, 2]), "value": np.bool_(True)}),
    Case("Range", {"start": np.int64(5), "limit": np.int64(0), "delta": np.int64(-2)}),
    Case("Range", {"start": np.int32(5), "limit": np.int32(5), "delta": np.int32(1)}),
    Case("LinSpace", {"start": np.float32(1), "stop": np.float32(2), "num": np.int64(7)}),
    Case("ReverseV2", {"tensor": A, "axis": _numbers()}),
    Case("Select", {"condition": np.bool_(False), "x": A, "y": A + 1}),
    Case("SelectV2", {"condition": np.bool_(True), "t": A[:, :1], "e": A[:1]}),
    Case("Gather", {"params": A, "indices": np.int32(1)}),
    Case("GatherV2", {"params": I, "indices": _numbers(1, 0), "axis": np.int32(-2)}),
    Case("GatherV2", {"params": A > 0, "indices": np.array([[1]]), "axis": np.int64(1)}),
    # TensorFlow itself has no gradient of it.
    Case("GatherNd", {"params": A, "indices": np.zeros([2, 0], np.int32)}, gradients=False),
    Case("GatherNd", {"params": I, "indices": _numbers(1, 2)}),
    Case("InvertPermutation", {"x": np.array([1, 0])}),
    *(
        Case(
            "OneHot",
            {
                "indices": np.array([[1, -1], [5, 0]]),
                "depth": np.int32(3),
                "on_value": on,
                "off_value": off,
            },
            {"axis": axis},
        )
        for on, off in ((np.bool_(True), np.bool_(False)), (np.int64(4), np.int64(2)))
        for axis in (-1, 1)
    ),
    *(
        Case("Bitcast", {"input": given}, {"type": to})
        for given, to in (
            (A.astype(np.float64), np.int64),
            (A.view(np.int32), np.float32),
            (A[:0], np.int32),
        )
    ),
    Case("BroadcastArgs", {"s0": np.array([1]), "s1": np.array([3, 1])}),
    *(Case("ToBool", {"input": given}) for given in (A, A[:0], np.float32(0), np.int32(-3))),
    Case("DeviceIndex", {}, {"device_names": ["GPU", "CPU"]}),
    Case("DeviceIndex", {}, {"device_names": ["GPU"]}),
]
