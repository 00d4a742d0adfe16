"""Where 0.1.0 had sparse tensors: see `torchscope._core.former`."""
