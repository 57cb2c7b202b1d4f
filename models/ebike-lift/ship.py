"""Writes a trained head as ONNX. Its scores are shifted so that 0.2 lies where few validation pictures have a false one.

ship.py HOME STATE.pt --to FOLDER
"""

import argparse
import pathlib

import numpy as np
import onnxruntime  # noqa: F401  before torch: both bring OpenMP, and this order works
import torch

import net
import train

FALSE_SHARE = 0.02  # of validation pictures without an e-bike, above
AT = 0.2  # the score from which rules for lifts and stairs count an e-bike


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("home", type=pathlib.Path)
    arguments.add_argument("state", type=pathlib.Path)
    arguments.add_argument("--to", type=pathlib.Path, required=True)
    given = arguments.parse_args()
    head = net.Head()
    head.load_state_dict(torch.load(given.state))
    found, false = train.best_scores(head, train.sets(given.home, "validation"))
    least = float(np.quantile(false[~np.isnan(false)], 1 - FALSE_SHARE))
    logit = lambda p: np.log(p / (1 - p))
    head.shift[0] = logit(AT) - logit(least)
    given.to.mkdir(parents=True, exist_ok=True)
    net.export(head, given.to / "head.onnx")
    kept = found[~np.isnan(found)]
    print(
        f"score {least:.3f} becomes {AT}; validation: {(kept > least).mean():.3f} of {len(kept)} e-bikes above it"
    )


if __name__ == "__main__":
    main()
