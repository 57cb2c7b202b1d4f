"""Drawn e-bikes in four styles, and drawn things that are none: bicycles, prams, wheelchairs, trolleys, parcels."""

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


def _bars(at, width, dice, mirrors):
    """Handlebar, grips and often two mirrors."""
    x, z = at
    ends = [(x - 0.16, -width, z + 0.02), (x, -width * 0.5, z + 0.05), (x, width * 0.5, z + 0.05), (x - 0.16, width, z + 0.02)]
    parts = [around(ends, 0.013, BLACK, 6)]
    for side in (-1, 1):
        grip = [(x - 0.1, side * width * 0.84, z + 0.03), (x - 0.19, side * width * 1.03, z + 0.015)]
        parts.append(around(grip, 0.02, BLACK, 6))
        if mirrors:
            top = (x - 0.04, side * (width + 0.06), z + dice.uniform(0.16, 0.28))
            parts.append(around([(x - 0.05, side * width * 0.8, z + 0.04), top], 0.005, BLACK, 5))
            parts.append(ball(np.array(top), np.array([0.012, 0.065, 0.045]), BLACK, 8))
    return parts


def _seat(x, z, length, width, colour):
    outline = [(x - length / 2, z), (x - length / 2, z + 0.07), (x, z + 0.05), (x + length / 2, z + 0.08), (x + length / 2, z + 0.01)]
    return slab(outline, width / 2, colour, 0.85)


def _basket(x, z, dice, colour):
    depth, width, height = dice.uniform(0.2, 0.3), dice.uniform(0.3, 0.38), dice.uniform(0.2, 0.28)
    if dice.random() < 0.4:
        return [box((x, -width / 2, z), (x + depth, width / 2, z + height), colour)]
    parts = []
    for level in np.linspace(0, height, 4):
        grow = 0.8 + 0.2 * level / height
        w, d = width / 2 * grow, depth * grow
        corners = [(x, -w, z + level), (x + d, -w, z + level), (x + d, w, z + level), (x, w, z + level), (x, -w, z + level)]
        parts.append(around(corners, 0.006, colour, 4))
    for y in np.linspace(-width / 2, width / 2, 7):
        parts.append(around([(x + depth * 0.8, y * 0.8, z), (x + depth, y, z + height)], 0.004, colour, 3))
        parts.append(around([(x, y * 0.8, z), (x, y, z + height)], 0.004, colour, 3))
    parts.append(box((x, -width * 0.4, z), (x + depth * 0.8, width * 0.4, z + 0.01), colour))
    return parts


def _quilt(x, z, dice, colour):
    """The wind guard that hangs before the handlebar in winter."""
    width, low = dice.uniform(0.36, 0.46), dice.uniform(0.2, 0.35)
    rings = []
    for level, grow, bulge in [(z + 0.08, 1.0, 0.0), (z - 0.1, 1.02, 0.08), (z - 0.35, 0.85, 0.12), (low, 0.7, 0.06)]:
        angle = np.linspace(-1, 1, 9)
        rings.append(np.stack([x + 0.06 + bulge - 0.22 * angle**2, width * grow * angle, np.full(9, level)], 1))
    rings = [np.concatenate([ring, ring[::-1] - [0.02, 0, 0]]) for ring in rings]
    return swept(rings, colour)


def _tarp(size, dice, colour):
    """A cover over the whole bike, in folds."""
    length, _, height = size
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    rings = []
    for level, grow in [(0.06, 1.0), (0.35, 0.97), (0.65, 0.9), (0.82, 0.8), (0.95, 0.55), (1.0, 0.05)]:
        folds = 1 + dice.normal(0, 0.02, 40) + 0.04 * np.sin(angle * dice.integers(5, 9) + dice.uniform(0, 6))
        hump = height * level * (1 + 0.12 * np.cos(angle) * (level > 0.6))
        rings.append(
            np.stack([length * 0.52 * grow * np.cos(angle) * folds, 0.3 * grow * np.sin(angle) * folds, hump], 1)
        )
    return swept(rings, colour)


