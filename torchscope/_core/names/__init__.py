"""TF1's names: which are allowed, which are free, and which state_dict keys they become."""
