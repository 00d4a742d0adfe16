"""What a TF1 training run keeps beside its model: slots and averages."""
