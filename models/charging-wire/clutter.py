"""What is new in a picture and no cable: goods, people, poles, bicycles, branches, windows opened, rain, shadows.

Each function draws onto a float32 picture [size, size, 3], in place. The same generator draws the same thing.
"""

import cv2
import numpy as np

import cables
import scenery


def ink(r, least=10, most=240):
    """A colour for OpenCV."""
    return [float(c) for c in scenery.random_colour(r, least, most)]


def texture(r, size, other):
    """What a thing's surface looks like: one colour, stripes, or a piece of another picture."""
    kind = r.random()
    if kind < 0.4:
        return other
    plain = np.zeros((size, size, 3), np.float32) + scenery.random_colour(r)
    plain += scenery.mottled(r, size, r.uniform(2, 16), int(r.integers(3, 30)))
    if kind < 0.55:
        scenery.courses_of_bricks(plain, r)
    shade = np.linspace(r.uniform(0.7, 1.3), r.uniform(0.7, 1.3), size, dtype=np.float32)
    plain *= shade[None, :, None] if r.random() < 0.5 else shade[:, None, None]
    return np.clip(plain, 0, 255, out=plain)


def goods(picture, r, other):
    """A box, a bag or a sheet: any outline, straight or round."""
    size = picture.shape[0]
    shape = np.zeros((size, size), np.float32)
    centre, extent = r.uniform(-0.1, 1.1, 2) * size, r.uniform(12, 110, 2)
    kind = r.integers(3)
    if kind == 0:
        box = (tuple(map(float, centre)), tuple(map(float, extent)), float(r.normal(0, 25)))
        outline = cv2.boxPoints(box)
    else:
        corners = int(r.integers(4, 9)) if kind == 1 else 40
        angle = np.sort(r.uniform(0, 2 * np.pi, corners)) if kind == 1 else np.linspace(0, 2 * np.pi, corners)
        reach = (
            r.uniform(0.5, 1, corners)
            if kind == 1
            else 1 + 0.2 * np.sin(angle * r.integers(1, 5) + r.uniform(0, 6))
        )
        outline = centre + np.stack([np.cos(angle), np.sin(angle)], 1) * extent * reach[:, None] / 2
    cv2.fillPoly(shape, [np.int32(outline * 16)], 1.0, cv2.LINE_AA, 4)
    cables.lay(picture, shape, texture(r, size, other))
    if r.random() < 0.4:  # a rim or an edge of another colour
        cv2.polylines(picture, [np.int32(outline * 16)], True, ink(r), int(r.integers(1, 5)), cv2.LINE_AA, 4)


def person(picture, r, other):
    """Somebody who stands or walks: head, trunk, arms, legs."""
    size = picture.shape[0]
    tall = r.uniform(70, 330)
    x, foot = r.uniform(0, size), r.uniform(0.5, 1.3) * size
    top, wide = foot - tall, tall * r.uniform(0.2, 0.28)
    stride = wide * r.uniform(0, 0.7)
    trunk = texture(r, size, other)
    limbs = np.zeros((size, size), np.float32)
    hip, shoulder = top + 0.52 * tall, top + 0.2 * tall
    for side in (-1, 1):
        cv2.line(
            limbs,
            (int(x + side * wide * 0.2), int(hip)),
            (int(x + side * (0.2 * wide + stride)), int(foot)),
            1.0,
            max(2, int(tall * 0.075)),
            cv2.LINE_AA,
        )
    cables.lay(picture, limbs, texture(r, size, other))
    body = np.zeros((size, size), np.float32)
    cv2.ellipse(
        body,
        (int(x), int((hip + shoulder) / 2)),
        (int(wide * 0.5), int((hip - shoulder) * 0.6)),
        0,
        0,
        360,
        1.0,
        -1,
        cv2.LINE_AA,
    )
    for side in (-1, 1):
        hand = (int(x + side * wide * r.uniform(0.4, 1.1)), int(shoulder + tall * r.uniform(0.1, 0.36)))
        cv2.line(
            body,
            (int(x + side * wide * 0.4), int(shoulder + 0.05 * tall)),
            hand,
            1.0,
            max(2, int(tall * 0.055)),
            cv2.LINE_AA,
        )
    cables.lay(picture, body, trunk)
    skin = np.array([205, 160, 130]) * r.uniform(0.35, 1.15)
    cv2.ellipse(
        picture,
        (int(x), int(top + 0.1 * tall)),
        (int(tall * 0.055), int(tall * 0.075)),
        0,
        0,
        360,
        [float(c) for c in np.clip(skin, 0, 255)],
        -1,
        cv2.LINE_AA,
    )
    cv2.ellipse(
        picture,
        (int(x), int(top + 0.075 * tall)),
        (int(tall * 0.06), int(tall * 0.05)),
        0,
        180,
        360,
        ink(r, 5, 90),
        -1,
        cv2.LINE_AA,
    )


