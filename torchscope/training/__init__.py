"""Training as TF1 wrote it into the model function: what tf.train has besides checkpoints."""
