#!/usr/bin/env python3
"""Writes the published weights of EfficientNet-Lite0 as ONNX. Needs numpy and onnx, and no PyTorch.

    to_onnx.py WEIGHTS.pth OUT.onnx

WEIGHTS.pth is a file of PyTorch's old kind: five pickles, then the numbers. A pickle can run any code,
so it is read by an unpickler that knows the four names that such a file needs, and refuses all others.

The network is built from the table below. Batch normalisation is multiplied into the convolutions, and
weights are kept in 16 bits: half the size, and ONNX Runtime widens them once, when it loads the file.
"""

import argparse
import collections
import pathlib
import pickle
import struct

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

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


class Storage(collections.namedtuple("Storage", "key kind")):
    """Numbers that follow the pickles."""


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
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
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
        if not Narrow(file).load()["little_endian"]:
            raise SystemExit(f"{path}: its numbers are big-endian")
        tensors, keys = Narrow(file).load(), Narrow(file).load()
        kinds = {storage.key: storage.kind for storage, *_ in tensors.values()}
        numbers = {}
        for key in keys:
            (length,) = struct.unpack("<q", file.read(8))
            kind = np.dtype(kinds[key])
            numbers[key] = np.frombuffer(file.read(length * kind.itemsize), kind)

    def tensor(storage, offset, shape, strides):
        flat = numbers[storage.key][offset:]
        in_bytes = [stride * flat.itemsize for stride in strides]
        return np.lib.stride_tricks.as_strided(flat, shape, in_bytes)

    return {name: tensor(*found) for name, found in tensors.items()}


class Graph:
    """The ONNX graph as it grows."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], []

    def constant(self, name, values):
        """A tensor kept in 16 bits; the name by which 32 bits of it are used."""
        self.constants.append(numpy_helper.from_array(values.astype(np.float16), f"{name}.16"))
        self.nodes.append(helper.make_node("Cast", [f"{name}.16"], [name], to=TensorProto.FLOAT))
        return name

    def node(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def convolution(self, x, name, norm, side, stride=1, groups=1):
        """A convolution with its normalisation in it; the name of its output and its side."""
        kernel = self.weights[f"{name}.weight"].astype(np.float64)
        scale, shift, mean, variance = (
            self.weights[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = scale / np.sqrt(variance + EPSILON)
        kernel, bias = kernel * scale[:, None, None, None], shift - mean * scale
        size = kernel.shape[2]
        out = -(-side // stride)
        padding = max((out - 1) * stride + size - side, 0)  # the odd row below and on the right
        pads = [padding // 2] * 2 + [padding - padding // 2] * 2
        names = [self.constant(f"{name}.kernel", kernel), self.constant(f"{name}.bias", bias)]
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
    for name, value in (("zero", 0), ("six", 6), ("mean", MEAN), ("spread", SPREAD)):
        graph.constants.append(numpy_helper.from_array(np.float32(value), name))
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
        graph.constant("_fc.kernel", weights["_fc.weight"].astype(np.float64)),
        graph.constant("_fc.bias", weights["_fc.bias"].astype(np.float64)),
    ]
    graph.node("Gemm", ["embedding", *names], "logits", transB=1)

    def value(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    outputs = [value("embedding", [1, EMBEDDING]), value("logits", [1, CLASSES])]
    body = helper.make_graph(
        graph.nodes, "efficientnet-lite0", [value("crop", [1, 3, SIDE, SIDE])], outputs, graph.constants
    )
    model = helper.make_model(
        body, producer_name="gridwhistle", opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    )
    onnx.checker.check_model(model)
    return model


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("weights", type=pathlib.Path)
    arguments.add_argument("out", type=pathlib.Path)
    given = arguments.parse_args()
    model = build(read_weights(given.weights))
    given.out.write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
