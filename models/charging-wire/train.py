#!/usr/bin/env python3
"""Trains the net on drawn cables.

    train.py BACKGROUNDS OUT.pt [--steps N] [--threads N]

One process draws, this one trains. Each sample is used four times, each with another crop and turn. The first part
of the training sees crops of 128 pixels, the rest of 192: the net asks no size. Samples without a cable in which the net sees one are kept
and shown again. What is written is a moving average of the weights, the best by tiles of backgrounds that were
not trained on. One line is printed per `REPORT_STEPS`.
"""

import argparse
import copy
import itertools
import multiprocessing
import os
import pathlib
import time
from queue import Full

import cv2
import numpy as np
import torch
import torch.nn.functional as F

import cables
import net as network
import samples
import scenery

BATCH = 8
USES = 4  # of each sample
POOL = 512  # samples to draw batches from, so that neighbours in one sheet do not meet in one batch
SMALL_CROP, SMALL_SHARE = 128, 0.85  # of the steps
LARGE_CROP = 192  # of the others
HARD_KEPT, HARD_A_BATCH = 1000, 1
PEAK_RATE = 3e-3
DECAY_SHARE = 0.4  # of the steps, the last ones
MEMORY = 0.997  # of the moving average, per step
STEPS = 24_000
REPORT_STEPS = 100
VALIDATE_STEPS = 500
VALIDATION_SHEETS = 8
SEED = 12


def draw_sheets(backgrounds, split, seeds, style):
    """Yields sheets of samples as arrays: pairs [n, 256, 256, 6], truth [n, 256, 256] (1 cable, 2 unsure), lengths, kinds."""
    cv2.setNumThreads(1)
    photographs = scenery.Photographs(backgrounds, split)
    for seed in seeds:
        made = samples.sheet(seed, photographs, style)
        yield (
            np.stack([np.concatenate([s.reference, s.now], 2) for s in made]),
            np.stack([s.cable + 2 * s.unsure.astype(np.uint8) for s in made]),
            np.float32([s.seen_px for s in made]),
            np.array([s.kind for s in made]),
        )


def drawing(queue, backgrounds, first):
    """The process that draws until the training is gone. A full queue holds it up."""
    trainer = os.getppid()
    for sheet in draw_sheets(
        backgrounds, "train", ([SEED, first, k] for k in itertools.count()), cables.TRAINED
    ):
        while os.getppid() == trainer:
            try:
                queue.put(sheet, timeout=5)
                break
            except Full:
                continue
        else:
            return


