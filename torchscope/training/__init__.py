"""What tf.train has for a model function to build: what changes from step to step."""
