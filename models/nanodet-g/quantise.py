#!/usr/bin/env python3
"""Turn the float32 NanoDet-g into the 8-bit model that CPUs with VNNI run faster.

    quantise.py measure  F32.onnx vtest.avi ranges.json    what values each tensor takes
    quantise.py compare  F32.onnx vtest.avi ranges.json    the same, held against the file
    quantise.py quantise F32.onnx ranges.json OUT.onnx     build the model from the ranges

Static QDQ: activations unsigned, weights signed and per channel, convolutions only. The
box decoding stays float: rounded to 8 bits it loses nearly every detection.

The measured ranges are a file of their own because float32 sums differ in the last bits
from one CPU to the next. From the file, every machine builds the same bytes.
"""

import argparse
import json
import logging
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.calibrate import (
    TensorsData,
    create_calibrator,
    save_tensors_data,
)

HEIGHT_PX, WIDTH_PX = 416, 736
PAD = 114
PICTURE_WIDTH_PX = 556  # of the 4:3 clip when it fills the input's height; even, for the scaler
FRAME_COUNT = 795
# Left in float32, each for a measured reason: the normalisation spans three orders of
# magnitude; the first two real convolutions see the raw picture, and with the pooling
# between them in 8 bits, ONNX Runtime takes a pooling kernel 20 times slower; the three
# last ones feed the scores and the boxes directly.
FLOAT_CONVOLUTIONS = [
    "normalise",
    "convolution",
    "convolution_1",
    "convolution_29",
    "convolution_31",
    "convolution_33",
]
PERCENTILE = 99.999  # a lone outlier must not stretch the scale of all other values
RANGE_TOLERANCE = 0.02  # of a tensor's span: decoders and CPUs differ by less


class Pictures(CalibrationDataReader):
    """Hands the calibration pictures to ONNX Runtime, one by one."""

    def __init__(self, pictures):
        self.pictures = iter(pictures)

    def get_next(self):
        picture = next(self.pictures, None)
        return None if picture is None else {"images": picture}


def calibration_pictures(clip):
    """Whole frames, enlarged parts of frames, and frames darker and brighter than they were.

    One street at one hour would teach the scales of that hour only.
    """
    whole = decoded(clip, range(0, FRAME_COUNT, 50), "null")
    corners = [(0, 0), (384, 0), (0, 288), (384, 288), (192, 144)]
    parts = [
        picture
        for turn, (x, y) in enumerate(corners)
        for picture in decoded(clip, range(50 * turn, FRAME_COUNT, 250), f"crop=384:288:{x}:{y}")
    ]
    relit = [(picture / 255.0) ** (2.2, 0.5)[i % 2] * 255.0 for i, picture in enumerate(whole)]
    return [letterboxed(picture) for picture in whole + parts + relit]


def decoded(clip, numbers, cut):
    """The frames of these numbers as RGB bytes, scaled to the input's height."""
    wanted = "+".join(f"eq(n,{number})" for number in numbers)
    scale = f"scale={PICTURE_WIDTH_PX}:{HEIGHT_PX}:flags=area+accurate_rnd+bitexact"
    command = ["ffmpeg", "-v", "error", "-flags", "bitexact", "-i", str(clip)]
    command += ["-vf", f"select='{wanted}',{cut},{scale}", "-fps_mode", "passthrough"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    pictures = np.frombuffer(output, np.uint8).reshape(-1, HEIGHT_PX, PICTURE_WIDTH_PX, 3)
    assert len(pictures) == len(numbers), f"{clip}: {len(pictures)} of {len(numbers)} frames"
    return list(pictures)


def letterboxed(picture):
    canvas = np.full((HEIGHT_PX, WIDTH_PX, 3), PAD, np.float32)
    left = (WIDTH_PX - PICTURE_WIDTH_PX) // 2
    canvas[:, left : left + PICTURE_WIDTH_PX] = np.floor(picture)
    return np.ascontiguousarray((canvas / np.float32(255)).transpose(2, 0, 1)[None])


def measured_ranges(model, clip):
    """Lowest and highest value of each tensor that a convolution reads or writes."""
    with tempfile.TemporaryDirectory() as folder:
        calibrator = create_calibrator(
            model,
            ["Conv"],
            augmented_model_path=str(pathlib.Path(folder, "augmented.onnx")),
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"percentile": PERCENTILE},
        )
        calibrator.collect_data(Pictures(calibration_pictures(clip)))
        ranges = calibrator.compute_data()
    return {
        name: [float(f"{float(bound):.4g}") for bound in ranges[name].range_value]
        for name in sorted(ranges.keys())
    }


def compare(measured, expected):
    """Names of tensors whose measured range is not the expected one."""
    if measured.keys() != expected.keys():
        return sorted(measured.keys() ^ expected.keys())
    return [
        f"{name}: {measured[name]}, expected {(low, high)}"
        for name, (low, high) in expected.items()
        if np.abs(np.subtract(measured[name], (low, high))).max() > RANGE_TOLERANCE * (high - low)
    ]


def quantise(model, ranges, output):
    bounds = {
        name: (np.array(low, np.float32), np.array(high, np.float32))
        for name, (low, high) in ranges.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        cache = pathlib.Path(folder, "ranges.json")
        save_tensors_data(TensorsData(CalibrationMethod.MinMax, bounds), cache)
        quantize_static(
            onnx.load(model),
            output,
            None,
            calibration_cache_path=cache,
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=FLOAT_CONVOLUTIONS,
        )


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("step", choices=["measure", "compare", "quantise"])
    arguments.add_argument("paths", type=pathlib.Path, nargs=3)
    given = arguments.parse_args()
    logging.disable(logging.WARNING)  # advice to optimise first, which would change node names
    model, second, third = given.paths
    if given.step == "quantise":
        quantise(model, json.loads(second.read_text()), third)
        return
    ranges = measured_ranges(model, second)
    if given.step == "measure":
        lines = [f"  {json.dumps(name)}: {json.dumps(pair)}" for name, pair in ranges.items()]
        third.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        return
    differences = compare(ranges, json.loads(third.read_text()))
    if differences:
        sys.exit("The measured ranges differ from those on file:\n" + "\n".join(differences))


if __name__ == "__main__":
    main()
