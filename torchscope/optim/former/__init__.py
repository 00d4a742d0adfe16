"""Where 0.1.0 had what it has pickled of training: see `torchscope._core.former`."""
