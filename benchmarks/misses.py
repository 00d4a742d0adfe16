"""What stands behind each figure that misses its bound or its aim: kept by hand, by figure."""

CAUSES: dict[str, str] = {
    "entering and leaving a variable_scope / reading module.weight": (
        "what is left is Python's own price of a `with` block over an object with thirteen possible "
        "arguments, and two objects made: the scope, and the note that it was opened."
    ),
    "compile time of 100 layers / hand-written's, both warm": (
        "nearly all of it is tracing. The compiler steps through the Python of each scope (some 240 "
        "steps, twelve attributes written) and of each request (some 150 steps), where a module of a "
        "Sequential takes about 60. Inductor's part, and the guards, are as hand-written."
    ),
    "forward of 100 layers of 16x16, compiled / hand-written compiled": (
        "a variable is a subclass of nn.Parameter, for the sake of its name, and PyTorch takes some "
        "0.4 us longer over each operation on a subclass; the same net by hand, with such parameters, "
        "takes 1.17 times as long as with plain ones."
    ),
    "my_image_filter, both inputs, forward and backward / hand-written": (
        "the images are one of 10x10 and one of 20x20, so the whole takes some 2 ms. Three views for "
        "each convolution, of the image, the kernel and the result, since TF1's are NHWC and HWIO, are "
        "recorded by autograd: 3 %. The checks of four convolutions, eight requests and six scopes are "
        "the rest. On images of a usual size neither shows: see the conv stacks."
    ),
    "3x3 conv stack / nn.Conv2d as people write it (NCHW)": (
        "oneDNN's NCHW convolutions are nearly as fast as its channels_last ones on this processor."
    ),
    "3x3 conv stack, the better of eager and compiled / TensorFlow's session": (
        "both run oneDNN's convolutions; TensorFlow's graph fuses bias and relu into them."
    ),
    "making 10^5 variables / as many nn.Parameters by hand": (
        "a variable is a Parameter, a record of how it was declared, and entries in eight dicts; its "
        "name is checked and made unique, and the line that asked for it is noted. That is some sixty "
        "steps of Python beside the fifteen of a Parameter that is drawn by hand, and no single one "
        "stands out. It is 45 us for each variable, once in the life of a net."
    ),
    "making 10^6 variables / ten times 10^5 (growth)": (
        "nothing is searched through; what grows are the caches' misses in large dicts."
    ),
    "memory of a variable beyond a Parameter's by hand": (
        "the record (0.4 KB) and eight dict entries. Names and keys are strings of their own."
    ),
    "the same without checksums / safetensors' load_file and the same copies": (
        "ours asks the kernel to copy, which takes the same time in every process. safetensors maps the "
        "file, and its copies took 45 ms in one process and 400 ms in the next (ours: 70 ms), it seems by "
        "whether the kernel maps the file's cache in large pages. Reading in two threads, or "
        "mapping as well, was no faster here."
    ),
    "listing 20,000 names / TensorFlow's list_variables": (
        "a key is stored as what differs from the one before, so the entries of the index are walked "
        "one after the other, in Python: 1.5 us for each, where TensorFlow's are walked in C++ and then "
        "become Python's lists."
    ),
    "haiku's hk.get_parameter / ours": (
        "both are a few dict lookups; haiku's goes through its stacks of getters."
    ),
    "pyro's pyro.param / ours": (
        "pyro.param of an existing parameter is little more than a dict lookup without rules of reuse."
    ),
}
