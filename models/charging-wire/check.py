#!/usr/bin/env python3
"""The self-test of the shipped net: it must see drawn cables, and none where none is, as often as model.toml says.

    check.py [FOLDER]       FOLDER: where model.toml and the net lie, if not here

Draws seeded pairs of pictures with NumPy and Pillow alone: walls, windows, boxes, shadows, noise, a camera that has
moved by a pixel; half of them with a new cable. They are easier than the ones that the card's figures are of, and say
whether the file is whole, is fed rightly and answers as it did, not how good it is.

Needs numpy, onnxruntime and pillow; Python from 3.11.
"""

import hashlib
import pathlib
import sys
import tomllib

import numpy as np
import onnxruntime
from PIL import Image, ImageDraw, ImageFilter

FOLDER = pathlib.Path(__file__).parent
TILE, RIM = 256, 8
SEED = 2026
CASES = (("with_cable", True), ("without", False))
MADE_UP = {"with_cable": "made_up_with", "without": "made_up_without"}
NEAR = 0.01  # by so much the score of a made-up pair may differ from what is stated
PAIRS = 64  # with a cable, and as many without
OFF_BY = 3  # pairs that may be seen otherwise than stated: Pillow's lines differ a little between versions


def wall(r):
    """A wall with windows, boxes and a cable that has always hung there."""
    size = TILE + 2 * RIM
    picture = Image.new(
        "RGB", (size, size), tuple(int(c) for c in r.integers(60, 200) + r.integers(-12, 13, 3))
    )
    draw = ImageDraw.Draw(picture)
    step = int(r.integers(10, 30))
    for y in range(0, size, step):
        draw.line(
            [(0, y), (size, y)],
            tuple(int(c) for c in r.integers(50, 200, 3)) if r.random() < 0.1 else (90, 88, 85),
        )
    for _ in range(r.integers(1, 5)):
        x, y, w, h = (int(v) for v in (*r.integers(-20, size - 40, 2), *r.integers(25, 110, 2)))
        draw.rectangle(
            [x, y, x + w, y + h],
            tuple(int(c) for c in r.integers(15, 230, 3)),
            (200, 200, 195),
            int(r.integers(1, 5)),
        )
    cable(draw, r)
    return picture


def cable(draw, r):
    """One sagging line from side to side."""
    size = TILE + 2 * RIM
    t = np.linspace(0, 1, 60)
    left, right, sag = *r.uniform(0.1, 0.9, 2) * size, r.uniform(5, 90)
    points = np.stack([t * size, left + (right - left) * t + sag * 4 * t * (1 - t)], 1)
    colour = [(20, 20, 22), (235, 235, 230), (220, 100, 30)][r.integers(3)]
    draw.line([tuple(p) for p in points.tolist()], colour, int(r.integers(2, 7)), joint="curve")


def shot(picture, r):
    """[256, 256, 3] float32: what a camera makes of it, moved by up to a pixel, in its own light, with noise."""
    moved = picture.filter(ImageFilter.GaussianBlur(float(r.uniform(0.4, 0.9))))
    x, y = (float(v) for v in RIM + r.uniform(-1, 1, 2))
    moved = moved.transform(
        (TILE, TILE), Image.Transform.AFFINE, (1, 0, x, 0, 1, y), Image.Resampling.BILINEAR
    )
    light = np.asarray(moved, np.float32) * r.uniform(0.75, 1.2) + r.uniform(-8, 8)
    return np.clip(light + r.normal(0, r.uniform(1, 4), light.shape), 0, 255).round().astype(np.float32)


def pairs(seed, with_cable):
    """[PAIRS, 6, 256, 256] float32."""
    r = np.random.default_rng(seed)
    made = []
    for _ in range(PAIRS):
        before = wall(r)
        now = before.copy()
        draw = ImageDraw.Draw(now, "RGBA")
        x, y, w, h = (int(v) for v in (*r.integers(0, 200, 2), *r.integers(20, 90, 2)))
        draw.rectangle([x, y, x + w, y + h], tuple(int(c) for c in r.integers(20, 230, 3)))  # goods
        draw.polygon(
            [(int(a), int(b)) for a, b in r.integers(-40, 300, (4, 2))], (0, 0, 0, int(r.integers(20, 90)))
        )  # a shadow
        if with_cable:
            cable(draw, r)
        made.append(np.concatenate([shot(before, r), shot(now, r)], 2).transpose(2, 0, 1))
    return np.stack(made)


def made_up(with_cable):
    """[1, 6, 256, 256] float32: the pair that the gateway makes up whenever it loads the net."""
    state, planes = 1, np.zeros((2, TILE, TILE), np.float32)
    for number, plane in enumerate(planes):
        for y in range(TILE):
            for x in range(TILE):
                state = (state * 1664525 + 1013904223) % 2**32
                is_cable = number and with_cable and abs(x - 60 - y // 2) <= 2
                plane[y, x] = (20 if is_cable else 96 + 32 * ((x // 16 + y // 16) % 2)) + (state >> 24) % 9
    return planes.repeat(3, 0)[None]


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    manifest = tomllib.loads((folder / "model.toml").read_text())
    path = folder / manifest["fp32"]["file"]
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == manifest["fp32"]["sha256"], (
        f"{path} is not the file that model.toml names"
    )
    assert len(content) <= 2_000_000, f"{path} has {len(content)} bytes, and 2 MB are agreed"
    net = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    failed = []
    for name, with_cable in CASES:
        batch = pairs([SEED, with_cable], with_cable)
        cable_map, tile = net.run(["cable", "tile"], {"pair": batch})
        assert cable_map.shape == (PAIRS, 1, TILE, TILE) and tile.shape == (PAIRS, 1)
        alone = net.run(["tile"], {"pair": batch[:1]})[0]
        assert np.allclose(alone, tile[:1], atol=1e-3), "one pair alone is not seen as it is among others"
        found = int((tile > manifest["tile_threshold"]).sum())
        stated = manifest["self_test"][name]
        print(f"{name}: {found} of {PAIRS} above {manifest['tile_threshold']}, stated {stated}")
        if abs(found - stated) > OFF_BY:
            failed.append(name)
        score = float(net.run(["tile"], {"pair": made_up(with_cable)})[0][0, 0])
        stated = manifest["self_test"][MADE_UP[name]]
        print(f"{MADE_UP[name]}: {score:.4f}, stated {stated}")
        if abs(score - stated) > NEAR:
            failed.append(MADE_UP[name])
    halves = net.run(["cable"], {"pair": batch[:2, :, :128, :192]})[0]
    assert halves.shape == (2, 1, 128, 192), "other sizes must work too"
    if failed:
        raise SystemExit(f"not as stated in model.toml: {', '.join(failed)}")
    print("as stated")


if __name__ == "__main__":
    main()
