"""The models that are compared: see the files beside this one, a package each."""

from packages import models_bert, models_gpt2, models_stable_baselines

MODELS = [*models_bert.MODELS, *models_gpt2.MODELS, *models_stable_baselines.MODELS]
