"""TF1's functions that stand on get_variable and on collections, as users call them."""
