"""TensorFlow 1's operations on tensors: its names, arguments, numbers, dtypes and errors.

A file for each kind of operation. `torchscope.tf1` has them under TF1's names; where a name of TF1's is
one of Python's (`abs`, `range`), the function here is called otherwise.
"""
