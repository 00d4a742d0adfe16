"""Plain modules filled from TF1's checkpoints: rules for the layouts of each type of layer."""
