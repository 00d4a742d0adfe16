"""What torchscope knows of PyTorch's inside."""
