"""The net: two pictures of one place in, where a new cable hangs out. A small U-Net."""

import warnings

import torch
import torch.nn.functional as F
from torch import nn

LEVELS = (16, 32, 64, 96)  # channels at 1/2, 1/4, 1/8, 1/16 of the size
TOP = 32  # cells of the map, each 2 x 2 pixels, whose mean is a tile's score: 60 pixels of a cable of two
WINDOW_SHRINK = 8  # the local mean is taken over about 32 pixels, on a grid so many times coarser
DIMMEST = 7 / 255  # added to the local spread of light: noise is not blown up to full contrast


def conv(inputs, outputs, size=3, stride=1, spread=1):
    """Convolution, normalisation, ReLU. `spread`: cells from one weight to the next."""
    padding = (size - stride + 1) // 2 if stride > 1 else size // 2 * spread
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, padding, spread, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(True),
    )


def around(x):
    """The mean over about 32 x 32 pixels around each pixel of [n, c, h, w]."""
    coarse = F.avg_pool2d(x, 2 * WINDOW_SHRINK, WINDOW_SHRINK, WINDOW_SHRINK // 2, count_include_pad=False)
    coarse = F.avg_pool2d(coarse, 3, 1, 1, count_include_pad=False)
    coarse = F.interpolate(coarse, scale_factor=float(WINDOW_SHRINK), mode="bilinear", align_corners=False)
    return coarse[:, :, : x.shape[2], : x.shape[3]]


def without_light(picture):
    """[n, 3, h, w], 0 to 255, without its local brightness and contrast: about -3 to 3."""
    picture = picture / 255
    grey = picture.mean(1, keepdim=True)
    mean = around(grey)
    spread = torch.sqrt(torch.clamp(around(grey * grey) - mean * mean, min=0)) + DIMMEST
    return torch.clamp((picture - mean) / spread, -3, 3)


def normal(pair):
    """[n, 6, h, w]: both pictures without their light."""
    return torch.cat([without_light(pair[:, :3]), without_light(pair[:, 3:])], 1)


class Net(nn.Module):
    """[n, 6, h, w] of two RGB pictures, 0 to 255, to logits [n, 1, h / 2, w / 2]."""

    def __init__(self):
        super().__init__()
        a, b, c, d = LEVELS
        # Full resolution goes in: the first kernel is 4 x 4, so a cable of two pixels has weights of its own.
        self.down1 = nn.Sequential(conv(6, a, 4, 2), conv(a, a))
        self.down2 = nn.Sequential(conv(a, b, 4, 2), conv(b, b))
        self.down3 = nn.Sequential(conv(b, c, 4, 2), conv(c, c))
        self.down4 = nn.Sequential(conv(c, d, 4, 2), conv(d, d))
        self.wide4 = conv(d, d, spread=2)  # where a line goes on, a hundred pixels further
        # One weight is spread nowhere, but PyTorch takes its fast way only if told so.
        self.side3, self.up3 = conv(d, c, 1, spread=2), conv(c, c)
        self.side2, self.up2 = conv(c, b, 1, spread=2), conv(b, b)
        self.side1, self.up1 = conv(b, a, 1, spread=2), conv(a, a)
        self.answer = nn.Conv2d(a, 1, 1, dilation=2)
        nn.init.constant_(self.answer.bias, -3.0)  # nearly all is no cable

    def forward(self, pair):
        return self.of_normal(normal(pair))

    def of_normal(self, x):
        """The same, of pictures without their light."""
        x1 = self.down1(x)
        x2 = self.down2(x1)
        x3 = self.down3(x2)
        x = self.down4(x3)
        x = x + self.wide4(x)
        for side, up, skip in (
            (self.side3, self.up3, x3),
            (self.side2, self.up2, x2),
            (self.side1, self.up1, x1),
        ):
            x = up(F.interpolate(side(x), scale_factor=2.0, mode="nearest") + skip)
        return self.answer(x)


def tile_logit(logits, top=TOP):
    """[n]: how surely a tile holds a cable. The mean of its `top` strongest cells."""
    return logits.flatten(1).topk(top, dim=1).values.mean(1)


class Shipped(nn.Module):
    """What is exported: probabilities in full size, and one for each tile."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, pair):
        logits = self.net(pair)
        whole = F.interpolate(logits, scale_factor=2.0, mode="bilinear", align_corners=False)
        return torch.sigmoid(whole), torch.sigmoid(tile_logit(logits))[:, None]


def export(net, path):
    """Writes the net as ONNX: any number of pairs, sides that are multiples of 16."""
    shipped = Shipped(net).eval()
    free = {0: "pairs", 2: "height", 3: "width"}
    warnings.filterwarnings("ignore", module="torch")  # of the exporter, about nothing that is wrong here
    torch.onnx.export(
        shipped,
        torch.zeros(2, 6, 256, 256),
        str(path),
        opset_version=13,
        input_names=["pair"],
        output_names=["cable", "tile"],
        dynamic_axes={"pair": free, "cable": free, "tile": {0: "pairs"}},
    )
