#!/usr/bin/env python3
"""Makes a trained net the one of this folder: writes the ONNX file, and what model.toml says of it.

    ship.py STATE.pt BACKGROUNDS [--to FOLDER]

Thresholds are taken from the validation backgrounds: 2 of 1000 tiles without a cable lie above the tile's, and 1
of 100 events without a cable above that of events. The self-test's counts are those of check.py. The figures in README.md are
evaluate.py's and are put there by hand.
"""

import argparse
import hashlib
import multiprocessing
import pathlib
import re
import shutil

import numpy as np
import onnxruntime  # noqa: F401  before torch: both bring OpenMP, and this order works
import torch

import cables
import check
import evaluate
import finders
import net as network

FOLDER = pathlib.Path(__file__).parent
SHEETS = 160
EVENTS = 600
EVENTS_SEED = 8
FALSE_EVENTS = 0.01  # of those without a cable


def validation_scores(finder, backgrounds, sheets):
    """Scores of validation tiles without a cable."""
    scores = []
    with multiprocessing.Pool(2) as pool:
        orders = evaluate.orders(backgrounds, evaluate.SETS[0], sheets)
        for batch in pool.imap(evaluate.draw_sheet, orders):
            scores += list(finder.look([tile[0] for tile in batch], [tile[1] for tile in batch])[0])
    return np.array(scores)


def event_scores(finder, backgrounds, events):
    """Scores of validation events without a cable."""
    with multiprocessing.Pool(2) as pool:
        orders = evaluate.event_orders(backgrounds, "validation", cables.TRAINED, False, events, EVENTS_SEED)
        seen = evaluate.events_seen(finder, orders, pool)
        return [finders.event_score(maps, evaluate.LEAST_LONG_PX) for _, maps, _ in seen]


def describe(folder, finder, threshold, event_threshold):
    """Puts the file's hash, the thresholds and the self-test's counts into the folder's model.toml."""
    content = (folder / "charging-wire.onnx").read_bytes()
    values = {
        "sha256": f'"{hashlib.sha256(content).hexdigest()}"',
        "tile_threshold": threshold,
        "event_threshold": event_threshold,
    }
    for name, with_cable in check.CASES:
        tile = finder.session.run(["tile"], {"pair": check.pairs([check.SEED, with_cable], with_cable)})[0]
        values[name] = int((tile > threshold).sum())
        score = finder.session.run(["tile"], {"pair": check.made_up(with_cable)})[0]
        values[check.MADE_UP[name]] = round(float(score[0, 0]), 4)
    manifest = folder / "model.toml"
    text = manifest.read_text()
    for key, value in values.items():
        text, count = re.subn(rf"(?m)^{key} = \S+", f"{key} = {value}", text)
        assert count == 1, f"{key} stands {count} times in {manifest}"
    manifest.write_text(text)
    print(f"{folder}: {values}")


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("state", type=pathlib.Path)
    arguments.add_argument("backgrounds", type=pathlib.Path)
    arguments.add_argument("--to", type=pathlib.Path, default=FOLDER)
    arguments.add_argument("--sheets", type=int, default=SHEETS, help="of 32 validation tiles")
    arguments.add_argument("--events", type=int, default=EVENTS, help="without a cable")
    given = arguments.parse_args()

    trained = network.Net()
    trained.load_state_dict(torch.load(given.state))
    network.export(trained, given.to / "charging-wire.onnx")
    if given.to.resolve() != FOLDER.resolve():
        shutil.copy(FOLDER / "model.toml", given.to)
    finder = finders.Net(given.to / "charging-wire.onnx")
    scores = validation_scores(finder, given.backgrounds, given.sheets)
    threshold = round(float(np.quantile(scores, 1 - evaluate.FALSE_SHARE)), 4)
    of_events = event_scores(finder, given.backgrounds, given.events)
    describe(given.to, finder, threshold, round(float(np.quantile(of_events, 1 - FALSE_EVENTS)), 2))


if __name__ == "__main__":
    main()
