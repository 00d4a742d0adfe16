"""Where TF1's variable system meets nn.Module: registries, and methods whose calls are passes."""
