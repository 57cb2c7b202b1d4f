"""What the model for second looks makes of a crop: as the gateway cuts it out and asks."""

import hashlib
import math
import pathlib
import tomllib

import numpy
import onnxruntime
from PIL import Image

MARGIN = 0.15  # of the box's longer side, on each side of it, as in the gateway
LEAST_SHARE = 1e-4  # no class has less, so that nothing is divided by nothing


def square_around(box, size):
    """Left, top and side of the square round a box, in pixels: no longer than the picture's longer side."""
    left, top, right, bottom = box
    side = min(max(max(right - left, bottom - top) * (1 + 2 * MARGIN), 1), max(size))
    return (left + right - side) / 2, (top + bottom - side) / 2, side


class Look:
    """The model of a folder, on one thread, so that it says the same each time."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.manifest = tomllib.loads((folder / "model.toml").read_text())
        weights = (folder / self.manifest["fp32"]["file"]).read_bytes()
        self.sha256 = hashlib.sha256(weights).hexdigest()
        if self.sha256 != self.manifest["fp32"]["sha256"]:
            raise SystemExit(f"{folder}: the weights are not those that model.toml means: make models-second-look")
        self.session = session_of(weights)
        self.side_px, self.pad = self.manifest["input"]["side_px"], self.manifest["input"]["pad"]

    def crop(self, picture, box):
        """The square round a box of a picture (height, width, 3), grey outside it, as the model takes it."""
        height, width = picture.shape[:2]
        left, top, side = square_around(box, (width, height))
        # Only what is needed, and what the filter reaches beyond it.
        reach = max(2 * side / self.side_px, 2)
        edges = [math.floor(it) for it in (left - reach, top - reach)]
        edges += [math.ceil(it) for it in (left + side + reach, top + side + reach)]
        wide = numpy.full((edges[3] - edges[1], edges[2] - edges[0], 3), self.pad, numpy.float32)
        x, y = max(edges[0], 0), max(edges[1], 0)
        part = picture[y : max(edges[3], 0), x : max(edges[2], 0)]
        wide[y - edges[1] : y - edges[1] + part.shape[0], x - edges[0] : x - edges[0] + part.shape[1]] = part
        place = (left - edges[0], top - edges[1], left - edges[0] + side, top - edges[1] + side)
        size, way = (self.side_px, self.side_px), Image.Resampling.BILINEAR
        planes = [Image.fromarray(wide[..., channel]).resize(size, way, box=place) for channel in range(3)]
        return numpy.stack([numpy.asarray(plane, numpy.float32) for plane in planes])

    def at(self, crop):
        """The embedding of a crop, and the scores of all classes."""
        embedding, scores = self.session.run(["embedding", "logits"], {"crop": crop[numpy.newaxis]})
        return embedding[0], scores[0]

    def stall(self, scores):
        """How much the classes speak for a stall: what the gateway says without a head."""
        terms = self.manifest["stall"]
        share = numpy.clip(shares(scores)[terms["classes"]].sum(), LEAST_SHARE, 1 - LEAST_SHARE)
        return chance(terms["slope"] * math.log(share / (1 - share)) + terms["offset"])

    def two_wheeler(self, scores):
        """How much the classes speak for a motor; one half where they show no two-wheeler."""
        terms, found = self.manifest["two_wheeler"], shares(scores)
        powered, pedal = found[terms["powered"]].sum(), found[terms["pedal"]].sum()
        if powered + pedal < terms["least_share"]:
            return 0.5
        return chance(terms["slope"] * math.log((powered + LEAST_SHARE) / (pedal + LEAST_SHARE)) + terms["offset"])


def session_of(weights):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def shares(scores):
    """The share of each class: the softmax."""
    powers = numpy.exp(scores.astype(numpy.float64) - scores.max())
    return powers / powers.sum()


def chance(evidence):
    return 1 / (1 + math.exp(-evidence))
