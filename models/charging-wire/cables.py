"""Draws charging cables: courses, colours, thicknesses, ends, shadows, what hides them.

Pictures are float32 [height, width, 3], red, green, blue, 0 to 255. `r` is always a numpy Generator: the
same generator draws the same cable.
"""

import colorsys
import dataclasses

import cv2
import numpy as np

FINER = 2  # lines are drawn so many times larger, then shrunk: soft rims, widths between whole pixels

TRAINED_COURSES = ("taut", "sag", "catenary", "drop", "wavy", "bend", "corner", "wander", "nailed")
HELD_OUT_COURSES = ("coil", "festoon")
TRAINED_COATS = ("plain", "round", "twin", "worn", "taped", "bundle")
HELD_OUT_COATS = ("striped", "twisted")
COLOURS = {  # red, green, blue; how often
    "black": ((22, 22, 24), 0.34),
    "grey": ((95, 95, 100), 0.10),
    "white": ((232, 232, 226), 0.20),
    "orange": ((225, 105, 30), 0.10),
    "red": ((190, 40, 38), 0.08),
    "blue": ((40, 75, 170), 0.07),
    "brown": ((95, 62, 40), 0.05),
    "yellow": ((222, 190, 50), 0.06),
}
HELD_OUT_COLOURS = {"green": ((45, 140, 70), 0.5), "violet": ((120, 60, 150), 0.5)}
ANY_COLOUR = 0.35  # of the trained cables: any colour but those near the held-out ones
HELD_OUT_HUES = ((85, 180), (250, 310))  # degrees
LEAST_SATURATION = 0.2  # below it, a colour is a grey


@dataclasses.dataclass
class Style:
    """Which cables may be drawn."""

    courses: tuple
    coats: tuple
    colours: dict
    any_colour: float = 0.0  # how often the colour is none of `colours`


TRAINED = Style(TRAINED_COURSES, TRAINED_COATS, COLOURS, ANY_COLOUR)
# Each of its cables has a course, a coat and a colour of which none was ever trained on.
HELD_OUT = Style(HELD_OUT_COURSES, HELD_OUT_COATS, HELD_OUT_COLOURS)


@dataclasses.dataclass
class Cable:
    """One cable: where it runs, and how it looks."""

    points: np.ndarray  # [n, 2] x, y in pixels
    width: float  # pixels
    colour: np.ndarray  # [3]
    coat: str
    end: str  # "none", "plug", "strip"
    second: np.ndarray  # [3] the colour of tape, or of the other cables of a bundle


def resampled(points, step=2.0):
    """The same course with points every `step` pixels."""
    gaps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(gaps)])
    at = np.linspace(0, along[-1], max(2, int(along[-1] / step)))
    return np.stack([np.interp(at, along, points[:, 0]), np.interp(at, along, points[:, 1])], 1)


def on_rim(r, size):
    """A point a little outside one of the four sides."""
    q = r.uniform(-0.05, 1.05) * size
    return np.array([(q, -8), (q, size + 8), (-8, q), (size + 8, q)][r.integers(4)], float)


def two_ends(r, size):
    """Start and end of a cable that crosses a good part of the picture; one may lie inside."""
    a, b = on_rim(r, size), on_rim(r, size)
    while np.linalg.norm(a - b) < 0.5 * size:
        b = on_rim(r, size)
    if r.random() < 0.35:
        b = a + (b - a) * r.uniform(0.5, 0.95)
    return a, b


