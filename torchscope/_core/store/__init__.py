"""The variables of a module tree: what is known of each, where it lives, and what it can do."""