class Pool:
    """Samples that wait for their turn."""

    def __init__(self, queue, r):
        self.queue, self.r = queue, r
        self.waiting, self.hard = [], []

    def fill(self):
        while len(self.waiting) < POOL:
            self.waiting += [[*sample, USES] for sample in zip(*self.queue.get())]

    def batch(self):
        self.fill()
        hard = min(HARD_A_BATCH, len(self.hard) // 100)
        chosen = [self.hard[k] for k in self.r.integers(0, max(1, len(self.hard)), hard)]
        places = self.r.choice(len(self.waiting), BATCH - hard, replace=False)
        for place in sorted(places, reverse=True):
            sample = self.waiting[place]
            sample[4] -= 1
            chosen.append(sample)
            if sample[4] == 0:
                self.waiting[place] = self.waiting[-1]
                self.waiting.pop()
        return chosen

    def keep_hard(self, chosen, scores):
        """Remembers samples without a cable in which the net saw one."""
        for sample, score in zip(chosen, scores):
            if sample[3] == 0 and score > 0 and sample[4] >= 0:
                sample = [*sample[:4], -1]  # kept already, if it comes again
                if len(self.hard) < HARD_KEPT:
                    self.hard.append(sample)
                else:
                    self.hard[self.r.integers(HARD_KEPT)] = sample


def turned(sample, crop, r):
    """A crop of a sample, mirrored and with its colours exchanged by chance, and whether it shows a cable."""
    pair, truth, seen_px, kind, _ = sample
    y, x = r.integers(0, pair.shape[0] - crop + 1, 2)
    pair, whole, truth = pair[y : y + crop, x : x + crop], truth, truth[y : y + crop, x : x + crop]
    if crop < whole.shape[0] and kind != 0:
        seen_px = seen_px * (truth == 1).sum() / max(1, (whole == 1).sum())
        kind = 1 if seen_px >= samples.LEAST_SEEN_PX * crop / whole.shape[0] else -1
    if r.random() < 0.5:
        pair, truth = pair[:, ::-1], truth[:, ::-1]
    if r.random() < 0.15:
        pair, truth = pair[::-1], truth[::-1]
    if r.random() < 0.3:
        order = r.permutation(3)
        pair = pair[..., [*order, *(order + 3)]]
    return pair, truth, kind


def loss_of(logits, truth, kinds):
    """Pixels (those that are unsure left out), overlap of those with a cable, and tiles."""
    cable = F.max_pool2d((truth == 1).float(), 2)
    sure = 1 - F.max_pool2d((truth == 2).float(), 2) * (1 - cable)
    pixel = F.binary_cross_entropy_with_logits(logits, cable, reduction="none", pos_weight=torch.tensor(2.0))
    pixel = (pixel * sure).sum() / sure.sum()
    chance = torch.sigmoid(logits) * sure
    overlap = 1 - (2 * (chance * cable).sum((1, 2, 3)) + 1) / (
        chance.sum((1, 2, 3)) + cable.sum((1, 2, 3)) + 1
    )
    with_cable = (kinds == 1).float()
    overlap = (overlap * with_cable).sum() / with_cable.sum().clamp(min=1)
    tile = network.tile_logit(logits)
    judged = (kinds >= 0).float()
    of_tile = (
        F.binary_cross_entropy_with_logits(tile, with_cable, reduction="none") * judged
    ).sum() / judged.sum().clamp(min=1)
    return 2 * pixel + 0.4 * overlap + 0.25 * of_tile, tile.detach()


def tile_scores(net, sheets):
    """Scores and kinds of all tiles of some sheets."""
    net.eval()
    scores, kinds = [], []
    with torch.no_grad():
        for pairs, _, _, kind in sheets:
            for part in range(0, len(pairs), 8):
                x = torch.from_numpy(pairs[part : part + 8].transpose(0, 3, 1, 2).astype(np.float32))
                scores.append(network.tile_logit(net(x)).numpy())
            kinds.append(kind)
    return np.concatenate(scores), np.concatenate(kinds)


def ranking(scores, kinds):
    """Area under the curve, and recall where one in a hundred tiles without a cable is above the threshold."""
    cable, none = scores[kinds == 1], np.sort(scores[kinds == 0])
    area = np.searchsorted(none, cable).mean() / len(none)
    return area, (cable > np.quantile(none, 0.99)).mean()


def rate_at(step, steps):
    """The learning rate: up over a hundred steps, level, and down to nothing over the last ones."""
    return PEAK_RATE * min(1.0, (step + 1) / 100, (steps - step) / (DECAY_SHARE * steps))


class Training:
    """The net, its moving average, its optimiser, and how far they are."""

    def __init__(self, out, resumed):
        torch.manual_seed(SEED)
        self.out = out
        self.net = network.Net().to(memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.net)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), PEAK_RATE, weight_decay=1e-3)
        self.step, self.best = 0, 0.0
        if resumed:
            state = torch.load(resumed)
            self.step, self.best = state["step"], state["best"]
            for part in ("net", "mean", "optimiser"):
                getattr(self, part).load_state_dict(state[part])

    def learn(self, pairs, truths, kinds, rate):
        """One step. Returns the loss and the tiles' scores."""
        x = torch.from_numpy(np.stack(pairs).transpose(0, 3, 1, 2).astype(np.float32))
        y = torch.from_numpy(np.stack(truths))[:, None]
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.net.train()
        loss, tiles = loss_of(
            self.net(x.contiguous(memory_format=torch.channels_last)), y, torch.tensor(kinds)
        )
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimiser.step()
        self.step += 1
        keep = min(MEMORY, self.step / (self.step + 9))
        for mean, value in zip(self.mean.state_dict().values(), self.net.state_dict().values()):
            mean.copy_(mean * keep + value * (1 - keep) if mean.is_floating_point() else value)
        return loss.item(), tiles.numpy()

    def validate(self, sheets):
        """Judges the moving average, keeps it if it is the best so far, and leaves what `--resume` needs."""
        area, recall = ranking(*tile_scores(self.mean, sheets))
        print(f"validation: area {area:.4f}, recall at 1 % false tiles {recall:.3f}", flush=True)
        if area > self.best:
            self.best = area
            torch.save(self.mean.state_dict(), self.out)
        state = {part: getattr(self, part).state_dict() for part in ("net", "mean", "optimiser")}
        torch.save({"step": self.step, "best": self.best, **state}, self.out.with_suffix(".state"))


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("backgrounds", type=pathlib.Path)
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--steps", type=int, default=STEPS)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument(
        "--resume",
        type=pathlib.Path,
        help="go on from this state, which an earlier training left beside its OUT.pt",
    )
    given = arguments.parse_args()

    torch.set_num_threads(given.threads)
    training = Training(given.out, given.resume)
    queue = multiprocessing.Queue(maxsize=4)
    drawer = multiprocessing.Process(
        target=drawing, args=(queue, given.backgrounds, training.step), daemon=True
    )
    drawer.start()
    seeds = ([SEED, 1, k] for k in range(VALIDATION_SHEETS))
    validation = list(draw_sheets(given.backgrounds, "validation", seeds, cables.TRAINED))
    r = np.random.default_rng(SEED)
    pool = Pool(queue, r)
    print(
        "parameters",
        sum(p.numel() for p in training.net.parameters()),
        "pid",
        os.getpid(),
        drawer.pid,
        flush=True,
    )
    began, loss_mean = time.time(), 1.0
    while training.step < given.steps:
        crop = SMALL_CROP if training.step < SMALL_SHARE * given.steps else LARGE_CROP
        chosen = pool.batch()
        pairs, truths, kinds = zip(*(turned(sample, crop, r) for sample in chosen))
        loss, tiles = training.learn(pairs, truths, kinds, rate_at(training.step, given.steps))
        pool.keep_hard(chosen, tiles)
        loss_mean += 0.02 * (loss - loss_mean)
        step = training.step
        if step % REPORT_STEPS == 0:
            print(
                f"step {step} loss {loss_mean:.4f} hard {len(pool.hard)} wall {time.time() - began:.0f} s cpu {time.process_time():.0f} s",
                flush=True,
            )
        if step % VALIDATE_STEPS == 0 or step == given.steps:
            training.validate(validation)
    drawer.terminate()


if __name__ == "__main__":
    main()
