"""TF1 checkpoints without TensorFlow: read, written, compared, and loaded by name.

It needs the extra `checkpoint`: ``pip install 'torchscope[checkpoint]'``.
"""
