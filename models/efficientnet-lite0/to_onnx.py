#!/usr/bin/env python3
"""Writes the published weights of EfficientNet-Lite0 as ONNX. Needs Python alone: no PyTorch, numpy or onnx.

    to_onnx.py WEIGHTS.pth OUT.onnx

WEIGHTS.pth is a file of PyTorch's old kind: five pickles, then the numbers. A pickle can run any code,
so it is read by an unpickler that knows the four names that such a file needs, and refuses all others.

The network is built from the table below. Batch normalisation is multiplied into the convolutions, and
weights are kept in 16 bits: half the size, and ONNX Runtime widens them once, when it loads the file.
"""

import argparse
import array
import collections
import math
import pathlib
import pickle
import struct
import sys

# The first bytes of PyTorch's old format, as it says itself.
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001

# How often, kernel, stride, expansion, channels out: EfficientNet-B0 without squeeze and excitation.
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
STEM, CLASSES, EMBEDDING, SIDE = 32, 1000, 1280, 224
EPSILON = 1e-3  # of batch normalisation
MEAN, SPREAD = 127.0, 128.0  # of a channel, 0 to 255, as the network was trained

# The kinds of numbers in ONNX.
FLOAT, FLOAT16 = 1, 10


class Storage(collections.namedtuple("Storage", "key kind")):
    """Numbers that follow the pickles."""


class Tensor(collections.namedtuple("Tensor", "shape numbers")):
    """Numbers in the order of their places, the last of which changes fastest."""


class Narrow(pickle.Unpickler):
    """Knows only what a file of weights needs."""

    KNOWN = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): lambda storage, offset, shape, strides, *_: (
            storage,
            offset,
            shape,
            strides,
        ),
        ("torch", "FloatStorage"): "f",
        ("torch", "LongStorage"): "q",
    }

    def find_class(self, module, name):
        try:
            return self.KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of weights") from None

    def persistent_load(self, found):
        word, kind, key, _place, _length, _view = found
        if word != "storage":
            raise pickle.UnpicklingError(f"{word} has no place in a file of weights")
        return Storage(key, kind)


def read_weights(path):
    """The tensors of the file by their names."""
    with path.open("rb") as file:
        if (Narrow(file).load(), Narrow(file).load()) != (MAGIC, PROTOCOL):
            raise SystemExit(f"{path}: not a file of weights of PyTorch's old kind")
        if not Narrow(file).load()["little_endian"] or sys.byteorder != "little":
            raise SystemExit(f"{path}: its numbers or those of this machine are big-endian")
        tensors, keys = Narrow(file).load(), Narrow(file).load()
        kinds = {storage.key: storage.kind for storage, *_ in tensors.values()}
        numbers = {}
        for key in keys:
            (length,) = struct.unpack("<q", file.read(8))
            numbers[key] = array.array(kinds[key])
            numbers[key].fromfile(file, length)

    def tensor(storage, offset, shape, strides):
        places = [offset]
        for length, stride in zip(shape, strides):
            places = [place + step * stride for place in places for step in range(length)]
        stored = numbers[storage.key]
        return Tensor(tuple(shape), [stored[place] for place in places])

    return {name: tensor(*found) for name, found in tensors.items()}


# The messages of ONNX (onnx.proto) as protobuf writes them: a number for each field, then what is in it.


def varint(number):
    written = bytearray()
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(written) + bytes([number])