def pole(picture, r, _other):
    """A post, a plank, a broom: straight, and mostly wider than a cable."""
    size = picture.shape[0]
    wide = r.uniform(9, 34) if r.random() < 0.8 else r.uniform(5, 9)
    a = r.uniform(0, size, 2)
    angle = r.normal(np.pi / 2, 0.25) if r.random() < 0.7 else r.uniform(0, np.pi)
    long = r.uniform(60, 400) if wide >= 9 else r.uniform(40, 130)
    points = a + np.linspace(-0.5, 0.5, 60)[:, None] * long * np.array([np.cos(angle), np.sin(angle)])
    colour = scenery.random_colour(r)
    cables.lay(picture, cables.line_cover(points, wide, size), colour)
    if r.random() < 0.6:  # round: lighter along one side
        cables.lay(
            picture,
            cables.line_cover(cables.sideways(points, wide * 0.22), wide * 0.35, size),
            np.clip(colour * 1.3 + 15, 0, 255),
        )


def bicycle(picture, r, _other):
    """A bicycle or a moped from the side: wheels with spokes, frame tubes, handlebar, its short brake cables."""
    size = picture.shape[0]
    scale = r.uniform(0.35, 1.6) * 100
    turn, squeeze = r.normal(0, 0.15), r.uniform(0.45, 1)
    flip, centre = r.choice([-1, 1]), r.uniform(0.05, 0.95, 2) * size

    def at(x, y):
        p = np.array([x * flip * squeeze, y]) * scale
        p = (
            np.array([p[0] * np.cos(turn) - p[1] * np.sin(turn), p[0] * np.sin(turn) + p[1] * np.cos(turn)])
            + centre
        )
        return int(p[0] * 16), int(p[1] * 16)

    def tube(points, colour, wide):
        cv2.polylines(
            picture,
            [np.int32([at(*p) for p in points])],
            False,
            colour,
            max(1, int(round(wide))),
            cv2.LINE_AA,
            4,
        )

    tyre, frame, metal = ink(r, 5, 60), ink(r), ink(r, 90, 220)
    wide = scale / 100 * r.uniform(2.5, 6)
    round_ = np.linspace(0, 2 * np.pi, 40)
    for hub in (-0.55, 0.55):
        if r.random() < 0.7:
            for k in range(0, 40, int(r.integers(2, 5))):
                tube([(hub, 0), (hub + 0.33 * np.cos(round_[k]), 0.33 * np.sin(round_[k]))], metal, 1)
        tube([(hub + 0.34 * np.cos(a), 0.34 * np.sin(a)) for a in round_], tyre, wide * r.uniform(0.8, 1.8))
    for line in (
        [(-0.55, 0), (-0.1, 0.02), (-0.2, -0.45), (-0.55, 0)],
        [(-0.1, 0.02), (0.38, -0.42), (-0.17, -0.4)],
        [(0.55, 0), (0.36, -0.55)],
    ):
        tube(line, frame, wide)
    tube([(0.36, -0.55), (0.46, -0.62), (0.3, -0.66)], metal, wide * 0.8)
    tube([(-0.3, -0.5), (-0.1, -0.5)], tyre, wide * 2.2)
    tube([(0.42, -0.6), (0.5, -0.45), (0.5, -0.2), (0.55, -0.05)], tyre, max(1, wide * 0.3))
    if r.random() < 0.5:  # a box, a battery, a shield
        corners = [at(*p) for p in ((-0.35, -0.1), (0.1, -0.1), (0.05, 0.12), (-0.3, 0.12))]
        cv2.fillPoly(picture, [np.int32(corners)], ink(r), cv2.LINE_AA, 4)


