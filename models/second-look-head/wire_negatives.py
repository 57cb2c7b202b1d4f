#!/usr/bin/env python3
"""What was taken for a charging wire and was none, as pairs of pictures for the net of models/charging-wire.

    wire_negatives.py SETS... --to FOLDER

SETS are folders that `gridwhistle dataset export` has written, FOLDER is new. For each box that people called false it
gets NUMBER-now.png, a square of the picture round the box, and NUMBER-reference.png, the same square of another
picture of the camera: the nearest in time of the same size in which nothing of its alert lies there. negatives.json lists
them. Where there is no such picture, `reference` is null: the square is then a background at best, and no pair.

Red lines of alerts are painted over in both. Heads that were masked stay masked.
"""

import argparse
import collections
import json
import pathlib

import numpy
from PIL import Image

import cases
import outline

SIDE_PX = 288  # of a square: the canvas of models/charging-wire, which cuts tiles of 256 out of it
TYPES = {"ebike_flying_wire"}
WIRE = "charging_wire"


def square(box, size):
    """The square round the middle of a box, moved into the picture; none if the picture is smaller."""
    if min(size) < SIDE_PX:
        return None
    corners = []
    for low, high, length in ((box[0], box[2], size[0]), (box[1], box[3], size[1])):
        corners.append(int(min(max((low + high) / 2 - SIDE_PX / 2, 0), length - SIDE_PX)))
    left, top = corners
    return left, top, left + SIDE_PX, top + SIDE_PX


def overlap(one, other):
    return min(one[2], other[2]) > max(one[0], other[0]) and min(one[3], other[3]) > max(one[1], other[1])


class Set:
    """One export: its pictures, and the boxes of each."""

    def __init__(self, folder):
        exported = json.loads((folder / "annotations.json").read_text())
        negatives = json.loads((folder / "hard_negatives.json").read_text())["hard_negatives"]
        self.folder, self.images = folder, {it["id"]: it for it in exported["images"]}
        names = {it["id"]: it["name"] for it in exported["categories"]}
        self.boxes = collections.defaultdict(list)
        for it in exported["annotations"]:
            self.boxes[it["image_id"]].append((*cases.corners(it["bbox"]), names[it["category_id"]]))
        for it in negatives:
            self.boxes[it["image_id"]].append((*cases.corners(it["bbox"]), it["taken_for"]))
        self.false_ones = [
            (self.images[it["image_id"]], cases.corners(it["bbox"]))
            for it in negatives
            if it["incident_type"] in TYPES and it["taken_for"] == WIRE and it["fault"] in ("object", "unsaid")
        ]

    def picture(self, image):
        pixels = numpy.asarray(Image.open(self.folder / "images" / image["file_name"]).convert("RGB"))
        return outline.erased(pixels, self.boxes[image["id"]]) if image["outlined"] else pixels

    def reference(self, image, place):
        """Another picture of the camera that shows nothing of an alert there, the nearest in time."""
        same = [
            it
            for it in self.images.values()
            if it["camera_id"] == image["camera_id"]
            and it["alert_id"] != image["alert_id"]
            and (it["width"], it["height"]) == (image["width"], image["height"])
            and not any(overlap(box, place) for box in self.boxes[it["id"]])
        ]
        order = sorted(image["date_captured"] for image in [*same, image])
        rank = {date: number for number, date in enumerate(order)}
        here = rank[image["date_captured"]]
        return min(same, key=lambda it: (abs(rank[it["date_captured"]] - here), it["id"]), default=None)


def write(folders, to):
    """Writes the pairs; how many, and how many of them lack a reference."""
    to.mkdir(parents=True)
    listed = []
    for folder in folders:
        exported = Set(folder)
        for image, box in exported.false_ones:
            place = square(box, (image["width"], image["height"]))
            if place is None:
                continue
            number = f"{len(listed) + 1:05}"
            before = exported.reference(image, place)
            for name, shown in (("now", image), ("reference", before)):
                if shown:
                    Image.fromarray(exported.picture(shown)).crop(place).save(to / f"{number}-{name}.png")
            listed.append({
                "now": f"{number}-now.png",
                "reference": f"{number}-reference.png" if before else None,
                "box_px": [box[0] - place[0], box[1] - place[1], box[2] - place[0], box[3] - place[1]],
                "camera": image["camera_id"],
                "day": image["date_captured"][:10],
                "split": image["split"],
                "outlined": image["outlined"],
            })
    (to / "negatives.json").write_text(json.dumps({"side_px": SIDE_PX, "negatives": listed}, indent=1) + "\n")
    return len(listed), sum(it["reference"] is None for it in listed)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("sets", nargs="+", type=pathlib.Path)
    words.add_argument("--to", type=pathlib.Path, required=True)
    given = words.parse_args()
    count, alone = write(given.sets, given.to)
    print(f"{given.to}: {count} pair(s), {alone} of them without a reference")


if __name__ == "__main__":
    main()
