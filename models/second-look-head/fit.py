"""A head: a weighted sum of what the model sees in a crop, as a chance. No dice, so the same cases give the same head.

The embedding has 1,280 numbers and there are few cases, so the sum is learnt in the directions in which the
cases differ most, and held small. How small, and how evidence becomes a chance, is taken from cases that were left out
while it was learnt, whole camera days at a time.
"""

import numpy

DIRECTIONS = 64
STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0)
FOLDS = 5
SMALLEST = 1e-6


class Head:
    """Weights for an embedding, and what is added."""

    def __init__(self, weights, offset):
        self.weights, self.offset = weights, offset

    def evidence(self, embeddings):
        return embeddings @ self.weights + self.offset

    def chances(self, embeddings):
        return sigmoid(self.evidence(embeddings))


def sigmoid(evidence):
    return 1 / (1 + numpy.exp(-numpy.clip(evidence, -60, 60)))


def newton(inputs, labels, weights, strength):
    """Logistic regression: a factor for each column and an offset; `strength` holds the factors small."""
    columns = numpy.column_stack([inputs, numpy.ones(len(inputs))])
    penalty = numpy.full(columns.shape[1], strength)
    penalty[-1] = SMALLEST  # the offset is free
    found = numpy.zeros(columns.shape[1])
    for _ in range(60):
        chances = sigmoid(columns @ found)
        slope = columns.T @ (weights * (chances - labels)) + penalty * found
        bend = (columns * (weights * chances * (1 - chances))[:, None]).T @ columns + numpy.diag(penalty + SMALLEST)
        step = numpy.linalg.solve(bend, slope)
        found -= step * min(1, 5 / max(numpy.abs(step).max(), SMALLEST))
        if numpy.abs(step).max() < 1e-8:
            break
    return found[:-1], found[-1]


def learn(embeddings, labels, weights, strength):
    """A head from these cases."""
    middle = numpy.average(embeddings, axis=0, weights=weights)
    about = embeddings - middle
    _, sizes, ways = numpy.linalg.svd(about * numpy.sqrt(weights)[:, None], full_matrices=False)
    many = min(DIRECTIONS, len(sizes), max(len(labels) - 1, 1))
    spread = numpy.sqrt((sizes[:many] ** 2).sum() / weights.sum()) + SMALLEST
    factors, offset = newton(about @ ways[:many].T / spread, labels, weights, strength)
    factors = ways[:many].T @ factors / spread
    return Head(factors, offset - middle @ factors)


def folds(days):
    """The fold of each case: a whole day of a camera in one, the largest days first, each to the smallest fold."""
    names, counts = numpy.unique(days, return_counts=True)
    sizes, fold_of = [0] * FOLDS, {}
    for count, name in sorted(zip(counts, names), key=lambda it: (-it[0], it[1])):
        smallest = sizes.index(min(sizes))
        fold_of[name], sizes[smallest] = smallest, sizes[smallest] + count
    return numpy.array([fold_of[name] for name in days])


def left_out(cases, strength):
    """The evidence for each case from a head that has not seen its day; none where that cannot be had."""
    found = numpy.full(len(cases.labels), numpy.nan)
    of_fold = folds(cases.days)
    for fold in range(FOLDS):
        there, rest = of_fold == fold, of_fold != fold
        if there.any() and len(set(cases.labels[rest])) == 2:
            head = learn(cases.embeddings[rest], cases.labels[rest], cases.weights[rest], strength)
            found[there] = head.evidence(cases.embeddings[there])
    return found


def train(cases):
    """The head for these cases, and how small it is held."""
    best = None
    for strength in STRENGTHS:
        evidence = left_out(cases, strength)
        told = ~numpy.isnan(evidence)
        if len(set(cases.labels[told])) < 2:
            continue
        curve = newton(evidence[told, None], cases.labels[told], cases.weights[told], SMALLEST)
        curve = (max(curve[0][0], SMALLEST), curve[1])
        loss = log_loss(sigmoid(evidence[told] * curve[0] + curve[1]), cases.labels[told], cases.weights[told])
        if best is None or loss < best[0] - 1e-9:
            best = (loss, strength, curve)
    if best is None:  # one day alone: nothing can be left out
        strength, curve = 1.0, (1.0, 0.0)
    else:
        _, strength, curve = best
    head = learn(cases.embeddings, cases.labels, cases.weights, strength)
    return Head(head.weights * curve[0], head.offset * curve[0] + curve[1]), strength


def log_loss(chances, labels, weights):
    chances = numpy.clip(chances, SMALLEST, 1 - SMALLEST)
    losses = -(labels * numpy.log(chances) + (1 - labels) * numpy.log(1 - chances))
    return float(numpy.average(losses, weights=weights))
