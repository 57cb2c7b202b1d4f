"""Rooms: lift cabins and stairwells as walls with pictures on them, and floors with shadows."""

import cv2
import numpy as np

from mesh import Mesh, box


def surface(dice, shelf, kind):
    """The picture of a wall or floor, 256 px."""
    base = np.full((256, 256, 3), dice.uniform(0.25, 0.85) * 255) * dice.uniform(0.88, 1.08, 3)
    noise = dice.normal(0, 1, (256, 256))
    if kind == "steel":
        base += cv2.blur(noise, (1, 41))[..., None] * 40 + np.linspace(-30, 30, 256)[
            None, :, None
        ] * dice.uniform(-1, 1)
    elif kind == "wood":
        base = base * [0.45, 0.65, 0.9] + cv2.blur(noise, (61, 3))[..., None] * 130
    elif kind == "tiles":
        base += cv2.blur(noise, (5, 5))[..., None] * 20
        step = int(dice.choice([32, 64, 85, 128]))
        base[::step] *= 0.75
        base[:, ::step] *= 0.75
    elif kind == "stone":
        base += noise[..., None] * dice.uniform(5, 25)
    elif kind == "paint":
        base += cv2.blur(noise, (31, 31))[..., None] * 60
        if dice.random() < 0.5:
            base[int(dice.uniform(100, 180)) :] *= dice.uniform(0.5, 0.9, 3)
    elif kind == "boards":  # put up while people move in
        base = base * [0.6, 0.75, 0.9] + cv2.blur(noise, (9, 9))[..., None] * 90
        base[:, ::64] *= 0.5
    for _ in range(dice.integers(0, 3) if kind != "tiles" else 0):  # notices and advertisements
        photo = shelf.photograph(dice)
        w, h = dice.integers(40, 130), dice.integers(40, 150)
        x, y = dice.integers(0, 256 - w), dice.integers(0, 256 - h)
        base[y : y + h, x : x + w] = cv2.resize(photo, (int(w), int(h)), interpolation=cv2.INTER_AREA)
    return np.uint8(np.clip(base, 0, 255))


def wall(corner, along, up, picture, pieces=14):
    """A plane of many small triangles: what lies before the camera's near plane is left out by the triangle."""
    corner, along, up = (np.asarray(v, float) for v in (corner, along, up))
    s, t = np.meshgrid(np.arange(pieces), np.arange(pieces))
    s, t = s.ravel() / pieces, t.ravel() / pieces
    e = 1 / pieces
    corners, uvs = [], []
    for offsets in ([(0, 0), (e, 0), (e, e)], [(0, 0), (e, e), (0, e)]):
        ss = np.stack([s + o[0] for o in offsets], 1)
        tt = np.stack([t + o[1] for o in offsets], 1)
        corners.append(corner + ss[..., None] * along + tt[..., None] * up)
        uvs.append(np.stack([ss * 0.999, tt * 0.999], -1))
    count = 2 * len(s)
    return Mesh(np.concatenate(corners), (1, 1, 1), np.concatenate(uvs), np.zeros(count), [picture])


def shaded(picture, meshes, lamp, origin, along, up):
    """A floor's picture with the shadows that a lamp casts of the meshes on it; origin, along, up as in `wall`."""
    side = picture.shape[0]
    dark = np.zeros((side, side), np.uint8)
    origin, along, up, lamp = (np.asarray(v, float) for v in (origin, along, up, lamp))
    for mesh in meshes:
        points = mesh.corners.astype(float)
        low = np.minimum(points[..., 2:], lamp[2] - 0.2)
        on = lamp[:2] + (points[..., :2] - lamp[:2]) * (lamp[2] / (lamp[2] - low))
        s = (on - origin[:2]) @ along[:2] / (along @ along)
        t = (on - origin[:2]) @ up[:2] / (up @ up)
        at = np.stack([s * side, (1 - t) * side], -1)
        at = np.int32(np.clip(at, -4 * side, 5 * side))
        for triangle in at[:: max(1, len(at) // 2500)]:
            cv2.fillConvexPoly(dark, triangle, 255)
    soft = cv2.GaussianBlur(dark, (0, 0), side / 40).astype(np.float32) / 255
    return np.uint8(picture * (1 - 0.55 * soft[..., None]))


def cabin_shell(dice, shelf, room, height):
    """Walls of a drawn cabin, its floor's picture, and which wall mirrors (axis, place) or None."""
    depth, width = room
    kinds = ["steel", "wood", "paint", "boards", "steel"]
    kind = kinds[dice.integers(len(kinds))]
    faces = [
        ((-depth, -width, 0), (0, 2 * width, 0)),
        ((-depth, width, 0), (2 * depth, 0, 0)),
        ((depth, -width, 0), (-2 * depth, 0, 0)),
    ]
    walls = [wall(c, a, (0, 0, height), surface(dice, shelf, kind)) for c, a in faces]
    door = surface(dice, shelf, "steel")
    middle = 128 + int(dice.integers(-6, 6))
    door[:, middle : middle + 2] = 20
    if dice.random() < 0.25:  # the door stands open
        opening = shelf.photograph(dice)
        door[60:, 50:200] = cv2.resize(opening, (150, 196), interpolation=cv2.INTER_AREA)
    walls.append(wall((depth, width, 0), (0, -2 * width, 0), (0, 0, height), door))
    walls.append(
        wall((-depth, -width, height), (2 * depth, 0, 0), (0, 2 * width, 0), surface(dice, shelf, "paint"))
    )
    if dice.random() < 0.7:  # handrails
        for y in (-width + 0.05, width - 0.05):
            walls.append(box((-depth + 0.1, y - 0.02, 0.85), (depth - 0.1, y + 0.02, 0.9), (0.6, 0.6, 0.62)))
    panel = dice.choice([-1, 1])
    walls.append(
        box(
            (depth - 0.25, panel * width - 0.02, 0.9),
            (depth - 0.05, panel * width + 0.02, 1.6),
            (0.25, 0.25, 0.25),
        )
    )
    mirror = (
        (0, -depth)
        if kind == "steel" and dice.random() < 0.6
        else (1, dice.choice([-1, 1]) * width)
        if kind == "steel" and dice.random() < 0.5
        else None
    )
    return walls, surface(dice, shelf, ["tiles", "stone", "boards", "wood"][dice.integers(4)]), mirror


def stairwell_shell(dice, shelf, room, height):
    depth, width = room
    paint = surface(dice, shelf, "paint")
    walls = [
        wall((-depth, -width, 0), (0, 2 * width, 0), (0, 0, height), paint),
        wall((-depth, width, 0), (2 * depth, 0, 0), (0, 0, height), paint),
        wall((depth, -width, 0), (-2 * depth, 0, 0), (0, 0, height), surface(dice, shelf, "paint")),
        wall((depth, width, 0), (0, -2 * width, 0), (0, 0, height), surface(dice, shelf, "wood")),
    ]
    grey = dice.uniform(0.4, 0.7)
    side = dice.choice([-1, 1])
    for step in range(10):  # steps along a wall, before which nothing is put
        x = depth - 0.3 - 0.28 * step
        y = sorted([side * width, side * (width - 0.9)])
        walls.append(box((x - 0.28, y[0], 0), (x, y[1], 1.7 - 0.17 * step), (grey, grey, grey)))
    return walls, surface(dice, shelf, ["stone", "tiles"][dice.integers(2)]), None
