"""Cases to learn from: crops of the pictures of folders that `gridwhistle dataset export` has written.

One case is one picture of one alert. An alert with several pictures counts as one, whatever their number. The part
(`split`) is that of the export: of a camera, a whole day is to learn from, to choose by, or held out.
"""

import collections
import io
import json
import pathlib

import numpy
from PIL import Image

import outline

# What is learnt of, and the incident types whose alerts tell of it.
TYPES = {
    "stall": {"vendor_unlicensed", "road_occupation_trading", "street_bbq"},
    "two_wheeler": {"ebike_flying_wire", "ebike_indoor_charging", "ebike_upstairs", "ebike_in_elevator"},
}
TWO_WHEELERS = {"e_bike", "pedal_bicycle", "bicycle", "motorcycle"}

Case = collections.namedtuple("Case", "alert split day camera label box lines path size")


class LeftOut(collections.Counter):
    """Why pictures are not learnt from."""


def read(folders, task, left_out, count_unsaid=False, with_drills=False):
    """The cases of these exports; a picture that is in several is taken once."""
    found, seen = [], set()
    for folder in map(pathlib.Path, folders):
        if not (folder / "SHA256SUMS").exists():
            raise SystemExit(f"{folder}: no whole export: SHA256SUMS is missing. Export again")
        exported = json.loads((folder / "annotations.json").read_text())
        negatives = json.loads((folder / "hard_negatives.json").read_text())["hard_negatives"]
        names = {it["id"]: it["name"] for it in exported["categories"]}
        boxes = collections.defaultdict(list)
        for it in exported["annotations"]:
            boxes[it["image_id"]].append((corners(it["bbox"]), names[it["category_id"]], None))
        for it in negatives:
            boxes[it["image_id"]].append((corners(it["bbox"]), it["taken_for"], it))
        for image in exported["images"]:
            if image["file_name"] in seen:
                continue
            seen.add(image["file_name"])
            if image["incident_type"] not in TYPES[task]:
                left_out["of another incident type"] += 1
            elif image["drill"] and not with_drills:
                left_out["drills (--with-drills takes them)"] += 1
            else:
                found += of_image(folder, image, boxes, exported["images"], task, left_out, count_unsaid)
    return found


def of_image(folder, image, boxes, images, task, left_out, count_unsaid):
    """The cases in one picture: one for a stall, one for each two-wheeler."""
    here = boxes[image["id"]]
    label = label_of(image, here, task, left_out, count_unsaid)
    if label is None:
        return []
    lines = [(*box, name) for box, name, _ in here] if image["outlined"] else []
    if task == "two_wheeler":
        places = [box for box, name, _ in here if name in TWO_WHEELERS]
    elif here:
        places = [around([box for box, _, _ in here])]
    else:
        places = where_it_was(image, boxes, images)
    if not places:
        left_out["without a box of it"] += 1
    captured, camera = image["date_captured"], image["camera_id"]
    return [
        Case(
            image["alert_id"], image["split"], f"{camera} {captured[:10]}", camera, label, box, lines,
            folder / "images" / image["file_name"], (image["width"], image["height"]),
        )
        for box in places
    ]


def label_of(image, here, task, left_out, count_unsaid):
    """1 if it is what the alert said, 0 if it is not; none if nobody knows."""
    if image["label"] in ("confirmed", "still_there"):
        return 1
    if image["label"] == "gone":
        # The place of the report is clear. Of a two-wheeler there is no other box to look at.
        if task == "stall":
            return 0
        left_out["nothing is there any more"] += 1
        return None
    faults = {negative["fault"] for _, _, negative in here if negative}
    if "object" in faults or (count_unsaid and faults == {"unsaid"}):
        return 0
    if faults == {"unsaid"}:
        left_out["called false, and nobody said why (--count-unsaid takes them)"] += 1
    else:
        left_out["called false for another reason than what it shows"] += 1
    return None


def where_it_was(image, boxes, images):
    """The place of the alert, from another of its pictures of the same size."""
    same = [
        boxes[it["id"]]
        for it in images
        if it["alert_id"] == image["alert_id"] and (it["width"], it["height"]) == (image["width"], image["height"])
    ]
    known = [around([box for box, _, _ in there]) for there in same if there]
    return known[:1]


def corners(bbox):
    left, top, width, height = bbox
    return left, top, left + width, top + height


def around(boxes):
    lefts, tops, rights, bottoms = zip(*boxes)
    return min(lefts), min(tops), max(rights), max(bottoms)


def picture(case):
    """The picture of a case, without the lines of its alert."""
    pixels = numpy.asarray(Image.open(io.BytesIO(case.path.read_bytes())).convert("RGB"))
    return outline.erased(pixels, case.lines) if case.lines else pixels


class Cases:
    """Cases as numbers. All pictures of an alert weigh as much as one."""

    def __init__(self, cases, look, task):
        self.cases = cases
        self.labels = numpy.array([case.label for case in cases], float)
        self.days = numpy.array([case.day for case in cases], dtype=object)
        counts = collections.Counter(case.alert for case in cases)
        self.weights = numpy.array([1 / counts[case.alert] for case in cases], float)
        seen = [look.at(look.crop(picture(case), case.box)) for case in cases]
        self.embeddings = numpy.array([embedding for embedding, _ in seen], float).reshape(len(cases), -1)
        by_classes = {"stall": look.stall, "two_wheeler": look.two_wheeler}[task]
        self.before = numpy.array([by_classes(scores) for _, scores in seen], float)

    def part(self, *splits):
        """Those of these parts."""
        return Part(self, numpy.array([case.split in splits for case in self.cases], bool))


class Part:
    """Some of the cases."""

    def __init__(self, whole, chosen):
        self.cases = [case for case, is_one in zip(whole.cases, chosen) if is_one]
        self.labels, self.days, self.weights = whole.labels[chosen], whole.days[chosen], whole.weights[chosen]
        self.embeddings, self.before = whole.embeddings[chosen], whole.before[chosen]

    def by_alert(self, chances):
        """Mean chance and label of each alert."""
        of_alert = collections.defaultdict(list)
        for case, chance in zip(self.cases, chances):
            of_alert[case.alert, case.label].append(chance)
        told = [(numpy.mean(found), label) for (_, label), found in sorted(of_alert.items())]
        chances, labels = zip(*told) if told else ((), ())
        return numpy.array(chances, float), numpy.array(labels, float)

    def counts(self):
        """How many alerts are right and false, and of how many cameras and camera days they are."""
        _, labels = self.by_alert(numpy.zeros(len(self.cases)))
        cameras, days = {case.camera for case in self.cases}, set(self.days)
        return int((labels == 1).sum()), int((labels == 0).sum()), len(cameras), len(days)
