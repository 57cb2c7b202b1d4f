"""Backgrounds: crops of photographs, drawn facades, and collages of both.

Pictures are float32 [size, size, 3], red, green, blue, 0 to 255.
"""

import pathlib

import cv2
import numpy as np

SPLITS = ("train", "validation", "test")


class Photographs:
    """The photographs of one split, as `fetch` has laid them out: one folder each."""

    def __init__(self, folder, split):
        files = sorted(pathlib.Path(folder, split).glob("*/*.png"))
        if not files:
            raise SystemExit(f"no pictures in {folder}/{split}: run models/charging-wire/setup first")
        self.groups = {}
        for file in files:
            picture = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
            self.groups.setdefault(file.parent.name, []).append(picture)
        self.names = sorted(self.groups)

    def crop(self, r, size):
        """A random square of a random photograph, at a random scale. Returns it and the photograph's name."""
        name = self.names[r.integers(len(self.names))]
        pictures = self.groups[name]
        picture = pictures[r.integers(len(pictures))]
        height, width = picture.shape[:2]
        least = size * 1.15 / min(height, width)
        scale = np.exp(r.uniform(np.log(least), np.log(max(least * 1.05, 1.25))))
        side = size * r.uniform(1.0, 1.12) / scale
        x, y = r.uniform(0, width - side), r.uniform(0, height - side)
        corners = np.float32([(x, y), (x + side, y), (x, y + side), (x + side, y + side)])
        corners += r.uniform(-0.04, 0.04, (4, 2)).astype(np.float32) * side
        target = np.float32([(0, 0), (size, 0), (0, size), (size, size)])
        if r.random() < 0.5:
            target = target[[1, 0, 3, 2]]
        warp = cv2.getPerspectiveTransform(corners, target)
        finer = cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR
        if scale < 0.6:  # warping alone would alias
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=finer)
            warp = warp @ np.diag([1 / scale, 1 / scale, 1])
        crop = cv2.warpPerspective(
            picture, warp, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        return crop.astype(np.float32), name


def mottled(r, size, spread, coarse):
    """[size, size, 1] smooth noise: `coarse` cells a side, standard deviation `spread`."""
    cells = r.normal(0, spread, (coarse, coarse)).astype(np.float32)
    return cv2.resize(cells, (size, size), interpolation=cv2.INTER_CUBIC)[..., None]


def random_colour(r, least=20, most=235):
    """A colour as walls, doors and goods have it: mostly near grey."""
    grey = r.uniform(least, most)
    return np.float32(np.clip(grey + r.normal(0, 1, 3) * (8 if r.random() < 0.6 else 45), 0, 255))


def rectangle(picture, x, y, w, h, colour, line=-1):
    """A filled rectangle, or its outline `line` pixels wide."""
    cv2.rectangle(
        picture,
        (int(x), int(y)),
        (int(x + w), int(y + h)),
        [float(c) for c in colour],
        int(line),
        cv2.LINE_AA,
    )


def courses_of_bricks(picture, r):
    """Bricks, tiles, shutters or corrugated iron over all of the picture."""
    size = picture.shape[0]
    kind = r.integers(4)
    step = int(r.integers(6, 34))
    joint = r.uniform(-45, 35)
    for row, y in enumerate(range(0, size, step)):
        if kind != 3:
            picture[y : y + int(r.integers(1, 3))] += joint
        if kind < 2:
            length = step * (2 if kind == 0 else 1)
            for x in range((row % 2) * length // 2 if kind == 0 else 0, size, length):
                picture[y : y + step, x : x + 1] += joint
                picture[y : y + step, x : x + length] += r.normal(0, 6)
    if kind == 3:
        picture += np.float32(r.uniform(5, 22) * np.sin(np.arange(size) * 2 * np.pi / step))[None, :, None]


def window(picture, r):
    """A window or door with frame, bars and what is seen through it."""
    size = picture.shape[0]
    x, y = r.uniform(-20, size - 40, 2)
    w, h = r.uniform(30, 150), r.uniform(40, 170)
    rectangle(picture, x, y, w, h, random_colour(r, 10, 120))
    frame = random_colour(r)
    thick = r.integers(2, 8)
    rectangle(picture, x, y, w, h, frame, thick)
    bars = r.integers(0, 9)
    for k in range(1, bars):
        at = int(x + w * k / bars)
        cv2.line(
            picture,
            (at, int(y)),
            (at, int(y + h)),
            [float(c) for c in frame],
            int(r.integers(1, 4)),
            cv2.LINE_AA,
        )
    if r.random() < 0.4:
        middle = int(y + h / 2)
        cv2.line(
            picture,
            (int(x), middle),
            (int(x + w), middle),
            [float(c) for c in frame],
            int(thick),
            cv2.LINE_AA,
        )


def railing(picture, r):
    """Rails between two heights."""
    size = picture.shape[0]
    colour = [float(c) for c in random_colour(r, 5, 245)]
    step, top, foot = r.integers(6, 26), int(r.uniform(0, 0.5) * size), int(r.uniform(0.5, 1) * size)
    for x in range(int(r.integers(0, step)), size, int(step)):
        cv2.line(picture, (x, top), (x, foot), colour, int(r.integers(1, 4)), cv2.LINE_AA)
    for y in (top, foot):
        cv2.line(picture, (0, y), (size, y), colour, int(r.integers(2, 6)), cv2.LINE_AA)


def sign(picture, r):
    """A board with writing on it."""
    size = picture.shape[0]
    x, y, w, h = r.uniform(-20, size - 60), r.uniform(0, size - 30), r.uniform(50, 180), r.uniform(16, 50)
    rectangle(picture, x, y, w, h, random_colour(r))
    text = "".join(chr(r.integers(65, 91)) for _ in range(r.integers(3, 12)))
    ink = [float(c) for c in random_colour(r, 0, 255)]
    cv2.putText(
        picture,
        text,
        (int(x + 4), int(y + h * 0.75)),
        int(r.integers(0, 5)),
        h / 45,
        ink,
        int(r.integers(1, 4)),
        cv2.LINE_AA,
    )


def pipe(picture, r):
    """A drain pipe, a post or a kerb, shaded as a round thing is."""
    size = picture.shape[0]
    wide, at = r.uniform(5, 26), r.uniform(0, size)
    along = np.float32(np.exp(-(((np.arange(size) - at) / (wide / 2)) ** 4)))
    shade = np.float32(1 + 0.35 * np.clip((np.arange(size) - at) / wide, -1, 1))
    colour = random_colour(r)
    strip = (colour[None] * shade[:, None])[None]
    cover = along[None, :, None]
    if r.random() < 0.3:
        strip, cover = strip.transpose(1, 0, 2), cover.transpose(1, 0, 2)
    picture[:] = picture * (1 - cover) + strip * cover


def facade(r, size):
    """A drawn wall with windows, railings, signs and pipes."""
    picture = np.zeros((size, size, 3), np.float32) + random_colour(r, 45, 215)
    if r.random() < 0.65:
        courses_of_bricks(picture, r)
    parts = (window, window, railing, sign, pipe)
    for _ in range(r.integers(0, 6)):
        parts[r.integers(len(parts))](picture, r)
    picture += mottled(r, size, r.uniform(2, 14), int(r.integers(3, 24)))
    picture += mottled(r, size, r.uniform(0, 7), size // 2)
    corners = np.float32([(0, 0), (size, 0), (0, size), (size, size)])
    moved = corners * 1.3 - 0.15 * size + r.uniform(-0.13, 0.13, (4, 2)).astype(np.float32) * size
    warp = cv2.getPerspectiveTransform(corners, moved)
    return cv2.warpPerspective(picture, warp, (size, size), borderMode=cv2.BORDER_REFLECT)


def collage(r, photographs, size):
    """A photograph on which parts of others stand, with hard rims."""
    picture, name = photographs.crop(r, size)
    for _ in range(r.integers(1, 4)):
        other = photographs.crop(r, size)[0] if r.random() < 0.6 else facade(r, size)
        shape = np.zeros((size, size), np.float32)
        box = (
            tuple(map(float, r.uniform(0, size, 2))),
            tuple(map(float, r.uniform(40, 200, 2))),
            float(r.normal(0, 12)),
        )
        cv2.fillPoly(shape, [np.int32(cv2.boxPoints(box) * 16)], 1.0, cv2.LINE_AA, 4)
        picture = picture * (1 - shape[..., None]) + other * shape[..., None]
    return picture, name


def background(r, photographs, size):
    """A place where a camera might look. Returns the picture and the name of what it shows."""
    kind = r.random()
    if kind < 0.58:
        picture, name = photographs.crop(r, size)
    elif kind < 0.76:
        picture, name = collage(r, photographs, size)
    else:
        picture, name = facade(r, size), "drawn"
    if name != "drawn" and r.random() < 0.35:  # photographs of nature have few windows
        for _ in range(r.integers(1, 3)):
            (window, railing, pipe, sign)[r.integers(4)](picture, r)
    return np.clip(picture, 0, 255).astype(np.float32), name
