"""What the ways of looking make of real photographs and clips: who is found, and what is falsely taken for an e-bike.

    photographs.py JOINED.onnx [--voc PHOTOS LABELS] [--clip FILE...] [--photographs FOLDER]

PHOTOS is a folder of pictures, LABELS one of Pascal VOC's XML files: motorcycles stand for e-bikes, and bicycles are told
apart. A clip is looked at once a second; PHOTOGRAPHS holds those of ../charging-wire's test split.
None of these shows an e-bike in a lift.
"""

import argparse
import collections
import pathlib
import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np

import pipelines
from evaluate import on, told
from eyes import fitted


def labelled(photos, labels):
    """(path, [(class, box)]) of labelled photographs."""
    for note in sorted(labels.glob("*.xml")):
        objects = []
        for thing in ElementTree.parse(note).getroot().iter("object"):
            box = [float(thing.find("bndbox").find(k).text) for k in ("xmin", "ymin", "xmax", "ymax")]
            objects.append((thing.findtext("name"), box))
        yield photos / f"{note.stem}.jpg", objects


def of_voc(photos, labels, ways):
    counts = collections.defaultdict(lambda: [0, 0])
    for path, objects in labelled(photos, labels):
        picture, (scale, left, top) = fitted(cv2.imread(str(path)))
        moved = [(name, np.array(box) * scale + [left, top, left, top]) for name, box in objects]
        wheels = [m for m in moved if m[0] in ("motorbike", "bicycle")]
        for way, boxes in ways.seen(picture).items():
            for name, box in wheels:
                counts[way, f"{name}s told as an e-bike"][0] += any(on(b, box) for b in boxes)
                counts[way, f"{name}s told as an e-bike"][1] += 1
            if not wheels:
                counts[way, "photographs without a two-wheeler that have one told"][0] += len(boxes) > 0
                counts[way, "photographs without a two-wheeler that have one told"][1] += 1
    return counts


def frames(path):
    """A picture a second."""
    clip = cv2.VideoCapture(str(path))
    rate, number = clip.get(cv2.CAP_PROP_FPS) or 25, 0
    while True:
        there, picture = clip.read()
        if not there:
            return
        if number % max(round(rate), 1) == 0:
            yield picture
        number += 1


def of_pictures(pictures, ways, name):
    counts, last = collections.defaultdict(lambda: [0, 0]), collections.defaultdict(list)
    for picture in pictures:
        for way, boxes in ways.seen(fitted(picture)[0]).items():
            counts[way, f"{name}: pictures with a false one"][0] += len(boxes) > 0
            counts[way, f"{name}: pictures with a false one"][1] += 1
            last[way] = [*last[way][-2:], len(boxes) > 0]
            counts[way, f"{name}: two of three pictures"][0] += sum(last[way]) >= 2
            counts[way, f"{name}: two of three pictures"][1] += 1
    return counts


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("joined", type=pathlib.Path)
    arguments.add_argument("--voc", type=pathlib.Path, nargs=2)
    arguments.add_argument("--clip", type=pathlib.Path, nargs="*", default=[])
    arguments.add_argument("--photographs", type=pathlib.Path)
    arguments.add_argument("--least", type=float, default=pipelines.WEAK)
    given = arguments.parse_args()
    ways = pipelines.Ways(given.joined, given.least)
    counts = []
    if given.voc:
        counts.append(of_voc(*given.voc, ways))
    if given.photographs:
        pictures = (cv2.imread(str(p)) for p in sorted((given.photographs / "test").glob("*/*.png")))
        counts.append(of_pictures(pictures, ways, "test photographs"))
    for clip in given.clip:
        counts.append(of_pictures(frames(clip), ways, clip.name))
    for of in counts:
        for (way, what), (hits, all_of) in sorted(of.items()):
            print(f"{what} | {way} | {told(hits, all_of)}")


if __name__ == "__main__":
    main()
