#!/usr/bin/env python3
"""Trains a head from what people have judged, and installs it if it is better on what was held out.

    train.py stall SETS... --heads HEADS
    train.py two_wheeler SETS... --heads HEADS

SETS are folders that `gridwhistle dataset export` has written. HEADS gets a new version in HEADS/stall, say, and
gateway.toml names HEADS/stall/current. Nothing is installed if there are too few cases, or if the new head is no
better than what the gateway has now. `--trial FOLDER` writes a head whatever there is, to try the way, and installs
nothing.
"""

import argparse
import datetime
import hashlib
import pathlib
import sys

import numpy

import cases
import figures
import fit
import shelf
import ship
from look import Look

# Alerts of each kind without which a figure says nothing: with 15 of each held out, a recall of 0.9 has an interval
# of 0.64 to 0.98.
LEAST_TO_LEARN, LEAST_HELD_OUT = 30, 15
LEAST_CAMERAS, LEAST_DAYS_HELD_OUT = 2, 3
TOO_FEW, NO_BETTER = 69, 65  # exit codes

WORD = {"stall": ("a stall", "no stall"), "two_wheeler": ("an e-bike", "no e-bike")}


def too_few(learnt, held_out):
    """What is missing; nothing, if there is enough."""
    missing = []
    for name, (right, false, cameras, days), least in (
        ("to learn from", learnt, LEAST_TO_LEARN),
        ("held out", held_out, LEAST_HELD_OUT),
    ):
        for kind, found in (("right", right), ("false", false)):
            if found < least:
                missing.append(f"{found} {kind} alerts {name}, {least} needed")
        if name == "to learn from" and cameras < LEAST_CAMERAS:
            missing.append(f"{cameras} cameras {name}, {LEAST_CAMERAS} needed")
        if name == "held out" and days < LEAST_DAYS_HELD_OUT:
            missing.append(f"{days} camera days {name}, {LEAST_DAYS_HELD_OUT} needed")
    return missing


def no_better(before, after):
    """Why the new one is not installed; nothing, if it is better."""
    why = []
    if after.area < before.area:
        why.append(f"its AUC is {after.area:.3f}, and that of what runs now {before.area:.3f}")
    if after.loss > before.loss:
        why.append(f"its log loss is {after.loss:.3f}, and that of what runs now {before.loss:.3f}")
    if after.area_interval[0] <= 0.5:
        low, high = after.area_interval
        why.append(f"its AUC may be that of a coin: {low:.2f} to {high:.2f}")
    return why


class Trial:
    """One training, from sets to figures."""

    def __init__(self, given):
        self.given, self.task = given, given.task
        self.look = Look(given.model)
        self.shelf = given.heads / given.task if given.heads else None
        self.left_out = cases.LeftOut()
        read = cases.read(given.sets, self.task, self.left_out, given.count_unsaid, given.with_drills)
        self.all = cases.Cases(read, self.look, self.task)
        self.learnt, self.held_out = self.all.part("train", "val"), self.all.part("held_out")

    def counts(self):
        lines = ["| | alerts: right | false | cameras | camera days | pictures |", "|---|---|---|---|---|---|"]
        for name, part in (("to learn from", self.learnt), ("held out", self.held_out)):
            lines.append(f"| {name} | " + " | ".join(map(str, part.counts())) + f" | {len(part.cases)} |")
        lines += [f"\nLeft out: {count} {why}." for why, count in sorted(self.left_out.items())]
        return "\n".join(lines)

    def train(self):
        self.head, self.strength = fit.train(self.learnt)

    def in_force(self):
        """The number and the head that run now; none if none is installed."""
        number = shelf.current(self.shelf) if self.shelf else None
        return number, ship.read(self.shelf / str(number)) if number is not None else None

    def judge(self):
        """Rows for the held-out alerts, and the figures of what runs now and of the new head."""
        of = lambda chances: figures.Figures(*self.held_out.by_alert(chances))
        by_classes = of(self.held_out.before)
        rows, before = [by_classes.row("ImageNet's classes, without a head")], by_classes
        number, head = self.in_force()
        if head:
            before = of(head(self.held_out.embeddings))
            rows.append(before.row(f"version {number}, which runs now"))
        after = of(self.head.chances(self.held_out.embeddings))
        rows.append(after.row("the new head"))
        return "\n".join([figures.HEADER, *rows]), before, after

    def source(self):
        """Which sets, by their digests."""
        digest = lambda it: hashlib.sha256((pathlib.Path(it) / "SHA256SUMS").read_bytes()).hexdigest()[:12]
        return "gridwhistle dataset export: " + ", ".join(digest(it) for it in self.given.sets)

    def card(self, number, table):
        yes, no = WORD[self.task]
        cameras = sorted({case.camera for case in self.all.cases})
        days = sorted({case.day.rsplit(" ", 1)[1] for case in self.all.cases})
        outlined = sum(bool(case.lines) for case in self.all.cases)
        made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        span = f"{days[0]} to {days[-1]}" if days else "no day"
        return f"""\
# Head: {yes}, version {number}

Says how likely a crop shows {yes}, from what {self.look.manifest["name"]} {self.look.manifest["version"]} sees in it. Made {made} by
`make train-head`. It knows these cameras, and the alerts that they raised: the chance is that of {yes} among such
alerts, not among all that passes.

- *Learnt from:* {self.source()}; {span}; cameras {", ".join(cameras) or "none"}. No picture is in this folder.
- *How:* logistic regression on {len(self.head.weights)} numbers, in up to {fit.DIRECTIONS} directions, held small by {self.strength};
  the curve is fitted to camera days that were left out. The same sets give the same bytes of `head.onnx`.
- *Lines:* {outlined} of {len(self.all.cases)} pictures carried the red lines of their alert, and were learnt from with the lines
  painted over. Masked heads stayed masked, and the gateway looks at pictures without masks.

{self.counts()}

## On alerts that were held out

{table}

By alert, in brackets 95 % intervals. Alerts of one camera and day are alike, so the truth may lie further off than they
say.

## Self-test, and the way back

`model.toml` holds {len(shelf.SELF_TEST)} inputs and what comes of them; the gateway and `gridwhistle check` try them and refuse
a head that says something else. `make head-back TASK={self.task} HEADS=...` makes the version before this one current.

## Who should not use it

Whoever has other cameras, another light or another view than these. {yes.capitalize()} that the rules never reported was
never shown to it, and {no} that they never reported neither.
"""


