"""A picture of triangles: a z-buffer on one core, lit by lamps above, with a shadow on the floor.

Written here because libraries that draw without a screen need a graphics stack, and give other pixels on another one.
"""

import numba
import numpy as np

NEAR = 0.05  # metres


class Camera:
    """A pinhole at `eye` that looks at `target`; `focal` in pixels."""

    def __init__(self, eye, target, width, height, degrees, roll=0.0):
        eye, target = np.asarray(eye, float), np.asarray(target, float)
        forward = target - eye
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        down = np.cross(forward, right)
        cos, sin = np.cos(roll), np.sin(roll)
        self.eye = eye
        self.axes = np.stack([cos * right + sin * down, cos * down - sin * right, forward])
        self.width, self.height = width, height
        self.focal = width / 2 / np.tan(np.radians(degrees) / 2)

    def seen(self, points):
        """column, row (pixels) and depth (metres) of points."""
        at = (points - self.eye) @ self.axes.T
        depth = np.maximum(at[..., 2], 1e-3)
        column = self.width / 2 + self.focal * at[..., 0] / depth
        row = self.height / 2 + self.focal * at[..., 1] / depth
        return np.stack([column, row, at[..., 2]], -1)


@numba.njit(cache=True, fastmath=False)
def _fill(corners, depth, whose, u, v, uv):
    height, width = depth.shape
    for t in range(corners.shape[0]):
        z0, z1, z2 = corners[t, 0, 2], corners[t, 1, 2], corners[t, 2, 2]
        if z0 < 0.05 or z1 < 0.05 or z2 < 0.05:
            continue
        x0, y0 = corners[t, 0, 0], corners[t, 0, 1]
        x1, y1 = corners[t, 1, 0], corners[t, 1, 1]
        x2, y2 = corners[t, 2, 0], corners[t, 2, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-6:
            continue
        left, right = max(0, int(min(x0, x1, x2))), min(width - 1, int(max(x0, x1, x2)) + 1)
        top, low = max(0, int(min(y0, y1, y2))), min(height - 1, int(max(y0, y1, y2)) + 1)
        for row in range(top, low + 1):
            for column in range(left, right + 1):
                px, py = column + 0.5, row + 0.5
                b1 = ((px - x0) * (y2 - y0) - (x2 - x0) * (py - y0)) / area
                b2 = ((x1 - x0) * (py - y0) - (px - x0) * (y1 - y0)) / area
                b0 = 1 - b1 - b2
                if b0 < 0 or b1 < 0 or b2 < 0:
                    continue
                inverse = b0 / z0 + b1 / z1 + b2 / z2
                z = 1 / inverse
                if z < depth[row, column]:
                    depth[row, column] = z
                    whose[row, column] = t
                    u[row, column] = (
                        b0 * uv[t, 0, 0] / z0 + b1 * uv[t, 1, 0] / z1 + b2 * uv[t, 2, 0] / z2
                    ) * z
                    v[row, column] = (
                        b0 * uv[t, 0, 1] / z0 + b1 * uv[t, 1, 1] / z1 + b2 * uv[t, 2, 1] / z2
                    ) * z


def covered(mesh, camera):
    """How many pixels a thing covers if nothing hides it."""
    shape = (camera.height, camera.width)
    whose = np.full(shape, -1, np.int32)
    u, v = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    corners = camera.seen(mesh.corners).astype(np.float64)
    _fill(corners, np.full(shape, np.inf, np.float32), whose, u, v, mesh.uv.astype(np.float64))
    return int((whose >= 0).sum())


def painted(mesh, camera, lamps, ambient):
    """picture [h, w, 3] float 0 to 1, and which triangle each pixel shows (-1: none), and the depth in metres.

    A lamp is (place, strength)."""
    shape = (camera.height, camera.width)
    depth = np.full(shape, np.inf, np.float32)
    whose = np.full(shape, -1, np.int32)
    u, v = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    corners = camera.seen(mesh.corners).astype(np.float64)
    _fill(corners, depth, whose, u, v, mesh.uv.astype(np.float64))
    normal = np.cross(mesh.corners[:, 1] - mesh.corners[:, 0], mesh.corners[:, 2] - mesh.corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    middle = mesh.corners.mean(1)
    towards = camera.eye - middle
    facing = np.sign(np.sum(normal * towards, 1, keepdims=True))
    normal = normal * np.where(facing == 0, 1, facing)
    light = np.full(len(middle), ambient)
    for place, strength in lamps:
        way = np.asarray(place) - middle
        far = np.linalg.norm(way, axis=1)
        light = light + strength * np.clip(np.sum(normal * way, 1) / (far + 1e-6), 0, 1) / (
            0.4 + 0.25 * far**2
        )
    lit = (mesh.colour * light[:, None]).astype(np.float32)
    picture = np.zeros((*shape, 3), np.float32)
    there = whose >= 0
    picture[there] = lit[whose[there]]
    of = np.where(there, mesh.picture[np.maximum(whose, 0)], 0)
    for number in np.unique(of[there]):
        texture = mesh.pictures[number]
        if texture.shape[0] == 1:
            continue
        at = there & (of == number)
        column = (u[at] % 1 * texture.shape[1]).astype(int) % texture.shape[1]
        row = ((1 - v[at] % 1) * texture.shape[0]).astype(int) % texture.shape[0]
        picture[at] *= texture[row, column].astype(np.float32) / 255
    return picture, whose, depth
