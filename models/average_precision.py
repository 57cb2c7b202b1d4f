#!/usr/bin/env python3
"""Average precision and cost of detectors on photographs that are labelled as Pascal VOC labels them.

    average_precision.py PHOTOS LABELS MODEL[@HEIGHTxWIDTH][:int8] ...

    PHOTOS   a folder of pictures
    LABELS   a folder of VOC's XML files, one for each picture, of the same name
    MODEL    a model's folder (with model.toml); other input sizes and weights may be named:
             models/yolox-nano  models/yolox-nano@736x1280  models/mine:int8
             A file that model.toml does not name yet: models/yolox-nano+/tmp/int8.onnx

VOC's measure since 2010: a box counts from an overlap (IoU) of one half on, each object once; objects
marked `difficult` count neither way; the area under the curve of precision over recall. The boxes
are found as the gateway finds them, from a score of 0.01 on: letterbox, best wanted class of a cell, one
suppression for classes that model.toml calls confusable.

Cost is CPU time of the inference alone, one thread. Each picture is given to all models in turn, so
that whatever else the machine does falls on all of them alike.

Needs numpy, onnxruntime and pillow; Python from 3.11.
"""

import argparse
import json
import pathlib
import time
import tomllib
import xml.etree.ElementTree as xml

import numpy as np
import onnxruntime
from PIL import Image

LEAST_SCORE = 0.01
SAME_OBJECT = 0.5
CANDIDATES = 300  # as the gateway keeps
STRIDES = (8, 16, 32)
COCO_NAMES = {  # of VOC's classes, where they differ
    "aeroplane": "airplane",
    "diningtable": "dining table",
    "motorbike": "motorcycle",
    "pottedplant": "potted plant",
    "sofa": "couch",
    "tvmonitor": "tv",
}
VOC_CLASSES = (
    "aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person "
    "pottedplant sheep sofa train tvmonitor"
).split()


class Model:
    """One detector at one input size."""

    def __init__(self, argument):
        self.argument = argument
        path, _, precision = argument.partition(":")
        path, _, other_file = path.partition("+")
        path, _, size = path.partition("@")
        folder = pathlib.Path(path)
        self.manifest = tomllib.loads((folder / "model.toml").read_text())
        picture = self.manifest["input"]
        self.height, self.width = picture["height_px"], picture["width_px"]
        if size:
            self.height, self.width = (int(side) for side in size.split("x"))
        file = other_file or folder / self.manifest[precision or "fp32"]["file"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_free_dimension_override_by_name("height", self.height)
        options.add_free_dimension_override_by_name("width", self.width)
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            file, options, providers=["CPUExecutionProvider"]
        )
        self.input = self.session.get_inputs()[0].name
        names = self.manifest["classes"]
        self.wanted = [(voc, names.index(COCO_NAMES.get(voc, voc))) for voc in VOC_CLASSES]
        self.kind = list(range(len(names)))
        for group in self.manifest.get("confusable", []):
            for name in group:
                self.kind[names.index(name)] = names.index(group[0])
        self.cpu_ms = []

    def look(self, photo):
        """Boxes [left, top, right, bottom] in pixels of the photo, scores, indices into `wanted`."""
        tensor, scale, left, top = self.letterboxed(photo)
        begun = time.thread_time()
        output = self.session.run(None, {self.input: tensor})[0][0]
        self.cpu_ms.append(1000 * (time.thread_time() - begun))
        centres, scores = self.decoded(output)
        columns = [index for _, index in self.wanted]
        best = scores[:, columns].argmax(1)
        score = scores[np.arange(len(scores)), np.asarray(columns)[best]]
        order = np.argsort(-score, kind="stable")[:CANDIDATES]
        order = order[score[order] >= LEAST_SCORE]
        x, y, width, height = centres[order].T
        boxes = np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 1)
        boxes = (boxes - [left, top, left, top]) / scale
        boxes = boxes.clip(0, [photo.width, photo.height] * 2)
        return self.without_doubles(boxes, score[order], best[order])

    def letterboxed(self, photo):
        picture = self.manifest["input"]
        scale = min(self.width / photo.width, self.height / photo.height)
        width, height = (max(2, round(side * scale)) // 2 * 2 for side in photo.size)
        left, top = (self.width - width) // 2, (self.height - height) // 2
        pixels = np.full((self.height, self.width, 3), picture["pad"], np.float32)
        small = photo.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=None)
        pixels[top : top + height, left : left + width] = np.asarray(small)
        if picture["channels"] == "bgr":
            pixels = pixels[:, :, ::-1]
        pixels = pixels * np.float32(picture["range"] / 255)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]), scale, left, top

    def decoded(self, output):
        if self.manifest["layout"] == "yolov8":
            return output[:4].T, output[4:].T
        assert self.manifest["layout"] == "yolox", "only layouts yolov8 and yolox are known here"
        corners, strides = [], []
        for stride in STRIDES:
            rows, columns = self.height // stride, self.width // stride
            y, x = np.mgrid[:rows, :columns]
            corners.append(np.stack([x.ravel(), y.ravel()], 1))
            strides.append(np.full((rows * columns, 1), stride))
        corners, strides = np.concatenate(corners), np.concatenate(strides)
        centres = np.concatenate(
            [(output[:, :2] + corners) * strides, np.exp(output[:, 2:4]) * strides], 1
        )
        return centres, output[:, 4:5] * output[:, 5:]

    def without_doubles(self, boxes, scores, classes):
        kept = []
        for index in range(len(boxes)):
            kind = self.kind[self.wanted[classes[index]][1]]
            rivals = [k for k in kept if self.kind[self.wanted[classes[k]][1]] == kind]
            if not rivals or overlaps(boxes[index], boxes[rivals]).max() <= self.manifest["nms_iou"]:
                kept.append(index)
        return boxes[kept], scores[kept], classes[kept]


