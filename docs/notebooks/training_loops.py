# %% [markdown]
# # The training loop of Lightning, and of Accelerate
#
# Both take a net with a registry as they take any `nn.Module`. Two things are to be known. The optimizer is made of what
# there is, so the variables are made first; and what is saved has TF1's names where `torchscope.checkpoint` writes it.
#
# `pip install 'torchscope[checkpoint,examples]' lightning accelerate` brings what is needed.

# %%
import tempfile

import lightning
import matplotlib.pyplot as plt
import torch
from accelerate import Accelerator
from sklearn.datasets import load_digits

import torchscope as ts
import torchscope.tf1 as tf
from torchscope.checkpoint import Saver, load_checkpoint
from torchscope.optim import Adam

torch.manual_seed(0)
pixels, digits = load_digits(return_X_y=True)
images, labels = torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(digits)
learned = torch.utils.data.TensorDataset(images[:1500], labels[:1500])
EPOCHS = 5


def loader():
    return torch.utils.data.DataLoader(learned, batch_size=50, shuffle=True)


# %% [markdown]
# ## The model
#
# TF1 code. `example_inputs` makes its variables, so that an optimizer finds them.


# %%
def logits_of(x):
    with tf.variable_scope("model"):
        hidden = tf.layers.dense(x, 64, tf.nn.relu, name="hidden")
        return tf.layers.dense(hidden, 10, name="logits")


def loss_of(x, y):
    return tf.losses.sparse_softmax_cross_entropy(y, logits_of(x))


def made():
    torch.manual_seed(0)
    return ts.ScopedModule(loss_of, example_inputs=(images[:1], labels[:1]))


@torch.no_grad()
def right(net):
    """How many of the digits that were not learned are read, by a function over the same variables."""
    with net.registry.activate():
        return (logits_of(images[1500:]).argmax(1) == labels[1500:]).float().mean().item()


# %% [markdown]
# ## Lightning
#
# The net is made in `__init__`, and is a module inside of the LightningModule.


# %%
class Training(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = made()
        self.losses = []

    def training_step(self, batch, index):
        loss = self.net(*batch)
        self.losses.append(loss.item())
        return loss

    def configure_optimizers(self):
        return Adam(self.parameters(), lr=0.01)


training = Training()
trainer = lightning.Trainer(
    max_epochs=EPOCHS,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(training, loader())
print(f"by Lightning: {right(training.net):.1%}")

# %% [markdown]
# ## Accelerate
#
# `prepare` wraps what it is given; the loop is one's own.

# %%
accelerator = Accelerator(cpu=True)
net = made()
net, optimizer, batches = accelerator.prepare(net, Adam(net.parameters(), lr=0.01), loader())
losses = []
for _ in range(EPOCHS):
    for x, y in batches:
        loss = net(x, y)
        optimizer.zero_grad()
        accelerator.backward(loss)
        optimizer.step()
        losses.append(loss.item())
print(f"by Accelerate: {right(accelerator.unwrap_model(net)):.1%}")
assert min(right(net), right(training.net)) > 0.8

# %% The loss at each step, by Lightning and by Accelerate: it falls from 2.4 to 0.1, and the two curves are one
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(training.losses, label="Lightning", linewidth=4)
axes.plot(losses, label="Accelerate", linewidth=1)
axes.set(xlabel="step", ylabel="loss", yscale="log")
axes.legend()

# %% [markdown]
# ## One checkpoint
#
# What Lightning has trained goes to a TF1 checkpoint, and from there into another net.

# %%
path = Saver().save(training.net, f"{tempfile.mkdtemp()}/model.ckpt")
print(*load_checkpoint(path), sep="\n")
other = made()
Saver().restore(other, path)
assert right(other) == right(training.net)