def e_bike(dice, style):
    """`style`: "simple" (open frame, battery box), "scooter" (leg shield, closed body), "delivery" (with a large box)
    or "mini" (small wheels, folding)."""
    mini, closed = style == "mini", style == "scooter" or (style == "delivery" and dice.random() < 0.6)
    radius = dice.uniform(0.15, 0.19) if mini else dice.uniform(0.2, 0.26)
    base = dice.uniform(0.82, 0.95) if mini else dice.uniform(1.08, 1.3)
    tyre = dice.uniform(0.045, 0.06) if mini else dice.uniform(0.06, 0.09)
    body, second = paint(dice), paint(dice)
    rear, front, seat_z = -base / 2, base / 2, dice.uniform(0.66, 0.76)
    bar = (front - dice.uniform(0.2, 0.3), dice.uniform(0.92, 1.08))
    rim = STEEL if dice.random() < 0.5 else BLACK
    parts = [wheel(rear, 0, radius, tyre, BLACK, rim, True), wheel(front, 0, radius, tyre, BLACK, rim, dice.random() < 0.6)]
    for side in (-1, 1):  # fork
        parts.append(around([(front, side * 0.06, radius), (bar[0] + 0.07, side * 0.05, radius + 0.32)], 0.018, GREY, 6))
    parts.append(around([(bar[0] + 0.09, 0, radius + 0.28), (bar[0], 0, bar[1])], 0.025, BLACK, 8))
    parts += _bars(bar, dice.uniform(0.28, 0.36), dice, dice.random() < 0.75)
    floor = radius + dice.uniform(0.0, 0.06)
    low = [(bar[0] + 0.06, 0, radius + 0.35), (bar[0] - 0.1, 0, floor + 0.02), (rear + 0.3, 0, floor), (rear + 0.12, 0, seat_z - 0.1)]
    parts.append(around(low, 0.03 if not mini else 0.024, body, 8))
    parts.append(around([(rear, 0.06, radius), (rear + 0.25, 0.06, floor + 0.05)], 0.02, GREY, 6))
    seat_x = rear + dice.uniform(0.16, 0.3)
    long_seat = closed or dice.random() < 0.5
    if closed:
        shield = [(bar[0] + 0.16, floor + 0.12), (bar[0] + 0.08, bar[1] - 0.12), (bar[0] - 0.02, bar[1] - 0.02),
                  (bar[0] - 0.05, bar[1] - 0.2), (bar[0] + 0.02, floor + 0.05)]
        parts.append(slab(shield, dice.uniform(0.16, 0.23), body, 0.75))
        parts.append(box((rear + 0.42, -0.15, floor - 0.06), (bar[0] + 0.03, 0.15, floor + 0.03), second if dice.random() < 0.4 else BLACK))
        tail = [(rear + 0.44, floor), (rear + 0.4, seat_z - 0.02), (rear - 0.2, seat_z + 0.02), (rear - 0.28, seat_z - 0.08),
                (rear + 0.0, radius + 0.2)]
        parts.append(slab(tail, dice.uniform(0.12, 0.17), body, 0.8))
        parts.append(ball(np.array([bar[0] + 0.1, 0, bar[1] - 0.04]), np.array([0.09, 0.13, 0.09]), body))
    else:
        where = dice.random()
        battery = second if dice.random() < 0.5 else BLACK
        if where < 0.5:  # below the seat
            parts.append(box((rear + 0.16, -0.08, floor), (rear + 0.34, 0.08, seat_z - 0.1), battery, 0.15))
        else:  # on the foot board
            parts.append(box((rear + 0.3, -0.13, floor), (bar[0] - 0.1, 0.13, floor + dice.uniform(0.1, 0.18)), battery))
        parts.append(around([(seat_x, 0, floor), (seat_x - 0.04, 0, seat_z)], 0.02, STEEL, 6))
        for x, way in ((front, 1), (rear, 1)):  # mudguards
            angle = np.linspace(0.3, np.pi - 0.2, 8)
            rings = [[(x + (radius + 0.03) * np.cos(a) * way, y, radius + (radius + 0.03) * np.sin(a)) for y in (-0.05, 0.05, 0.05, -0.05)]
                     for a in angle]
            parts.append(swept(rings, body))
        parts.append(ball(np.array([bar[0] + 0.12, 0, bar[1] - 0.12]), np.array([0.05, 0.06, 0.06]), BLACK, 8))
    parts.append(_seat(seat_x - (0.12 if long_seat else 0), seat_z, dice.uniform(0.5, 0.66) if long_seat else 0.28, 0.24, BLACK if dice.random() < 0.7 else paint(dice)))
    if not closed or dice.random() < 0.5:  # rack
        for side in (-1, 1):
            parts.append(around([(rear + 0.05, side * 0.08, seat_z - 0.05), (rear - 0.3, side * 0.08, seat_z - 0.02)], 0.008, GREY, 5))
        parts.append(around([(rear, 0.08, radius), (rear - 0.2, 0.08, seat_z - 0.03)], 0.008, GREY, 5))
    if style == "delivery":
        side, colour = dice.uniform(0.4, 0.5), [(0.75, 0.45, 0.05), (0.1, 0.75, 0.9), BLACK, (0.2, 0.2, 0.75)][dice.integers(4)]
        parts.append(box((rear - 0.42, -side / 2, seat_z + 0.02), (rear + 0.0, side / 2, seat_z + side), colour))
    elif dice.random() < 0.4:
        parts.append(box((rear - 0.36, -0.17, seat_z), (rear - 0.08, 0.17, seat_z + 0.26), body if dice.random() < 0.5 else BLACK))
    if dice.random() < (0.75 if not closed else 0.35):
        parts += _basket(bar[0] + 0.1, bar[1] - 0.32, dice, BLACK if dice.random() < 0.6 else STEEL)
    if dice.random() < 0.2 and not mini:
        parts.append(_quilt(bar[0] + 0.12, bar[1], dice, paint(dice)))
    made = joined(parts)
    if dice.random() < 0.1:
        size = made.size()
        made = joined([made, _tarp(size, dice, paint(dice) * 0.8)]) if dice.random() < 0.3 else joined([_tarp(size, dice, paint(dice) * 0.8), parts[0], parts[1]])
    if dice.random() < 0.35:  # a bag on the hook or on the seat
        made = joined([made, ball(np.array([bar[0] - 0.14, dice.uniform(-0.1, 0.1), 0.5]), np.array([0.12, 0.1, 0.16]), paint(dice), 8)])
    return standing(made)


