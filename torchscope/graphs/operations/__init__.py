"""What TensorFlow's types of nodes compute, a file for each group, over the functions of `torchscope.tf1`."""

from importlib import import_module

from torchscope.graphs.operations.table import TABLE as TABLE

# Each enters what it has into the table.
for _name in (
    "arithmetic",
    "arrays",
    "audio",
    "candidates",
    "convolutions",
    "counting",
    "cudnn",
    "derivatives",
    "drawing",
    "files",
    "fractional_pooling",
    "fused",
    "gradients",
    "images",
    "indexing",
    "losses",
    "matrices",
    "neural",
    "normalization",
    "optimizers",
    "pooling",
    "quantization",
    "quantized",
    "recurrent",
    "reductions",
    "reporting",
    "segments",
    "sparse",
    "special",
    "spectral",
    "tensor_arrays",
    "tensor_lists",
    "variables",
):
    import_module(f"torchscope.graphs.operations.{_name}")
