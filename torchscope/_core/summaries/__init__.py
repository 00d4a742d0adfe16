"""tf.summary: what a model function notes of its tensors, and the files that TensorBoard reads.

A summary that nobody writes costs next to nothing: it holds its tensor. What is to be shown of it is
computed when it is written.
"""
