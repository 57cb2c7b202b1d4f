#!/usr/bin/env python3
"""What the model says of crops of one photograph, by other code than the gateway's: cut out and scaled by Pillow,
run by ONNX Runtime's Python package. The gateway's tests are held against what this writes.

    pip install numpy==2.4.6 onnxruntime==1.32.0 pillow==13.0.0
    reference.py .media/leuvenB.jpg models/efficientnet-lite0 >gateway/detector/src/second_look/tests/reference.csv

A line for each crop: the box of an object in pixels of the photograph (left, top, right, bottom), then the
scores of those classes that model.toml names.
"""

import pathlib
import subprocess
import sys
import tomllib

import numpy
import onnxruntime
from PIL import Image

WIDTH, HEIGHT = 751, 563  # of the photograph
MARGIN = 0.15  # of the box's longer side, on each side of it

# A bicycle; then boxes of all sizes and shapes over all of the photograph and across its edges.
BOXES = [(137, 403, 197, 473)] + [
    (left, top, left + width, top + height)
    for width, height in [(28, 40), (70, 60), (90, 180), (172, 172), (210, 90), (330, 260), (640, 500)]
    for left, top in [(0, 0), (230, 40), (111, 380), (WIDTH - width, HEIGHT - height)]
    if left + width <= WIDTH and top + height <= HEIGHT
]


def photograph(path):
    """As ffmpeg decodes it, which the gateway's tests use too."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    pixels = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return Image.frombytes("RGB", (WIDTH, HEIGHT), pixels)


def crop(picture, box, side_px, pad):
    """The square round a box, with a margin; grey outside the picture."""
    left, top, right, bottom = box
    side = min(max(right - left, bottom - top) * (1 + 2 * MARGIN), max(picture.size))
    left, top = (left + right - side) / 2, (top + bottom - side) / 2
    edge = max(picture.size)
    wide = Image.new("RGB", (picture.width + 2 * edge, picture.height + 2 * edge), (pad,) * 3)
    wide.paste(picture, (edge, edge))
    square = (left + edge, top + edge, left + side + edge, top + side + edge)
    size, filter_ = (side_px, side_px), Image.Resampling.BILINEAR
    # As numbers with fractions: rounded to 256 levels, crops without much in them score up to 0.8 otherwise.
    planes = [plane.convert("F").resize(size, filter_, box=square) for plane in wide.split()]
    return numpy.stack([numpy.asarray(plane, numpy.float32) for plane in planes])[numpy.newaxis]


def main():
    photo, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    manifest = tomllib.loads((folder / "model.toml").read_text())
    two = manifest["two_wheeler"]
    classes = sorted({*two["powered"], *two["pedal"], *manifest["stall"]["classes"]})
    session = onnxruntime.InferenceSession(
        folder / manifest["fp32"]["file"], providers=["CPUExecutionProvider"]
    )
    picture = photograph(photo)
    print("left,top,right,bottom," + ",".join(map(str, classes)))
    for box in BOXES:
        shown = crop(picture, box, manifest["input"]["side_px"], manifest["input"]["pad"])
        (scores,) = session.run(["logits"], {"crop": shown})
        print(",".join([*map(str, box), *(f"{scores[0][number]:.3f}" for number in classes)]))


if __name__ == "__main__":
    main()
