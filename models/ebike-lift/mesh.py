"""Triangles in metres: read from Wavefront files as Sweet Home 3D keeps them, or built of simple solids.

x is forward, y to the left, z up; a thing stands on z = 0 and its middle is over the origin.
"""

import io
import zipfile

import cv2
import numpy as np

WHITE = np.full((1, 1, 3), 255, np.uint8)


class Mesh:
    """corners [n, 3, 3], uv [n, 3, 2], colour [n, 3] (blue, green, red, 0 to 1), picture [n]: index into pictures."""

    def __init__(self, corners, colour, uv=None, picture=None, pictures=None):
        self.corners = np.asarray(corners, np.float32).reshape(-1, 3, 3)
        count = len(self.corners)
        self.colour = np.broadcast_to(np.asarray(colour, np.float32), (count, 3)).copy()
        self.uv = np.zeros((count, 3, 2), np.float32) if uv is None else np.asarray(uv, np.float32)
        self.picture = np.zeros(count, np.int32) if picture is None else np.asarray(picture, np.int32)
        self.pictures = pictures or [WHITE]

    def moved(self, turn=0.0, to=(0.0, 0.0, 0.0), scale=1.0):
        """Scaled, turned by so many radians about the upright, and carried."""
        cos, sin = np.cos(turn), np.sin(turn)
        matrix = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32) * scale
        corners = self.corners @ matrix.T + np.asarray(to, np.float32)
        return Mesh(corners, self.colour, self.uv, self.picture, self.pictures)

    def transformed(self, matrix):
        return Mesh(
            self.corners @ np.asarray(matrix, np.float32).T, self.colour, self.uv, self.picture, self.pictures
        )

    def dyed(self, tint):
        """Every colour multiplied."""
        return Mesh(
            self.corners,
            np.clip(self.colour * np.asarray(tint), 0, 1.5),
            self.uv,
            self.picture,
            self.pictures,
        )

    def size(self):
        flat = self.corners.reshape(-1, 3)
        return flat.max(0) - flat.min(0)

    def footprint(self):
        """left, right, back, front on the floor, metres."""
        flat = self.corners.reshape(-1, 3)
        return flat[:, 1].min(), flat[:, 1].max(), flat[:, 0].min(), flat[:, 0].max()


def joined(meshes):
    pictures, pieces = [], []
    for mesh in meshes:
        pieces.append(mesh.picture + len(pictures))
        pictures += mesh.pictures
    return Mesh(
        np.concatenate([m.corners for m in meshes]),
        np.concatenate([m.colour for m in meshes]),
        np.concatenate([m.uv for m in meshes]),
        np.concatenate(pieces),
        pictures,
    )


def standing(mesh, length=None):
    """On the floor, the middle over the origin; if `length` is given, so long from front to back."""
    flat = mesh.corners.reshape(-1, 3)
    low, high = flat.min(0), flat.max(0)
    corners = mesh.corners - np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]], np.float32)
    if length:
        corners = corners * (length / max(high[0] - low[0], high[1] - low[1]))
    return Mesh(corners, mesh.colour, mesh.uv, mesh.picture, mesh.pictures)


# Solids.


