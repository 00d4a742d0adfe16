"""What TF1's graph was made of beside tensors: operations, name scopes, devices."""
