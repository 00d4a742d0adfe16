"""Where 0.1.0 had operations: see `torchscope._core.former`."""
