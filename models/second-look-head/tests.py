#!/usr/bin/env python3
"""What training must and must not do, with the real model, on exports that are made here. `./run tests.py`

The pictures are drawn: they show that the way works, and nothing about real stalls.
"""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

import numpy
from PIL import Image, ImageDraw

import cases
import figures
import fit
import outline
import shelf
import train
import wire_negatives
from look import Look

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
SIZE = (480, 360)
SPLITS = ["train", "val", "held_out"]


def drawn(number, is_stall):
    """A pavement with a table of coloured things under an awning, or with a grey bin."""
    dice = numpy.random.default_rng(number)
    noise = dice.integers(-12, 12, (SIZE[1], SIZE[0], 3))
    ground = numpy.full((SIZE[1], SIZE[0], 3), dice.integers(90, 160)) + noise
    picture = Image.fromarray(ground.clip(0, 255).astype(numpy.uint8))
    pen = ImageDraw.Draw(picture)
    left, top = int(dice.integers(40, 160)), int(dice.integers(30, 90))
    box = (left, top, left + 200, top + 200)
    if is_stall:
        pen.rectangle((left, top + 90, left + 200, top + 200), fill=(120, 80, 40))
        for _ in range(60):
            x, y = left + int(dice.integers(0, 185)), top + int(dice.integers(92, 180))
            pen.ellipse((x, y, x + 15, y + 15), fill=tuple(int(it) for it in dice.integers(60, 255, 3)))
        for stripe in range(0, 200, 20):
            pen.rectangle((left + stripe, top, left + stripe + 9, top + 60), fill=(220, 220, 220))
            pen.rectangle((left + stripe + 10, top, left + stripe + 19, top + 60), fill=(60, 110, 60))
    else:
        grey = int(dice.integers(40, 110))
        pen.rectangle((left + 60, top + 40, left + 140, top + 200), fill=(grey, grey, grey))
    return numpy.asarray(picture), box


class Export:
    """A folder as `gridwhistle dataset export` writes it."""

    def __init__(self, folder):
        self.folder, self.images, self.annotations, self.negatives = folder, [], [], []
        self.word = "umbrella"
        (folder / "images").mkdir(parents=True)

    def add(self, number, label, picture, box, **more):
        name, image = f"alert-{number}-{more.get('seq', 1)}.jpg", len(self.images) + 1
        Image.fromarray(picture).save(self.folder / "images" / name, quality=90)
        bbox = [box[0], box[1], box[2] - box[0], box[3] - box[1]] if box else None
        self.images.append({
            "id": image, "file_name": name, "width": SIZE[0], "height": SIZE[1], "label": label,
            "date_captured": f"2026-11-{number % 28 + 1:02}T09:15:00+08:00", "split": SPLITS[number % 3],
            "alert_id": f"alert-{number}", "camera_id": f"cam-{number % 3}", "drill": False, "outlined": False,
            "incident_type": "vendor_unlicensed",
        } | {key: value for key, value in more.items() if key in ("drill", "outlined", "incident_type", "split")})
        if box and label in ("confirmed", "still_there"):
            self.annotations.append({"image_id": image, "category_id": 1, "bbox": bbox})
        elif box:
            fault = more.get("fault", "object")
            self.negatives.append({
                "image_id": image, "taken_for": more.get("taken_for", self.word), "bbox": bbox, "fault": fault,
                "incident_type": self.images[-1]["incident_type"],
            })

    def finish(self):
        categories = [{"id": 1, "name": self.word}]
        both = {
            "annotations.json": {"images": self.images, "annotations": self.annotations, "categories": categories},
            "hard_negatives.json": {"hard_negatives": self.negatives},
        }
        for name, content in both.items():
            (self.folder / name).write_text(json.dumps(content))
        (self.folder / "SHA256SUMS").write_text("made here\n")
        return self.folder


def street(folder, many=102, labels=None):
    """So many judged alerts, every other one of a stall; `labels` judges them otherwise."""
    export = Export(folder)
    for number in range(many):
        is_stall = number % 2 == 0
        picture, box = drawn(number, is_stall)
        called = is_stall if labels is None else labels[number]
        export.add(number, "confirmed" if called else "false_alarm", picture, box)
    return export.finish()


def run(*words):
    """What the trainer says, and its exit code."""
    said, argv = io.StringIO(), sys.argv
    sys.argv = ["train.py", *map(str, words)]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            train.main()
        code = 0
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = argv
    return code, said.getvalue()


