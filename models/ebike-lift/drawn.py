"""Drawn parts of two-wheelers, and drawn things that are no e-bikes: bicycles, prams, wheelchairs, trolleys, parcels."""

import numpy as np

from mesh import around, ball, box, joined, slab, standing, swept, wheel

BLACK, GREY, STEEL = (0.06, 0.06, 0.06), (0.35, 0.35, 0.36), (0.62, 0.63, 0.65)


def paint(dice):
    """A colour as e-bikes and clothes have it: blue, green, red."""
    if dice.random() < 0.45:
        return np.full(3, dice.choice([0.08, 0.15, 0.35, 0.6, 0.85])) * dice.uniform(0.9, 1.1, 3)
    hue, value, grey = dice.uniform(0, 6), dice.uniform(0.3, 0.9), dice.uniform(0.05, 0.6)
    colour = np.clip([abs(hue - 3) - 1, 2 - abs(hue - 2), 2 - abs(hue - 4)], 0, 1)[::-1]
    return (grey + (1 - grey) * colour) * value


def bars(at, width, dice, mirrors):
    """Handlebar, grips and often two mirrors."""
    x, z = at
    ends = [
        (x - 0.16, -width, z + 0.02),
        (x, -width * 0.5, z + 0.05),
        (x, width * 0.5, z + 0.05),
        (x - 0.16, width, z + 0.02),
    ]
    parts = [around(ends, 0.013, BLACK, 6)]
    for side in (-1, 1):
        grip = [(x - 0.1, side * width * 0.84, z + 0.03), (x - 0.19, side * width * 1.03, z + 0.015)]
        parts.append(around(grip, 0.02, BLACK, 6))
        if mirrors:
            top = (x - 0.04, side * (width + 0.06), z + dice.uniform(0.16, 0.28))
            parts.append(around([(x - 0.05, side * width * 0.8, z + 0.04), top], 0.005, BLACK, 5))
            parts.append(ball(np.array(top), np.array([0.012, 0.065, 0.045]), BLACK, 8))
    return parts


def seat(x, z, length, width, colour):
    outline = [
        (x - length / 2, z),
        (x - length / 2, z + 0.07),
        (x, z + 0.05),
        (x + length / 2, z + 0.08),
        (x + length / 2, z + 0.01),
    ]
    return slab(outline, width / 2, colour, 0.85)


def basket(x, z, dice, colour):
    depth, width, height = dice.uniform(0.2, 0.3), dice.uniform(0.3, 0.38), dice.uniform(0.2, 0.28)
    if dice.random() < 0.4:
        return [box((x, -width / 2, z), (x + depth, width / 2, z + height), colour)]
    parts = []
    for level in np.linspace(0, height, 4):
        grow = 0.8 + 0.2 * level / height
        w, d = width / 2 * grow, depth * grow
        corners = [
            (x, -w, z + level),
            (x + d, -w, z + level),
            (x + d, w, z + level),
            (x, w, z + level),
            (x, -w, z + level),
        ]
        parts.append(around(corners, 0.006, colour, 4))
    for y in np.linspace(-width / 2, width / 2, 7):
        parts.append(around([(x + depth * 0.8, y * 0.8, z), (x + depth, y, z + height)], 0.004, colour, 3))
        parts.append(around([(x, y * 0.8, z), (x, y, z + height)], 0.004, colour, 3))
    parts.append(box((x, -width * 0.4, z), (x + depth * 0.8, width * 0.4, z + 0.01), colour))
    return parts


