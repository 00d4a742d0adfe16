"""The pass: what one TF1 graph was to a model function, one forward call is here."""
