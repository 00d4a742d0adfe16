"""How TF1 reads what it is given: dtypes, shapes, values, structures; and how it says what is wrong."""
