"""get_variable inside variable_scope: what is asked for, what is found, and what is made."""
