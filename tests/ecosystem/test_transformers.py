"""The Trainer of transformers trains a net, evaluates it, saves it and goes on; a PreTrainedModel has a registry."""

import pytest
import torch
from transformers import PretrainedConfig, PreTrainedModel, Trainer, TrainingArguments

import torchscope as ts
from ecosystem.classifier import KEYS, Classifier, X, Y, built, logits_of

pytestmark = pytest.mark.ecosystem

DATA = [{"x": x, "labels": y} for x, y in zip(X, Y, strict=True)]


def trainer(net, folder, epochs=3):
    arguments = TrainingArguments(
        str(folder),
        num_train_epochs=epochs,
        per_device_train_batch_size=20,
        learning_rate=0.05,
        lr_scheduler_type="constant",
        save_strategy="epoch",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    return Trainer(net, arguments, train_dataset=DATA, eval_dataset=DATA)


def test_the_trainer_trains_evaluates_saves_and_goes_on(tmp_path):
    net = built(Classifier())
    first = trainer(net, tmp_path)
    before = first.evaluate()["eval_loss"]
    first.train()
    assert first.evaluate()["eval_loss"] < before / 1.5
    assert first.predict(DATA).predictions.shape == (60, 3)

    # A net that has not run takes what was saved, before the optimizer is made of it.
    fresh = Classifier()
    further = trainer(fresh, tmp_path, epochs=5)
    further.train(resume_from_checkpoint=str(tmp_path / "checkpoint-6"))
    assert further.state.global_step == 15
    assert set(fresh.state_dict()) == set(KEYS)
    assert further.evaluate()["eval_loss"] < first.evaluate()["eval_loss"]


def test_a_net_that_has_not_run_is_evaluated_and_its_training_is_warned_of(tmp_path):
    net = Classifier()
    with pytest.warns(UserWarning, match=r"This AdamW does not hold 4 variables of Classifier"):
        trainer(net, tmp_path / "a").train()
    # Evaluated first, it is whole.
    net = Classifier()
    runs = trainer(net, tmp_path / "b")
    before = runs.evaluate()["eval_loss"]
    runs.train()
    assert runs.evaluate()["eval_loss"] < before / 1.5


class Config(PretrainedConfig):
    model_type = "of_torchscope"

    def __init__(self, width=16, **others):
        self.width = width
        super().__init__(**others)


class Pretrained(PreTrainedModel):
    config_class = Config

    def __init__(self, config):
        super().__init__(config)
        self.scopes = ts.ScopedParameterRegistry(self)
        # from_pretrained fills what is there.
        ts.build(self, torch.empty(1, 4))
        self.post_init()

    def forward(self, x):
        return logits_of(x, self.config.width)


def test_a_pretrained_model_that_is_built_as_it_is_made_comes_back(tmp_path):
    net = Pretrained(Config(width=5))
    net.save_pretrained(tmp_path)
    again, told = Pretrained.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(told.values())
    assert again.config.width == 5
    assert set(again.state_dict()) == set(KEYS)
    assert torch.equal(again(X), net(X))
