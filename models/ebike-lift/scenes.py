"""Scenes by seed: a lift cabin from its upper corner, a stairwell from above, a street from a pole."""

import cv2
import numpy as np

from mesh import Mesh, box, joined
from render import Camera, covered, painted

WIDTH, HEIGHT = 736, 416  # as the shipped detector looks
VIEWS = ("lift", "stairwell", "street")
SPLITS = ("train", "validation", "test")
CONDITIONS = ("plain", "dim", "infrared", "noisy", "coarse", "blurred")


class Scene:
    """What is in a place, as light; `look` is what a camera makes of it.

    things: of each the kind, name, number in the marks and visible share."""

    def __init__(self, light, marks, things, view, cabin):
        self.light, self.marks, self.things = np.float32(light), marks, things
        self.view, self.cabin = view, cabin

    def look(self, dice, condition, carried=None, mirrored=False):
        """A picture (uint8) and the things in it with their boxes (left, top, right, bottom).

        `carried`: an affine map of the picture, such as a zoom or a small move between two looks."""
        light, marks = self.light, self.marks
        if carried is not None:
            light = cv2.warpAffine(light, carried, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
            marks = cv2.warpAffine(
                np.float32(marks), carried, (WIDTH, HEIGHT), flags=cv2.INTER_NEAREST, borderValue=-1
            )
        if mirrored:
            light, marks = light[:, ::-1], marks[:, ::-1]
        found = []
        for thing in self.things:
            rows, columns = np.nonzero(marks == thing["number"])
            if len(rows) >= 60:
                edges = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
                found.append({**thing, "box": edges})
        return developed(light, dice, condition), found


def surface(dice, shelf, kind):
    """The picture of a wall or floor, 256 px."""
    base = np.full((256, 256, 3), dice.uniform(0.25, 0.85) * 255) * dice.uniform(0.88, 1.08, 3)
    noise = dice.normal(0, 1, (256, 256))
    if kind == "steel":
        base += cv2.blur(noise, (1, 41))[..., None] * 40 + np.linspace(-30, 30, 256)[None, :, None] * dice.uniform(-1, 1)
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
            base[int(dice.uniform(100, 180)):] *= dice.uniform(0.5, 0.9, 3)
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
        for triangle in at[:: max(1, len(at) // 6000)]:
            cv2.fillConvexPoly(dark, triangle, 255)
    soft = cv2.GaussianBlur(dark, (0, 0), side / 40).astype(np.float32) / 255
    return np.uint8(picture * (1 - 0.55 * soft[..., None]))


def apart(footprint, others, room, least):
    """Whether a footprint lies in the room (half depth, half width) and hardly on others."""
    left, right, back, front = footprint
    if back < -room[0] or front > room[0] or left < -room[1] or right > room[1]:
        return False
    for l, r, b, f in others:
        if min(right, r) - max(left, l) > least and min(front, f) - max(back, b) > least:
            return False
    return True


def furnished(dice, shelf, room, with_bike, crowd):
    """Things on the floor of a room: [(kind, name, mesh)]."""
    placed, taken = [], []

    def place(kind, made, turns, least, tries=25):
        mesh, name = made
        few = Mesh(mesh.corners[:: max(1, len(mesh.corners) // 400)], (0, 0, 0))
        for _ in range(tries):
            turn = turns()
            to = (dice.uniform(-room[0], room[0]), dice.uniform(-room[1], room[1]), 0)
            footprint = few.moved(turn, to).footprint()
            if apart(footprint, taken, room, least):
                taken.append(footprint)
                placed.append((kind, name, mesh.moved(turn, to)))
                return True
        return False

    along = lambda: dice.choice([0, np.pi]) + dice.normal(0, 0.25) + (np.pi / 2 if dice.random() < 0.15 else 0)
    anyhow = lambda: dice.uniform(0, 2 * np.pi)
    if with_bike:
        mesh, name = shelf.e_bike(dice)
        if dice.random() < 0.12:  # reared up, to fit into a small cabin
            pitch = dice.uniform(0.3, 1.1)
            cos, sin = np.cos(pitch), np.sin(pitch)
            mesh = mesh.transformed([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
            mesh.corners[..., 2] -= mesh.corners[..., 2].min()
        for shrink in (1.0, 0.95, 0.9, 0.85, 0.8, 0.75):
            if place("e_bike", (mesh.moved(scale=shrink), name), along, 0.05):
                break
    if dice.random() < (0.15 if with_bike else 0.75):
        for _ in range(dice.integers(1, 3)):
            place("none", shelf.none(dice), anyhow, 0.1)
    for _ in range(dice.integers(0, crowd + 1)):
        place("person", shelf.person(dice), anyhow, 0.3 if with_bike else 0.12)
    return placed


def cabin_shell(dice, shelf, room, height):
    """Walls of a drawn cabin, its floor's picture, and which wall mirrors (axis, place) or None."""
    depth, width = room
    kinds = ["steel", "wood", "paint", "boards", "steel"]
    kind = kinds[dice.integers(len(kinds))]
    faces = [((-depth, -width, 0), (0, 2 * width, 0)), ((-depth, width, 0), (2 * depth, 0, 0)), ((depth, -width, 0), (-2 * depth, 0, 0))]
    walls = [wall(c, a, (0, 0, height), surface(dice, shelf, kind)) for c, a in faces]
    door = surface(dice, shelf, "steel")
    middle = 128 + int(dice.integers(-6, 6))
    door[:, middle : middle + 2] = 20
    if dice.random() < 0.25:  # the door stands open
        opening = shelf.photograph(dice)
        door[60:, 50:200] = cv2.resize(opening, (150, 196), interpolation=cv2.INTER_AREA)
    walls.append(wall((depth, width, 0), (0, -2 * width, 0), (0, 0, height), door))
    walls.append(wall((-depth, -width, height), (2 * depth, 0, 0), (0, 2 * width, 0), surface(dice, shelf, "paint")))
    if dice.random() < 0.7:  # handrails
        for y in (-width + 0.05, width - 0.05):
            walls.append(box((-depth + 0.1, y - 0.02, 0.85), (depth - 0.1, y + 0.02, 0.9), (0.6, 0.6, 0.62)))
    panel = dice.choice([-1, 1])
    walls.append(box((depth - 0.25, panel * width - 0.02, 0.9), (depth - 0.05, panel * width + 0.02, 1.6), (0.25, 0.25, 0.25)))
    mirror = (0, -depth) if kind == "steel" and dice.random() < 0.6 else (1, dice.choice([-1, 1]) * width) if kind == "steel" and dice.random() < 0.5 else None
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


def bent(picture, marks, strength):
    """The barrel of a wide lens; marks keep their numbers."""
    height, width = marks.shape
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    dx, dy = (x - width / 2) / (width / 2), (y - height / 2) / (width / 2)
    far = dx**2 + dy**2
    grow = (1 + strength * far) / (1 + strength * 0.6)
    at_x, at_y = np.float32(width / 2 + dx * grow * width / 2), np.float32(height / 2 + dy * grow * width / 2)
    return (
        cv2.remap(picture, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        cv2.remap(marks.astype(np.float32), at_x, at_y, cv2.INTER_NEAREST, borderValue=-1).astype(np.int32),
    )


def developed(picture, dice, condition):
    """What a camera makes of light: uint8."""
    height, width = picture.shape[:2]
    picture = np.clip(picture, 0, 1.3) ** (1 / dice.uniform(1.2, 2.0)) * dice.uniform(0.8, 1.15)
    picture = picture * dice.uniform(0.9, 1.1, 3)
    noise = dice.uniform(0.003, 0.012)
    if condition == "dim":
        picture = picture * dice.uniform(0.2, 0.45)
        noise = dice.uniform(0.015, 0.035)
    if condition == "infrared":
        y, x = np.mgrid[:height, :width]
        far = ((x / width - dice.uniform(0.4, 0.6)) ** 2 + (y / height - 0.5) ** 2) / 0.35
        grey = picture @ dice.dirichlet([3, 3, 3])
        picture = np.repeat((grey * np.clip(1.15 - far, 0.15, 1))[..., None], 3, 2)
        noise = dice.uniform(0.01, 0.03)
    if condition == "noisy":
        noise = dice.uniform(0.04, 0.08)
    grain = dice.normal(0, noise, (height, width, 1 if condition == "infrared" else 3))
    picture = cv2.GaussianBlur(np.float32(picture), (0, 0), dice.uniform(1.5, 2.5) if condition == "blurred" else dice.uniform(0.4, 0.9))
    picture = np.uint8(np.clip((picture + grain) * 255, 0, 255))
    quality = int(dice.uniform(8, 20) if condition == "coarse" else dice.uniform(45, 90))
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def measured(placed, marks, alone):
    """Of each thing that can be seen, the share of it that is not hidden."""
    things = []
    for number, (kind, name, _) in enumerate(placed):
        pixels = int((marks == number).sum())
        if pixels >= 60:
            things.append({"kind": kind, "name": name, "number": number, "share": min(pixels / max(alone[number], 1), 1.0)})
    return things


def drawn_scene(shell, floor_mesh, placed, camera, lamps, ambient, mirror, dice):
    """The picture, and of each pixel the number of the thing it shows (-1: walls)."""
    meshes = [p[2] for p in placed]
    whole = joined([*meshes, *shell, floor_mesh])
    owner = np.concatenate([np.full(len(m.corners), i) for i, m in enumerate(meshes)] + [np.full(len(whole.corners) - sum(len(m.corners) for m in meshes), -1)])
    picture, whose, _ = painted(whole, camera, lamps, ambient)
    marks = np.where(whose >= 0, owner[np.maximum(whose, 0)], -1)
    if mirror is not None and meshes:
        axis, place = mirror
        turned = joined(meshes)
        turned.corners = turned.corners.copy()
        turned.corners[..., axis] = 2 * place - turned.corners[..., axis]
        seen, ghost, _ = painted(turned, camera, lamps, ambient)
        start = sum(len(m.corners) for m in meshes)
        lengths = np.cumsum([0] + [len(m.corners) for m in shell])
        which = 0 if axis == 0 else (1 if place > 0 else 2)
        on_wall = (whose >= start + lengths[which]) & (whose < start + lengths[which + 1]) & (ghost >= 0)
        soft = cv2.GaussianBlur(seen, (0, 0), dice.uniform(0.5, 4))
        strength = dice.uniform(0.2, 0.75)
        picture[on_wall] = picture[on_wall] * (1 - strength) + soft[on_wall] * strength
    return picture, marks, [covered(mesh, camera) for mesh in meshes]


def indoors(dice, shelf, view, with_bike):
    lift = view == "lift"
    if lift:
        room, height = (dice.uniform(0.72, 1.1), dice.uniform(0.6, 1.0)), dice.uniform(2.15, 2.5)
    else:
        room, height = (dice.uniform(1.6, 2.8), dice.uniform(1.3, 1.9)), dice.uniform(2.6, 3.2)
    modelled = lift and shelf.models["cabin"] and dice.random() < 0.3
    if modelled:
        model = shelf.models["cabin"]["elevator"].moved(scale=dice.uniform(0.95, 1.15))
        room, height = (model.size()[0] / 2 - 0.2, model.size()[1] / 2 - 0.12), model.size()[2] - 0.15
        shell, floor, mirror = [model], surface(dice, shelf, "stone"), None
    else:
        shell, floor, mirror = (cabin_shell if lift else stairwell_shell)(dice, shelf, room, height)
    free = (room[0] - 0.03, room[1] - 0.03) if lift else (room[0] * 0.75, room[1] * 0.6)
    placed = furnished(dice, shelf, free, with_bike, 4 if lift else 3)
    lamp = (dice.uniform(-0.3, 0.3), dice.uniform(-0.3, 0.3), height - 0.05)
    origin, along, up = (-room[0], -room[1], 0.0), (2 * room[0], 0, 0), (0, 2 * room[1], 0)
    if modelled:
        origin = (-room[0], -room[1], 0.012)
    floor = wall(origin, along, up, shaded(floor, [p[2] for p in placed], lamp, origin, along, up))
    back, side = dice.choice([-1, 1]), dice.choice([-1, 1])
    inset = 0.08 if not modelled else 0.12
    eye = (back * (room[0] - inset), side * (room[1] - inset) * dice.uniform(0.6, 1), height - dice.uniform(0.06, 0.2))
    target = (-back * room[0] * dice.uniform(0.0, 0.5), -side * room[1] * dice.uniform(0.0, 0.4), dice.uniform(0.1, 0.8))
    degrees = dice.uniform(88, 118) if lift else dice.uniform(65, 95)
    camera = Camera(eye, target, WIDTH, HEIGHT, degrees, dice.normal(0, 0.05))
    lamps = [(lamp, dice.uniform(0.5, 1.0)), ((eye[0], eye[1], height - 0.3), dice.uniform(0, 0.3))]
    picture, marks, alone = drawn_scene(shell, floor, placed, camera, lamps, dice.uniform(0.3, 0.55), mirror, dice)
    return picture, marks, alone, placed, "modelled" if modelled else "drawn"


def outdoors(dice, shelf, with_bike):
    """Things put into a photograph, on a ground that is thought level."""
    photo = shelf.photograph(dice)
    scale = max(WIDTH / photo.shape[1], HEIGHT / photo.shape[0])
    photo = cv2.resize(photo, None, fx=scale, fy=scale)
    y, x = (photo.shape[0] - HEIGHT) // 2, (photo.shape[1] - WIDTH) // 2
    photo = photo[y : y + HEIGHT, x : x + WIDTH].astype(np.float32) / 255
    far, high = dice.uniform(3.5, 9), dice.uniform(2.0, 4.5)
    camera = Camera((-far, 0, high), (dice.uniform(-1, 2), dice.uniform(-1, 1), dice.uniform(0.5, 1.5)), WIDTH, HEIGHT, dice.uniform(45, 75))
    placed = furnished(dice, shelf, (1.8, 2.2), with_bike, 3)
    lamps = [((dice.uniform(-4, 4), dice.uniform(-4, 4), 6), dice.uniform(1, 5))]
    origin, along, up = (-5, -6, 0), (10, 0, 0), (0, 12, 0)
    white = np.full((512, 512, 3), 255, np.uint8)
    shade = wall(origin, along, up, shaded(white, [p[2] for p in placed], lamps[0][0], origin, along, up))
    shadow, there, _ = painted(shade, camera, [], 1.0)
    picture = np.where((there >= 0)[..., None], photo * shadow, photo)
    alone, marks = [], np.full((HEIGHT, WIDTH), -1)
    if placed:
        whole = joined([p[2] for p in placed])
        owner = np.concatenate([np.full(len(p[2].corners), i) for i, p in enumerate(placed)])
        seen, whose, _ = painted(whole, camera, lamps, dice.uniform(0.4, 0.7))
        picture = np.where((whose >= 0)[..., None], seen, picture)
        marks = np.where(whose >= 0, owner[np.maximum(whose, 0)], -1)
        alone = [covered(p[2], camera) for p in placed]
    return picture**1.6, marks, alone, placed, "photograph"


def scene(seed, shelf, view, with_bike):
    """One scene; the same seed and arguments give the same."""
    dice = np.random.default_rng([seed, VIEWS.index(view), int(with_bike), SPLITS.index(shelf.split)])
    if view == "street":
        light, marks, alone, placed, cabin = outdoors(dice, shelf, with_bike)
    else:
        light, marks, alone, placed, cabin = indoors(dice, shelf, view, with_bike)
    things = measured(placed, marks, alone)
    if view != "street" and dice.random() < 0.6:
        light, marks = bent(np.float32(light), marks, dice.uniform(0.05, 0.35))
    return Scene(light, marks, things, view, cabin)


def condition_of(dice):
    return str(dice.choice(CONDITIONS, p=[0.4, 0.15, 0.2, 0.1, 0.08, 0.07]))


def drift(dice, px=6.0):
    """Between two looks the picture of a thing that is moved: a shift and a little zoom."""
    zoom = 1 + dice.normal(0, 0.02)
    x, y = dice.normal(0, px, 2)
    return np.float32([[zoom, 0, x + WIDTH / 2 * (1 - zoom)], [0, zoom, y + HEIGHT / 2 * (1 - zoom)]])