def bicycle(dice):
    """Two large thin wheels with spokes, a frame of tubes, pedals."""
    child = dice.random() < 0.2
    radius = dice.uniform(0.2, 0.25) if child else dice.uniform(0.3, 0.35)
    base = radius * dice.uniform(2.9, 3.3)
    colour = paint(dice)
    rear, front = -base / 2, base / 2
    saddle_z, bar = radius * 2 + dice.uniform(0.15, 0.3), radius * 2 + dice.uniform(0.3, 0.42)
    width = dice.uniform(0.022, 0.05)
    parts = [
        wheel(rear, 0, radius, width, BLACK, STEEL, False),
        wheel(front, 0, radius, width, BLACK, STEEL, False),
    ]
    crank, head, saddle = (-0.05, 0, radius * 0.85), (front - 0.2, 0, bar - 0.12), (rear + 0.28, 0, saddle_z)
    step = dice.random() < 0.5
    upper = (head[0] - 0.03, 0, head[2] - (0.25 if step else 0.02))
    for a, b in [
        (crank, head),
        (crank, saddle),
        (upper, (saddle[0] + 0.06, 0, saddle_z * (0.7 if step else 0.92))),
        ((rear, 0, radius), crank),
        ((rear, 0, radius), (saddle[0] + 0.03, 0, saddle_z * 0.88)),
        ((front, 0, radius), head),
    ]:
        parts.append(around([a, b], 0.017, colour, 6))
    parts.append(around([head, (head[0] - 0.03, 0, bar)], 0.012, STEEL, 6))
    parts += bars((head[0] - 0.02, bar), dice.uniform(0.24, 0.32), dice, False)
    parts.append(seat(saddle[0] - 0.02, saddle_z, 0.26, dice.uniform(0.13, 0.2), BLACK))
    parts.append(around([(crank[0], -0.1, crank[2]), (crank[0], 0.1, crank[2])], 0.02, GREY, 6))
    for side in (-1, 1):
        parts.append(
            box(
                (crank[0] + side * 0.14, side * 0.1, crank[2] - 0.02),
                (crank[0] + side * 0.2, side * 0.17, crank[2]),
                BLACK,
            )
        )
    if dice.random() < 0.4:
        parts += basket(head[0] + 0.08, bar - 0.3, dice, STEEL)
    if dice.random() < 0.4:
        parts.append(
            box((rear - 0.22, -0.06, radius * 2 + 0.05), (rear + 0.15, 0.06, radius * 2 + 0.07), GREY)
        )
    return standing(joined(parts))


def pram(dice):
    colour, wheels = paint(dice), dice.uniform(0.08, 0.13)
    parts = [wheel(x, y, wheels, 0.04, BLACK, GREY, True) for x in (-0.32, 0.32) for y in (-0.26, 0.26)]
    for y in (-0.22, 0.22):
        parts.append(around([(0.32, y, wheels), (-0.15, y, 0.6), (-0.5, y, 1.02)], 0.012, GREY, 6))
        parts.append(around([(-0.32, y, wheels), (0.1, y, 0.62)], 0.012, GREY, 6))
    parts.append(around([(-0.5, -0.22, 1.02), (-0.5, 0.22, 1.02)], 0.018, BLACK, 6))
    angle = np.linspace(-0.1, np.pi * dice.uniform(0.45, 0.75), 7)
    hood = [
        [(-0.05 - 0.34 * np.cos(a) * 0.9, y, 0.6 + 0.36 * np.sin(a)) for y in (-0.22, -0.1, 0.1, 0.22)]
        for a in angle
    ]
    parts.append(swept([ring + ring[::-1] for ring in hood], colour))
    parts.append(
        slab([(-0.35, 0.42), (-0.38, 0.64), (0.38, 0.62), (0.42, 0.5), (0.1, 0.38)], 0.21, colour, 0.95)
    )
    return standing(joined(parts))


def wheelchair(dice):
    colour = paint(dice)
    parts = [wheel(-0.1, y, 0.3, 0.03, BLACK, STEEL, False) for y in (-0.3, 0.3)]
    parts += [wheel(0.32, y, 0.08, 0.03, BLACK, GREY, True) for y in (-0.22, 0.22)]
    parts.append(box((-0.2, -0.22, 0.46), (0.26, 0.22, 0.5), colour))
    parts.append(box((-0.25, -0.22, 0.48), (-0.2, 0.22, 0.95), colour))
    for y in (-0.25, 0.25):
        pipe = [
            (-0.42, y, 0.94),
            (-0.24, y, 0.9),
            (-0.22, y, 0.3),
            (0.25, y, 0.3),
            (0.42, y, 0.1),
            (0.5, y, 0.08),
        ]
        parts.append(around(pipe, 0.012, STEEL, 6))
        parts.append(around([(-0.2, y, 0.7), (0.2, y, 0.7), (0.24, y, 0.45)], 0.02, BLACK, 6))
    if dice.random() < 0.6:  # somebody sits in it
        skin, clothes = np.array([0.45, 0.6, 0.8]) * dice.uniform(0.5, 1.1), paint(dice)
        parts.append(ball(np.array([-0.08, 0, 0.8]), np.array([0.14, 0.2, 0.3]), clothes))
        parts.append(ball(np.array([-0.06, 0, 1.2]), np.array([0.1, 0.08, 0.12]), BLACK))
        for y in (-0.1, 0.1):
            parts.append(around([(-0.05, y, 0.55), (0.35, y, 0.55), (0.42, y, 0.12)], 0.07, clothes * 0.6, 8))
            parts.append(
                around([(-0.08, y * 2, 0.98), (0.05, y * 2.4, 0.75), (0.2, y * 1.5, 0.68)], 0.045, skin, 6)
            )
    return standing(joined(parts))


