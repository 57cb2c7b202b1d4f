"""Trains the head on samples that samples.py wrote.

    train.py HOME STATE.pt [--epochs 14] [--minutes 60] [--seed 1]

Keeps the state with the best recall on the validation samples, where one picture in fifty has a false e-bike.
"""

import argparse
import pathlib
import time

import numpy as np
import torch
from torch.nn import functional as F

import net

CELL_PX = 16
BATCH = 16
LEAST_SHARE = 0.3  # less of an e-bike than this may be found or not
CORE = 0.3  # cells so near to the middle, in sides of the box, are to find it


def sets(home, split):
    """fine, coarse and boxes of all parts of a split, read as they are needed."""
    parts = []
    for boxes in sorted((home / "samples").glob(f"{split}-*-boxes.npy")):
        name = str(boxes)[: -len("boxes.npy")]
        marks = np.load(boxes)
        parts.append(
            (np.load(name + "fine.npy", mmap_mode="r"), np.load(name + "coarse.npy", mmap_mode="r"), marks)
        )
    return parts


def targets(boxes, height, width):
    """wanted [n, h, w] (1: finds an e-bike, 0: does not, -1: either) and, where 1, edges [n, h, w, 4] in px."""
    n = len(boxes)
    wanted, edges = np.zeros((n, height, width), np.float32), np.zeros((n, height, width, 4), np.float32)
    y, x = np.mgrid[:height, :width] * CELL_PX + CELL_PX / 2
    for i, of in enumerate(boxes):
        known = of[of[:, 2] > 0]
        for left, top, right, bottom, share in known[np.argsort(-(known[:, 2] - known[:, 0]))]:
            inside = (x > left) & (x < right) & (y > top) & (y < bottom)
            wanted[i][inside & (wanted[i] < 1)] = -1
            if share < LEAST_SHARE:
                continue
            across, along = (
                abs(x - (left + right) / 2) / (right - left),
                abs(y - (top + bottom) / 2) / (bottom - top),
            )
            core = (across < CORE / 2) & (along < CORE / 2)
            if not core.any():
                core = (across**2 + along**2) == (across**2 + along**2).min()
            wanted[i][core] = 1
            edges[i][core] = (left, top, right, bottom)
    return wanted, edges


def decoded(made):
    """Edges [n, h, w, 4] in px of what the head says."""
    n, _, height, width = made.shape
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    middle = torch.stack([x + made[:, 1], y + made[:, 2]], -1) * CELL_PX
    half = torch.exp(made[:, 3:5].clamp(max=5)).permute(0, 2, 3, 1) * CELL_PX / 2
    return torch.cat([middle - half, middle + half], -1)


def loss(made, wanted, edges):
    """Focal loss of the score and 1 - generalised intersection over union of the boxes."""
    score, known = made[:, 0], wanted >= 0
    goal = wanted.clamp(min=0)
    plain = F.binary_cross_entropy_with_logits(score, goal, reduction="none")
    p = torch.sigmoid(score)
    right = p * goal + (1 - p) * (1 - goal)
    focal = (0.5 * plain * (1 - right) ** 2 * known).sum()
    positive = wanted == 1
    count = positive.sum().clamp(min=1)
    a, b = decoded(made)[positive], edges[positive]
    wide = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    both = wide[:, 0] * wide[:, 1]
    size = lambda e: (e[:, 2] - e[:, 0]) * (e[:, 3] - e[:, 1])
    union = size(a) + size(b) - both
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    hull = (hull[:, 0] * hull[:, 1]).clamp(min=1)
    giou = both / union.clamp(min=1) - (hull - union) / hull
    return (focal + (1 - giou).sum()) / count


def best_scores(head, parts):
    """Of each picture the highest score where an e-bike is, and the highest elsewhere; NaN where there is none."""
    found, false = [], []
    head.eval()
    with torch.no_grad():
        for fine, coarse, boxes in parts:
            for start in range(0, len(boxes), 32):
                part = boxes[start : start + 32]
                made = head(
                    torch.from_numpy(fine[start : start + len(part)].astype(np.float32)),
                    torch.from_numpy(coarse[start : start + len(part)].astype(np.float32)),
                )
                score = torch.sigmoid(made[:, 0]).numpy()
                wanted, _ = targets(part, *score.shape[1:])
                for s, w in zip(score, wanted):
                    found.append(s[w == 1].max() if (w == 1).any() else np.nan)
                    false.append(s[w == 0].max() if not (w == -1).any() and not (w == 1).any() else np.nan)
    return np.array(found), np.array(false)


def judged(found, false):
    """Recall where one picture in fifty without an e-bike has a false one, and that score."""
    false, found = false[~np.isnan(false)], found[~np.isnan(found)]
    least = float(np.quantile(false, 0.98))
    return float((found > least).mean()), least


def pace(done):
    """The learning rate when this share is done: up for a sixth of the way, then down to nothing."""
    return 3e-3 * min(done / 0.15 + 0.03, 0.5 + 0.5 * np.cos(np.pi * np.clip((done - 0.15) / 0.85, 0, 1)))


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("home", type=pathlib.Path)
    arguments.add_argument("state", type=pathlib.Path)
    arguments.add_argument("--minutes", type=float, default=60, help="at most")
    arguments.add_argument("--epochs", type=int, default=14)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--from-state", type=pathlib.Path)
    given = arguments.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(1)
    dice = np.random.default_rng(given.seed)
    train, validation = sets(given.home, "train"), sets(given.home, "validation")
    order = [(p, i) for p, part in enumerate(train) for i in range(len(part[2]))]
    print(
        f"{len(order)} samples to learn from, {sum(len(p[2]) for p in validation)} to choose by", flush=True
    )
    head = net.Head()
    if given.from_state:
        head.load_state_dict(torch.load(given.from_state))
    steps = given.epochs * (len(order) // BATCH)
    optimiser = torch.optim.AdamW(head.parameters(), lr=2e-3, weight_decay=0.02)
    started, best, step = time.time(), -1, 0
    for epoch in range(given.epochs):
        dice.shuffle(order)
        head.train()
        total = 0.0
        for start in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[start : start + BATCH]
            fine = torch.from_numpy(np.stack([train[p][0][i] for p, i in batch]).astype(np.float32))
            coarse = torch.from_numpy(np.stack([train[p][1][i] for p, i in batch]).astype(np.float32))
            wanted, edges = targets(
                np.stack([train[p][2][i] for p, i in batch]), fine.shape[2], fine.shape[3]
            )
            made = head(F.dropout2d(fine, 0.05), F.dropout2d(coarse, 0.05))
            value = loss(made, torch.from_numpy(wanted), torch.from_numpy(edges))
            done = max(step / steps, (time.time() - started) / (given.minutes * 60))
            for group in optimiser.param_groups:
                group["lr"] = pace(done)
            optimiser.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(head.parameters(), 5.0)
            optimiser.step()
            total, step = total + value.item(), step + 1
            if done >= 1:
                break
        recall, least = judged(*best_scores(head, validation))
        print(
            f"epoch {epoch + 1}: loss {total / (len(order) // BATCH):.3f}, validation recall {recall:.3f} above {least:.3f}, {time.time() - started:.0f} s",
            flush=True,
        )
        if recall >= best:
            best = recall
            torch.save(head.state_dict(), given.state)
        if done >= 1:
            break
    print(f"kept the state with a validation recall of {best:.3f}")


if __name__ == "__main__":
    main()
