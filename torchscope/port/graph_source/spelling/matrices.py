"""Parts of matrices, and what is computed of whole ones."""

from __future__ import annotations

from typing import Any

import torch

from torchscope.port.graph_source.constants import argument
from torchscope.port.graph_source.expressions import Call, Literal
from torchscope.port.graph_source.spelling.given import Given, Spelling, plain


def _diagonals(function: str, first: int, **usual: Any) -> Spelling:
    """Of several diagonals: what TF1's function takes after its name is said where it is not as usual."""

    def spelled(given: Given) -> Any:
        said = [
            (name, given.argument(place))
            for place, (name, value) in enumerate(usual.items(), first)
            if given.known(place) != value
        ]
        align = given.attributes.get("align", "RIGHT_LEFT")
        if align != "RIGHT_LEFT":
            said.append(("align", Literal(align, "align")))
        return Call(function, tuple(map(argument, given.inputs[:first])), tuple(said))

    return spelled


def _eigenvalues(given: Given) -> Any:
    both = given.attributes.get("compute_v", True)
    return plain("tf.self_adjoint_eig")(given) if both else None


def _singular_values(given: Given) -> Any:
    # The values alone, TF1's function gives as one tensor.
    all_three = given.attributes.get("compute_uv", True)
    return plain("tf.svd", full_matrices=False)(given) if all_three else None


SPELLINGS: dict[str, Spelling] = {
    **{
        f"{batch}{op}": spelling
        for batch in ("", "Batch")
        for op, spelling in {
            "MatrixBandPart": plain("tf.matrix_band_part"),
            "MatrixDiag": plain("tf.matrix_diag"),
            "MatrixDiagPart": plain("tf.matrix_diag_part"),
            "MatrixSetDiag": plain("tf.matrix_set_diag"),
            "MatrixInverse": plain("tf.matrix_inverse", adjoint=False),
            "MatrixSolve": plain("tf.matrix_solve", adjoint=False),
            "MatrixSolveLs": plain("tf.matrix_solve_ls", fast=True),
            "MatrixTriangularSolve": plain("tf.matrix_triangular_solve", lower=True, adjoint=False),
            "SelfAdjointEigV2": _eigenvalues,
            "Svd": _singular_values,
        }.items()
    },
    "MatrixDiagV3": _diagonals("tf.matrix_diag", 1, k=0, num_rows=-1, num_cols=-1, padding_value=0),
    "MatrixDiagPartV3": _diagonals("tf.matrix_diag_part", 1, k=0, padding_value=0),
    "MatrixSetDiagV3": _diagonals("tf.matrix_set_diag", 2, k=0),
    "Lu": plain("tf.linalg.lu", output_idx_type=torch.int32),
    "Qr": plain("tf.qr", full_matrices=False),
    "SparseMatMul": plain(
        "tf.sparse_matmul",
        transpose_a=False,
        transpose_b=False,
        a_is_sparse=False,
        b_is_sparse=False,
    ),
}