def branch(picture, r, _other):
    """A bough with twigs and leaves; the wind has moved it."""
    size = picture.shape[0]
    bark, leaf = (
        ink(r, 20, 110),
        [float(c) for c in np.array([70, 110, 45]) * r.uniform(0.4, 1.6) + r.normal(0, 12, 3)],
    )

    def grow(start, heading, long, wide, depth):
        end = start + long * np.array([np.cos(heading), np.sin(heading)])
        middle = (start + end) / 2 + r.normal(0, long * 0.08, 2)
        cv2.polylines(
            picture,
            [np.int32(np.stack([start, middle, end]) * 16)],
            False,
            bark,
            max(1, int(wide)),
            cv2.LINE_AA,
            4,
        )
        if depth == 0 or r.random() < 0.3:
            for _ in range(r.integers(0, 7)):
                p = end + r.normal(0, long * 0.3, 2)
                cv2.ellipse(
                    picture,
                    (int(p[0]), int(p[1])),
                    (int(r.integers(2, 9)), int(r.integers(1, 5))),
                    float(r.uniform(0, 180)),
                    0,
                    360,
                    leaf,
                    -1,
                    cv2.LINE_AA,
                )
        for _ in range(r.integers(2, 4) if depth else 0):
            grow(
                start + (end - start) * r.uniform(0.4, 1),
                heading + r.normal(0, 0.6),
                long * r.uniform(0.45, 0.8),
                wide * 0.6,
                depth - 1,
            )

    start = cables.on_rim(r, size)
    heading = np.arctan2(*(np.array([0.5, 0.5]) * size - start)[::-1]) + r.normal(0, 0.4)
    grow(start, heading, r.uniform(40, 130), r.uniform(2, 9), int(r.integers(2, 4)))


def opened_window(picture, r, _other):
    """A window, a door or a banner's frame that stands otherwise than before: lines with corners."""
    size = picture.shape[0]
    x, y, w, h = *r.uniform(-0.2, 0.8, 2) * size, r.uniform(30, 190), r.uniform(40, 220)
    lean = r.uniform(-0.25, 0.25) * h
    outline = np.array([(x, y), (x + w, y + lean), (x + w, y + h + lean), (x, y + h)])
    if r.random() < 0.5:
        pane = np.zeros((size, size), np.float32)
        cv2.fillPoly(pane, [np.int32(outline * 16)], float(r.uniform(0.15, 0.7)), cv2.LINE_AA, 4)
        cables.lay(picture, pane, scenery.random_colour(r))
    cv2.polylines(picture, [np.int32(outline * 16)], True, ink(r), int(r.integers(2, 10)), cv2.LINE_AA, 4)


def fence(picture, r, _other):
    """A railing, a ladder or a rack: many bars side by side."""
    size = picture.shape[0]
    x, y, w, h = *r.uniform(-0.2, 0.7, 2) * size, r.uniform(40, 200), r.uniform(40, 160)
    colour, thick = ink(r), int(r.integers(1, 6))
    bars, lean = int(r.integers(3, 12)), r.uniform(-0.2, 0.2)
    for k in range(bars):
        at = x + w * k / (bars - 1)
        cv2.line(picture, (int(at), int(y)), (int(at + lean * h), int(y + h)), colour, thick, cv2.LINE_AA)
    for at in (0, 1):
        cv2.line(
            picture,
            (int(x + at * lean * h), int(y + at * h)),
            (int(x + w + at * lean * h), int(y + at * h)),
            colour,
            thick + 1,
            cv2.LINE_AA,
        )


def poster(picture, r, _other):
    """A board with writing."""
    scenery.sign(picture, r)


