"""Where 0.1.0 had optimizers and what belongs to them: see `torchscope._core.former`."""