def install(trial, table):
    number = max(shelf.versions(trial.shelf), default=0) + 1
    new = trial.shelf / f"{number}.new"
    if new.exists():
        raise SystemExit(f"{new} is there: another training runs, or was cut off. Remove it")
    ship.write(new, number, trial.head, trial.task, trial.look, trial.source(), trial.card(number, table))
    new.rename(trial.shelf / str(number))
    shelf.use(trial.shelf, number)
    print(f"installed: {trial.shelf / str(number)}, and {trial.shelf / 'current'} names it.")
    print(f"gateway.toml: second_look_heads = [\"{(trial.shelf / 'current').absolute()}\"]. Start the gateway again.")


def arguments():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("task", choices=sorted(cases.TYPES))
    words.add_argument("sets", nargs="+", type=pathlib.Path)
    where = words.add_mutually_exclusive_group(required=True)
    where.add_argument("--heads", type=pathlib.Path, help="the folder in which heads lie")
    where.add_argument("--trial", type=pathlib.Path, help="a new folder for a head that is not installed")
    here = pathlib.Path(__file__).resolve().parent
    words.add_argument("--model", type=pathlib.Path, default=here.parent / "efficientnet-lite0")
    words.add_argument("--count-unsaid", action="store_true", help="alerts called false for no stated reason are false")
    words.add_argument("--with-drills", action="store_true", help="learn from drills, too")
    return words.parse_args()


def main():
    given = arguments()
    trial = Trial(given)
    print(trial.counts(), flush=True)
    if given.trial:
        if len(set(trial.all.labels)) < 2:
            raise SystemExit("right and false alerts are both needed, even for a trial")
        trial.learnt = trial.all.part("train", "val", "held_out")
        trial.train()
        card = trial.card("trial", "Not judged.")
        ship.write(given.trial, "trial", trial.head, trial.task, trial.look, trial.source(), card)
        print(f"for a trial, not judged and not installed: {given.trial}")
        return
    missing = too_few(trial.learnt.counts(), trial.held_out.counts())
    if missing:
        print("not installed, too few cases: " + "; ".join(missing), file=sys.stderr)
        raise SystemExit(TOO_FEW)
    trial.train()
    table, before, after = trial.judge()
    print(f"\nOn what was held out:\n\n{table}\n", flush=True)
    why = no_better(before, after)
    if why:
        print("not installed, no better: " + "; ".join(why), file=sys.stderr)
        raise SystemExit(NO_BETTER)
    install(trial, table)


if __name__ == "__main__":
    numpy.seterr(all="raise", under="ignore")
    main()