def vehicle(picture, r, other):
    """Part of a car: large, smooth, with a window and a wheel."""
    size = picture.shape[0]
    x, y, w = r.uniform(-0.6, 0.8) * size, r.uniform(0.1, 0.8) * size, r.uniform(150, 420)
    h = w * r.uniform(0.25, 0.4)
    roof = np.array(
        [
            (x, y + h),
            (x, y + 0.5 * h),
            (x + 0.2 * w, y + 0.4 * h),
            (x + 0.35 * w, y),
            (x + 0.75 * w, y),
            (x + 0.9 * w, y + 0.45 * h),
            (x + w, y + 0.55 * h),
            (x + w, y + h),
        ]
    )
    shape = np.zeros((size, size), np.float32)
    cv2.fillPoly(shape, [np.int32(roof * 16)], 1.0, cv2.LINE_AA, 4)
    cables.lay(picture, cv2.GaussianBlur(shape, (0, 0), 1.0), texture(r, size, other))
    glass = np.array(
        [
            (x + 0.25 * w, y + 0.4 * h),
            (x + 0.38 * w, y + 0.06 * h),
            (x + 0.72 * w, y + 0.06 * h),
            (x + 0.83 * w, y + 0.42 * h),
        ]
    )
    cv2.fillPoly(picture, [np.int32(glass * 16)], ink(r, 10, 90), cv2.LINE_AA, 4)
    for at in (0.2, 0.8):
        cv2.circle(picture, (int(x + at * w), int(y + h)), int(0.16 * h + 4), ink(r, 5, 50), -1, cv2.LINE_AA)


THINGS = {
    goods: 0.26,
    person: 0.14,
    pole: 0.11,
    bicycle: 0.17,
    branch: 0.08,
    opened_window: 0.09,
    fence: 0.06,
    poster: 0.05,
    vehicle: 0.04,
}


def draw_thing(picture, r, other):
    """Draws one thing that is no cable. `other`: a picture whose pieces may cover it. Returns its name."""
    things = list(THINGS)
    thing = things[r.choice(len(things), p=np.array(list(THINGS.values())) / sum(THINGS.values()))]
    thing(picture, r, other)
    np.clip(picture, 0, 255, out=picture)
    return thing.__name__


def shadows(r, size):
    """[size, size, 1]: how much light is left, with shadows or patches of light of any softness."""
    light = np.ones((size, size), np.float32)
    for _ in range(r.integers(1, 3)):
        shape = np.zeros((size, size), np.float32)
        kind = r.integers(4)
        if kind == 0:  # of a roof, a van
            cv2.fillPoly(
                shape, [np.int32(r.uniform(-60, size + 60, (r.integers(3, 6), 2)))], 1.0, cv2.LINE_AA
            )
        elif kind == 1:  # of somebody
            cv2.ellipse(
                shape,
                tuple(int(v) for v in r.uniform(0, size, 2)),
                (int(r.integers(8, 40)), int(r.integers(30, 130))),
                float(r.uniform(0, 180)),
                0,
                360,
                1.0,
                -1,
            )
        elif kind == 2:  # of a post
            a, b = r.uniform(-0.2, 1.2, (2, 2)) * size
            cv2.line(
                shape,
                tuple(int(v) for v in a),
                tuple(int(v) for v in b),
                1.0,
                int(r.integers(10, 42)),
                cv2.LINE_AA,
            )
        else:  # of leaves
            cells = cv2.resize(
                r.normal(0, 1, (int(r.integers(8, 40)),) * 2).astype(np.float32),
                (size, size),
                interpolation=cv2.INTER_CUBIC,
            )
            shape = (cells > r.uniform(-0.3, 0.8)).astype(np.float32)
        soft = np.exp(r.uniform(np.log(0.5), np.log(14)))
        depth = r.uniform(-0.7, -0.1) if r.random() < 0.75 else r.uniform(0.1, 0.7)
        light *= 1 + np.float32(depth) * cv2.GaussianBlur(shape, (0, 0), soft)
    return light[..., None]


def rain(picture, r):
    """Streaks, all in one direction."""
    size = picture.shape[0]
    lean, long = r.normal(0, 0.25), r.uniform(6, 40)
    drops = np.zeros((size, size), np.float32)
    for x, y in r.uniform(-0.1, 1.1, (int(r.integers(20, 160)), 2)) * size:
        reach = long * r.uniform(0.5, 1.5)
        end = (int((x + lean * reach) * 16), int((y + reach) * 16))
        cv2.line(
            drops,
            (int(x * 16), int(y * 16)),
            end,
            float(r.uniform(0.3, 1)),
            int(r.integers(1, 3)),
            cv2.LINE_AA,
            4,
        )
    drops = cv2.GaussianBlur(drops, (0, 0), r.uniform(0.5, 1.3))
    cables.lay(picture, drops * np.float32(r.uniform(0.15, 0.6)), [r.uniform(150, 240)] * 3)
