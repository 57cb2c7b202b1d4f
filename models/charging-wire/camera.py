"""What a camera makes of a place: light, aim, blur, night, noise, compression.

Pictures are float32 [size, size, 3], red, green, blue, 0 to 255.
"""

import dataclasses
import functools
import subprocess

import cv2
import numpy as np

import clutter

TILE = 256  # pixels a side, of what the net is given
RIM = 16  # pixels drawn around it: the camera may have moved
CANVAS = TILE + 2 * RIM


@dataclasses.dataclass
class Look:
    """The settings of one look of one camera."""

    warp: np.ndarray  # [2, 3] from canvas to tile
    gain: np.ndarray  # [3] of red, green, blue
    lift: float
    gamma: float
    light: np.ndarray  # [canvas, canvas, 1]
    blur: float  # sigma in pixels
    smear: np.ndarray | None  # kernel of motion
    grey: bool
    coarse: float  # the sensor's own resolution against the tile's
    noise: float  # standard deviation, grey levels
    rain_seed: int | None
    jpeg: int | None  # quality


def misaligned(r, strength):
    """[2, 3]: from canvas to tile, with what the alignment has left over: mostly below a pixel, now and then 3."""
    sigma = strength * r.choice([0.3, 0.8, 1.6], p=[0.45, 0.4, 0.15])
    dx, dy = np.clip(r.normal(0, sigma, 2), -4, 4)
    turn, grow = r.normal(0, 0.0015 * strength), 1 + r.normal(0, 0.0015 * strength)
    warp = cv2.getRotationMatrix2D((CANVAS / 2, CANVAS / 2), np.degrees(turn), grow)
    warp[:, 2] += (dx - RIM, dy - RIM)
    return warp


