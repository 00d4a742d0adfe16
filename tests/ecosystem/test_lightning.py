"""PyTorch Lightning trains a net, saves it and goes on; torchmetrics measures it."""

from functools import partial

import lightning
import pytest
import torch
from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassAccuracy

import torchscope.tf1 as tf
from ecosystem.classifier import KEYS, NAMES, Classifier, X, Y, built, loader
from torchscope.optim import Adam, ScheduleLR

pytestmark = [
    pytest.mark.ecosystem,
    # Lightning's own, of how it loads, looks at PyTorch's trees, and would have data loaded.
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*LeafSpec"),
]


DECAY = partial(tf.train.exponential_decay, decay_steps=50, decay_rate=0.9)


class Training(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = built(Classifier())
        self.measures = MetricCollection({"accuracy": MulticlassAccuracy(3)})

    def training_step(self, batch, index):
        return self.net(*batch)["loss"]

    def validation_step(self, batch, index):
        self.measures(self.net(*batch)["logits"], batch[1])
        self.log_dict(self.measures)

    def configure_optimizers(self):
        optimizer = Adam(self.parameters(), lr=0.05)
        scheduler = ScheduleLR(optimizer, DECAY)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }


class MadeLater(Training):
    """Its variables are made where Lightning makes what is large."""

    def __init__(self):
        super().__init__()
        self.net = Classifier()

    def configure_model(self):
        if not self.net.scopes.has_run:
            built(self.net)


def trainer(epochs, folder):
    return lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        default_root_dir=folder,
    )


@pytest.mark.parametrize("kind", [Training, MadeLater])
def test_lightning_trains_saves_and_goes_on(kind, tmp_path):
    model = kind()
    first = trainer(5, tmp_path)
    first.fit(model, loader(), loader())
    (measured,) = first.validate(model, loader(), verbose=False)
    assert measured["accuracy"] > 0.8
    first.save_checkpoint(tmp_path / "net.ckpt")

    loaded = kind.load_from_checkpoint(tmp_path / "net.ckpt", weights_only=True)
    assert [key for key in loaded.state_dict() if key.startswith("net.")] == [
        f"net.{key}" for key in model.net.state_dict()
    ]
    assert torch.equal(loaded.net(X, Y)["logits"], model.net(X, Y)["logits"])

    further = trainer(8, tmp_path)
    further.fit(kind(), loader(), loader(), ckpt_path=tmp_path / "net.ckpt", weights_only=True)
    assert further.global_step == 8 * 3
    assert set(model.net.scopes.variables) == set(NAMES)
    assert set(model.net.state_dict()) == set(KEYS)


def test_an_optimizer_of_a_net_that_has_not_run_holds_nothing(tmp_path):
    class NeverBuilt(Training):
        def __init__(self):
            super().__init__()
            self.net = Classifier()

    with pytest.raises(ValueError, match="empty parameter list"):
        trainer(1, tmp_path).fit(NeverBuilt(), loader(), loader())