def course(r, kind, size):
    """[n, 2] points of a course of this kind through a square of `size` pixels."""
    t = np.linspace(0, 1, 200)[:, None]
    a, b = two_ends(r, size)
    span = np.linalg.norm(b - a)
    across = np.array([-(b - a)[1], (b - a)[0]]) / span
    line = a + (b - a) * t
    down = np.array([0.0, 1.0])
    if kind == "sag":
        return line + down * r.uniform(0.05, 0.45) * span * 4 * t * (1 - t)
    if kind == "catenary":
        k = r.uniform(1, 4)
        hang = (np.cosh(k * (2 * t - 1)) - np.cosh(k)) / (1 - np.cosh(k))
        return line + down * r.uniform(0.08, 0.5) * size * hang
    if kind == "drop":  # from a window straight down, the slack lying at its foot
        x, foot = r.uniform(0.1, 0.9) * size, r.uniform(0.55, 1.05) * size
        sway = r.uniform(-0.1, 0.1) * size * np.sin(np.pi * t * r.uniform(0.5, 1.5))
        fall = np.hstack([x + sway, -8 + (foot + 8) * t])
        rest = fall[-1] + np.hstack(
            [r.choice([-1, 1]) * r.uniform(0.2, 0.6) * size * t, 0.06 * size * np.sin(4 * t)]
        )
        return np.vstack([fall, rest])
    if kind == "wavy":
        wave = sum(
            r.uniform(1, 6) / k * np.sin(2 * np.pi * (k * t * r.uniform(0.6, 1.6) + r.random()))
            for k in (1, 2, 4)
        )
        return line + across * wave
    if kind == "bend":
        phase = r.uniform(0, 6)
        bow = np.sin(2 * np.pi * t * r.uniform(0.6, 1.1) + phase) - np.sin(phase) * (1 - t)
        return line + across * r.uniform(0.05, 0.2) * span * bow
    if kind == "corner":  # along walls, a clip at each corner
        stops = [a]
        for _ in range(r.integers(1, 4)):
            last = stops[-1]
            stops.append(
                np.array([r.uniform(0, size), last[1]] if r.random() < 0.5 else [last[0], r.uniform(0, size)])
            )
        stops = np.array(stops + [b]) + r.normal(0, 3, (len(stops) + 1, 2))
        return smoothed(resampled(stops), r.integers(1, 5))
    if kind == "wander":
        return wandering(r, a, b)
    if kind == "nailed":  # straight from nail to nail
        nails = np.vstack([a, a + (b - a) * np.sort(r.uniform(0.1, 0.9, (r.integers(1, 6), 1)), 0), b])
        nails[1:-1] += r.normal(0, 0.12, (len(nails) - 2, 2)) * span
        return smoothed(resampled(nails), r.integers(1, 4))
    if kind == "coil":  # two or three turns hang in it
        turns, radius = r.integers(1, 4), r.uniform(0.05, 0.14) * size
        turn = 2 * np.pi * turns * np.clip((t - 0.3) / 0.4, 0, 1)
        return (
            line + radius * np.hstack([np.sin(turn), 1 - np.cos(turn)]) + down * 0.1 * span * 4 * t * (1 - t)
        )
    if kind == "festoon":  # hung up at several hooks
        hooks = r.integers(2, 5)
        part = (t * hooks) % 1
        return line + down * r.uniform(0.1, 0.3) * span / hooks * 4 * part * (1 - part) * 2
    return line  # taut


def wandering(r, a, b):
    """A course that bends at will, tightly or not, and never goes round: it turns by 150 degrees at most."""
    steps, knots = 200, int(r.integers(3, 14))
    bends = np.interp(
        np.linspace(0, 1, steps), np.linspace(0, 1, knots), r.normal(0, 1, knots)
    )
    turn = np.clip(bends * np.radians(r.uniform(20, 110)), -np.radians(150), np.radians(150))
    turn = np.convolve(np.pad(turn, 4, mode="edge"), np.ones(9) / 9, "valid")
    walk = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1), 0)
    walk -= walk[0]
    # Turned and scaled so that it ends at `b`, unless it would become far longer than the way.
    reach = complex(*walk[-1])
    way = complex(*(b - a)) / (reach if abs(reach) > steps / 3 else steps / 3)
    moved = (walk[:, 0] + 1j * walk[:, 1]) * way
    return a + np.stack([moved.real, moved.imag], 1)


def smoothed(points, radius):
    """The course with corners rounded over `radius` points."""
    kernel = np.ones(2 * radius + 1) / (2 * radius + 1)
    padded = np.pad(points, ((radius, radius), (0, 0)), mode="edge")
    return np.stack([np.convolve(padded[:, k], kernel, "valid") for k in (0, 1)], 1)


