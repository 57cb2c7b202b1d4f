"""The red lines that alerts draw into their pictures: found and painted over.

A picture of an alert that is masked carries a line just inside each box, and along the edge of each thing of no
class. It is in pictures of right and of false alerts alike, and in no picture that the gateway looks at. What a
head learns must not depend on it, so it is painted over with what lies beside it, in all pictures that have it.
"""

import numpy

RED = (255, 32, 32)
SPILL = 3  # pixels beside a line whose colour JPEG has changed
NO_CLASS = "unknown_object"  # its line follows its edge, which nobody tells
LEAST_RED = 60  # by how much red exceeds green and blue beside such a line


def line_px(height):
    """How wide the line is in a picture of this height, as the gateway draws it."""
    return max(height // 200, 2)


def lines(shape, boxes):
    """Where lines are: `boxes` are left, top, right, bottom and the class of each."""
    height, width = shape[:2]
    mask = numpy.zeros((height, width), bool)
    wide = line_px(height)
    for left, top, right, bottom, _ in boxes:
        outer = [int(left) - SPILL, int(top) - SPILL, int(right + 0.999) + SPILL, int(bottom + 0.999) + SPILL]
        inner = [outer[0] + wide + 2 * SPILL, outer[1] + wide + 2 * SPILL]
        inner += [outer[2] - wide - 2 * SPILL, outer[3] - wide - 2 * SPILL]
        frame = numpy.zeros_like(mask)
        frame[max(outer[1], 0) : max(outer[3], 0), max(outer[0], 0) : max(outer[2], 0)] = True
        if inner[0] < inner[2] and inner[1] < inner[3]:
            frame[max(inner[1], 0) : inner[3], max(inner[0], 0) : inner[2]] = False
        mask |= frame
    return mask


def edges(picture, boxes):
    """Where the lines of things of no class are: what is red within their boxes, and what JPEG spilt around it."""
    mask = numpy.zeros(picture.shape[:2], bool)
    red, green, blue = (picture[..., channel].astype(int) for channel in range(3))
    is_red = (red > 120) & (red - green > LEAST_RED) & (red - blue > LEAST_RED)
    for left, top, right, bottom, name in boxes:
        if name == NO_CLASS:
            down = slice(max(int(top) - SPILL, 0), int(bottom) + SPILL)
            across = slice(max(int(left) - SPILL, 0), int(right) + SPILL)
            mask[down, across] |= is_red[down, across]
    return widened(mask, 2)


def widened(mask, by):
    for _ in range(by):
        padded = numpy.pad(mask, 1)
        mask = padded[1:-1, 1:-1] | padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return mask


def painted_over(picture, mask):
    """The picture with what is masked made of what lies beside it, from the rim inwards."""
    values = picture.astype(numpy.float32)
    unknown = mask.copy()
    if unknown.all():
        return picture
    values[unknown] = 0
    while unknown.any():
        known = numpy.pad((~unknown).astype(numpy.float32), 1)
        padded = numpy.pad(values, ((1, 1), (1, 1), (0, 0)))
        count = numpy.zeros(unknown.shape, numpy.float32)
        total = numpy.zeros_like(values)
        for down in range(3):
            for across in range(3):
                part = slice(down, down + unknown.shape[0]), slice(across, across + unknown.shape[1])
                count += known[part]
                total += padded[part] * known[part][..., None]
        ready = unknown & (count > 0)
        values[ready] = total[ready] / count[ready][:, None]
        unknown &= ~ready
    return numpy.rint(values).clip(0, 255).astype(numpy.uint8)


def erased(picture, boxes):
    """The picture without the lines of these boxes."""
    mask = lines(picture.shape, [box for box in boxes if box[4] != NO_CLASS])
    return painted_over(picture, mask | edges(picture, boxes))


def drawn(picture, boxes):
    """The picture with lines as the gateway draws them: for whoever wants to know what painting over is worth."""
    picture = picture.copy()
    wide = line_px(picture.shape[0])
    for left, top, right, bottom, _ in boxes:
        left, top, right, bottom = int(left), int(top), int(right + 0.999), int(bottom + 0.999)
        for part in (
            (slice(top, min(top + wide, bottom)), slice(left, right)),
            (slice(max(bottom - wide, top), bottom), slice(left, right)),
            (slice(top, bottom), slice(left, min(left + wide, right))),
            (slice(top, bottom), slice(max(right - wide, left), right)),
        ):
            picture[part] = RED
    return picture
