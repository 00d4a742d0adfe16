"""What stands behind the public names: rooms, each of which knows those below it. See docs/architecture.md."""
