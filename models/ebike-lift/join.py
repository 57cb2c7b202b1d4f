"""Joins the shipped detector and the head for steep views to one detector that knows one class more.

    join.py FOLDER        reads FOLDER/head.onnx, writes FOLDER/yolox-nano-lift.onnx and its model.toml

The weights of the detector stay as they are, to the bit. In a cell of 16 px where the head is surer of an e-bike than the
detector is of anything, the row tells the head's box with the class "e_bike"; everywhere else it tells what it told, with
a 0 for the new class.
"""

import hashlib
import pathlib
import re
import sys

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from tensors import COARSE, FINE, ROWS, STOCK

JOINED = "yolox-nano-lift.onnx"
LEAST = 0.02  # below this the head says nothing


def constant(name, values, kind=np.int64):
    return numpy_helper.from_array(np.array(values, kind), name)


def joined(stock, head):
    head = compose.add_prefix(head, "head/")
    graph = stock.graph
    names = {"head/fine": FINE, "head/coarse": COARSE}
    for node in head.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
    end = [n for n in graph.node if n.output[0] == "1175"][0]
    last = [n for n in graph.node if n.output[0] == "output"][0]
    assert list(end.input) == list(ROWS), "the detector is another one than this was written for"
    kept = [n for n in graph.node if n.output[0] not in ("1175", "output")]
    node = helper.make_node
    more = [
        node("Reshape", ["head/score", "lift/one"], ["lift/score"]),
        node("Reshape", ["head/box", "lift/four"], ["lift/box"]),
        node("Slice", [ROWS[1], "lift/4", "lift/5", "lift/axis"], ["lift/objectness"]),
        node("Slice", [ROWS[1], "lift/5", "lift/85", "lift/axis"], ["lift/classes"]),
        node("ReduceMax", ["lift/classes"], ["lift/class"], axes=[1], keepdims=1),
        node("Mul", ["lift/objectness", "lift/class"], ["lift/sure"]),
        node("Max", ["lift/sure", "lift/least"], ["lift/bar"]),
        node("Greater", ["lift/score", "lift/bar"], ["lift/wins"]),
        node("Mul", ["lift/classes", "lift/zero"], ["lift/none"]),
        node("Mul", ["lift/score", "lift/zero"], ["lift/nothing"]),
        node("Add", ["lift/nothing", "lift/full"], ["lift/certain"]),
        node("Concat", ["lift/box", "lift/score", "lift/none", "lift/certain"], ["lift/row"], axis=1),
    ]
    for number, name in enumerate(ROWS):
        more += [
            node("Slice", [name, "lift/4", "lift/5", "lift/axis"], [f"lift/{number}/objectness"]),
            node("Mul", [f"lift/{number}/objectness", "lift/zero"], [f"lift/{number}/new"]),
            node("Concat", [name, f"lift/{number}/new"], [f"lift/{number}/rows"], axis=1),
        ]
    more += [
        node("Where", ["lift/wins", "lift/row", "lift/1/rows"], ["lift/rows"]),
        node("Concat", ["lift/0/rows", "lift/rows", "lift/2/rows"], ["lift/all"], axis=2),
        node(
            "Transpose",
            ["lift/all"],
            ["output"],
            perm=[a for a in last.attribute if a.name == "perm"][0].ints,
        ),
    ]
    values = [constant("lift/one", [1, 1, -1]), constant("lift/four", [1, 4, -1]), constant("lift/axis", [1])]
    values += [constant(f"lift/{n}", [n]) for n in (4, 5, 85)]
    values += [
        constant("lift/zero", 0, np.float32),
        constant("lift/full", 1, np.float32),
        constant("lift/least", LEAST, np.float32),
    ]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, "cells", 86])
    made = helper.make_graph(
        kept + list(head.graph.node) + more,
        "yolox-nano-lift",
        list(graph.input),
        [output],
        list(graph.initializer) + list(head.graph.initializer) + values,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 11)], producer_name="gridwhistle")
    model.ir_version = 6
    onnx.checker.check_model(model)
    return model


def described(sha256):
    """The model.toml of the joined detector, from that of the shipped one."""
    text = (STOCK.parent / "model.toml").read_text()
    for old, new in (
        ('name = "yolox-nano"', 'name = "yolox-nano-lift"'),
        ('version = "1.0.0" # of this packaging', 'version = "0.1.0"'),
        ('"hair drier", "toothbrush",', '"hair drier", "toothbrush",\n    "e_bike", # the head\'s'),
        ('["bicycle", "motorcycle"]]', '["bicycle", "motorcycle", "e_bike"]]'),
        ('file = "yolox-nano.onnx"', f'file = "{JOINED}"'),
        (
            'after Megvii-BaseDetection/YOLOX"',
            'after Megvii-BaseDetection/YOLOX; and a head of models/ebike-lift"',
        ),
    ):
        assert text.count(old) == 1, (
            f"{old} stands {text.count(old)} times in the shipped detector's model.toml"
        )
        text = text.replace(old, new)
    return re.sub(r'(?m)^sha256 = "[0-9a-f]+"', f'sha256 = "{sha256}"', text)


def main():
    folder = pathlib.Path(sys.argv[1])
    content = joined(onnx.load(str(STOCK)), onnx.load(str(folder / "head.onnx"))).SerializeToString(
        deterministic=True
    )
    sha256 = hashlib.sha256(content).hexdigest()
    (folder / JOINED).write_bytes(content)
    (folder / "model.toml").write_text(described(sha256))
    print(f"{folder / JOINED}: {len(content)} bytes, sha256 {sha256}")


if __name__ == "__main__":
    main()