def overlaps(box, others):
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    common = np.prod((high - low).clip(0), 1)
    area = np.prod(box[2:] - box[:2])
    return common / (area + np.prod(others[:, 2:] - others[:, :2], 1) - common + 1e-9)


def labelled(path):
    """Objects as (class, box, whether it is difficult)."""
    for item in xml.parse(path).iter("object"):
        corners = [float(item.findtext(f"bndbox/{edge}")) for edge in ("xmin", "ymin", "xmax", "ymax")]
        yield item.findtext("name"), np.array(corners), item.findtext("difficult") == "1"


def average_precision(found, truths):
    """`found`: (score, picture, box), `truths`: {picture: [(box, difficult)]} of one class."""
    count = sum(not difficult for objects in truths.values() for _, difficult in objects)
    if count == 0:
        return None, 0
    taken = {picture: [False] * len(objects) for picture, objects in truths.items()}
    hits = []
    for _, picture, box in sorted(found, key=lambda one: -one[0]):
        objects = truths.get(picture, [])
        shares = overlaps(box, np.array([truth for truth, _ in objects])) if objects else np.zeros(1)
        best = int(shares.argmax())
        if shares[best] < SAME_OBJECT:
            hits.append(0)
        elif objects[best][1]:
            continue
        else:
            hits.append(0 if taken[picture][best] else 1)
            taken[picture][best] = True
    hits = np.array(hits, float)
    recall = np.concatenate([[0], hits.cumsum() / count, [1]])
    precision = np.concatenate([[0], hits.cumsum() / np.arange(1, len(hits) + 1), [0]])
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall) * precision[1:]).sum()), count


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("photos", type=pathlib.Path)
    arguments.add_argument("labels", type=pathlib.Path)
    arguments.add_argument("models", nargs="+")
    arguments.add_argument("--json", type=pathlib.Path, help="also write the figures here")
    given = arguments.parse_args()
    models = [Model(argument) for argument in given.models]
    found = [{voc: [] for voc in VOC_CLASSES} for _ in models]
    truths = {voc: {} for voc in VOC_CLASSES}
    photos = sorted(p for p in given.photos.iterdir() if (given.labels / f"{p.stem}.xml").exists())
    for path in photos:
        for voc, box, difficult in labelled(given.labels / f"{path.stem}.xml"):
            truths[voc].setdefault(path.stem, []).append((box, difficult))
        photo = Image.open(path).convert("RGB")
        for model, boxes in zip(models, found):
            for box, score, index in zip(*model.look(photo)):
                boxes[model.wanted[index][0]].append((score, path.stem, box))

    print(f"{len(photos)} photographs. AP in hundredths, CPU milliseconds an inference (median).")
    print("class (objects)".ljust(20), *(model.argument.split("/")[-1].rjust(24) for model in models))
    table = {}
    for voc in VOC_CLASSES:
        row = [average_precision(boxes[voc], truths[voc]) for boxes in found]
        if row[0][1]:
            table[voc] = [ap for ap, _ in row]
            cells = (f"{100 * ap:.1f}".rjust(24) for ap, _ in row)
            print(f"{voc} ({row[0][1]})".ljust(20), *cells)
    means = [float(np.mean(column)) for column in zip(*table.values())]
    costs = [float(np.median(model.cpu_ms[3:])) for model in models]
    print("mean (mAP50)".ljust(20), *(f"{100 * mean:.1f}".rjust(24) for mean in means))
    print("CPU ms".ljust(20), *(f"{cost:.1f}".rjust(24) for cost in costs))
    if given.json:
        keys = [model.argument for model in models]
        rows = {voc: dict(zip(keys, row)) for voc, row in table.items()}
        figures = {"map50": dict(zip(keys, means)), "cpu_ms": dict(zip(keys, costs)), "ap50": rows}
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
