"""What people use beside PyTorch takes a net as it takes any other: docs/works_with.md. `make test-ecosystem` runs it."""
