"""The version of torchscope."""

__version__ = "0.1.0"
