"""Cameras watched as most people write it: one thread each, cv2.VideoCapture, and a detector at a fixed pace.

    opencv_loop.py MODEL.onnx URL=PICTURES_A_SECOND ...

Every picture is decoded, because VideoCapture gives no other choice. Prints each second how many
pictures were read and how many went through the detector. Ends with its standard input.
"""

import sys
import threading
import time

import cv2
import onnxruntime

from pictures import boxes, letterboxed

counts = {"read": 0, "detected": 0}
lock = threading.Lock()


def watch(session, url, pace):
    name = session.get_inputs()[0].name
    due_at = time.monotonic()
    while True:
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
        while True:
            good, picture = capture.read()
            if not good:
                break
            with lock:
                counts["read"] += 1
            if time.monotonic() < due_at:
                continue
            due_at = max(due_at + 1 / pace, time.monotonic() - 1 / pace)
            output = session.run(None, {name: letterboxed(picture, 736, 416)})[0]
            boxes(output[0])
            with lock:
                counts["detected"] += 1
        time.sleep(1)


def main():
    model, *cameras = sys.argv[1:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    cv2.setNumThreads(1)
    for camera in cameras:
        url, pace = camera.rsplit("=", 1)
        threading.Thread(target=watch, args=(session, url, float(pace)), daemon=True).start()
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.wait(1):
        with lock:
            print(counts["read"], counts["detected"], flush=True)


main()
