"""Samples: a reference, a picture of now, and where a new cable hangs. Everything follows from a seed."""

import dataclasses

import cv2
import numpy as np

import cables
import camera
import clutter
import scenery

LEAST_SEEN_PX = 60  # so much of a cable must be seen for a tile to count as one with a cable
LEAST_CONTRAST = 8.0  # grey levels, in the strongest colour, that a cable stands out by; or
LEAST_OVER_NOISE = 1.2  # so many times the noise, if that is more
SHEET = 32  # samples that go through one H.264 film


@dataclasses.dataclass
class Sample:
    """One pair of aligned tiles with its truth."""

    reference: np.ndarray  # [256, 256, 3] uint8
    now: np.ndarray  # [256, 256, 3] uint8
    cable: np.ndarray  # [256, 256] bool: a new cable that can be seen
    unsure: np.ndarray  # [256, 256] bool: a new cable that can hardly be seen, or the rim of one
    seen_px: float  # length of new cable that can be seen
    hung: bool  # whether a new cable was drawn at all
    gone: bool  # whether a cable hung there before and does not now
    background: str
    what: str  # of which kind the cable is, or what else is new

    @property
    def kind(self):
        """1: with a cable. 0: without one. -1: too little of one is seen; counts neither way."""
        return 1 if self.seen_px >= LEAST_SEEN_PX else -1 if self.hung else 0


@dataclasses.dataclass
class Scene:
    """A place before and now, before any camera looked at it."""

    before: np.ndarray  # [288, 288, 3] float32
    without: np.ndarray  # now, without the new cables
    now: np.ndarray
    cover: np.ndarray  # [288, 288] the new cables' share of each pixel
    width: float  # pixels, of the widest new cable
    hung: bool
    gone: bool
    place: camera.Place
    background: str
    what: str


def clone(seed):
    """A generator that draws the same again."""
    return np.random.default_rng(seed)


def standing(r, picture_before, picture_now, style, other):
    """Draws what has always stood here into both pictures; what has gone, into the first alone.

    Returns whether a cable has gone.
    """
    gone = False
    for _ in range(r.integers(0, 3)):
        seed = int(r.integers(1 << 31))
        alone = r.random() < 0.25  # it has gone since
        if r.random() < 0.6:  # a cable that has always hung here, or that the wind has moved a little
            gone |= alone
            sway = clone(seed).normal(0, 0.8, 2) if r.random() < 0.3 else np.zeros(2)
            for picture, moved in ((picture_before, 0), (picture_now, 1)):
                if moved and alone:
                    continue
                again = clone(seed)
                old = cables.random_cable(again, style, camera.CANVAS)
                old.points = old.points + sway * moved
                picture[:] = cables.draw_cable(picture, old, again)[0]
        else:
            clutter.draw_thing(picture_before, clone(seed), other)
            if not alone:
                clutter.draw_thing(picture_now, clone(seed), other)
    return gone


def make_scene(r, photographs, style, wanted):
    """A place of which `wanted` says whether a new cable hangs there."""
    place = camera.random_place(r)
    before, background = scenery.background(r, photographs, camera.CANVAS)
    other = photographs.crop(r, camera.CANVAS)[0]
    now, new = before.copy(), []
    gone = standing(r, before, now, style, other)
    for _ in range(r.choice([0, 1, 2], p=[0.4, 0.4, 0.2] if wanted else [0.15, 0.5, 0.35])):
        new.append(clutter.draw_thing(now, r, other))
    without, cover, width = now.copy(), np.zeros(now.shape[:2], np.float32), 0.0
    for _ in range((1 if r.random() < 0.85 else 2) if wanted else 0):
        cable = cables.random_cable(r, style, camera.CANVAS)
        now, share = cables.draw_cable(now, cable, r)
        cover, width = np.maximum(cover, share), max(width, cable.width)
        new.append(cable.coat)
    return Scene(before, without, now, cover, width, wanted, gone, place, background, "+".join(new) or "nothing")