def bicycle(dice):
    """Two large thin wheels with spokes, a frame of tubes, pedals."""
    child = dice.random() < 0.2
    radius = dice.uniform(0.2, 0.25) if child else dice.uniform(0.3, 0.35)
    base = radius * dice.uniform(2.9, 3.3)
    colour = paint(dice)
    rear, front = -base / 2, base / 2
    seat, bar = radius * 2 + dice.uniform(0.15, 0.3), radius * 2 + dice.uniform(0.3, 0.42)
    width = dice.uniform(0.022, 0.05)
    parts = [wheel(rear, 0, radius, width, BLACK, STEEL, False), wheel(front, 0, radius, width, BLACK, STEEL, False)]
    crank, head, saddle = (-0.05, 0, radius * 0.85), (front - 0.2, 0, bar - 0.12), (rear + 0.28, 0, seat)
    step = dice.random() < 0.5
    upper = (head[0] - 0.03, 0, head[2] - (0.25 if step else 0.02))
    for a, b in [(crank, head), (crank, saddle), (upper, (saddle[0] + 0.06, 0, seat * (0.7 if step else 0.92))),
                 ((rear, 0, radius), crank), ((rear, 0, radius), (saddle[0] + 0.03, 0, seat * 0.88)), ((front, 0, radius), head)]:
        parts.append(around([a, b], 0.017, colour, 6))
    parts.append(around([head, (head[0] - 0.03, 0, bar)], 0.012, STEEL, 6))
    parts += _bars((head[0] - 0.02, bar), dice.uniform(0.24, 0.32), dice, False)
    parts.append(_seat(saddle[0] - 0.02, seat, 0.26, dice.uniform(0.13, 0.2), BLACK))
    parts.append(around([(crank[0], -0.1, crank[2]), (crank[0], 0.1, crank[2])], 0.02, GREY, 6))
    for side in (-1, 1):
        parts.append(box((crank[0] + side * 0.14, side * 0.1, crank[2] - 0.02), (crank[0] + side * 0.2, side * 0.17, crank[2]), BLACK))
    if dice.random() < 0.4:
        parts += _basket(head[0] + 0.08, bar - 0.3, dice, STEEL)
    if dice.random() < 0.4:
        parts.append(box((rear - 0.22, -0.06, radius * 2 + 0.05), (rear + 0.15, 0.06, radius * 2 + 0.07), GREY))
    return standing(joined(parts))


def pram(dice):
    colour, wheels = paint(dice), dice.uniform(0.08, 0.13)
    parts = [wheel(x, y, wheels, 0.04, BLACK, GREY, True) for x in (-0.32, 0.32) for y in (-0.26, 0.26)]
    for y in (-0.22, 0.22):
        parts.append(around([(0.32, y, wheels), (-0.15, y, 0.6), (-0.5, y, 1.02)], 0.012, GREY, 6))
        parts.append(around([(-0.32, y, wheels), (0.1, y, 0.62)], 0.012, GREY, 6))
    parts.append(around([(-0.5, -0.22, 1.02), (-0.5, 0.22, 1.02)], 0.018, BLACK, 6))
    angle = np.linspace(-0.1, np.pi * dice.uniform(0.45, 0.75), 7)
    hood = [[(-0.05 - 0.34 * np.cos(a) * 0.9, y, 0.6 + 0.36 * np.sin(a)) for y in (-0.22, -0.1, 0.1, 0.22)] for a in angle]
    parts.append(swept([ring + ring[::-1] for ring in hood], colour))
    parts.append(slab([(-0.35, 0.42), (-0.38, 0.64), (0.38, 0.62), (0.42, 0.5), (0.1, 0.38)], 0.21, colour, 0.95))
    return standing(joined(parts))