def box(low, high, colour, turn_up=0.0):
    """A cuboid between two corners; `turn_up` pitches it about its middle (radians, nose up)."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    c = np.array([[(high if i >> k & 1 else low)[k] for k in range(3)] for i in range(8)])
    if turn_up:
        middle = (low + high) / 2
        cos, sin = np.cos(turn_up), np.sin(turn_up)
        c = (c - middle) @ np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]]).T + middle
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles = [c[[a, b, d]] for a, b, d, _ in sides] + [c[[a, d, e]] for a, _, d, e in sides]
    return Mesh(triangles, colour)


def swept(rings, colour, closed=False):
    """The skin between rings of equally many points."""
    rings = np.asarray(rings, float)
    if closed:
        rings = np.concatenate([rings, rings[:1]])
    a, b = rings[:-1], rings[1:]
    next_a, next_b = np.roll(a, -1, 1), np.roll(b, -1, 1)
    first = np.stack([a, next_a, b], 2).reshape(-1, 3, 3)
    second = np.stack([next_a, next_b, b], 2).reshape(-1, 3, 3)
    return Mesh(np.concatenate([first, second]), colour)


def around(points, radius, colour, sides=8):
    """A pipe along points; `radius` is one number or one for each point."""
    points = np.asarray(points, float)
    radius = np.broadcast_to(radius, len(points))
    along = np.gradient(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    rings = []
    for point, direction, r in zip(points, along, radius):
        other = np.array([0, 0, 1.0]) if abs(direction[2]) < 0.9 else np.array([0, 1.0, 0])
        u = np.cross(direction, other)
        u /= np.linalg.norm(u)
        v = np.cross(direction, u)
        angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)[:, None]
        rings.append(point + r * (np.cos(angle) * u + np.sin(angle) * v))
    return swept(rings, colour)


def wheel(x, y, radius, width, tyre, rim, solid_rim, axis="y"):
    """A tyre and its rim; a solid rim is that of a hub motor or of cast spokes."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    small = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    rings = [
        [
            (
                x + (radius - width / 2 + width / 2 * np.cos(s)) * np.cos(a),
                y + width / 2 * np.sin(s),
                radius + (radius - width / 2 + width / 2 * np.cos(s)) * np.sin(a),
            )
            for s in small
        ]
        for a in angle
    ]
    parts = [swept(rings, tyre, closed=True)]
    if solid_rim:
        parts.append(
            around([(x, y - width * 0.4, radius), (x, y + width * 0.4, radius)], radius * 0.45, rim, 12)
        )
        for a in angle[::4]:
            end = (x + radius * 0.85 * np.cos(a), y, radius + radius * 0.85 * np.sin(a))
            parts.append(around([(x, y, radius), end], width * 0.16, rim, 4))
    else:
        parts.append(around([(x, y - 0.03, radius), (x, y + 0.03, radius)], 0.025, rim, 6))
        for a in angle[::2]:
            end = (x + radius * 0.93 * np.cos(a), y, radius + radius * 0.93 * np.sin(a))
            parts.append(around([(x, y, radius), end], 0.0025, rim, 3))
    made = joined(parts)
    if axis == "x":  # rolls sideways
        made.corners = made.corners[..., [1, 0, 2]]
    return made


def ball(middle, radii, colour, sides=12):
    rows = np.linspace(-np.pi / 2 + 0.05, np.pi / 2 - 0.05, 8)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    rings = [
        np.stack([np.cos(r) * np.cos(angle), np.cos(r) * np.sin(angle), np.full(sides, np.sin(r))], 1) * radii
        + middle
        for r in rows
    ]
    return swept(rings, colour)


def slab(outline, half_width, colour, taper=1.0):
    """An outline in the upright plane (x, z) as thick as 2 * half_width; the outer faces shrink by `taper`."""
    outline = np.asarray(outline, float)
    middle = outline.mean(0)
    rings = []
    for y, scale in [
        (-half_width, taper),
        (-half_width * 0.7, 1),
        (half_width * 0.7, 1),
        (half_width, taper),
    ]:
        at = middle + (outline - middle) * scale
        rings.append(np.stack([at[:, 0], np.full(len(at), y), at[:, 1]], 1))
    skin = swept(rings, colour)
    caps = []
    for ring in (rings[0], rings[-1]):
        centre = ring.mean(0)
        caps += [[centre, ring[i], ring[(i + 1) % len(ring)]] for i in range(len(ring))]
    return joined([skin, Mesh(caps, colour)])


# Models of Sweet Home 3D.


