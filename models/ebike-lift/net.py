"""The head for steep views: from the shipped detector's features to e-bikes, a score and a box for each cell of 16 px."""

import torch
from torch import nn
from torch.nn import functional as F

WIDTH = 48


def wide(channels):
    """A 5 x 5 look around, channel by channel, then a mix of channels."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 5, padding=2, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.SiLU(),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
        nn.SiLU(),
    )


class Head(nn.Module):
    def __init__(self, width=WIDTH):
        super().__init__()
        self.of_fine = nn.Sequential(nn.Conv2d(128, width, 1, bias=False), nn.BatchNorm2d(width))
        self.of_coarse = nn.Sequential(nn.Conv2d(256, width, 1, bias=False), nn.BatchNorm2d(width))
        self.first, self.second, self.third = wide(width), wide(width), wide(width)
        self.answer = nn.Conv2d(width, 5, 1)
        nn.init.constant_(self.answer.bias[:1].data, -4.0)
        nn.init.constant_(self.answer.bias[3:].data, 2.2)  # about nine cells wide and high
        self.register_buffer("shift", torch.zeros(1))  # so that 0.2 is where validation has few false ones

    def forward(self, fine, coarse):
        """[n, 5, h, w]: logit, then x and y of the middle from the cell's corner and logarithms of the sides, in cells."""
        x = self.of_fine(fine) + F.interpolate(self.of_coarse(coarse), scale_factor=2.0, mode="nearest")
        x = F.silu(x)
        x = x + self.first(x)
        x = x + self.second(x)
        x = x + self.third(x)
        return self.answer(x)


class Shipped(nn.Module):
    """What is exported: the score from 0 to 1, and the box as the detector's own rows have it."""

    def __init__(self, head):
        super().__init__()
        self.head = head

    def forward(self, fine, coarse):
        made = self.head(fine, coarse)
        return torch.sigmoid(made[:, :1] + self.head.shift), made[:, 1:]


def export(head, path):
    free = {0: "pictures", 2: "height", 3: "width"}
    half = {0: "pictures", 2: "half_height", 3: "half_width"}
    torch.onnx.export(
        Shipped(head).eval(),
        (torch.zeros(1, 128, 26, 46), torch.zeros(1, 256, 13, 23)),
        str(path),
        opset_version=11,
        input_names=["fine", "coarse"],
        output_names=["score", "box"],
        dynamic_axes={"fine": free, "coarse": half, "score": free, "box": free},
    )