class Training(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.home.name)
        self.heads = self.folder / "heads"

    def tearDown(self):
        self.home.cleanup()

    def test_a_better_head_is_installed_and_the_way_back_is_open(self):
        export = street(self.folder / "set")
        code, said = run("stall", export, "--heads", self.heads)
        self.assertEqual(code, 0, said)
        stall = self.heads / "stall"
        self.assertEqual(shelf.current(stall), 1)
        card = (stall / "1" / "README.md").read_text()
        self.assertIn("| held out | 17 | 17 |", card)
        self.assertNotIn("alert-", card)
        self.assertEqual([it.name for it in stall.glob("1/*.jpg")], [])
        # The same sets give the same head, which is as good as the one that runs.
        code, said = run("stall", export, "--heads", self.heads)
        self.assertEqual((code, shelf.current(stall)), (0, 2), said)
        self.assertIn("version 1, which runs now", said)
        self.assertEqual(*[(stall / it / "head.onnx").read_bytes() for it in "12"])
        # Labels that have nothing to do with what is seen are no better, and leave everything as it was.
        wrong = street(self.folder / "wrong", labels=[number // 2 % 2 for number in range(102)])
        code, said = run("stall", wrong, "--heads", self.heads)
        self.assertEqual(code, train.NO_BETTER, said)
        self.assertIn("not installed, no better: its AUC is", said)
        self.assertEqual((shelf.current(stall), shelf.versions(stall)), (2, [1, 2]))
        self.assertEqual(shelf.back(stall), (2, 1))
        self.assertEqual(shelf.current(stall), 1)
        with self.assertRaisesRegex(SystemExit, "no version before 1"):
            shelf.back(stall)
        # A file that is not the one that was trained is not made current.
        (stall / "2" / "head.onnx").write_bytes(b"spoilt")
        with self.assertRaisesRegex(SystemExit, "not those that model.toml means"):
            shelf.use(stall, 2)
        self.assertEqual(shelf.current(stall), 1)

    def test_too_few_cases_are_named_and_nothing_is_installed(self):
        code, said = run("stall", street(self.folder / "set", many=40), "--heads", self.heads)
        self.assertEqual(code, train.TOO_FEW)
        self.assertIn("13 right alerts to learn from, 30 needed", said)
        self.assertIn("6 false alerts held out, 15 needed", said)
        self.assertFalse(self.heads.exists())
        code, said = run("stall", self.folder / "set", "--trial", self.folder / "trial")
        self.assertEqual(code, 0, said)
        shelf.test(self.folder / "trial")
        self.assertIn('version = "trial"', (self.folder / "trial" / "model.toml").read_text())

    def test_what_nobody_knows_is_left_out(self):
        export = Export(self.folder / "set")
        picture, box = drawn(0, True)
        export.add(0, "confirmed", picture, box)
        export.add(0, "gone", drawn(1, False)[0], None, seq=2)
        export.add(1, "gone", picture, None)
        export.add(2, "false_alarm", picture, box, fault="unsaid")
        export.add(3, "wrong", picture, box, fault="judgement")
        export.add(4, "confirmed", picture, box, drill=True)
        export.add(5, "confirmed", picture, box, incident_type="vehicle_illegal_parking")
        left_out = cases.LeftOut()
        found = cases.read([export.finish()] * 2, "stall", left_out)
        self.assertEqual([(it.alert, it.label, it.box) for it in found], [("alert-0", 1, box), ("alert-0", 0, box)])
        self.assertEqual(sum(left_out.values()), 5)
        with_unsaid = cases.read([self.folder / "set"], "stall", cases.LeftOut(), count_unsaid=True)
        self.assertEqual(len(with_unsaid), 3)
        (self.folder / "set" / "SHA256SUMS").unlink()
        with self.assertRaisesRegex(SystemExit, "no whole export"):
            cases.read([self.folder / "set"], "stall", left_out)


class TwoWheelers(unittest.TestCase):
    def test_each_is_a_case_and_what_is_gone_is_none(self):
        with tempfile.TemporaryDirectory() as home:
            export, (picture, box) = Export(pathlib.Path(home) / "set"), drawn(0, True)
            export.word = "motorcycle"
            lift = {"incident_type": "ebike_in_elevator"}
            export.add(0, "confirmed", picture, box, **lift)
            export.annotations.append(export.annotations[-1] | {"bbox": [1, 2, 30, 40]})
            export.add(1, "false_alarm", picture, box, **lift)
            export.add(0, "gone", picture, None, seq=2, **lift)
            export.add(2, "false_alarm", picture, box, taken_for="person", **lift)
            left_out = cases.LeftOut()
            found = cases.read([export.finish()], "two_wheeler", left_out)
            told = [(it.alert, it.label, it.box) for it in found]
            self.assertEqual(told, [("alert-0", 1, box), ("alert-0", 1, (1, 2, 31, 42)), ("alert-1", 0, box)])
            self.assertEqual(left_out, {"nothing is there any more": 1, "without a box of it": 1})
            self.assertEqual(cases.read([export.folder], "stall", cases.LeftOut()), [])


class Wires(unittest.TestCase):
    def test_a_false_wire_becomes_a_pair_with_an_earlier_picture_of_its_place(self):
        with tempfile.TemporaryDirectory() as home:
            export = Export(pathlib.Path(home) / "set")
            false = {"incident_type": "ebike_flying_wire", "taken_for": "charging_wire"}
            export.add(0, "confirmed", numpy.full((360, 480, 3), 50, numpy.uint8), (400, 10, 450, 60))
            for number, shade in ((3, 100), (6, 150)):
                picture = numpy.full((360, 480, 3), shade, numpy.uint8)
                export.add(number, "false_alarm", picture, (60, 200, 120, 260), **false)
            made, to = export.finish(), pathlib.Path(home) / "pairs"
            # Those of camera 0: the confirmed one lies elsewhere, the other false ones lie in the same place.
            self.assertEqual(wire_negatives.write([made], to), (2, 0))
            listed = json.loads((to / "negatives.json").read_text())["negatives"]
            shades = [
                tuple(int(numpy.asarray(Image.open(to / it[name])).mean()) for name in ("reference", "now"))
                for it in listed
            ]
            self.assertEqual(shades, [(50, 100), (50, 150)])
            with Image.open(to / listed[0]["now"]) as now:
                self.assertEqual(now.size, (288, 288))
            self.assertEqual(listed[0]["box_px"], [60, 128, 120, 188])


class Lines(unittest.TestCase):
    def test_a_line_that_is_painted_over_hardly_changes_what_is_seen(self):
        look = Look(PROJECT / "models/efficientnet-lite0")
        photograph = numpy.asarray(Image.open(PROJECT / ".media/leuvenB.jpg").convert("RGB"))
        told = []
        for box in [(137, 403, 197, 473), (230, 40, 440, 250), (380, 250, 640, 520), (20, 200, 180, 380)]:
            seen = look.at(look.crop(photograph, box))[0]
            boxes = [(*box, "bicycle")]
            line = self.as_jpeg(outline.drawn(photograph, boxes))
            lined = look.at(look.crop(line, box))[0]
            painted = look.at(look.crop(outline.erased(line, boxes), box))[0]
            plain = look.at(look.crop(self.as_jpeg(photograph), box))[0]
            told.append([self.distance(seen, it) for it in (lined, painted, plain)])
        with_lines, painted_over, plain = numpy.mean(told, axis=0)
        print(
            f"\nwith lines {with_lines:.3f}, painted over {painted_over:.3f}, by JPEG alone {plain:.3f} (1 - cosine)",
            file=sys.stderr,
        )
        self.assertLess(painted_over, with_lines / 2)

    def test_the_line_of_a_thing_of_no_class_follows_its_edge(self):
        picture = numpy.full((360, 480, 3), 120, numpy.uint8)
        lined = Image.fromarray(picture)
        ImageDraw.Draw(lined).line([(100, 100), (180, 110), (200, 200), (110, 190), (100, 100)], outline.RED, 2)
        lined = self.as_jpeg(numpy.asarray(lined))
        erased = outline.erased(lined, [(98, 98, 203, 203, outline.NO_CLASS)])
        self.assertGreater(numpy.abs(lined.astype(int) - 120).max(), 90)
        self.assertLess(numpy.abs(erased.astype(int) - 120).max(), 40)

    @staticmethod
    def as_jpeg(picture):
        kept = io.BytesIO()
        Image.fromarray(picture).save(kept, "jpeg", quality=85)
        return numpy.asarray(Image.open(kept).convert("RGB"))

    @staticmethod
    def distance(one, other):
        return 1 - float(one @ other / numpy.linalg.norm(one) / numpy.linalg.norm(other))


class Numbers(unittest.TestCase):
    def test_figures_are_those_of_the_book(self):
        found = figures.Figures([0.9, 0.8, 0.4, 0.6, 0.1], [1, 1, 1, 0, 0])
        self.assertEqual((found.right, found.false, found.positives, found.negatives), (2, 1, 3, 2))
        self.assertAlmostEqual(found.area, 5 / 6)
        low, high = figures.wilson(9, 10)
        self.assertAlmostEqual(low, 0.596, 3)
        self.assertAlmostEqual(high, 0.982, 3)

    def test_a_day_of_a_camera_lies_in_one_fold(self):
        days = numpy.array([f"cam-{number % 7}" for number in range(50)], dtype=object)
        of = fit.folds(days)
        self.assertTrue(all(len(set(of[days == day])) == 1 for day in set(days)))
        self.assertEqual(len(set(of)), fit.FOLDS)

    def test_the_crop_is_the_gateway_s(self):
        """The scores that the gateway's own tests are held against."""
        look = Look(PROJECT / "models/efficientnet-lite0")
        photograph = numpy.asarray(Image.open(PROJECT / ".media/leuvenB.jpg").convert("RGB"))
        lines = (PROJECT / "gateway/detector/src/second_look/tests/reference.csv").read_text().splitlines()
        classes = [int(it) for it in lines[0].split(",")[4:]]
        for line in lines[1:]:
            numbers = [float(it) for it in line.split(",")]
            scores = look.at(look.crop(photograph, numbers[:4]))[1]
            # Pillow and ffmpeg decode JPEG a little differently.
            self.assertLess(numpy.abs(scores[classes] - numbers[4:]).max(), 0.6)

    def test_made_up_numbers_are_those_of_the_gateway(self):
        self.assertEqual([f"{it:.6f}" for it in shelf.made_up(1, 4)], ["0.472911", "0.738541", "1.008484", "1.409766"])


if __name__ == "__main__":
    unittest.main()
