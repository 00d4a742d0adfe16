"""Checkpoints and nets looked at: listed, measured, compared, drawn."""
