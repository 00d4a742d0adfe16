"""Checkpoints that TensorFlow writes, what it reads from them, and tables written by hand."""

import struct
from pathlib import Path

import cramjam
import numpy as np
import torch

from tests.tensorflow1 import tf
from torchscope.checkpoint.formats.checksums import masked_crc

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)


def save(path, tensors, version=2, specs=None):
    """Lets TensorFlow write tensors: numpy arrays, or functions that make a tensor in its graph.

    `specs` says for a name which slice of which shape it is: "4 6 0,2:0,3".
    A name may be written several times, as slices: then its value is a list of arrays.
    """
    names, values, slices = [], [], []
    with tf.Graph().as_default(), tf.Session() as session:
        feed = {}
        for name, value in tensors.items():
            many = value if isinstance(value, list) else [value]
            for number, array in enumerate(many):
                if callable(array):
                    tensor = array()
                else:
                    tensor = tf.placeholder(tf.as_dtype(array.dtype), array.shape)
                    feed[tensor] = array
                names.append(name)
                values.append(tensor)
                spec = (specs or {}).get(name, "")
                slices.append(spec[number] if isinstance(spec, list) else spec)
        if version == 2:
            op = tf.raw_ops.SaveV2(
                prefix=path, tensor_names=names, shape_and_slices=slices, tensors=values
            )
        else:
            op = tf.raw_ops.SaveSlices(
                filename=path, tensor_names=names, shapes_and_slices=slices, data=values
            )
        session.run(op, feed)
    return path


def merge(prefixes, destination):
    """Lets TensorFlow make one V2 checkpoint with several shards of several."""
    with tf.Graph().as_default(), tf.Session() as session:
        session.run(
            tf.raw_ops.MergeV2Checkpoints(
                checkpoint_prefixes=prefixes, destination_prefix=destination
            )
        )
    return destination


def theirs(path):
    """All that TensorFlow reads from a checkpoint, by name."""
    reader = tf.train.NewCheckpointReader(path)
    names = list(reader.get_variable_to_shape_map())
    if Path(f"{path}.index").exists():
        return {name: reader.get_tensor(name) for name in names}
    # Of V1 its reader does not join slices, but its operation does.
    kinds = reader.get_variable_to_dtype_map()
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(
            {
                name: tf.raw_ops.Restore(file_pattern=path, tensor_name=name, dt=kinds[name])
                for name in names
            }
        )


def bits(value):
    """A value of either library, as dtype, shape and bytes."""
    if isinstance(value, torch.Tensor):
        octets = value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        return str(value.dtype).removeprefix("torch."), tuple(value.shape), octets
    value = np.asarray(value)
    if value.dtype == object or value.dtype.kind == "S":
        return "bytes", value.shape, tuple(value.reshape(-1).tolist())
    return value.dtype.name, value.shape, value.tobytes()


def assert_same(checkpoint, expected):
    """Whether a checkpoint gives exactly those values, however they are read."""
    assert list(checkpoint) == sorted(expected)
    for name, value in expected.items():
        want = bits(value)
        assert bits(checkpoint[name]) == want, name
        checkpoint.verify(name)
        assert tuple(checkpoint.shapes[name]) == want[1]
        if want[0] == "bytes":
            assert checkpoint.dtypes[name] is bytes
            continue
        assert checkpoint.nbytes(name) == len(want[2])
        shape, dtype = checkpoint.shapes[name], checkpoint.dtypes[name]
        turned = tuple(reversed(range(len(shape))))
        for out in (
            torch.empty(shape, dtype=dtype),
            torch.empty(tuple(reversed(shape)), dtype=dtype).permute(turned),
        ):
            checkpoint.read_into(name, out)
            assert bits(out) == want, name


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def block_of(entries, restart=16):
    """The content of a block: entries, where keys are whole, and how many of these there are."""
    data, restarts, last = bytearray(), [], b""
    for number, (key, value) in enumerate(entries):
        shared = 0
        if number % restart == 0:
            restarts.append(len(data))
        else:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        data += varint(shared) + varint(len(key) - shared) + varint(len(value))
        data += key[shared:] + value
        last = key
    restarts = restarts or [0]
    return bytes(data) + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def stored(content, kind=0):
    """A block as it is in a file: its content, how it is compressed, its checksum."""
    return content + bytes((kind,)) + struct.pack("<I", masked_crc(content + bytes((kind,))))


def table_of(entries, per_block=1000, compressed=False, index=None):
    """A table. `index` may change the entries of the index before they are written."""
    entries = sorted(entries.items())
    out, handles = bytearray(), []
    for start in range(0, len(entries), per_block):
        part = entries[start : start + per_block]
        content = block_of(part)
        if compressed:
            content = bytes(cramjam.snappy.compress_raw(content))
        handles.append((part[-1][0], varint(len(out)) + varint(len(content))))
        out += stored(content, int(compressed))
    meta = len(out), len(block_of([]))
    out += stored(block_of([]))
    content = block_of(index(handles) if index else handles, 1)
    place = len(out), len(content)
    out += stored(content)
    footer = b"".join(varint(number) for number in (*meta, *place))
    return bytes(out + footer.ljust(40, b"\0") + MAGIC)


def entries_of(data):
    """What is in a table whose blocks are not compressed, read apart from the package."""

    def number(at):
        value = shift = 0
        while True:
            byte = data[at]
            value |= (byte & 127) << shift
            shift, at = shift + 7, at + 1
            if byte < 128:
                return value, at

    def content(offset, size):
        end = offset + size
        end -= 4 * (struct.unpack_from("<I", data, end - 4)[0] + 1)
        at, key, found = offset, b"", []
        while at < end:
            shared, at = number(at)
            own, at = number(at)
            length, at = number(at)
            key = key[:shared] + data[at : at + own]
            at += own
            found.append((key, at, data[at : at + length]))
            at += length
        return found

    at = len(data) - 48
    _, at = number(at)
    _, at = number(at)
    offset, at = number(at)
    size, _ = number(at)
    entries = {}
    for _, place, _ in content(offset, size):
        start, after = number(place)
        length, _ = number(after)
        entries.update((key, value) for key, _, value in content(start, length))
    return entries
