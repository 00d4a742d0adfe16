"""What stands behind each figure that misses its bound or its aim: kept by hand, by figure."""

CAUSES: dict[str, str] = {
    "frozen ResNet-50 / hand-written in channels_last": (
        "both run the same kernels, and half of the time of both goes to memory that is given back to the system after "
        "each tensor and faulted in again, some 75,000 pages: runs were between 0.98 and 1.21. With its batch norms folded "
        "it takes four fifths."
    ),
    "compiled with freezing / TensorFlow's session": (
        "a session folds batch norms into kernels, packs them once, and computes a convolution, its bias and its relu at "
        "once; so does PyTorch where it compiles with `freezing`. On a single thread PyTorch's convolutions of 1x1 are not "
        "oneDNN's, and the figure is 1.6."
    ),
    "its batch norms folded / by tf2onnx and onnx2torch": (
        "both are the same convolutions with a bias, relus and sums; onnx2torch's images are (N, C, H, W). As `ts.graph`, "
        "which writes relus in their places, or compiled with `freezing`, ours takes less."
    ),
    "entering and leaving a variable_scope / reading module.weight": (
        "what is left is Python's own price of a `with` block over an object with thirteen possible "
        "arguments, and two objects made: the scope, and the note that it was opened."
    ),
    "compile time of 100 layers / hand-written's, both warm": (
        "a net's Python runs once and is recorded, some 0.4 of a hand-written net's tracing; what was "
        "recorded is then traced, as hand-written modules are."
    ),
    "forward of 100 layers of 16x16, compiled / hand-written compiled": (
        "a variable is a subclass of nn.Parameter, for the sake of its name, and PyTorch takes some "
        "0.4 us longer over each operation on a subclass; the same net by hand, with such parameters, "
        "takes 1.17 times as long as with plain ones."
    ),
    "my_image_filter, both inputs, forward and backward / hand-written": (
        "the images are one of 10x10 and one of 20x20, so the whole takes a millisecond. The same operations with "
        "TF1's layouts, by hand and without a pass, are 1.02; in a pass that opens three scopes and asks for the "
        "four variables once, 1.08. Six scopes, eight requests and what four convolutions look at are the rest. On "
        "images of a usual size none of it shows: see the conv stacks."
    ),
    "3x3 conv stack / nn.Conv2d as people write it (NCHW)": (
        "oneDNN's NCHW convolutions are nearly as fast as its channels_last ones on this processor."
    ),
    "3x3 conv stack, the better of eager and compiled / TensorFlow's session": (
        "both run oneDNN's convolutions; TensorFlow's graph fuses bias and relu into them."
    ),
    **{
        f"{what} of tf.train.AdamOptimizer on the CPU / backward and torch.optim.Adam": (
            "memory that is given back to the kernel after each step and faulted in again in the next, by both sides "
            "and more by ours. With glibc told to keep it (MALLOC_TRIM_THRESHOLD_ and MALLOC_MMAP_THRESHOLD_ of some "
            "GB) the run is 1.01, and with the call 1.05."
        )
        for what in ("train_op.run()", "a call and train_op.run()")
    },
    "making 10^5 variables / as many nn.Parameters by hand": (
        "a variable is a Parameter, a record of how it was declared, and entries in six dicts; its name is "
        "checked and made unique, and the line that asked for it is noted. Drawing it is a sixth of the time, "
        "finding its place another, and no single step stands out."
    ),
    "making 10^6 variables / ten times 10^5 (growth)": (
        "nothing is searched through; what grows are the caches' misses in large dicts."
    ),
    "memory of a variable beyond a Parameter's by hand": (
        "the record (0.4 KB) and eight dict entries. Names and keys are strings of their own."
    ),
    "import bert.modeling by the hook, cached / the ported file": (
        "the cache goes by what is in the file, so the file is read and hashed, and the rewriter's own files "
        "are looked at once; Python compares a time stamp."
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
    "3x3 convolutions of stride 2 after a relu, SAME, compiled / unpadded": (
        "an uneven pad is an image of its own, which is written together with the relu, and is some 7 % "
        "larger at 56x56, 15 % at 28x28. A convolution of an image that is padded already takes 1.04 "
        "times as long by itself."
    ),
    "ResNet-50 in slim, 224x224, 8 images, inference / nn.Module, channels_last": (
        "53 layers' scopes, arg scopes and checks take some 11 ms of 900. In other runs it was 0.97 and 0.99."
    ),
    "ResNet-50 in slim, 224x224, 8 images, the better of eager and compiled / TensorFlow's session": (
        "of ours, compiled, 680 ms of 720 are convolutions of oneDNN and of the BLAS. TensorFlow's session "
        "was not taken apart."
    ),
    "ResNet-50 in slim, 224x224, 8 images, a step of training / nn.Module, channels_last": (
        "where two operations read an image, autograd adds up two gradients. Ours is a view of what a "
        "convolution gave, and is not written to in place: sixteen more images are made."
    ),
    "3x3 convolutions of stride 2 after a relu, SAME, eager / unpadded": (
        "an uneven pad is a copy: PyTorch fills a larger image with zeros, and then copies into it."
    ),
    "BasicLSTMCell in dynamic_rnn, 100 steps of 256, compiled, inference / torch.nn.LSTM": (
        "the kernel's gates are put in PyTorch's order in each call."
    ),
    "BasicLSTMCell in dynamic_rnn, 100 steps of 256, compiled, training / torch.nn.LSTM": (
        "uncompiled it is 1.01. What the compiled backward pass adds was not found; it was 1.60 in another run."
    ),
    **{
        f"BasicLSTMCell of 64 in dynamic_rnn, 50 steps, ts.graph, {work}": (
            "TF1's kernel has the gates in another order, and inputs and outputs in one matrix. PyTorch's kernels "
            "want two matrices of their own order: so each call makes a copy of the kernel, and its gradient "
            "is put back. For one sequence that is a third of the work; the longer and the more the "
            "sequences, the less it shows. A copy that is kept could be stale: values can be written "
            "without a trace."
        )
        for work in (
            "inference / hand-written",
            "a step of training / hand-written",
            "inference: its peak memory / hand-written's",
            "a step of training: its peak memory / hand-written's",
        )
    },
    **{
        f"{net}, ts.graph, {work} / hand-written": (
            "the same operations run on both sides, and there is little Python of modules to save. A call of "
            "a graph compares modules, hooks and shapes, which takes some 40 us; a view of each kernel takes 2."
        )
        for net in (
            "12 slim residual blocks of 32 channels, one 8x8 image",
            "U-Net with transposed convolutions, one 32x32 image",
            "a DCGAN's discriminator, one 32x32 image",
            "transformer block of 64, 8 tokens",
        )
        for work in ("inference", "a step of training")
    },
    **{
        f"{net}, eager, {work} / hand-written": (
            "a layer's call is a scope, its requests, and a copy of what it decided before: some 20 us for a "
            "convolution and its normalization, of which five views between TF1's layouts and PyTorch's are 4. "
            "The hand-written pair takes 35."
        )
        for net in (
            "ResNet-50 in slim, one 32x32 image",
            "12 slim residual blocks of 32 channels, one 8x8 image",
        )
        for work in ("inference", "a step of training")
    },
    "layers.conv2d of 4x4, beyond torch.nn's module": (
        "three views between TF1's layouts and PyTorch's take 2 us, a scope 1, two requests 1; the rest is Python's "
        "price of some thirty calls."
    ),
    **{
        f"compile time of {net}, backend inductor / hand-written's": (
            "a net's Python runs once and is recorded, 0.4 to 0.6 of a hand-written net's tracing; what was "
            "recorded is then traced. Inductor has its kernels already; where it has none, both take "
            "minutes, and ours takes no longer."
        )
        for net in (
            "ResNet-50 in slim, one 32x32 image",
            "12 slim residual blocks of 32 channels, one 8x8 image",
        )
    },
    "ResNet-50 in slim, one 32x32 image, ts.graph, inference / hand-written": (
        "nine tenths of it are convolutions, which are the same on both sides."
    ),
    **{
        f"fused_batch_norm of {shape}, a step, {threads} threads / torch.batch_norm": (
            "exact sums: the batch is added up in parts, which are put together in float64, by a dozen calls "
            "of PyTorch's kernels where its own way is one, and each call shows the less there is to "
            "compute. It pays at the size of the first row; the fewer the rows and the wider they are, "
            "the more it costs."
        )
        for shape in ("16x96x96x24", "16x32x32x64", "32x14x14x256")
        for threads in (1, 2)
    },
    **{
        f"fused_batch_norm of 4x8x8x24, a step, {threads} threads / torch.batch_norm": (
            "so few rows are PyTorch's own operation; what is left is the reading of the arguments, and "
            "averages that are copied, not moved in place."
        )
        for threads in (1, 2)
    },
}
