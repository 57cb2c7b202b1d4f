"""Recall and false alarms of e-bikes by view, of today's pipeline and of the head, on test scenes.

    evaluate.py HOME PHOTOGRAPHS [--joined JOINED.onnx] [--scenes 400,150,150] [--gallery FOLDER]

An event is three looks at one scene within two seconds: the picture moves by some pixels, the grain is new. It counts if
two of three looks show an e-bike. It is a hit if these boxes lie on the e-bike (intersection over union of 0.3, or half of
the smaller in the other); in a scene without an e-bike any event is a false alarm. In brackets 95 % intervals (Wilson).
"""

import argparse
import collections
import pathlib
import time

import cv2
import numpy as np

import pipelines
from eyes import shared
from scenes import VIEWS, condition_of, drift, scene
from things import Shelf

LEAST_SHARE = 0.3  # of an e-bike to be seen
cv2.setNumThreads(1)


def interval(hits, of):
    """Wilson's interval of a share, 95 %."""
    if not of:
        return 0.0, 1.0
    z, p = 1.96, hits / of
    middle, half = p + z * z / (2 * of), z * np.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return max(0.0, (middle - half) / (1 + z * z / of)), min(1.0, (middle + half) / (1 + z * z / of))


def told(hits, of):
    low, high = interval(hits, of)
    return f"{hits} of {of}: {hits / max(of, 1):.2f} ({low:.2f} to {high:.2f})"


def on(box, wanted):
    """Whether a box tells of the e-bike in `wanted`."""
    wide = min(box[2], wanted[2]) - max(box[0], wanted[0])
    high = min(box[3], wanted[3]) - max(box[1], wanted[1])
    if wide <= 0 or high <= 0:
        return False
    area = lambda b: (b[2] - b[0]) * (b[3] - b[1])
    smaller = min(area(box), area(wanted))
    return shared(box, wanted) >= 0.3 or (
        wide * high >= 0.5 * smaller and smaller >= 0.2 * max(area(box), area(wanted))
    )


class Tally:
    def __init__(self):
        self.count = collections.defaultdict(lambda: [0, 0])

    def add(self, key, hit):
        self.count[key][0] += int(hit)
        self.count[key][1] += 1

    def rows(self):
        return sorted(self.count.items())


def judge(made, seed, ways, tally, failures):
    """Three looks at a scene, as each way takes them."""
    dice = np.random.default_rng([991, seed])
    condition = condition_of(dice)
    hits, fired = collections.Counter(), collections.Counter()
    bike, last = None, None
    for number in range(3):
        picture, things = made.look(dice, condition, drift(dice) if number else None)
        bikes = [t for t in things if t["kind"] == "e_bike"]
        bike = bike or (bikes[0] if bikes else None)
        seen = ways.seen(picture)
        for way, boxes in seen.items():
            if bikes:
                hit = any(on(box, bikes[0]["box"]) for box in boxes)
                hits[way] += hit
                if number == 0 and bikes[0]["share"] >= LEAST_SHARE:
                    tally.add((made.view, way, "look", "recall"), hit)
            else:
                fired[way] += len(boxes) > 0
                if number == 0:
                    tally.add((made.view, way, "look", "false"), len(boxes) > 0)
        last = (picture, things, seen)
    others = sorted({t["name"].removeprefix("drawn ") for t in made.things if t["kind"] == "none"})
    for way in seen:
        if bike is None:
            tally.add((made.view, way, "event", "false"), fired[way] >= 2)
            for name in others:
                tally.add((made.view, way, f"false: {name}", "false"), fired[way] >= 2)
            wrong = fired[way] >= 2
        elif bike["share"] >= LEAST_SHARE:
            hit = hits[way] >= 2
            tally.add((made.view, way, "event", "recall"), hit)
            tally.add((made.view, way, f"recall: {bike['name']}", "recall"), hit)
            tally.add((made.view, way, f"recall: {condition}", "recall"), hit)
            share = "0.3 to 0.6" if bike["share"] < 0.6 else "0.6 and more"
            tally.add((made.view, way, f"recall: {share} to be seen", "recall"), hit)
            wrong = not hit
        else:
            continue
        if wrong:
            failures.append((way, made.view, bike is not None, *last))


def gallery(folder, failures):
    """What went wrong, as pictures with the boxes that were told (red) and the e-bikes (green)."""
    folder.mkdir(parents=True, exist_ok=True)
    groups = collections.defaultdict(list)
    for way, view, missed, picture, things, seen in failures:
        if way in ("head", "shipped rule"):
            groups[f"{way}-{view}-{'missed' if missed else 'false'}".replace(" ", "-")].append(
                (picture, things, seen[way])
            )
    for name, cases in groups.items():
        tiles = []
        for picture, things, boxes in cases[:24]:
            shown = picture.copy()
            for thing in things:
                if thing["kind"] == "e_bike":
                    cv2.rectangle(shown, thing["box"][:2], thing["box"][2:], (0, 200, 0), 2)
            for box in boxes:
                cv2.rectangle(shown, tuple(map(int, box[:2])), tuple(map(int, box[2:4])), (0, 0, 255), 2)
            tiles.append(cv2.resize(shown, (368, 208), interpolation=cv2.INTER_AREA))
        tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % 4)
        sheet = np.vstack([np.hstack(tiles[i : i + 4]) for i in range(0, len(tiles), 4)])
        cv2.imwrite(str(folder / f"{name}.jpg"), sheet)


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("home", type=pathlib.Path)
    arguments.add_argument("photographs", type=pathlib.Path)
    arguments.add_argument("--joined", type=pathlib.Path)
    arguments.add_argument(
        "--least", type=float, default=pipelines.WEAK, help="the head's score from which it counts"
    )
    arguments.add_argument("--scenes", default="400,150,150", help="of lifts, stairwells and streets")
    arguments.add_argument("--split", default="test")
    arguments.add_argument("--gallery", type=pathlib.Path)
    given = arguments.parse_args()
    shelf, ways = Shelf(given.home, given.photographs, given.split), pipelines.Ways(given.joined, given.least)
    tally, failures, started = Tally(), [], time.time()
    for view, count in zip(VIEWS, map(int, given.scenes.split(","))):
        for number in range(count):
            made = scene(10_000 + number // 2, shelf, view, number % 2 == 0, coarse=number % 4 > 1)
            wanted = [t for t in made.things if t["kind"] == "e_bike"]
            if number % 2 == 0 and not wanted:
                continue  # no room for it, or hidden by others
            judge(made, number, ways, tally, failures)
            if (given.home / "enough").exists():
                print(f"# {view}: ended at scene {number}, as {given.home}/enough asks", flush=True)
                break
        print(f"# {view}: {count} scenes, {time.time() - started:.0f} s", flush=True)
    for (view, way, what, kind), (hits, of) in tally.rows():
        print(f"{view} | {way} | {what} | {kind} | {told(hits, of)}")
    if given.gallery:
        gallery(given.gallery, failures)


if __name__ == "__main__":
    main()
