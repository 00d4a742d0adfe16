"""Training as TF1 wrote it into the model function: optimizers, schedules, slots and averages."""
