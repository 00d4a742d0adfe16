"""tensornets: networks for images by their names, and for what is detected in them."""

from packages.model import Model, images


def network(name, **options):
    """The network of a name, and its outputs' names."""

    def build(nets, tf, x):
        return getattr(nets, name)(x, **options)

    return build


def row(name, size, *, channels=3, heavy=False, compiled=True, differentiated=True, **options):
    said = " ".join([name, *(f"{key}={value}" for key, value in options.items())])
    return Model(
        "tensornets",
        said,
        network(name, classes=10, **options),
        (images(2, size, size, channels),),
        heavy=heavy,
        compiled=compiled,
        differentiated=differentiated,
    )


MODELS = [
    row("SqueezeNet", 64),
    row("MobileNet25", 32),
    row("MobileNet35v2", 32),
    row("MobileNet75v3small", 193, heavy=True),
    row("MobileNet100v3largemini", 193, heavy=True),
    row("EfficientNetB0", 32),
    row("VGG16", 32),
    row("VGG19", 32),
    row("ResNet50", 32),
    row("ResNet50v2", 32),
    row("ResNet101", 32),
    row("ResNeXt50c32", 32),
    row("WideResNet50", 32),
    row("GoogLeNet", 64),
    row("Inception2", 64),
    row("Inception3", 139),
    row("Inception4", 139),
    row("InceptionResNet2", 139),
    row("NASNetAmobile", 64),
    row("PNASNetlarge", 64),
    row("DenseNet121", 32),
    row("Darknet19", 64),
    row("TinyDarknet19", 64),
]
