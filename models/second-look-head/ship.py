"""A head as a folder: ONNX, model.toml, its card, and a self-test in both."""

import hashlib
import importlib.util
import pathlib

import numpy

import shelf

# The words of ONNX, from the script that writes the model whose embedding this reads.
place = pathlib.Path(__file__).resolve().parent.parent / "efficientnet-lite0" / "to_onnx.py"
found = importlib.util.spec_from_file_location("to_onnx", place)
onnx = importlib.util.module_from_spec(found)
found.loader.exec_module(onnx)

MODEL = """\
# A head on the embedding of {name} {version}. Written by `make train-head`; README.md beside it is its card.
name = "{task_name}-head"
version = "{number}"
layout = "head" # an embedding in, a chance out
task = "{task}" # what the chance is of
licence = "of this gateway alone: learnt from its cameras"
source = "{source}"

[fp32]
file = "head.onnx"
sha256 = "{sha256}"

# Whose embedding it reads: the weights of second_look_dir.
[embedding]
sha256 = "{embedding}"
size = {size}

# What it makes of inputs that gateway and trainer make up alike.
[self_test]
seeds = {seeds}
chances = {chances}
"""


def head_onnx(head):
    """The weighted sum and the chance."""
    weights = [float(it) for it in head.weights]
    size = len(weights)
    constants = [
        onnx.tensor_of("weights", onnx.FLOAT, (size, 1), weights),
        onnx.tensor_of("offset", onnx.FLOAT, (1,), [float(head.offset)]),
    ]
    graph = onnx.Graph({})
    graph.node("Gemm", ["embedding", "weights", "offset"], "evidence")
    graph.node("Sigmoid", ["evidence"], "chance")
    body = (
        onnx.fields(1, graph.nodes)
        + onnx.field(2, "head")
        + onnx.fields(5, constants)
        + onnx.field(11, onnx.value_of("embedding", [1, size]))
        + onnx.field(12, onnx.value_of("chance", [1, 1]))
    )
    operators = onnx.field(1, "") + onnx.field(2, 13)
    return onnx.field(1, 8) + onnx.field(2, "gridwhistle") + onnx.field(7, body) + onnx.field(8, operators)


def write(folder, number, head, task, look, source, card):
    """Writes the folder of one version and tests it."""
    folder.mkdir(parents=True)
    weights, size = head_onnx(head), len(head.weights)
    (folder / "head.onnx").write_bytes(weights)
    chances = [round(shelf.chance_of(weights, shelf.made_up(seed, size)), 5) for seed in shelf.SELF_TEST]
    (folder / "model.toml").write_text(
        MODEL.format(
            name=look.manifest["name"],
            version=look.manifest["version"],
            task_name=task.replace("_", "-"),
            task=task,
            number=number,
            source=source,
            sha256=hashlib.sha256(weights).hexdigest(),
            embedding=look.sha256,
            size=size,
            seeds=list(shelf.SELF_TEST),
            chances=chances,
        )
    )
    (folder / "README.md").write_text(card)
    names = ("README.md", "head.onnx", "model.toml")
    sums = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(sums))
    shelf.test(folder)


def read(folder):
    """The head of a version, as a function of embeddings."""
    shelf.test(folder)
    weights = (folder / "head.onnx").read_bytes()
    return lambda embeddings: numpy.array([shelf.chance_of(weights, it.astype(numpy.float32)) for it in embeddings])
