"""Writes what a head is trained on: features of the shipped detector for scenes by seed, with their e-bikes.

    samples.py HOME PHOTOGRAPHS SPLIT SCENES [FIRST]

HOME/SPLIT.npz: fine, coarse (16 bits), boxes [n, 8, 5]: left, top, right, bottom, share visible; padded with -1.
Ends early where a file HOME/enough is. Each scene gives three looks: as it is, mirrored, and nearer or further, each under a condition of its own.
"""

import pathlib
import sys
import time

import cv2
import numpy as np

from eyes import Eyes
from scenes import HEIGHT, VIEWS, WIDTH, condition_of, scene
from things import Shelf

cv2.setNumThreads(1)
LOOKS = 3
COARSE = 0.7  # of the scenes are drawn with fewer pixels, as a substream has them: this takes half the time
SHARES = (0.66, 0.16, 0.18)  # of the views


def looks(seed, shelf):
    """The pictures of one scene and the boxes of their e-bikes."""
    dice = np.random.default_rng([77, seed])
    view = VIEWS[dice.choice(3, p=SHARES)]
    made = scene(seed, shelf, view, dice.random() < 0.55, coarse=dice.random() < COARSE)
    for number in range(LOOKS):
        zoom = dice.uniform(0.75, 1.3) if number == 2 else 1.0
        x, y = dice.uniform(-60, 60, 2) * (number == 2)
        carried = np.float32([[zoom, 0, x + WIDTH / 2 * (1 - zoom)], [0, zoom, y + HEIGHT / 2 * (1 - zoom)]])
        yield made.look(dice, condition_of(dice), carried if number == 2 else None, mirrored=number == 1)


def main():
    home, photographs, split, scenes = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    first = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    shelf, eyes = Shelf(home, photographs, split), Eyes()
    count = scenes * LOOKS
    folder = home / "samples"
    folder.mkdir(exist_ok=True)
    name = f"{split}-{first}"
    fine = np.lib.format.open_memmap(
        folder / f"{name}-fine.npy", "w+", np.float16, (count, 128, HEIGHT // 16, WIDTH // 16)
    )
    coarse = np.lib.format.open_memmap(
        folder / f"{name}-coarse.npy", "w+", np.float16, (count, 256, HEIGHT // 32, WIDTH // 32)
    )
    marks = np.full((count, 8, 5), -1, np.float32)
    started, at = time.time(), 0
    for seed in range(first, first + scenes):
        for picture, things in looks(seed, shelf):
            _, fine[at], coarse[at] = eyes.look(picture)
            bikes = [t for t in things if t["kind"] == "e_bike"][:8]
            for place, bike in enumerate(bikes):
                marks[at, place] = [*bike["box"], bike["share"]]
            at += 1
        if (home / "enough").exists():
            print(f"ended at scene {seed}, as {home}/enough asks", flush=True)
            break
        if seed % 50 == 49:
            np.save(folder / f"{name}-boxes.npy", marks[:at])
            print(f"{at} of {count} looks, {(time.time() - started) / at:.2f} s each", flush=True)
    np.save(folder / f"{name}-boxes.npy", marks[:at])


if __name__ == "__main__":
    main()