class Catalogue:
    """The models of one .sh3f file, by their folder's name."""

    def __init__(self, content):
        self.archive = zipfile.ZipFile(io.BytesIO(content))
        text = self.archive.read("PluginFurnitureCatalog.properties").decode("latin-1")
        self.entries = {}
        for line in text.splitlines():
            key, sign, value = line.partition("=")
            name, sharp, number = key.partition("#")
            if sign and sharp:
                self.entries.setdefault(number.strip(), {})[name.strip()] = value.strip()

    def read(self, path):
        """A model as the catalogue turns and sizes it. Its front looks along -y in Sweet Home 3D; here along x."""
        entry = next(e for e in self.entries.values() if e.get("model", "").endswith(f"/{path}.obj"))
        name = entry["model"].lstrip("/")
        mesh = self._wavefront(name)
        matrix = np.array(
            [float(v) for v in entry.get("modelRotation", "1 0 0 0 1 0 0 0 1").split()]
        ).reshape(3, 3)
        corners = mesh.corners @ matrix.T
        low, high = corners.reshape(-1, 3).min(0), corners.reshape(-1, 3).max(0)
        wanted = np.array([float(entry[k]) for k in ("width", "height", "depth")]) / 100
        corners = (corners - (low + high) / 2) / np.maximum(high - low, 1e-6) * wanted
        # theirs: x right, y up, z towards the viewer
        mesh.corners = np.stack([corners[..., 2], corners[..., 0], corners[..., 1]], -1).astype(np.float32)
        return standing(mesh)

    def _wavefront(self, name):
        folder = name.rsplit("/", 1)[0]
        points, marks, triangles, uvs, materials = [], [], [], [], []
        library, current = {}, "none"
        for line in self.archive.read(name).decode("latin-1").splitlines():
            words = line.split()
            if not words:
                continue
            if words[0] == "v":
                points.append([float(w) for w in words[1:4]])
            elif words[0] == "vt":
                marks.append([float(w) for w in words[1:3]])
            elif words[0] == "mtllib":
                library.update(self._materials(f"{folder}/{line.split(None, 1)[1].strip()}", folder))
            elif words[0] == "usemtl":
                current = words[1] if len(words) > 1 else "none"
            elif words[0] == "f":
                corners = [w.split("/") for w in words[1:]]
                at = [int(c[0]) - 1 if int(c[0]) > 0 else len(points) + int(c[0]) for c in corners]
                to = [
                    (int(c[1]) - 1 if int(c[1]) > 0 else len(marks) + int(c[1]))
                    if len(c) > 1 and c[1]
                    else -1
                    for c in corners
                ]
                for i in range(1, len(at) - 1):
                    triangles.append([at[0], at[i], at[i + 1]])
                    uvs.append([to[0], to[i], to[i + 1]])
                    materials.append(current)
        points = np.array(points, np.float32)
        marks = np.array(marks + [[0, 0]], np.float32)
        pictures, colour, picture = (
            [WHITE],
            np.zeros((len(triangles), 3), np.float32),
            np.zeros(len(triangles), np.int32),
        )
        names = np.array(materials)
        for material in set(materials):
            dye, image = library.get(material, (np.array([0.6, 0.6, 0.6]), None))
            if image is not None:
                picture[names == material] = len(pictures)
                pictures.append(image)
            colour[names == material] = dye
        return Mesh(points[np.array(triangles)], colour, marks[np.array(uvs)], picture, pictures)

    def _materials(self, path, folder):
        found, name = {}, None
        try:
            text = self.archive.read(path).decode("latin-1")
        except KeyError:
            return {}
        for line in text.splitlines():
            words = line.split()
            if not words:
                continue
            if words[0] == "newmtl":
                name = words[1]
                found[name] = (np.array([0.6, 0.6, 0.6]), None)
            elif words[0] == "Kd":
                found[name] = (np.array([float(w) for w in words[3:0:-1]]), found[name][1])
            elif words[0] == "map_Kd":
                try:
                    content = self.archive.read(f"{folder}/{words[-1]}")
                except KeyError:
                    continue
                image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
                if image is not None:
                    found[name] = (np.ones(3), np.ascontiguousarray(image))
        return found
