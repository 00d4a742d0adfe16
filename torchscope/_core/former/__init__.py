"""Where older releases had what can be in a pickle: nets that they have saved are loaded through these.

`torchscope.__path__` ends with this folder. A pickle names classes and functions by the modules that had
them: `torchscope.registry`, say, which is here, and leads to what has taken its place.
"""
