"""Names in the shipped detector: what the head reads, and where it is."""

import pathlib

STOCK = pathlib.Path(__file__).parent.parent / "yolox-nano" / "yolox-nano.onnx"
FINE, COARSE = "990", "1024"  # of 16 and 32 px a cell, behind the neck: 128 and 256 channels
ROWS = ("1158", "1166", "1174")  # of cells of 8, 16 and 32 px, [1, 85, cells]
