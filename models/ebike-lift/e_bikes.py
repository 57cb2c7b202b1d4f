"""Drawn e-bikes: wheels with hub motors, batteries, leg shields, saddles; some loaded, some under a cover."""

import numpy as np

from drawn import BLACK, GREY, STEEL, bars, basket, paint, seat
from mesh import around, ball, box, joined, slab, standing, swept, wheel

STYLES = ("simple", "scooter", "delivery", "mini")


def _quilt(x, z, dice, colour):
    """The wind guard that hangs before the handlebar in winter."""
    width, low = dice.uniform(0.36, 0.46), dice.uniform(0.2, 0.35)
    rings = []
    for level, grow, bulge in [
        (z + 0.08, 1.0, 0.0),
        (z - 0.1, 1.02, 0.08),
        (z - 0.35, 0.85, 0.12),
        (low, 0.7, 0.06),
    ]:
        angle = np.linspace(-1, 1, 9)
        rings.append(
            np.stack([x + 0.06 + bulge - 0.22 * angle**2, width * grow * angle, np.full(9, level)], 1)
        )
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
            np.stack(
                [length * 0.52 * grow * np.cos(angle) * folds, 0.3 * grow * np.sin(angle) * folds, hump], 1
            )
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
    parts = [
        wheel(rear, 0, radius, tyre, BLACK, rim, True),
        wheel(front, 0, radius, tyre, BLACK, rim, dice.random() < 0.6),
    ]
    for side in (-1, 1):  # fork
        parts.append(
            around(
                [(front, side * 0.06, radius), (bar[0] + 0.07, side * 0.05, radius + 0.32)], 0.018, GREY, 6
            )
        )
    parts.append(around([(bar[0] + 0.09, 0, radius + 0.28), (bar[0], 0, bar[1])], 0.025, BLACK, 8))
    parts += bars(bar, dice.uniform(0.28, 0.36), dice, dice.random() < 0.75)
    floor = radius + dice.uniform(0.0, 0.06)
    low = [
        (bar[0] + 0.06, 0, radius + 0.35),
        (bar[0] - 0.1, 0, floor + 0.02),
        (rear + 0.3, 0, floor),
        (rear + 0.12, 0, seat_z - 0.1),
    ]
    parts.append(around(low, 0.03 if not mini else 0.024, body, 8))
    parts.append(around([(rear, 0.06, radius), (rear + 0.25, 0.06, floor + 0.05)], 0.02, GREY, 6))
    seat_x = rear + dice.uniform(0.16, 0.3)
    long_seat = closed or dice.random() < 0.5
    if closed:
        shield = [
            (bar[0] + 0.16, floor + 0.12),
            (bar[0] + 0.08, bar[1] - 0.12),
            (bar[0] - 0.02, bar[1] - 0.02),
            (bar[0] - 0.05, bar[1] - 0.2),
            (bar[0] + 0.02, floor + 0.05),
        ]
        parts.append(slab(shield, dice.uniform(0.16, 0.23), body, 0.75))
        parts.append(
            box(
                (rear + 0.42, -0.15, floor - 0.06),
                (bar[0] + 0.03, 0.15, floor + 0.03),
                second if dice.random() < 0.4 else BLACK,
            )
        )
        tail = [
            (rear + 0.44, floor),
            (rear + 0.4, seat_z - 0.02),
            (rear - 0.2, seat_z + 0.02),
            (rear - 0.28, seat_z - 0.08),
            (rear + 0.0, radius + 0.2),
        ]
        parts.append(slab(tail, dice.uniform(0.12, 0.17), body, 0.8))
        parts.append(ball(np.array([bar[0] + 0.1, 0, bar[1] - 0.04]), np.array([0.09, 0.13, 0.09]), body))
    else:
        where = dice.random()
        battery = second if dice.random() < 0.5 else BLACK
        if where < 0.5:  # below the seat
            parts.append(box((rear + 0.16, -0.08, floor), (rear + 0.34, 0.08, seat_z - 0.1), battery, 0.15))
        else:  # on the foot board
            parts.append(
                box(
                    (rear + 0.3, -0.13, floor), (bar[0] - 0.1, 0.13, floor + dice.uniform(0.1, 0.18)), battery
                )
            )
        parts.append(around([(seat_x, 0, floor), (seat_x - 0.04, 0, seat_z)], 0.02, STEEL, 6))
        for x, way in ((front, 1), (rear, 1)):  # mudguards
            angle = np.linspace(0.3, np.pi - 0.2, 8)
            rings = [
                [
                    (x + (radius + 0.03) * np.cos(a) * way, y, radius + (radius + 0.03) * np.sin(a))
                    for y in (-0.05, 0.05, 0.05, -0.05)
                ]
                for a in angle
            ]
            parts.append(swept(rings, body))
        parts.append(
            ball(np.array([bar[0] + 0.12, 0, bar[1] - 0.12]), np.array([0.05, 0.06, 0.06]), BLACK, 8)
        )
    parts.append(
        seat(
            seat_x - (0.12 if long_seat else 0),
            seat_z,
            dice.uniform(0.5, 0.66) if long_seat else 0.28,
            0.24,
            BLACK if dice.random() < 0.7 else paint(dice),
        )
    )
    if not closed or dice.random() < 0.5:  # rack
        for side in (-1, 1):
            parts.append(
                around(
                    [(rear + 0.05, side * 0.08, seat_z - 0.05), (rear - 0.3, side * 0.08, seat_z - 0.02)],
                    0.008,
                    GREY,
                    5,
                )
            )
        parts.append(around([(rear, 0.08, radius), (rear - 0.2, 0.08, seat_z - 0.03)], 0.008, GREY, 5))
    if style == "delivery":
        side, colour = (
            dice.uniform(0.4, 0.5),
            [(0.75, 0.45, 0.05), (0.1, 0.75, 0.9), BLACK, (0.2, 0.2, 0.75)][dice.integers(4)],
        )
        parts.append(
            box((rear - 0.42, -side / 2, seat_z + 0.02), (rear + 0.0, side / 2, seat_z + side), colour)
        )
    elif dice.random() < 0.4:
        parts.append(
            box(
                (rear - 0.36, -0.17, seat_z),
                (rear - 0.08, 0.17, seat_z + 0.26),
                body if dice.random() < 0.5 else BLACK,
            )
        )
    if dice.random() < (0.75 if not closed else 0.35):
        parts += basket(bar[0] + 0.1, bar[1] - 0.32, dice, BLACK if dice.random() < 0.6 else STEEL)
    if dice.random() < 0.2 and not mini:
        parts.append(_quilt(bar[0] + 0.12, bar[1], dice, paint(dice)))
    made = joined(parts)
    if dice.random() < 0.1:
        size = made.size()
        made = (
            joined([made, _tarp(size, dice, paint(dice) * 0.8)])
            if dice.random() < 0.3
            else joined([_tarp(size, dice, paint(dice) * 0.8), parts[0], parts[1]])
        )
    if dice.random() < 0.35:  # a bag on the hook or on the seat
        made = joined(
            [
                made,
                ball(
                    np.array([bar[0] - 0.14, dice.uniform(-0.1, 0.1), 0.5]),
                    np.array([0.12, 0.1, 0.16]),
                    paint(dice),
                    8,
                ),
            ]
        )
    return standing(made)
