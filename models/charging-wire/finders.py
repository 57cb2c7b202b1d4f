"""Ways to find a new cable in two pictures: the net, a ridge filter, line segments. All are asked the same.

Each has `name` and `look(references, nows)`, lists of uint8 [256, 256, 3], which gives for each tile a score and a
map [height, width] float32, the larger the surer, to measure lengths in.
"""

import cv2
import numpy as np
import onnxruntime

TOP = 256  # pixels whose mean is a tile's score, where a finder has none of its own
RIDGE_SIGMAS = (0.8, 1.2, 1.8, 2.7, 4.0)  # for cables of about 2 to 12 pixels
RIDGE_LONG, RIDGE_TURNS = 25, 16  # the response is averaged along so many pixels, in so many directions
SEGMENT_PX = 512  # a side of M-LSD's input
LEAST_SEGMENT_SCORE = 0.02
LEVELS = np.arange(-9, 9.01, 0.125)  # of a map as log odds, that an event's score is one of
NEAR_PX = 13  # in M-LSD's input: a segment so near to one of the reference is not new


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class Net:
    """Our net."""

    name = "net"

    def __init__(self, path):
        self.session = session(path)

    def look(self, references, nows):
        pairs = np.stack([np.concatenate(pair, 2) for pair in zip(references, nows)])
        cable, tile = self.session.run(None, {"pair": pairs.transpose(0, 3, 1, 2).astype(np.float32)})
        return tile[:, 0], cable[:, 0]


def without_light(picture):
    """Grey, with local brightness and contrast taken out, as the net does it."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean = cv2.blur(grey, (33, 33))
    spread = np.sqrt(np.maximum(cv2.blur(grey * grey, (33, 33)) - mean * mean, 0)) + 7
    return np.clip((grey - mean) / spread, -3, 3)


def ridges(picture):
    """Frangi's measure without its blobness term: how much stronger the picture bends across than along."""
    light = without_light(picture)
    strongest = np.zeros(light.shape, np.float32)
    for sigma in RIDGE_SIGMAS:
        smooth = cv2.GaussianBlur(light, (0, 0), sigma)
        xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0) / 4
        yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2) / 4
        xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1) / 4
        middle, half = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
        across, along = np.abs(middle) + half, np.abs(np.abs(middle) - half)
        strongest = np.maximum(strongest, sigma**2 * (across - along))
    return strongest


class Ridge:
    """A ridge filter on both pictures; what only the later one has; averaged along the best direction."""

    name = "ridge filter"

    def __init__(self):
        self.bars = []
        for k in range(RIDGE_TURNS):
            bar = np.zeros((RIDGE_LONG, RIDGE_LONG), np.float32)
            middle, angle = RIDGE_LONG // 2, np.pi * k / RIDGE_TURNS
            step = np.array([np.cos(angle), np.sin(angle)]) * middle
            cv2.line(
                bar,
                tuple(int(round(v)) for v in middle - step),
                tuple(int(round(v)) for v in middle + step),
                1.0,
            )
            self.bars.append(bar / bar.sum())

    def look(self, references, nows):
        maps = []
        for reference, now in zip(references, nows):
            before = cv2.dilate(ridges(reference), np.ones((7, 7), np.uint8))
            new = np.maximum(ridges(now) - 1.3 * before, 0)
            maps.append(np.max([cv2.filter2D(new, -1, bar) for bar in self.bars], axis=0))
        maps = np.stack(maps)
        return np.sort(maps.reshape(len(maps), -1), 1)[:, -TOP:].mean(1), maps


class Segments:
    """M-LSD, a net for straight lines; its lines in the later picture that the earlier one has not."""

    name = "M-LSD"

    def __init__(self, path):
        self.session = session(path)

    def lines(self, picture):
        """[n, 5]: score, then both ends in pixels of the net's input."""
        wide = cv2.resize(picture, (SEGMENT_PX, SEGMENT_PX), interpolation=cv2.INTER_LINEAR).astype(
            np.float32
        )
        wide = np.concatenate([wide, np.ones((SEGMENT_PX, SEGMENT_PX, 1), np.float32)], 2)[None]
        offsets, scores = self.session.run(["offsets", "scores"], {self.session.get_inputs()[0].name: wide})
        y, x = np.nonzero(scores[0, ..., 0] > LEAST_SEGMENT_SCORE)
        moved = offsets[0, y, x]
        return np.stack([scores[0, y, x, 0], *(2 * (moved[:, k] + (x, y)[k % 2]) for k in range(4))], 1)

    def look(self, references, nows):
        scores, maps = [], []
        for reference, now in zip(references, nows):
            old = np.zeros((SEGMENT_PX, SEGMENT_PX), np.uint8)
            for _, *ends in self.lines(reference):
                cv2.line(old, (int(ends[0]), int(ends[1])), (int(ends[2]), int(ends[3])), 1, NEAR_PX)
            best, chart = 0.0, np.zeros((SEGMENT_PX, SEGMENT_PX), np.float32)
            for score, *ends in sorted(self.lines(now).tolist()):
                a, b = np.array(ends[:2]), np.array(ends[2:])
                points = np.int32(a + (b - a) * np.linspace(0, 1, 40)[:, None]).clip(0, SEGMENT_PX - 1)
                new = 1 - old[points[:, 1], points[:, 0]].mean()
                best = max(best, score * min(1.0, new * np.linalg.norm(b - a) / SEGMENT_PX * 256 / 60))
                if new > 0.7:
                    cv2.line(chart, tuple(points[0].tolist()), tuple(points[-1].tolist()), score, 5)
            scores.append(best)
            maps.append(cv2.resize(chart, (256, 256), interpolation=cv2.INTER_AREA))
        return np.array(scores), np.stack(maps)


def longest(chart, threshold):
    """The largest extent, in pixels, of what hangs together in a map above a threshold."""
    count, _, boxes, _ = cv2.connectedComponentsWithStats(
        (chart > threshold).astype(np.uint8), connectivity=8
    )
    return max((float(np.hypot(*boxes[k, 2:4])) for k in range(1, count)), default=0.0)


def log_odds(chart):
    """A map of probabilities as log odds, which can be added over looks."""
    chart = np.clip(np.asarray(chart, np.float32), 1e-4, 1 - 1e-4)
    return np.log(chart / (1 - chart))


def surest(chart, least_px):
    """The highest of `LEVELS` above which a piece of `least_px` hangs together in a map; if none, the lowest."""
    low, high = 0, len(LEVELS)
    while high - low > 1:
        middle = (low + high) // 2
        if longest(chart, LEVELS[middle]) >= least_px:
            low = middle
        else:
            high = middle
    return float(LEVELS[low])


def event_score(maps, least_px):
    """How surely several looks at one place show a new cable: of the mean of their maps. Log odds."""
    return surest(log_odds(maps).mean(0), least_px)
