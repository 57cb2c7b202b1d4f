"""Scenes by seed: a lift cabin from its upper corner, a stairwell from above, a street from a pole."""

import cv2
import numpy as np

from mesh import Mesh, joined
from render import Camera, covered, painted
from rooms import cabin_shell, shaded, stairwell_shell, surface, wall

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
        height, width = marks.shape
        if carried is not None:
            at_scale = carried * [[1, 1, width / WIDTH]]
            light = cv2.warpAffine(light, at_scale, (width, height), borderMode=cv2.BORDER_REPLICATE)
            marks = cv2.warpAffine(
                np.float32(marks), at_scale, (width, height), flags=cv2.INTER_NEAREST, borderValue=-1
            )
        if mirrored:
            light, marks = light[:, ::-1], marks[:, ::-1]
        found, grow = [], WIDTH / width
        for thing in self.things:
            rows, columns = np.nonzero(marks == thing["number"])
            if len(rows) * grow**2 >= 60:
                edges = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
                found.append({**thing, "box": tuple(int(edge * grow) for edge in edges)})
        picture = developed(light, dice, condition)
        if grow != 1:
            picture = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
        return picture, found


def apart(footprint, others, room, least):
    """Whether a footprint lies in the room (half depth, half width) and hardly on others."""
    left, right, back, front = footprint
    if back < -room[0] or front > room[0] or left < -room[1] or right > room[1]:
        return False
    for west, east, south, north in others:  # in the same order
        if min(right, east) - max(left, west) > least and min(front, north) - max(back, south) > least:
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

    along = lambda: (
        dice.choice([0, np.pi]) + dice.normal(0, 0.25) + (np.pi / 2 if dice.random() < 0.15 else 0)
    )
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
    picture = cv2.GaussianBlur(
        np.float32(picture),
        (0, 0),
        dice.uniform(1.5, 2.5) if condition == "blurred" else dice.uniform(0.4, 0.9),
    )
    picture = np.uint8(np.clip((picture + grain) * 255, 0, 255))
    quality = int(dice.uniform(8, 20) if condition == "coarse" else dice.uniform(45, 90))
    return cv2.imdecode(
        cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR
    )


def measured(placed, marks, alone):
    """Of each thing that can be seen, the share of it that is not hidden."""
    things = []
    for number, (kind, name, _) in enumerate(placed):
        pixels = int((marks == number).sum())
        if pixels >= 60:
            things.append(
                {
                    "kind": kind,
                    "name": name,
                    "number": number,
                    "share": min(pixels / max(alone[number], 1), 1.0),
                }
            )
    return things


def drawn_scene(shell, floor_mesh, placed, camera, lamps, ambient, mirror, dice):
    """The picture, and of each pixel the number of the thing it shows (-1: walls)."""
    meshes = [p[2] for p in placed]
    whole = joined([*meshes, *shell, floor_mesh])
    owner = np.concatenate(
        [np.full(len(m.corners), i) for i, m in enumerate(meshes)]
        + [np.full(len(whole.corners) - sum(len(m.corners) for m in meshes), -1)]
    )
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


def indoors(dice, shelf, view, with_bike, size):
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
    eye = (
        back * (room[0] - inset),
        side * (room[1] - inset) * dice.uniform(0.6, 1),
        height - dice.uniform(0.06, 0.2),
    )
    target = (
        -back * room[0] * dice.uniform(0.0, 0.5),
        -side * room[1] * dice.uniform(0.0, 0.4),
        dice.uniform(0.1, 0.8),
    )
    degrees = dice.uniform(88, 118) if lift else dice.uniform(65, 95)
    camera = Camera(eye, target, *size, degrees, dice.normal(0, 0.05))
    lamps = [(lamp, dice.uniform(0.5, 1.0)), ((eye[0], eye[1], height - 0.3), dice.uniform(0, 0.3))]
    picture, marks, alone = drawn_scene(
        shell, floor, placed, camera, lamps, dice.uniform(0.3, 0.55), mirror, dice
    )
    return picture, marks, alone, placed, "modelled" if modelled else "drawn"


def outdoors(dice, shelf, with_bike, size):
    """Things put into a photograph, on a ground that is thought level."""
    photo, (width, height) = shelf.photograph(dice), size
    scale = max(width / photo.shape[1], height / photo.shape[0])
    photo = cv2.resize(photo, (round(photo.shape[1] * scale), round(photo.shape[0] * scale)))
    y, x = (photo.shape[0] - height) // 2, (photo.shape[1] - width) // 2
    photo = photo[y : y + height, x : x + width].astype(np.float32) / 255
    far, high = dice.uniform(3.5, 9), dice.uniform(2.0, 4.5)
    camera = Camera(
        (-far, 0, high),
        (dice.uniform(-1, 2), dice.uniform(-1, 1), dice.uniform(0.5, 1.5)),
        width,
        height,
        dice.uniform(45, 75),
    )
    placed = furnished(dice, shelf, (1.8, 2.2), with_bike, 3)
    lamps = [((dice.uniform(-4, 4), dice.uniform(-4, 4), 6), dice.uniform(1, 5))]
    origin, along, up = (-5, -6, 0), (10, 0, 0), (0, 12, 0)
    white = np.full((512, 512, 3), 255, np.uint8)
    shade = wall(origin, along, up, shaded(white, [p[2] for p in placed], lamps[0][0], origin, along, up))
    shadow, there, _ = painted(shade, camera, [], 1.0)
    picture = np.where((there >= 0)[..., None], photo * shadow, photo)
    alone, marks = [], np.full((height, width), -1)
    if placed:
        whole = joined([p[2] for p in placed])
        owner = np.concatenate([np.full(len(p[2].corners), i) for i, p in enumerate(placed)])
        seen, whose, _ = painted(whole, camera, lamps, dice.uniform(0.4, 0.7))
        picture = np.where((whose >= 0)[..., None], seen, picture)
        marks = np.where(whose >= 0, owner[np.maximum(whose, 0)], -1)
        alone = [covered(p[2], camera) for p in placed]
    return picture**1.6, marks, alone, placed, "photograph"


def scene(seed, shelf, view, with_bike, coarse=False):
    """One scene; the same seed and arguments give the same. `coarse`: as a camera of 442 x 250 pixels sees it."""
    size = (442, 250) if coarse else (WIDTH, HEIGHT)
    dice = np.random.default_rng([seed, VIEWS.index(view), int(with_bike), SPLITS.index(shelf.split)])
    if view == "street":
        light, marks, alone, placed, cabin = outdoors(dice, shelf, with_bike, size)
    else:
        light, marks, alone, placed, cabin = indoors(dice, shelf, view, with_bike, size)
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
