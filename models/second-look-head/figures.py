"""How good chances are, by alert: counts, shares, and how far the truth may lie from them."""

import math

import numpy

TRIALS = 2000  # drawings for the interval of the area; from a fixed seed


def wilson(right, of):
    """The 95 % interval of a share."""
    if of == 0:
        return 0.0, 1.0
    z, share = 1.96, right / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def area(chances, labels):
    """How often a positive one has more than a negative one: the area under the curve (AUC)."""
    positives, negatives = chances[labels == 1], chances[labels == 0]
    if len(positives) == 0 or len(negatives) == 0:
        return math.nan
    more = (positives[:, None] > negatives[None, :]).sum() + 0.5 * (positives[:, None] == negatives[None, :]).sum()
    return float(more / (len(positives) * len(negatives)))


def area_interval(chances, labels):
    """The 95 % interval of the area: positives and negatives drawn again and again."""
    dice = numpy.random.default_rng(20261130)
    positives, negatives = numpy.flatnonzero(labels == 1), numpy.flatnonzero(labels == 0)
    found = []
    for _ in range(TRIALS if len(positives) and len(negatives) else 0):
        drawn = numpy.concatenate([dice.choice(positives, len(positives)), dice.choice(negatives, len(negatives))])
        found.append(area(chances[drawn], labels[drawn]))
    return tuple(numpy.percentile(found, [2.5, 97.5])) if found else (0.0, 1.0)


class Figures:
    """Of chances against labels, at one half."""

    def __init__(self, chances, labels):
        chances, labels = numpy.asarray(chances, float), numpy.asarray(labels, float)
        told = chances >= 0.5
        self.positives, self.negatives = int((labels == 1).sum()), int((labels == 0).sum())
        self.right, self.false = int((told & (labels == 1)).sum()), int((told & (labels == 0)).sum())
        self.area, self.area_interval = area(chances, labels), area_interval(chances, labels)
        clipped = numpy.clip(chances, 1e-6, 1 - 1e-6)
        losses = -(labels * numpy.log(clipped) + (1 - labels) * numpy.log(1 - clipped))
        self.loss = float(losses.mean()) if len(losses) else math.nan

    def row(self, name):
        """A row of a table."""
        recall, precision = share(self.right, self.positives), share(self.right, self.right + self.false)
        low, high = self.area_interval
        return f"| {name} | {recall} | {precision} | {self.area:.3f} ({low:.3f}–{high:.3f}) | {self.loss:.3f} |"


HEADER = "| | recall at 0.5 | precision at 0.5 | AUC | log loss |\n|---|---|---|---|---|"


def share(right, of):
    low, high = wilson(right, of)
    return f"{right} of {of} ({low:.2f}–{high:.2f})"
