"""How TF1's source spells what a type of node computes, a file for each group of types."""
