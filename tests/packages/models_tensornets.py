"""tensornets: networks for images by their names, and for what is detected in them."""

from packages.model import Model, images


def network(name, **options):
    """The network of a name."""

    def build(nets, tf, x):
        return getattr(nets, name)(x, **options)

    return build


def row(name, size, *, channels=3, seed=0, classes=10, **options):
    """A row for one network; `options` are those of Model."""
    return Model(
        *("tensornets", name, network(name, classes=classes)),
        (images(2, size, size, channels, seed=seed),),
        **options,
    )


# For the deep ones TensorFlow takes more than ten seconds to plan.
_DEEP = {"heavy": True, "compiled": False}
_DEEPEST = {"heavy": True, "compiled": False, "differentiated": False}
MODELS = [
    row("SqueezeNet", 64),
    row("MobileNet25", 32),
    row("MobileNet35v2", 32, heavy=True),
    row("MobileNet75v3small", 193, **_DEEP),
    row("MobileNet100v3largemini", 193, **_DEEP),
    row("EfficientNetB0", 32, **_DEEP),
    row("VGG16", 32, heavy=True),
    row("VGG19", 32, heavy=True),
    row("ResNet50", 32, seed=1, **_DEEP),
    row("ResNet50v2", 32, **_DEEP),
    row("ResNet101", 32, **_DEEP),
    row("ResNeXt50c32", 32, **_DEEPEST),
    row("WideResNet50", 32, **_DEEP),
    row("GoogLeNet", 64, heavy=True),
    row("Inception2", 64, **_DEEP),
    row("Inception3", 139, **_DEEP),
    row("Inception4", 139, seed=1, **_DEEP),
    row("InceptionResNet2", 139, seed=1, **_DEEP),
    row("NASNetAmobile", 96, **_DEEPEST),
    row("PNASNetlarge", 96, **_DEEPEST),
    row("DenseNet121", 32, **_DEEP),
    row("Darknet19", 64, heavy=True),
    row("TinyDarknet19", 64, heavy=True),
    row("ZF", 64, heavy=True),
    row("CapsuleNet", 28, channels=1, heavy=True),
    row("YOLOv3VOC", 64, classes=20, **_DEEPEST),
    row(
        *("TinyYOLOv2VOC", 64),
        classes=20,
        fails="it makes placeholders for its loss, which TensorFlow wants only when the loss is fetched",
    ),
]
