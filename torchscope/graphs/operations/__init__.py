"""What TensorFlow's types of nodes compute, a file for each group, over the functions of `torchscope.tf1`."""

from importlib import import_module

from torchscope.graphs.operations.table import TABLE as TABLE

# Each enters what it has into the table.
for _name in (
    "arithmetic",
    "arrays",
    "audio",
    "blocks",
    "bounding_boxes",
    "candidates",
    "colors",
    "convolutions",
    "counting",
    "crop_and_resize",
    "cudnn",
    "derivatives",
    "drawing",
    "files",
    "fractional_pooling",
    "fused",
    "glimpses",
    "gradients",
    "indexing",
    "losses",
    "matrices",
    "morphology",
    "neural",
    "non_max_suppression",
    "normalization",
    "optimizers",
    "patches",
    "pooling",
    "projective_transforms",
    "quantization",
    "quantized",
    "recurrent",
    "reductions",
    "reporting",
    "resizing",
    "scale_and_translate",
    "segments",
    "slicing",
    "sparse",
    "special",
    "spectral",
    "tensor_arrays",
    "tensor_lists",
    "variables",
):
    import_module(f"torchscope.graphs.operations.{_name}")