def wheelchair(dice):
    colour = paint(dice)
    parts = [wheel(-0.1, y, 0.3, 0.03, BLACK, STEEL, False) for y in (-0.3, 0.3)]
    parts += [wheel(0.32, y, 0.08, 0.03, BLACK, GREY, True) for y in (-0.22, 0.22)]
    parts.append(box((-0.2, -0.22, 0.46), (0.26, 0.22, 0.5), colour))
    parts.append(box((-0.25, -0.22, 0.48), (-0.2, 0.22, 0.95), colour))
    for y in (-0.25, 0.25):
        pipe = [(-0.42, y, 0.94), (-0.24, y, 0.9), (-0.22, y, 0.3), (0.25, y, 0.3), (0.42, y, 0.1), (0.5, y, 0.08)]
        parts.append(around(pipe, 0.012, STEEL, 6))
        parts.append(around([(-0.2, y, 0.7), (0.2, y, 0.7), (0.24, y, 0.45)], 0.02, BLACK, 6))
    if dice.random() < 0.6:  # somebody sits in it
        skin, clothes = np.array([0.45, 0.6, 0.8]) * dice.uniform(0.5, 1.1), paint(dice)
        parts.append(ball(np.array([-0.08, 0, 0.8]), np.array([0.14, 0.2, 0.3]), clothes))
        parts.append(ball(np.array([-0.06, 0, 1.2]), np.array([0.1, 0.08, 0.12]), BLACK))
        for y in (-0.1, 0.1):
            parts.append(around([(-0.05, y, 0.55), (0.35, y, 0.55), (0.42, y, 0.12)], 0.07, clothes * 0.6, 8))
            parts.append(around([(-0.08, y * 2, 0.98), (0.05, y * 2.4, 0.75), (0.2, y * 1.5, 0.68)], 0.045, skin, 6))
    return standing(joined(parts))


def trolley(dice):
    """A shopping trolley, a hand truck with parcels, a pulled bag on wheels, or a flat cart."""
    kind, colour = dice.integers(4), paint(dice)
    parts = [wheel(x, y, 0.06, 0.03, BLACK, GREY, True) for x in (-0.3, 0.3) for y in (-0.2, 0.2)]
    if kind == 0:
        parts += _basket(-0.4, 0.45, dice, STEEL)
        for level in np.linspace(0.4, 0.95, 7):
            w = 0.2 + 0.07 * (level - 0.4)
            x = [(-0.42, -w, level), (0.42, -w * 0.8, level), (0.42, w * 0.8, level), (-0.42, w, level), (-0.42, -w, level)]
            parts.append(around(x, 0.005, STEEL, 4))
        for y in (-0.2, 0.2):
            parts.append(around([(0.3, y, 0.06), (-0.35, y, 0.2), (-0.4, y, 0.4), (-0.55, y, 1.0)], 0.012, STEEL, 6))
        parts.append(around([(-0.55, -0.22, 1.0), (-0.55, 0.22, 1.0)], 0.02, colour, 6))
    elif kind == 1 or kind == 3:
        parts.append(box((-0.4, -0.27, 0.1), (0.42, 0.27, 0.14), GREY))
        for y in (-0.2, 0.2):
            parts.append(around([(-0.4, y, 0.12), (-0.5, y, 1.0)], 0.014, colour, 6))
        parts.append(around([(-0.5, -0.2, 1.0), (-0.5, 0.2, 1.0)], 0.014, colour, 6))
        z = 0.14
        for _ in range(dice.integers(1, 5)):
            high, wide, long = dice.uniform(0.15, 0.4), dice.uniform(0.15, 0.3), dice.uniform(0.2, 0.4)
            parts.append(box((-long, -wide, z), (long, wide, z + high), np.array([0.35, 0.5, 0.65]) * dice.uniform(0.6, 1.3)))
            z += high
    else:
        parts = [wheel(-0.1, y, 0.09, 0.03, BLACK, GREY, True) for y in (-0.18, 0.18)]
        parts.append(box((-0.12, -0.18, 0.08), (0.14, 0.18, 0.75), colour, 0.15))
        parts.append(around([(-0.14, -0.15, 0.3), (-0.3, -0.1, 1.0), (-0.3, 0.1, 1.0), (-0.14, 0.15, 0.3)], 0.01, STEEL, 6))
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
    parts += [around([(x, y, 0), (x * 0.9, y * 0.9, legs)], 0.02, colour * 0.8, 6) for x in (-long, long) for y in (-wide, wide)]
    if dice.random() < 0.6:
        parts.append(box((-long, -wide, legs), (-long + 0.04, wide, legs + 0.45), colour))
    return standing(joined(parts))


NONE_DRAWN = {"bicycle": bicycle, "pram": pram, "wheelchair": wheelchair, "trolley": trolley, "parcels": parcels, "furniture": furniture}
E_BIKE_STYLES = ("simple", "scooter", "delivery", "mini")
