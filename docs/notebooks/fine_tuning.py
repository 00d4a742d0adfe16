# %% [markdown]
# # A ResNet of slim, fine-tuned from a checkpoint
#
# A residual network that tells the digits from 0 to 4 leaves a checkpoint, and a network for those from 5 to 9 begins with
# it. At first all that was restored is frozen, and only the new last layer learns; then it is thawed. Which variables are
# meant is asked of collections, as TF1 code does. The network is small, that this runs in seconds; for the one that was
# published, with its checkpoint, see [resnet50.py](../../examples/resnet50.py).
#
# `pip install 'torchscope[checkpoint,examples]'` brings what is needed.

# %%
import tempfile

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits

import torchscope as ts
from torchscope import slim
from torchscope.checkpoint import Saver, load_checkpoint

torch.manual_seed(0)
torch.set_num_threads(1)  # Operations are so small that threads would wait for each other.
SCOPE = "resnet_v1"
pixels, digits = load_digits(return_X_y=True)
images = torch.tensor(pixels / 8 - 1, dtype=torch.float32).reshape(-1, 8, 8, 1)
labels = torch.tensor(digits)

# %% [markdown]
# ## The network
#
# An arg scope gives all convolutions their batch norm and their regularizer. `is_training` is an argument of the call, as
# in slim: what is frozen is to keep the means that it has learned.


# %%
def unit(net, depth, stride):
    with ts.variable_scope("bottleneck_v1"):
        shortcut = slim.conv2d(net, depth, 1, stride=stride, activation_fn=None, scope="shortcut")
        residual = slim.conv2d(net, depth // 2, 1, scope="conv1")
        residual = slim.conv2d(residual, depth // 2, 3, stride=stride, scope="conv2")
        residual = slim.conv2d(residual, depth, 1, activation_fn=None, scope="conv3")
        return ts.nn.relu(shortcut + residual)


def resnet(net, is_training=False):
    with (
        ts.variable_scope(SCOPE),
        slim.arg_scope([slim.batch_norm], decay=0.9, scale=True, is_training=is_training),
        slim.arg_scope(
            [slim.conv2d],
            normalizer_fn=slim.batch_norm,
            weights_regularizer=slim.l2_regularizer(1e-4),
        ),
    ):
        net = slim.conv2d(net, 16, 3, scope="conv1")
        for block, (depth, stride) in enumerate([(32, 2), (64, 2)], start=1):
            with ts.variable_scope(f"block{block}/unit_1"):
                net = unit(net, depth, stride)
        net = net.mean((1, 2), keepdim=True)
        logits = slim.conv2d(net, 5, 1, activation_fn=None, normalizer_fn=None, scope="logits")
        return logits[:, 0, 0]


def loss_of(net, x, y):
    logits = net(x, is_training=True)
    # Those of the pass that has just ended.
    penalties = net.registry.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES)
    return torch.nn.functional.cross_entropy(logits, y) + sum(penalties)


@torch.no_grad()
def right(net, x, y):
    return (net(x).argmax(1) == y).float().mean().item()


# %% [markdown]
# ## A checkpoint
#
# It is TF1's, which `Saver` writes and TensorFlow restores.

# %%
early = labels < 5
first = ts.build(ts.ScopedModule(resnet), images[:2])
optimizer = torch.optim.Adam(first.parameters(), lr=3e-3)
for _ in range(60):
    batch = torch.randint(int(early.sum()), (64,))
    loss = loss_of(first, images[early][batch], labels[early][batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"digits from 0 to 4: {right(first, images[early], labels[early]):.1%}")

path = Saver().save(first, f"{tempfile.mkdtemp()}/resnet.ckpt")
for name, shape in list(load_checkpoint(path).shapes.items())[-7:]:
    print(name, list(shape))

# %% [markdown]
# ## Restored, but for the last layer
#
# That is `slim.get_variables_to_restore`, with what to leave out, and `slim.assign_from_checkpoint_fn`. Both ask which net is
# open: `activate` opens it without a call. What was a session to the function is the net.

# %%
net = ts.build(ts.ScopedModule(resnet), images[:2])
with net.registry.activate():
    kept = slim.get_variables_to_restore(exclude=[f"{SCOPE}/logits"])
    restore = slim.assign_from_checkpoint_fn(path, kept)
restore(net)
checkpoint = load_checkpoint(path)
for name, variable in net.registry.variables.items():
    same = torch.equal(variable, checkpoint[name])
    assert same != name.startswith(f"{SCOPE}/logits/"), name

# %% [markdown]
# ## Frozen, then thawed
#
# `trainable_variables` takes a scope, and gives its variables: those are what the optimizer gets. That alone freezes the
# rest, since a step changes only what the optimizer holds. While the body is frozen it is called with
# `is_training=False`, which leaves its moving averages alone, too. Few images are learned from; all others are the test.

# %%
late = (labels >= 5).nonzero()[:, 0]
late = late[torch.randperm(len(late))]
seen, unseen = late[:60], late[60:]
head = net.registry.trainable_variables(f"{SCOPE}/logits")
everything = net.registry.trainable_variables()
body = {
    name: value.detach().clone()
    for name, value in net.registry.variables.items()
    if "/logits/" not in name
}


def moved():
    return [
        name for name, value in body.items() if not torch.equal(net.registry.variables[name], value)
    ]


def fine_tune(variables, rate, steps, is_training):
    optimizer = torch.optim.Adam(variables, lr=rate)
    measured = []
    for _ in range(steps):
        logits = net(images[seen], is_training=is_training)
        loss = torch.nn.functional.cross_entropy(logits, labels[seen] - 5)
        loss = loss + sum(net.registry.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        measured.append(right(net, images[unseen], labels[unseen] - 5))
    return measured


frozen = fine_tune(head, rate=3e-2, steps=30, is_training=False)
assert not moved()
thawed = fine_tune(everything, rate=3e-3, steps=30, is_training=True)
assert len(moved()) == len(body)
print(f"frozen {frozen[-1]:.1%}, then thawed {thawed[-1]:.1%}")
assert frozen[-1] < thawed[-1]

# %% The share of unseen digits that is right, at each step: first the last layer learns, then everything
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(range(30), frozen, label="only the last layer")
axes.plot(range(30, 60), thawed, label="everything")
axes.set(xlabel="step", ylabel="unseen digits, right", ylim=(0, 1))
axes.legend()

# %% [markdown]
# Where PyTorch is to compute no gradients for what is frozen, ask the same collection:
# `variable.requires_grad_(False)`.