def near_held_out(colour):
    """Whether a colour could be taken for one of those that are held out."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*(np.clip(colour, 0, 255) / 255))
    return saturation > LEAST_SATURATION and any(low < hue * 360 < high for low, high in HELD_OUT_HUES)


def random_colour(r, style):
    """The colour of a cable of `style`: one of its own, or any. Trained ones keep away from those held out."""
    names = list(style.colours)
    weights = np.array([style.colours[name][1] for name in names])
    while True:
        if r.random() < style.any_colour:
            colour = r.uniform(10, 245) + r.normal(0, r.choice([6, 30, 70]), 3)
        else:
            own = np.array(style.colours[names[r.choice(len(names), p=weights / weights.sum())]][0], float)
            colour = own * r.uniform(0.8, 1.15) + r.normal(0, 8, 3)
        colour = np.clip(colour, 4, 250)
        if style.any_colour == 0 or not near_held_out(colour):
            return colour


def random_cable(r, style, size):
    """A cable of `style` through a square of `size` pixels."""
    return Cable(
        points=resampled(course(r, str(r.choice(style.courses)), size)),
        width=float(np.exp(r.uniform(np.log(1.8), np.log(12.0 if r.random() < 0.3 else 6.0)))),
        colour=random_colour(r, style),
        coat=str(r.choice(style.coats)),
        end=str(r.choice(["none", "plug", "strip"], p=[0.6, 0.25, 0.15])),
        second=random_colour(r, style),
    )


def line_cover(points, width, size):
    """[size, size] float32: the share of each pixel that a line covers."""
    fine = np.zeros((size * FINER, size * FINER), np.uint8)
    cv2.polylines(
        fine, [np.int32(np.round(points * FINER))], False, 255, max(1, round(width * FINER)), cv2.LINE_AA
    )
    return cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def sideways(points, distance):
    """The course moved to its side, by a number or by one for each point."""
    along = np.gradient(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-6
    return points + np.stack([-along[:, 1], along[:, 0]], 1) * np.reshape(distance, (-1, 1))


def strands(cable):
    """The lines that make up a cable: (points, width, colour)."""
    points, width, colour = cable.points, cable.width, cable.colour
    if cable.coat == "twin":
        gap = 0.5 * width + 1.0
        return [(sideways(points, -gap), width * 0.7, colour), (sideways(points, gap), width * 0.7, colour)]
    if cable.coat == "bundle":  # three side by side, each of its own thickness and with its own slack
        r = np.random.default_rng(len(points))
        lines = []
        for k, shade in ((-1, cable.second), (0, colour), (1, cable.second)):
            slack = np.interp(np.linspace(0, 1, len(points)), np.linspace(0, 1, 5), r.normal(0, 0.35, 5))
            lines.append((sideways(points, width * (0.5 * k + slack)), width * r.uniform(0.3, 0.55), shade))
        return lines
    if cable.coat == "taped":  # tape, clips, dirt: a few short pieces of another colour, nowhere in a rhythm
        r = np.random.default_rng(len(points))
        lines = [(points, width, colour)]
        for _ in range(r.integers(1, 5)):
            at, long = r.integers(0, len(points)), int(r.integers(2, 9))
            lines.append((points[at : at + long + 1], width * r.uniform(1.0, 1.3), cable.second))
        return lines
    if cable.coat == "twisted":
        swing = 0.45 * width * np.sin(np.arange(len(points)) * 2.0 / max(3.0, 1.6 * width))
        other = np.clip(colour * 0.55 + 60, 4, 250)
        return [
            (sideways(points, swing), width * 0.6, colour),
            (sideways(points, -swing), width * 0.6, other),
        ]
    if cable.coat == "striped":
        pieces = max(2, int(len(points) * 2.0 / max(6.0, 3.0 * width)))
        cuts = np.array_split(np.arange(len(points)), pieces)
        other = np.array([225.0, 205.0, 60.0])
        return [
            (points[max(0, c[0] - 1) : c[-1] + 1], width, colour if k % 2 else other)
            for k, c in enumerate(cuts)
        ]
    if cable.coat == "round" and width >= 3.5:  # light from above: a shine along one side
        shine = np.clip(colour * 1.25 + 35, 0, 255)
        return [(points, width, colour), (sideways(points, -0.2 * width), width * 0.3, shine)]
    return [(points, width, colour)]


def lay(picture, share, surface):
    """Lays a surface, a colour [3] or a picture, onto a picture where `share` [size, size], 0 to 1, covers it."""
    x, y, w, h = cv2.boundingRect((share > 0).astype(np.uint8))
    if w == 0:
        return
    at = np.s_[y : y + h, x : x + w]
    surface = np.asarray(surface, np.float32)
    part = share[at][..., None]
    picture[at] += ((surface[at] if surface.ndim == 3 else surface) - picture[at]) * part


def draw_end(picture, cover, cable, r):
    """A plug or a strip of sockets at the cable's end."""
    at = cable.points[-1]
    heading = np.degrees(np.arctan2(*(cable.points[-1] - cable.points[-6])[::-1]))
    long, wide = (r.uniform(2.5, 4) * cable.width + 4, r.uniform(1.6, 2.4) * cable.width + 3)
    colour = cable.colour
    if cable.end == "strip":
        long, wide, heading = r.uniform(18, 50), r.uniform(7, 14), r.uniform(-25, 25)
        colour = np.array([r.uniform(190, 240)] * 3) if r.random() < 0.7 else cable.colour
    corners = cv2.boxPoints(((float(at[0]), float(at[1])), (long, wide), float(heading)))
    shape = np.zeros(cover.shape, np.float32)
    cv2.fillPoly(shape, [np.int32(corners * 16)], 1.0, cv2.LINE_AA, 4)
    lay(picture, shape, colour)
    cover *= 1 - shape  # the box is no cable


