#!/usr/bin/env python3
"""Give the published YOLOX-Nano an input of any size, instead of 416 x 416 only.

    free_size.py PUBLISHED.onnx OUT.onnx

The network is a plain convolution net: it looks at a picture of any size whose sides are multiples
of 32. Only the sizes written beside its input and output pin it. They get names here, `height` and
`width`; whoever opens the file says what they are. Weights and operators stay as they are.
"""

import argparse
import pathlib

import onnx

VALUES = 85  # of a cell: four of the box, whether there is anything, 80 classes


def name_sizes(value, sizes):
    """Replaces the fixed sizes of a tensor by `sizes`: numbers, or names of free ones."""
    shape = value.type.tensor_type.shape
    del shape.dim[:]
    for size in sizes:
        dimension = shape.dim.add()
        if isinstance(size, int):
            dimension.dim_value = size
        else:
            dimension.dim_param = size


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("published", type=pathlib.Path)
    arguments.add_argument("out", type=pathlib.Path)
    given = arguments.parse_args()

    model = onnx.load(given.published)
    (picture,), (cells,) = model.graph.input, model.graph.output
    name_sizes(picture, [1, 3, "height", "width"])
    name_sizes(cells, [1, "cells", VALUES])
    del model.graph.value_info[:]  # sizes of what lies between, for 416 x 416
    del model.metadata_props[:]  # settings of the program that it was published with
    onnx.checker.check_model(model)
    given.out.write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