def trolley(dice):
    """A shopping trolley, a hand truck with parcels, a pulled bag on wheels, or a flat cart."""
    kind, colour = dice.integers(4), paint(dice)
    parts = [wheel(x, y, 0.06, 0.03, BLACK, GREY, True) for x in (-0.3, 0.3) for y in (-0.2, 0.2)]
    if kind == 0:
        parts += basket(-0.4, 0.45, dice, STEEL)
        for level in np.linspace(0.4, 0.95, 7):
            w = 0.2 + 0.07 * (level - 0.4)
            x = [
                (-0.42, -w, level),
                (0.42, -w * 0.8, level),
                (0.42, w * 0.8, level),
                (-0.42, w, level),
                (-0.42, -w, level),
            ]
            parts.append(around(x, 0.005, STEEL, 4))
        for y in (-0.2, 0.2):
            parts.append(
                around([(0.3, y, 0.06), (-0.35, y, 0.2), (-0.4, y, 0.4), (-0.55, y, 1.0)], 0.012, STEEL, 6)
            )
        parts.append(around([(-0.55, -0.22, 1.0), (-0.55, 0.22, 1.0)], 0.02, colour, 6))
    elif kind == 1 or kind == 3:
        parts.append(box((-0.4, -0.27, 0.1), (0.42, 0.27, 0.14), GREY))
        for y in (-0.2, 0.2):
            parts.append(around([(-0.4, y, 0.12), (-0.5, y, 1.0)], 0.014, colour, 6))
        parts.append(around([(-0.5, -0.2, 1.0), (-0.5, 0.2, 1.0)], 0.014, colour, 6))
        z = 0.14
        for _ in range(dice.integers(1, 5)):
            high, wide, long = dice.uniform(0.15, 0.4), dice.uniform(0.15, 0.3), dice.uniform(0.2, 0.4)
            parts.append(
                box(
                    (-long, -wide, z),
                    (long, wide, z + high),
                    np.array([0.35, 0.5, 0.65]) * dice.uniform(0.6, 1.3),
                )
            )
            z += high
    else:
        parts = [wheel(-0.1, y, 0.09, 0.03, BLACK, GREY, True) for y in (-0.18, 0.18)]
        parts.append(box((-0.12, -0.18, 0.08), (0.14, 0.18, 0.75), colour, 0.15))
        parts.append(
            around(
                [(-0.14, -0.15, 0.3), (-0.3, -0.1, 1.0), (-0.3, 0.1, 1.0), (-0.14, 0.15, 0.3)], 0.01, STEEL, 6
            )
        )
    return standing(joined(parts))


def parcels(dice):
    parts, z = [], 0.0
    for _ in range(dice.integers(1, 4)):
        wide, long, high = dice.uniform(0.15, 0.4), dice.uniform(0.2, 0.6), dice.uniform(0.2, 0.6)
        colour = np.array([0.35, 0.5, 0.65]) * dice.uniform(0.6, 1.3) if dice.random() < 0.6 else paint(dice)
        parts.append(box((-long, -wide, z), (long, wide, z + high), colour))
        z += high
    return standing(joined(parts))


def furniture(dice):
    """A table, a chair or a rack that somebody moves."""
    colour, legs = paint(dice), dice.uniform(0.4, 0.75)
    wide, long = dice.uniform(0.2, 0.4), dice.uniform(0.2, 0.5)
    parts = [box((-long, -wide, legs), (long, wide, legs + 0.05), colour)]
    parts += [
        around([(x, y, 0), (x * 0.9, y * 0.9, legs)], 0.02, colour * 0.8, 6)
        for x in (-long, long)
        for y in (-wide, wide)
    ]
    if dice.random() < 0.6:
        parts.append(box((-long, -wide, legs), (-long + 0.04, wide, legs + 0.45), colour))
    return standing(joined(parts))


NONE_DRAWN = {
    "bicycle": bicycle,
    "pram": pram,
    "wheelchair": wheelchair,
    "trolley": trolley,
    "parcels": parcels,
    "furniture": furniture,
}
