"""What torchscope costs: every figure in docs/benchmarks.md, as a command.

`make bench` measures them all; `make bench ONLY="access layers"` only those of two groups. Each
group is one file, with one function `measure` that gives its figures.
"""
