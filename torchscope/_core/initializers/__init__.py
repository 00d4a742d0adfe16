"""TF1's initializers: determined values, distributions, scaling, orthogonal kernels."""
