"""Cases of sparse tensors."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(4)
PLACES = np.array([[0, 1], [0, 3], [2, 0], [2, 2], [4, 3]])
OTHERS = np.array([[0, 1], [1, 0], [2, 2]])
SHAPE = np.array([6, 4])
V = RANDOM.randn(5).astype(np.float32)
W = RANDOM.randn(3).astype(np.float32)
D = RANDOM.randn(6, 4).astype(np.float32)
B = RANDOM.randn(4, 3).astype(np.float32)
SETS = np.array([[[3, 1, 3], [5, 7, 2]], [[0, 0, 0], [4, 9, 1]]])
HOW = ("a-b", "b-a", "intersection", "union")
BOTH = {
    "a_indices": PLACES,
    "a_values": V,
    "a_shape": SHAPE,
    "b_indices": OTHERS,
    "b_values": W,
    "b_shape": SHAPE,
}


def _one(prefix: str, shape: str = "shape") -> dict[str, np.ndarray]:
    return {f"{prefix}indices": PLACES, f"{prefix}values": V, f"{prefix}{shape}": SHAPE}


A, INPUT, SP = _one("a_"), _one("input_"), _one("sp_")
DENSE = {"sparse_indices": PLACES, "output_shape": SHAPE}

CASES = [
    Case("SparseToDense", {**DENSE, "sparse_values": V, "default_value": np.float32(2)}),
    Case(
        "SparseToDense",
        {**DENSE, "sparse_values": np.float32(1), "default_value": np.float32(2)},
        gradients=False,
    ),
    Case(
        "SparseToDense",
        {
            "sparse_indices": np.array([1, 3], np.int32),
            "output_shape": np.array([5], np.int32),
            "sparse_values": np.array([7, 8], np.int32),
            "default_value": np.int32(-1),
        },
        {"validate_indices": False},
    ),
    Case("SparseTensorDenseMatMul", {**A, "b": B}),
    Case("SparseTensorDenseMatMul", {**A, "b": D[:, :3]}, {"adjoint_a": True}),
    Case("SparseTensorDenseMatMul", {**A, "b": B.T.copy()}, {"adjoint_b": True}),
    Case("SparseTensorDenseAdd", {**A, "b": D}),
    Case("SparseAdd", {**BOTH, "thresh": np.float32(0)}),
    Case("SparseAdd", {**BOTH, "b_values": -V[[0, 0, 3]], "thresh": np.float32(0.1)}),
    *(
        Case(
            "SparseConcat",
            {"indices": [PLACES, OTHERS], "values": [V, W], "shapes": [SHAPE, SHAPE]},
            {"concat_dim": axis},
        )
        for axis in (0, -1)
    ),
    Case(
        "SparseSplit",
        {"split_dim": np.int64(0), "indices": PLACES, "values": V, "shape": SHAPE},
        {"num_split": 4},
    ),
    Case(
        "SparseSlice",
        {**_one(""), "start": np.array([1, 0]), "size": np.array([3, 9])},
    ),
    Case("SparseReorder", {**INPUT, "input_indices": PLACES[::-1].copy()}),
    Case(
        "SparseReshape",
        {"input_indices": PLACES, "input_shape": SHAPE, "new_shape": np.array([2, -1])},
    ),
    Case("SparseFillEmptyRows", {**_one("", "dense_shape"), "default_value": np.float32(9)}),
    Case("SparseSoftmax", SP),
    Case("SparseSparseMaximum", BOTH),
    Case("SparseSparseMinimum", BOTH),
    *(
        Case(op, {**INPUT, "reduction_axes": np.array(axes, np.int32)}, {"keep_dims": keep})
        for op in ("SparseReduceSum", "SparseReduceMax")
        for axes in ([1], [-2], [0, 1], [])
        for keep in (False, True)
    ),
    *(
        Case(op, {**INPUT, "reduction_axes": np.array(axes, np.int32)}, {"keep_dims": keep})
        for op in ("SparseReduceSumSparse", "SparseReduceMaxSparse")
        for axes in ([1], [0])
        for keep in (False, True)
    ),
    *(
        Case(op, {**SP, "dense": dense})
        for op in ("SparseDenseCwiseAdd", "SparseDenseCwiseMul", "SparseDenseCwiseDiv")
        for dense in (D, D[0])
    ),
    *(
        Case(
            "EditDistance",
            {
                "hypothesis_indices": PLACES,
                "hypothesis_values": np.array([1, 2, 3, 4, 5]),
                "hypothesis_shape": SHAPE,
                "truth_indices": OTHERS,
                "truth_values": np.array([1, 2, 4]),
                "truth_shape": SHAPE,
            },
            {"normalize": normalize},
        )
        for normalize in (False, True)
    ),
    # Sets
    *(
        Case("DenseToDenseSetOperation", {"set1": one, "set2": other}, {"set_operation": how})
        for how in HOW
        for one, other in (
            (SETS, SETS[:, :, ::2] + 1),
            (SETS.astype(np.uint8), SETS[:, :, :0].astype(np.uint8)),
        )
    ),
    *(
        Case(
            "DenseToSparseSetOperation",
            {
                "set1": SETS[0],
                "set2_indices": np.array([[0, 0], [0, 1], [1, 0]]),
                "set2_values": np.array([3, 9, 5]),
                "set2_shape": np.array([2, 2]),
            },
            {"set_operation": how},
        )
        for how in HOW
    ),
    *(
        Case(
            "SparseToSparseSetOperation",
            {
                "set1_indices": PLACES,
                "set1_values": np.array([3, 3, 9, -5, 1]),
                "set1_shape": SHAPE,
                "set2_indices": OTHERS,
                "set2_values": np.array([3, 1, -5]),
                "set2_shape": SHAPE,
            },
            {"set_operation": how},
        )
        for how in HOW
    ),
    Case(
        "SetSize",
        {
            "set_indices": PLACES,
            "set_values": np.array([3, 3, 9, -5, 1]),
            "set_shape": SHAPE,
        },
    ),
]
