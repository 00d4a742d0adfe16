"""A graph of TensorFlow without its source becomes source again, in TF1's style, over `torchscope.tf1`."""
