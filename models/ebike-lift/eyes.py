"""What the shipped detector makes of a picture: its boxes, and the features that the head for lifts reads."""

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from tensors import COARSE, FINE, STOCK

PERSON, BICYCLE, MOTORCYCLE = 0, 1, 3


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Eyes:
    def __init__(self):
        model = onnx.load(str(STOCK))
        for name in (FINE, COARSE):
            model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
        self.session = session(model.SerializeToString())

    def look(self, picture):
        """rows [cells, 85], fine [128, h, w], coarse [256, h, w]; the picture is as large as the input."""
        tensor = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
        rows, fine, coarse = self.session.run(["output", FINE, COARSE], {"images": tensor})
        return rows[0], fine[0], coarse[0]


def fitted(picture, width=736, height=416, pad=114):
    """A picture of any shape in the middle of the input, and how its pixels get there: scale, left, top."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = cv2.resize(
        picture,
        (round(picture.shape[1] * scale), round(picture.shape[0] * scale)),
        interpolation=cv2.INTER_AREA,
    )
    left, top = (width - inner.shape[1]) // 2, (height - inner.shape[0]) // 2
    made = np.full((height, width, 3), pad, np.uint8)
    made[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return made, (scale, left, top)


def cells(width, height, strides=(8, 16, 32)):
    """left, top (cells) and size (px) of each row of the output."""
    made = []
    for stride in strides:
        y, x = np.mgrid[: height // stride, : width // stride]
        made.append(np.stack([x.ravel(), y.ravel(), np.full(x.size, stride)], 1))
    return np.concatenate(made).astype(np.float32)


def boxes(rows, score, grid, least, overlap=0.5):
    """The boxes [n, 5] (left, top, right, bottom, score) of rows whose `score` is at least `least`, overlaps removed."""
    keep = score >= least
    rows, score, grid = rows[keep], score[keep], grid[keep]
    middle, half = (
        (grid[:, :2] + rows[:, :2]) * grid[:, 2:],
        np.exp(np.minimum(rows[:, 2:4], 8)) * grid[:, 2:] / 2,
    )
    edges = np.concatenate([middle - half, middle + half, score[:, None]], 1)
    kept = []
    for index in np.argsort(-score, kind="stable")[:300]:
        if all(shared(edges[index], other) < overlap for other in kept):
            kept.append(edges[index])
    return np.array(kept).reshape(-1, 5)


def shared(a, b):
    """Intersection over union."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)