def hiding(r, size):
    """[size, size]: 0 where something stands before the cable, 1 elsewhere."""
    seen = np.ones((size, size), np.float32)
    for _ in range(r.integers(1, 4)):
        x, y = r.uniform(0, size, 2)
        box = (
            (float(x), float(y)),
            (float(r.uniform(10, 60)), float(r.uniform(14, 90))),
            float(r.uniform(-30, 30)),
        )
        cv2.fillPoly(seen, [np.int32(cv2.boxPoints(box))], 0.0)
    return seen


def draw_cable(picture, cable, r):
    """Draws a cable with its shadow. Returns the picture and [size, size] the cable's share of each pixel."""
    size = picture.shape[0]
    out, cover = picture.copy(), np.zeros((size, size), np.float32)
    seen = hiding(r, size) if r.random() < 0.3 else np.ones((size, size), np.float32)
    if r.random() < 0.35:  # its shadow on the wall behind
        offset = np.array([r.uniform(-14, 14), r.uniform(2, 12)])
        shadow = cv2.GaussianBlur(
            line_cover(cable.points + offset, cable.width, size), (0, 0), r.uniform(0.6, 2.5)
        )
        lay(out, shadow * seen * np.float32(r.uniform(0.15, 0.45)), (0, 0, 0))
    # The cable hangs in the light of its surroundings.
    light = cv2.blur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (61, 61)) / 125
    light = np.clip(np.float32(r.uniform(0.35, 0.75)) * light + np.float32(r.uniform(0.2, 0.6)), 0.3, 1.3)
    light *= cv2.resize(
        r.normal(1, 0.08, (6, 6)).astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR
    )
    if cable.coat == "worn":  # lighter and darker along its way
        cells = r.normal(1, 0.22, (int(r.integers(4, 24)),) * 2).astype(np.float32)
        light *= np.clip(cv2.resize(cells, (size, size), interpolation=cv2.INTER_CUBIC), 0.4, 1.7)
    covers = {}  # all strands of one colour at once
    for points, width, colour in strands(cable):
        key = tuple(colour)
        share = line_cover(points, width, size)
        covers[key] = np.maximum(covers[key], share) if key in covers else share
    for colour, share in covers.items():
        share = share * seen
        lay(out, share, light[..., None] * np.float32(colour))
        cover = np.maximum(cover, share)
    np.minimum(out, 255, out=out)
    if cable.end != "none":
        draw_end(out, cover, cable, r)
    return out, cover
