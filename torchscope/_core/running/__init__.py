"""Functions of a model that run otherwise than line by line: in a scope, again, in a loop, or without values."""
