"""What each way of looking makes of one picture: boxes [n, 5] that count as an e-bike, by its rule."""

import pathlib
import sys
import tomllib

import numpy as np
from PIL import Image

import eyes

HERE = pathlib.Path(__file__).parent
LITE = HERE.parent / "efficientnet-lite0"
sys.path.append(str(LITE))
import reference  # how the gateway cuts out a crop

USUAL, WEAK = 0.40, 0.20
E_BIKE = 80  # the class that the joined detector knows more


class SecondLook:
    """EfficientNet-Lite0: 1 has surely a motor, -1 surely none, 0 unsure."""

    def __init__(self):
        manifest = tomllib.loads((LITE / "model.toml").read_text())
        self.two, self.input = manifest["two_wheeler"], manifest["input"]
        self.session = eyes.session(str(LITE / manifest["fp32"]["file"]))

    def ask(self, picture, box):
        if max(box[2] - box[0], box[3] - box[1]) < self.two["least_side_px"]:
            return 0
        image = Image.fromarray(picture[..., ::-1])
        crop = reference.crop(image, tuple(map(float, box[:4])), self.input["side_px"], self.input["pad"])
        (scores,) = self.session.run(["logits"], {"crop": crop})
        share = np.exp(scores[0] - scores[0].max())
        share /= share.sum()
        powered, pedal = share[self.two["powered"]].sum(), share[self.two["pedal"]].sum()
        if powered + pedal < self.two["least_share"]:
            return 0
        chance = 1 / (
            1 + np.exp(-(self.two["slope"] * np.log((powered + 1e-9) / (pedal + 1e-9)) + self.two["offset"]))
        )
        return 1 if chance >= self.two["sure"] else -1 if chance <= 1 - self.two["sure"] else 0


def two_wheelers(rows, grid, least):
    """Boxes of bicycles and motorcycles; where both are seen in one place the surer one stays."""
    score = rows[:, 4] * np.maximum(rows[:, 5 + eyes.BICYCLE], rows[:, 5 + eyes.MOTORCYCLE])
    return eyes.boxes(rows, score, grid, least)


class Ways:
    """The ways that are compared, each with what it takes of a picture."""

    def __init__(self, joined=None, least=WEAK):
        self.stock = eyes.session(str(eyes.STOCK))
        self.joined = eyes.session(str(joined)) if joined else None
        self.second, self.least = SecondLook(), least
        self.grids = {}

    def grid(self, picture):
        shape = picture.shape[:2]
        if shape not in self.grids:
            self.grids[shape] = eyes.cells(shape[1], shape[0])
        return self.grids[shape]

    def seen(self, picture):
        """{way: boxes}"""
        tensor = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
        grid = self.grid(picture)
        rows = self.stock.run(["output"], {"images": tensor})[0][0]
        weak = two_wheelers(rows, grid, WEAK)
        answers = np.array([self.second.ask(picture, box) for box in weak])
        sure, none = answers == 1, answers == -1
        strong = weak[:, 4] >= USUAL
        ways = {
            "detector at 0.40": weak[strong],
            "detector at 0.20": weak,
            "shipped rule": weak[(strong & ~none) | (~strong & sure)],
        }
        if self.joined is not None:
            more = self.joined.run(["output"], {"images": tensor})[0][0]
            score = more[:, 4] * more[:, 5 + E_BIKE]
            own = eyes.boxes(more, score, grid, self.least)
            ways["head"] = own
            ways["head and shipped rule"] = np.concatenate([own, ways["shipped rule"]])
        return ways
