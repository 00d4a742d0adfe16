"""The files in which tensors are stored by name: each format, how it is read, and how it is written."""
