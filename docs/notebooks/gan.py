# %% [markdown]
# # A GAN whose discriminator is shared by reuse
#
# A generator draws digits, and a discriminator tells them from real ones. It is called twice, on real images and on drawn
# ones, and must be the same network both times. In TF1 that is said by name: the second call opens the discriminator's
# scope with `reuse=True`. The digits come with scikit-learn: `pip install 'torchscope[examples]'`.

# %%
import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits

import torchscope as ts
import torchscope.tf1 as tf

torch.manual_seed(0)
torch.set_num_threads(1)  # Operations are so small that threads would wait for each other.
STEPS, BATCH, NOISE = 800, 64, 16

pixels, _ = load_digits(return_X_y=True)
images = torch.tensor(pixels / 16, dtype=torch.float32).reshape(-1, 8, 8, 1)


# %% [markdown]
# ## Two networks, as TF1 code writes them
#
# Images are (N, height, width, channels), and each layer has a name.


# %%
def generator(noise):
    with tf.variable_scope("generator"):
        net = tf.layers.dense(noise, 2 * 2 * 64, name="project")
        net = tf.reshape(net, [-1, 2, 2, 64])
        net = tf.nn.relu(
            tf.layers.batch_normalization(net, momentum=0.9, training=True, name="bn0")
        )
        net = tf.layers.conv2d_transpose(net, 32, 4, strides=2, padding="same", name="deconv1")
        net = tf.nn.relu(
            tf.layers.batch_normalization(net, momentum=0.9, training=True, name="bn1")
        )
        return tf.layers.conv2d_transpose(
            net, 1, 4, strides=2, padding="same", activation=tf.nn.sigmoid, name="deconv2"
        )


def discriminator(pictures, reuse=False):
    with tf.variable_scope("discriminator", reuse=reuse):
        net = tf.layers.conv2d(pictures, 32, 3, strides=2, padding="same", name="conv1")
        net = tf.layers.conv2d(
            tf.nn.leaky_relu(net), 64, 3, strides=2, padding="same", name="conv2"
        )
        net = tf.layers.batch_normalization(net, momentum=0.9, training=True, name="bn2")
        net = tf.nn.leaky_relu(net)
        return tf.layers.dense(tf.layers.flatten(net), 1, name="logits")


def losses(real):
    drawn = generator(tf.random_uniform([tf.shape(real)[0], NOISE], -1.0, 1.0))
    of_real = discriminator(real)
    of_drawn = discriminator(drawn, reuse=True)
    cross_entropy = tf.losses.sigmoid_cross_entropy
    # Labels of 0.9 keep the discriminator from being too sure.
    d_loss = cross_entropy(0.9 * tf.ones_like(of_real), of_real) + cross_entropy(
        tf.zeros_like(of_drawn), of_drawn
    )
    return d_loss, cross_entropy(tf.ones_like(of_drawn), of_drawn)


# %% [markdown]
# ## One module
#
# Two entries are two functions over the same variables. `ts.build` makes them without computing anything.


# %%
class Gan(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self, entries=["forward", "draw"])

    def forward(self, real):
        return losses(real)

    def draw(self, noise):
        return generator(noise)


net = ts.build(Gan(), images[:2])
print(net.scopes.summary())

# %% [markdown]
# The discriminator was called twice, and is there once. Without `reuse=True` the second call is refused, on each pass:


# %%
def by_mistake(real):
    return discriminator(real), discriminator(real)


try:
    ts.build(ts.ScopedModule(by_mistake), images[:2])
except ValueError as error:
    print(str(error).partition(". ")[0])
else:
    raise AssertionError("two discriminators under one name")

# %% [markdown]
# ## Training
#
# Each loss is of both networks and trains one: which variables those are is told by their scope. The optimizers are
# PyTorch's own.

# %%
with net.scopes.activate():
    d_vars = tf.trainable_variables("discriminator")
    g_vars = tf.trainable_variables("generator")
d_optim = torch.optim.Adam(d_vars, lr=5e-4, betas=(0.5, 0.999))
g_optim = torch.optim.Adam(g_vars, lr=1e-3, betas=(0.5, 0.999))

noise = torch.rand(10, NOISE) * 2 - 1
curves, rows = [], []
for step in range(STEPS + 1):
    if step % (STEPS // 4) == 0:
        with torch.no_grad():
            rows.append((f"step {step}", net.draw(noise)))
    d_loss, g_loss = net(images[torch.randint(len(images), (BATCH,))])
    d_gradients = torch.autograd.grad(d_loss, d_vars, retain_graph=True)
    g_gradients = torch.autograd.grad(g_loss, g_vars)
    for variable, gradient in zip([*d_vars, *g_vars], [*d_gradients, *g_gradients], strict=True):
        variable.grad = gradient
    d_optim.step()
    g_optim.step()
    curves.append((d_loss.item(), g_loss.item()))

# %% [markdown]
# ## What it draws
#
# The same noise, while the generator learns, above real digits.

# %% Ten digits, drawn of the same noise after 0, 200, 400, 600 and 800 steps, above ten real ones
rows.append(("real", images[:10]))
figure, grid = plt.subplots(len(rows), 10, figsize=(6, 3.4), layout="constrained")
for (name, drawn), line in zip(rows, grid, strict=True):
    for picture, axes in zip(drawn[..., 0], line, strict=True):
        axes.imshow(picture.numpy(), cmap="gray_r", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
    line[0].set_ylabel(name, rotation=0, ha="right", va="center")

# %% The loss of the discriminator, and that of the generator, at each step
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(curves, label=["discriminator", "generator"])
axes.set(xlabel="step", ylabel="loss")
axes.legend()

# %% [markdown]
# In numbers: what is drawn has come nearer to real digits. For each drawn image, the distance to the real one that is most
# like it.


# %%
def distance(drawn):
    return torch.cdist(drawn.flatten(1), images.flatten(1)).min(1).values.mean().item()


before, after = distance(rows[0][1]), distance(rows[-2][1])
print(f"{before:.2f} -> {after:.2f}")
assert after < before
