"""What a TF1 training run keeps beside its model: slots and averages."""

from torchscope.training.averaged import averaged as averaged
