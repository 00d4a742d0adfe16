"""Sparse tensors: numbers and where they stand, the rest being zero (tf.sparse).

Everything is made of PyTorch's operations on dense tensors, so it is recorded and compiled as they are.
"""
