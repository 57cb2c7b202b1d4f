"""What both ways do to a picture before the detector, and to its answer after."""

import cv2
import numpy


def letterboxed(picture, width, height):
    """The picture as the model wants it: float32, 1x3xHxW, BGR, grey borders."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    canvas = numpy.full((height, width, 3), 114, numpy.uint8)
    canvas[: inner.shape[0], : inner.shape[1]] = inner[:height, :width]
    return numpy.ascontiguousarray(canvas.transpose(2, 0, 1)[None].astype(numpy.float32))


def boxes(output, threshold=0.4, overlap=0.5):
    """Boxes (x, y, width, height) in pixels of the input, after suppression. Rows: x, y, w, h, objectness, 80 scores."""
    scores = output[:, 4] * output[:, 5:].max(axis=1)
    is_found = scores > threshold
    places = output[is_found, :4].copy()
    if len(places) == 0:
        return []
    places[:, :2] -= places[:, 2:] / 2
    kept = cv2.dnn.NMSBoxes(places.tolist(), scores[is_found].tolist(), threshold, overlap)
    return places[numpy.asarray(kept).reshape(-1)].tolist()