def smear_of(r):
    """The kernel of a motion of up to 5 pixels."""
    long = int(r.integers(3, 7)) | 1
    line = np.zeros((long, long), np.float32)
    line[long // 2] = 1
    turn = cv2.getRotationMatrix2D((long // 2, long // 2), float(r.uniform(0, 180)), 1)
    kernel = cv2.warpAffine(line, turn, (long, long))
    return kernel / kernel.sum()


@dataclasses.dataclass
class Place:
    """What two looks at one place share."""

    night: bool
    blur: float
    coarse: float
    noise: float


def random_place(r):
    """A camera's place: by day or in infrared, sharp or soft, quiet or noisy."""
    night = r.random() < 0.16
    return Place(
        night=night,
        blur=float(r.uniform(0.2, 0.8) if r.random() < 0.75 else r.uniform(0.8, 1.5)),
        coarse=float(1.0 if r.random() < 0.7 else r.uniform(0.55, 1.0)),
        noise=float(np.exp(r.uniform(np.log(0.7), np.log(9 if night else 6)))),
    )


def random_look(r, place, strength):
    """One look at a place. `strength`: how far looks differ in aim; 0 for the reference."""
    light = np.ones((CANVAS, CANVAS, 1), np.float32)
    if r.random() < 0.3:
        light = clutter.shadows(r, CANVAS)
    gain = np.exp(r.normal(0, 0.18)) * np.exp(r.normal(0, 0.03, 3))
    if place.night:  # the lamp is beside the lens
        yy, xx = np.mgrid[0:CANVAS, 0:CANVAS].astype(np.float32) / CANVAS
        centre, reach = r.uniform(-0.3, 1.3, 2), r.uniform(0.6, 1.6)
        light = (
            light
            * (0.35 + 0.65 * np.exp(-((xx - centre[0]) ** 2 + (yy - centre[1]) ** 2) / reach**2))[..., None]
        )
        gain = gain * r.uniform(0.5, 1.0)
    elif r.random() < 0.12:  # dusk
        gain = gain * r.uniform(0.3, 0.6)
    return Look(
        warp=misaligned(r, strength),
        gain=gain,
        lift=float(r.uniform(-10, 16)),
        gamma=float(np.exp(r.normal(0, 0.12))),
        light=light.astype(np.float32),
        blur=max(0.05, place.blur + float(r.normal(0, 0.12))),
        smear=smear_of(r) if r.random() < 0.08 else None,
        grey=place.night,
        coarse=place.coarse,
        noise=place.noise * float(r.uniform(0.6, 1.3)),
        rain_seed=int(r.integers(1 << 31)) if r.random() < 0.07 and strength else None,
        jpeg=int(r.integers(22, 92)) if r.random() < 0.6 else None,
    )


def expose(canvas, look):
    """The tile before noise and compression: [256, 256, 3]."""
    picture = canvas * look.light
    if look.rain_seed is not None:
        clutter.rain(picture, np.random.default_rng(look.rain_seed))
    picture = cv2.warpAffine(
        picture, look.warp, (TILE, TILE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    if look.smear is not None:
        picture = cv2.filter2D(picture, -1, look.smear)
    picture = cv2.GaussianBlur(picture, (0, 0), look.blur)
    if look.coarse < 1:
        small = cv2.resize(picture, None, fx=look.coarse, fy=look.coarse, interpolation=cv2.INTER_AREA)
        picture = cv2.resize(small, (TILE, TILE), interpolation=cv2.INTER_LINEAR)
    if look.grey:
        picture = np.repeat((picture @ np.float32([0.4, 0.45, 0.15]))[..., None], 3, axis=2)
    picture *= np.float32(look.gain / 255)
    picture += np.float32(look.lift / 255)
    return 255 * cv2.pow(np.clip(picture, 0, 1, out=picture), look.gamma)


@functools.cache
def noise_sheet(coarse):
    """[1024, 1024, 3]: noise of standard deviation 1, of which each picture takes another part."""
    noise = np.random.default_rng(20261130).standard_normal((1024, 1024, 3), np.float32)
    return (
        noise / noise.std()
        if not coarse
        else (blurred := cv2.GaussianBlur(noise, (0, 0), 0.7)) / blurred.std() * 0.8
    )


def with_noise(picture, look, r, pictures=1):
    """Adds the sensor's noise, as the mean of so many pictures has it. Returns uint8."""
    # Cameras smooth strong noise, which makes it coarser.
    y, x = r.integers(0, 1024 - TILE, 2)
    noise = noise_sheet(look.noise > 3)[y : y + TILE, x : x + TILE][
        :: r.choice((-1, 1)), :: r.choice((-1, 1))
    ]
    noise = noise[..., :1] * r.choice((-1, 1)) if look.grey else noise * np.float32(r.choice((-1, 1)))
    noise = np.array(noise, np.float32)
    noise *= 0.6 + 0.8 * cv2.sqrt(np.ascontiguousarray(picture[..., 1:2]) / 255).reshape(
        picture.shape[:2] + (1,)
    )  # light comes in grains
    noise *= np.float32(look.noise / np.sqrt(pictures))
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def as_jpeg(picture, quality):
    """The picture after JPEG."""
    _, packed = cv2.imencode(
        ".jpg", np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return np.ascontiguousarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1])


def as_h264(films, crf, across=8):
    """Sends films through a camera's H.264 and returns the last picture of each.

    `films`: [films, pictures, 256, 256, 3] uint8. They lie side by side in one film: tiles are whole blocks of the
    codec. All but the first picture is coded as difference, as a camera does.
    """
    count, pictures = films.shape[:2]
    down = -(-count // across)
    sheet = np.zeros((pictures, down * TILE, across * TILE, 3), np.uint8)
    for k in range(count):
        y, x = divmod(k, across)
        sheet[:, y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE] = films[k]
    size = f"{across * TILE}x{down * TILE}"
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    coding = [
        "-c:v",
        "libx264",
        "-threads",
        "1",
        "-preset",
        "superfast",
        "-profile:v",
        "baseline",
        "-bf",
        "0",
    ]
    coding += ["-g", str(pictures), "-crf", str(crf), "-pix_fmt", "yuv420p", "-f", "h264", "-"]
    quiet = ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1"]
    quiet.remove("-nostdin")  # the pictures come over it
    packed = subprocess.run(
        quiet + raw + ["-s", size, "-i", "-"] + coding, input=sheet.tobytes(), capture_output=True, check=True
    )
    shown = subprocess.run(
        quiet + ["-f", "h264", "-i", "-"] + raw + ["-"], input=packed.stdout, capture_output=True, check=True
    )
    last = np.frombuffer(shown.stdout, np.uint8).reshape(sheet.shape)[-1]
    return np.stack([last[(k // across) * TILE :, (k % across) * TILE :][:TILE, :TILE] for k in range(count)])
