"""Cameras watched in Frigate's pattern, with its defaults (docs.frigate.video, `detect`, `motion`).

    frigate_pattern.py MODEL.onnx URL=PICTURES_A_SECOND ...

For each camera an ffmpeg of its own decodes everything and hands over raw pictures at 5 a second, 1280x720. Motion is
looked for in each, at a height of 100 pixels against a running average; where something moves, a square region round it
goes through the detector, and so does the region of what was seen in the picture before. The pace given is not used:
Frigate has one for all. The model is the gateway's, so that both see the same. Prints how many pictures were read and
how many regions went through the detector. Ends with its standard input.
"""

import subprocess
import sys
import threading

import cv2
import numpy
import onnxruntime

from pictures import boxes, letterboxed

WIDTH, HEIGHT, PACE = 1280, 720, 5
MOTION_HEIGHT, THRESHOLD, SMALLEST_AREA, FRAME_ALPHA = 100, 30, 10, 0.01
SMALLEST_REGION = 320

counts = {"read": 0, "detected": 0}
lock = threading.Lock()


class Motion:
    """Frigate's improved motion detector: contrast, blur, difference to a running average, contours."""

    def __init__(self):
        self.average = None

    def look(self, grey):
        scale = HEIGHT / MOTION_HEIGHT
        small = cv2.resize(grey, (round(WIDTH / scale), MOTION_HEIGHT), interpolation=cv2.INTER_AREA)
        low, high = numpy.percentile(small, [4, 96])
        if high > low:
            small = ((numpy.clip(small, low, high) - low) * (255 / (high - low))).astype(numpy.uint8)
        small = cv2.GaussianBlur(small, (3, 3), 0)
        if self.average is None:
            self.average = small.astype(numpy.float32)
        delta = cv2.absdiff(small, cv2.convertScaleAbs(self.average))
        moved = cv2.dilate(cv2.threshold(delta, THRESHOLD, 255, cv2.THRESH_BINARY)[1], None, iterations=1)
        contours, _ = cv2.findContours(moved, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.accumulateWeighted(small, self.average, FRAME_ALPHA)
        found = [cv2.boundingRect(it) for it in contours if cv2.contourArea(it) > SMALLEST_AREA]
        return [[round(side * scale) for side in place] for place in found]


def regions(places):
    """Squares round what moves or was seen; places that lie close share one."""
    squares = []
    for x, y, width, height in places:
        side = max(SMALLEST_REGION, round(max(width, height) * 1.35))
        side = min(side, HEIGHT)
        left = min(max(0, x + width // 2 - side // 2), WIDTH - side)
        top = min(max(0, y + height // 2 - side // 2), HEIGHT - side)
        inside = any(
            left0 <= x and x + width <= left0 + side0 and top0 <= y and y + height <= top0 + side0
            for left0, top0, side0 in squares
        )
        if not inside:
            squares.append((left, top, side))
    return squares


def watch(session, url):
    name = session.get_inputs()[0].name
    asked = ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-rtsp_transport", "tcp", "-i", url, "-an"]
    asked += ["-r", str(PACE), "-vf", f"scale={WIDTH}:{HEIGHT}", "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:"]
    while True:
        motion, seen = Motion(), []
        with subprocess.Popen(asked, stdout=subprocess.PIPE) as ffmpeg:
            while raw := ffmpeg.stdout.read(WIDTH * HEIGHT * 3 // 2):
                if len(raw) < WIDTH * HEIGHT * 3 // 2:
                    break
                yuv = numpy.frombuffer(raw, numpy.uint8).reshape(HEIGHT * 3 // 2, WIDTH)
                moved = motion.look(yuv[:HEIGHT])
                with lock:
                    counts["read"] += 1
                places = moved + seen
                seen = []
                if not places:
                    continue
                picture = cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR_I420)
                for left, top, side in regions(places):
                    region = picture[top : top + side, left : left + side]
                    output = session.run(None, {name: letterboxed(region, 320, 320)})[0]
                    with lock:
                        counts["detected"] += 1
                    scale = side / 320
                    for x, y, width, height in boxes(output[0]):
                        # What stands still is looked at again only now and then, as Frigate does.
                        place = [round(it * scale) for it in (x, y, width, height)]
                        place[0] += left
                        place[1] += top
                        if any(touches(place, it) for it in moved):
                            seen.append(place)
        threading.Event().wait(1)


def touches(a, b):
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def main():
    model, *cameras = sys.argv[1:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    cv2.setNumThreads(1)
    for camera in cameras:
        url = camera.rsplit("=", 1)[0]
        threading.Thread(target=watch, args=(session, url), daemon=True).start()
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.wait(1):
        with lock:
            print(counts["read"], counts["detected"], flush=True)


main()