def truth(scene, look, exposed):
    """Where a new cable can be seen, where one hangs that can hardly be seen, and the length that can be seen."""
    if not scene.hung:
        nothing = np.zeros((camera.TILE, camera.TILE), bool)
        return nothing, nothing.copy(), 0.0
    plain = camera.expose(scene.without, look)
    stands_out = cv2.GaussianBlur(np.abs(exposed - plain).max(2), (0, 0), 1.0)
    share = cv2.warpAffine(scene.cover, look.warp, (camera.TILE, camera.TILE), flags=cv2.INTER_LINEAR)
    on = share > 0.35
    seen = on & (stands_out >= max(LEAST_CONTRAST, LEAST_OVER_NOISE * look.noise))
    near = cv2.dilate((share > 0.05).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return seen, near & ~seen, float(seen.sum()) / max(1.0, min(scene.width, 12.0))


def shoot(r, scene, now=True):
    """Two looks at a scene: exposed tiles, their settings, and the truth of the second."""
    first = camera.random_look(r, scene.place, 0.0)
    second = camera.random_look(r, scene.place, 1.0)
    exposed = camera.expose(scene.now, second)
    return (camera.expose(scene.before, first), first), (exposed, second), truth(scene, second, exposed)


def pack(shots, crf, r):
    """uint8 tiles of exposed ones: noise, then JPEG or, where `crf` is given, H.264 of all of them together.

    `shots`: [(exposed, look, pictures of which it is the mean)].
    """
    if crf is not None:
        films = np.stack(
            [np.stack([camera.with_noise(e, look, r, n) for _ in range(2)]) for e, look, n in shots]
        )
        return list(camera.as_h264(films, crf))
    tiles = [camera.with_noise(e, look, r, n) for e, look, n in shots]
    return [t if look.jpeg is None else camera.as_jpeg(t, look.jpeg) for t, (_, look, _) in zip(tiles, shots)]


def sheet(seed, photographs, style, share=0.5):
    """`SHEET` samples, of which the share `share` are meant to have a new cable."""
    r = np.random.default_rng(seed)
    scenes = [make_scene(r, photographs, style, r.random() < share) for _ in range(SHEET)]
    shots = [shoot(r, scene) for scene in scenes]
    crf = int(r.integers(21, 37)) if r.random() < 0.45 else None
    # The gateway's reference is a median of many looks, that of now one of few.
    means = r.choice([1, 3, 8], SHEET), r.choice([1, 3], SHEET)
    before = pack([(*shot[0], n) for shot, n in zip(shots, means[0])], crf, r)
    now = pack([(*shot[1], n) for shot, n in zip(shots, means[1])], crf, r)
    made = []
    for scene, shot, reference, current in zip(scenes, shots, before, now):
        made.append(
            Sample(reference, current, *shot[2], scene.hung, scene.gone, scene.background, scene.what)
        )
    return made


LOOKS = 5  # of an event
FILMS = 6  # events that are drawn at once


def events(seed, photographs, style, wanted):
    """`FILMS` events: a reference and `LOOKS` later looks at each place. Aim and light change from look to look.

    Returns [(reference, [now], seen_px of the first look, background, what)].
    """
    r = np.random.default_rng(seed)
    scenes = [make_scene(r, photographs, style, wanted) for _ in range(FILMS)]
    crf = int(r.integers(21, 37)) if r.random() < 0.6 else None
    first = [camera.random_look(r, scene.place, 0.0) for scene in scenes]
    before = pack([(camera.expose(s.before, look), look, 5) for s, look in zip(scenes, first)], crf, r)
    looks, seen = [], None
    for _ in range(LOOKS):
        settings = [camera.random_look(r, scene.place, 1.0) for scene in scenes]
        exposed = [camera.expose(scene.now, look) for scene, look in zip(scenes, settings)]
        if seen is None:
            seen = [truth(scene, look, e)[2] for scene, look, e in zip(scenes, settings, exposed)]
        looks.append(pack([(e, look, 1) for e, look in zip(exposed, settings)], crf, r))
    return [
        (before[k], [look[k] for look in looks], seen[k], scene.background, scene.what)
        for k, scene in enumerate(scenes)
    ]
