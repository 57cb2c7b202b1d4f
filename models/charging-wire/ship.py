#!/usr/bin/env python3
"""Makes a trained net the one of this folder: writes the ONNX file, and what model.toml says of it.

    ship.py STATE.pt BACKGROUNDS [--to FOLDER]

Thresholds are taken from the validation backgrounds: 2 of 1000 tiles without a cable lie above the tile's. The
self-test's counts are those of check.py. The figures in README.md are evaluate.py's and are put there by hand.
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

import check
import evaluate
import finders
import net as network

FOLDER = pathlib.Path(__file__).parent
SHEETS = 160


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("state", type=pathlib.Path)
    arguments.add_argument("backgrounds", type=pathlib.Path)
    arguments.add_argument("--to", type=pathlib.Path, default=FOLDER)
    arguments.add_argument("--sheets", type=int, default=SHEETS)
    given = arguments.parse_args()

    trained = network.Net()
    trained.load_state_dict(torch.load(given.state))
    file = given.to / "charging-wire.onnx"
    network.export(trained, file)

    finder = finders.Net(file)
    scores = []
    with multiprocessing.Pool(2) as pool:
        for batch in pool.imap(
            evaluate.draw_sheet, evaluate.orders(given.backgrounds, evaluate.SETS[0], given.sheets)
        ):
            scores += list(finder.look([tile[0] for tile in batch], [tile[1] for tile in batch])[0])
    threshold = round(float(np.quantile(scores, 1 - evaluate.FALSE_SHARE)), 4)

    if given.to != FOLDER:
        shutil.copy(FOLDER / "model.toml", given.to)
    manifest = given.to / "model.toml"
    text = manifest.read_text()
    values = {"sha256": f'"{hashlib.sha256(file.read_bytes()).hexdigest()}"', "tile_threshold": threshold}
    for name, with_cable in check.CASES:
        tile = finder.session.run(["tile"], {"pair": check.pairs([check.SEED, with_cable], with_cable)})[0]
        values[name] = int((tile > threshold).sum())
    for key, value in values.items():
        text, count = re.subn(rf"(?m)^{key} = \S+", f"{key} = {value}", text)
        assert count == 1, f"{key} stands {count} times in {manifest}"
    manifest.write_text(text)
    print(
        f"{file}: threshold {threshold} from {len(scores)} tiles, self-test {values['with_cable']} and {values['without']}"
    )


if __name__ == "__main__":
    main()
