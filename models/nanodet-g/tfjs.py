"""A TensorFlow.js graph model as read from its JSON and weight files."""

import base64
import json
import pathlib

import numpy as np

SOURCE_SIDE_PX = 416  # the side for which the graph was exported


class SourceGraph:
    """The TensorFlow.js graph: its nodes by name, its weights, and which node reads which."""

    def __init__(self, json_path):
        json_path = pathlib.Path(json_path)
        document = json.loads(json_path.read_text())
        self.nodes = {node["name"]: node for node in document["modelTopology"]["node"]}
        self.weights = read_weights(document["weightsManifest"], json_path.parent)
        self.readers = {}
        for node in self.nodes.values():
            for reference in node.get("input", []):
                self.readers.setdefault(plain(reference), []).append(node["name"])

    def node(self, reference):
        return self.nodes[plain(reference)]

    def constant(self, reference):
        """The value of a weight, or of one of the few expressions over weights."""
        name = plain(reference)
        if name in self.weights:
            return self.weights[name]
        node = self.nodes[name]
        inputs = [self.constant(i) for i in node["input"]]
        if node["op"] == "Identity":
            return inputs[0]
        if node["op"] in ("Add", "AddV2"):
            return inputs[0] + inputs[1]
        if node["op"] == "SparseToDense":
            return sparse_to_dense(*inputs)
        raise KeyError(name)

    def is_constant(self, reference):
        try:
            self.constant(reference)
        except (KeyError, IndexError):
            return False
        return True

    def side_px(self, reference):
        """Height of a feature map (they are square) in the graph as exported."""
        node = self.node(reference)
        inputs = node.get("input", [])
        if node["op"] == "Placeholder":
            return SOURCE_SIDE_PX
        if node["op"] == "ResizeBilinear":
            return int(self.constant(inputs[1])[0])
        side = self.side_px(inputs[0])
        if node["op"] in ("Pad", "PadV2"):
            return side + int(np.max(self.constant(inputs[1]).sum(1)))
        if node["op"] == "Conv2D":
            return (side - self.constant(inputs[1]).shape[0]) // integers(node, "strides")[1] + 1
        if node["op"] == "MaxPool":
            return (side - integers(node, "ksize")[1]) // integers(node, "strides")[1] + 1
        return side


def read_weights(manifest, folder):
    """Weights by name. Blobs are little-endian and headerless; floats are stored as float16."""
    stored_as = {"float16": "<f2", "float32": "<f4", "int32": "<i4"}
    weights = {}
    for group in manifest:
        blob = b"".join((folder / path).read_bytes() for path in group["paths"])
        offset = 0
        for weight in group["weights"]:
            dtype = stored_as[weight.get("quantization", {}).get("dtype", weight["dtype"])]
            count = int(np.prod(weight["shape"], dtype=np.int64))
            values = np.frombuffer(blob, dtype, count, offset).reshape(weight["shape"])
            offset += values.nbytes
            kind = np.float32 if weight["dtype"] == "float32" else np.int64
            weights[weight["name"]] = values.astype(kind)
        assert offset == len(blob), f"{group['paths']}: {offset} of {len(blob)} bytes described"
    return weights


def sparse_to_dense(indices, shape, values, default):
    dense = np.full([int(n) for n in np.atleast_1d(shape)], default, np.int64)
    indices = np.atleast_2d(indices)
    for index, value in zip(indices, np.broadcast_to(values, (len(indices),))):
        dense[tuple(index)] = value
    return dense


def plain(reference):
    """Node name of a reference: "split:1" is output 1 of "split"."""
    return reference.split(":")[0]


def integers(node, attribute):
    return [int(v) for v in node["attr"][attribute]["list"]["i"]]


def text(node, attribute):
    return base64.b64decode(node["attr"][attribute]["s"]).decode()