def field(number, value):
    """One field: a whole number, a text, or the bytes of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(number, values):
    """The same field, once for each value."""
    return b"".join(field(number, value) for value in values)


def attribute(name, value):
    """One number, or a list of them."""
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    return field(1, name) + fields(8, value) + field(20, 7)


def tensor_of(name, kind, shape, numbers):
    letter = {FLOAT: "f", FLOAT16: "e"}[kind]
    raw = struct.pack(f"<{len(numbers)}{letter}", *numbers)
    return fields(1, shape) + field(2, kind) + field(8, name) + field(9, raw)


def value_of(name, shape):
    """An input or output of 32 bits."""
    sides = fields(1, (field(1, side) for side in shape))
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, sides)))


class Graph:
    """The ONNX graph as it grows."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], []

    def constant(self, name, shape, numbers):
        """A tensor kept in 16 bits; the name by which 32 bits of it are used."""
        self.constants.append(tensor_of(f"{name}.16", FLOAT16, shape, numbers))
        self.nodes.append(
            field(1, f"{name}.16") + field(2, name) + field(4, "Cast") + field(5, attribute("to", FLOAT))
        )
        return name

    def node(self, kind, inputs, name, **attributes):
        written = (attribute(*it) for it in sorted(attributes.items()))
        self.nodes.append(
            fields(1, inputs) + field(2, name) + field(3, name) + field(4, kind) + fields(5, written)
        )
        return name

    def convolution(self, x, name, norm, side, stride=1, groups=1):
        """A convolution with its normalisation in it; the name of its output and its side."""
        shape, kernel = self.weights[f"{name}.weight"]
        weight, shift, mean, variance = (
            self.weights[f"{norm}.{part}"].numbers for part in ("weight", "bias", "running_mean", "running_var")
        )
        scales = [w / math.sqrt(v + EPSILON) for w, v in zip(weight, variance)]
        each = len(kernel) // len(scales)
        kernel = [number * scales[place // each] for place, number in enumerate(kernel)]
        bias = [s - m * scale for s, m, scale in zip(shift, mean, scales)]
        size = shape[2]
        out = -(-side // stride)
        padding = max((out - 1) * stride + size - side, 0)  # the odd row below and on the right
        pads = [padding // 2] * 2 + [padding - padding // 2] * 2
        names = [
            self.constant(f"{name}.kernel", shape, kernel),
            self.constant(f"{name}.bias", shape[:1], bias),
        ]
        x = self.node(
            "Conv", [x, *names], name, kernel_shape=[size] * 2, strides=[stride] * 2, pads=pads, group=groups
        )
        return x, out

    def relu6(self, x):
        return self.node("Clip", [x, "zero", "six"], f"{x}.relu6")

    def block(self, x, name, side, shape, channels):
        """One inverted bottleneck."""
        stride, expansion, channels_out = shape
        begin, wide = x, channels * expansion
        if expansion != 1:
            x, side = self.convolution(x, f"{name}._expand_conv", f"{name}._bn0", side)
            x = self.relu6(x)
        x, side = self.convolution(
            x, f"{name}._depthwise_conv", f"{name}._bn1", side, stride=stride, groups=wide
        )
        x, side = self.convolution(self.relu6(x), f"{name}._project_conv", f"{name}._bn2", side)
        if stride == 1 and channels == channels_out:
            x = self.node("Add", [x, begin], f"{name}.sum")
        return x, side


def build(weights):
    """The whole network: a crop in; what it looks like and the scores of ImageNet's classes out."""
    graph = Graph(weights)
    for name, number in (("zero", 0), ("six", 6), ("mean", MEAN), ("spread", SPREAD)):
        graph.constants.append(tensor_of(name, FLOAT, (), [number]))
    x = graph.node("Sub", ["crop", "mean"], "about_zero")
    x = graph.node("Div", [x, "spread"], "normalised")
    x, side = graph.convolution(x, "_conv_stem", "_bn0", SIDE, stride=2)
    x, channels, number = graph.relu6(x), STEM, 0
    for repeats, _kernel, stride, expansion, channels_out in STAGES:
        for repeat in range(repeats):
            shape = (1 if repeat else stride, expansion, channels_out)
            x, side = graph.block(x, f"_blocks.{number}", side, shape, channels)
            channels, number = channels_out, number + 1
    x, side = graph.convolution(x, "_conv_head", "_bn1", side)
    x = graph.node("GlobalAveragePool", [graph.relu6(x)], "pooled")
    graph.node("Flatten", [x], "embedding")
    names = [
        graph.constant("_fc.kernel", *weights["_fc.weight"]),
        graph.constant("_fc.bias", *weights["_fc.bias"]),
    ]
    graph.node("Gemm", ["embedding", *names], "logits", transB=1)

    outputs = [value_of("embedding", [1, EMBEDDING]), value_of("logits", [1, CLASSES])]
    body = (
        fields(1, graph.nodes)
        + field(2, "efficientnet-lite0")
        + fields(5, graph.constants)
        + field(11, value_of("crop", [1, 3, SIDE, SIDE]))
        + fields(12, outputs)
    )
    operators = field(1, "") + field(2, 13)
    return field(1, 8) + field(2, "gridwhistle") + field(7, body) + field(8, operators)


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("weights", type=pathlib.Path)
    arguments.add_argument("out", type=pathlib.Path)
    given = arguments.parse_args()
    given.out.write_bytes(build(read_weights(given.weights)))


if __name__ == "__main__":
    main()
