"""The net as a graph that is built once, as TF1's was: captured natively, laid out, called fast."""
