#!/usr/bin/env python3
"""Trains the net on drawn cables.

    train.py BACKGROUNDS OUT.pt [--steps N] [--threads N]

One process draws, this one trains. Each sample is used several times, each with another crop and turn. Crops are small
at first, so that there are more steps, and larger later: the net asks no size. Samples without a cable in which
the net sees one are kept and shown again until it sees none. What is written is a moving average of the weights, the
best by tiles of backgrounds that were not trained on. One line is printed per `REPORT_STEPS`.
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
import camera
import net as network
import samples
import scenery

BATCH = 8
USES = 10  # of each sample
POOL = 512  # samples to draw batches from, so that neighbours in one sheet do not meet in one batch
CROPS = ((0.65, 96), (0.95, 128), (1.0, 192))  # up to which share of the steps, and how many pixels
LEAST_POOL = 384  # with fewer, the training waits at its start; later it uses old samples more often instead
HARD_KEPT, HARD_A_BATCH = 600, 1
EASY = -2.0  # a hard sample whose score falls below is hard no more
TRIES, TRY_SHARE = 3, 0.7  # so often the best of so many crops is taken: most of a cable, or most that is new
STEP_OF_LIGHT = 40.0  # of pictures without their light, as whole numbers
SAME_SHARE = 0.06  # of the samples with a cable: shown with the cable in both pictures, a little moved
GONE_SHARE = 0.2  # of the samples with a cable: shown as if it had gone, the pictures exchanged
PEAK_RATE = 3e-3
DECAY_SHARE = 0.4  # of the steps, the last ones
MEMORY = 0.998  # of the moving average, per step
STEPS = 24_000
REPORT_STEPS = 100
VALIDATE_STEPS = 1000
KEEP_STEPS = 200  # after so many, what `--resume` needs is written
VALIDATION_SHEETS = 8
SEED = 12
KIND = 4  # its place in a sample: pair, truth, what is new, length, kind, gone, uses left
HARD = -1  # instead of uses left: kept as a hard one


def draw_sheets(backgrounds, split, seeds, style):
    """Yields sheets of samples as arrays: pairs without their light [n, 256, 256, 6] int8, truth [n, 128, 128] as the
    net is asked for it (1 cable, 2 unsure), what is new [n, 16, 16], lengths, kinds, whether a cable has gone."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    photographs = scenery.Photographs(backgrounds, split)
    for seed in seeds:
        made = samples.sheet(seed, photographs, style)
        pairs = np.stack([np.concatenate([s.reference, s.now], 2) for s in made])
        cable, unsure = (torch.from_numpy(np.float32([getattr(s, k) for s in made])) for k in ("cable", "unsure"))
        with torch.no_grad():
            plain = network.normal(torch.from_numpy(pairs.transpose(0, 3, 1, 2).astype(np.float32)))
            new = F.avg_pool2d((plain[:, :3] - plain[:, 3:]).abs().mean(1), 16)
            cable, unsure = F.max_pool2d(cable, 2), F.max_pool2d(unsure, 2)
            truth = cable + 2 * unsure * (1 - cable)
            yield (
                np.ascontiguousarray((plain * STEP_OF_LIGHT).round().to(torch.int8).permute(0, 2, 3, 1).numpy()),
                truth.to(torch.uint8).numpy(),
                new.numpy(),
                np.float32([s.seen_px for s in made]),
                np.array([s.kind for s in made]),
                np.array([s.gone for s in made]),
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
        while len(self.waiting) < LEAST_POOL or (len(self.waiting) < POOL and not self.queue.empty()):
            self.waiting += [[*sample, USES] for sample in zip(*self.queue.get())]

    def batch(self):
        self.fill()
        hard = min(HARD_A_BATCH, len(self.hard) // 100)
        chosen = [self.hard[k] for k in self.r.integers(0, max(1, len(self.hard)), hard)]
        places = self.r.choice(len(self.waiting), BATCH - hard, replace=False)
        for place in sorted(places, reverse=True):
            sample = self.waiting[place]
            sample[-1] = max(0, sample[-1] - 1)
            chosen.append(sample)
            if sample[-1] <= 0 and len(self.waiting) > LEAST_POOL:
                self.waiting[place] = self.waiting[-1]
                self.waiting.pop()
        return chosen

    def keep_hard(self, chosen, scores):
        """Remembers samples without a cable in which the net saw one, and forgets those in which it sees none now."""
        easy = set()
        for sample, score in zip(chosen, scores):
            if sample[-1] == HARD:
                if score < EASY:
                    easy.add(id(sample))
            elif sample[KIND] == 0 and score > 0:
                sample = [*sample[:-1], HARD]
                if len(self.hard) < HARD_KEPT:
                    self.hard.append(sample)
                else:
                    self.hard[self.r.integers(HARD_KEPT)] = sample
        if easy:
            self.hard = [sample for sample in self.hard if id(sample) not in easy]


def square(chart, at, side):
    return chart[at[0] : at[0] + side, at[1] : at[1] + side]


def cut(sample, crop, r):
    """Where to cut a crop out of a sample: its upper left corner, in cells of the truth."""
    _, truth, new, _, kind, *_ = sample
    tries = [r.integers(0, truth.shape[0] - crop // 2 + 1, 2) for _ in range(TRIES)]
    if r.random() > TRY_SHARE:
        return tries[0]
    if kind == 0:
        return max(tries, key=lambda at: square(new, at // 8, crop // 16).sum())
    return max(tries, key=lambda at: square(truth == 1, at, crop // 2).sum())


def turned(sample, crop, r):
    """A crop of a sample, mirrored and with paler colours by chance, and whether it shows a cable."""
    pair, whole, _, seen_px, kind, gone, _ = sample
    y, x = cut(sample, crop, r)
    truth = whole[y : y + crop // 2, x : x + crop // 2]
    pair = pair[2 * y : 2 * y + crop, 2 * x : 2 * x + crop] / np.float32(STEP_OF_LIGHT)
    if kind != 0 and r.random() < SAME_SHARE:
        pair = np.concatenate([moved(np.ascontiguousarray(pair[..., 3:]), r), pair[..., 3:]], 2)
        truth, kind = np.zeros_like(truth), 0
    elif kind != 0 and not gone and r.random() < GONE_SHARE:
        pair = pair[..., [3, 4, 5, 0, 1, 2]]
        truth, kind = np.zeros_like(truth), 0
    elif kind != 0 and not truth.any():
        kind = 0
    elif kind != 0:
        seen_px = seen_px * (truth == 1).sum() / max(1, (whole == 1).sum())
        kind = 1 if seen_px >= samples.LEAST_SEEN_PX * crop / (2 * whole.shape[0]) else -1
    if r.random() < 0.5:
        pair, truth = pair[:, ::-1], truth[:, ::-1]
    if r.random() < 0.15:
        pair, truth = pair[::-1], truth[::-1]
    if r.random() < 0.15:
        pair, truth = pair.transpose(1, 0, 2), truth.T
    if r.random() < 0.25:  # colours may not be exchanged: some are held out
        pair = paler(pair, np.float32(r.uniform(0, 1)))
    return pair, truth, kind


def moved(picture, r):
    """The same picture a little further, with other noise."""
    move = np.float32([[1, 0, r.normal(0, 1)], [0, 1, r.normal(0, 1)]])
    picture = cv2.warpAffine(picture, move, picture.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
    noise = r.standard_normal(picture.shape, np.float32) * np.float32(r.uniform(0.02, 0.25))
    return picture * np.float32(r.uniform(0.8, 1.2)) + noise


def paler(pair, colour):
    """Both pictures with so much of their colour left."""
    both = pair.reshape(*pair.shape[:2], 2, 3)
    grey = both.mean(3, keepdims=True)
    return (grey + (both - grey) * colour).reshape(pair.shape)


def loss_of(logits, truth, kinds):
    """Pixels (those that are unsure left out), overlap of those with a cable, and tiles."""
    cable, sure = (truth == 1).float(), (truth != 2).float()
    pixel = F.binary_cross_entropy_with_logits(logits, cable, reduction="none", pos_weight=torch.tensor(2.0))
    pixel = (pixel * sure).sum() / sure.sum()
    chance = torch.sigmoid(logits) * sure
    overlap = 1 - (2 * (chance * cable).sum((1, 2, 3)) + 1) / (
        chance.sum((1, 2, 3)) + cable.sum((1, 2, 3)) + 1
    )
    with_cable = (kinds == 1).float()
    overlap = (overlap * with_cable).sum() / with_cable.sum().clamp(min=1)
    # A crop shows less of a cable than a tile does, and its other cells are none.
    tile = network.tile_logit(logits, network.TOP * truth.shape[-1] // (camera.TILE // 2))
    judged = (kinds >= 0).float()
    of_tile = (
        F.binary_cross_entropy_with_logits(tile, with_cable, reduction="none") * judged
    ).sum() / judged.sum().clamp(min=1)
    return 2 * pixel + 0.4 * overlap + 0.4 * of_tile, tile.detach()


def tile_scores(net, sheets):
    """Scores and kinds of all tiles of some sheets."""
    net.eval()
    scores, kinds = [], []
    with torch.no_grad():
        for pairs, _, _, _, kind, _ in sheets:
            for part in range(0, len(pairs), 8):
                x = torch.from_numpy(pairs[part : part + 8] / np.float32(STEP_OF_LIGHT)).permute(0, 3, 1, 2)
                scores.append(network.tile_logit(net.of_normal(x)).numpy())
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
        self.optimiser = torch.optim.AdamW(self.net.parameters(), PEAK_RATE, weight_decay=1e-3, foreach=True)
        self.step, self.best = 0, 0.0
        if resumed:
            state = torch.load(resumed)
            self.step, self.best = state["step"], state["best"]
            for part in ("net", "mean", "optimiser"):
                getattr(self, part).load_state_dict(state[part])
        parts = ([v for v in net.state_dict().values() if v.is_floating_point()] for net in (self.mean, self.net))
        self.mean_parts, self.net_parts = parts

    def learn(self, pairs, truths, kinds, rate):
        """One step. Returns the loss and the tiles' scores."""
        x = torch.from_numpy(np.stack(pairs)).permute(0, 3, 1, 2)  # lies channels last, as the net does
        y = torch.from_numpy(np.stack(truths))[:, None]
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.net.train()
        loss, tiles = loss_of(self.net.of_normal(x), y, torch.tensor(kinds))
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimiser.step()
        self.step += 1
        keep = min(MEMORY, self.step / (self.step + 9))
        with torch.no_grad():
            for mean, value in zip(self.mean_parts, self.net_parts):
                mean.lerp_(value, 1 - keep)
        return loss.item(), tiles.numpy()

    def validate(self, sheets):
        """Judges the moving average, and keeps it if it is the best so far."""
        area, recall = ranking(*tile_scores(self.mean, sheets))
        print(f"validation: area {area:.4f}, recall at 1 % false tiles {recall:.3f}", flush=True)
        if area > self.best:
            self.best = area
            torch.save(self.mean.state_dict(), self.out)

    def keep(self):
        """Leaves what `--resume` needs. A training that is ended meanwhile leaves the one before."""
        state = {part: getattr(self, part).state_dict() for part in ("net", "mean", "optimiser")}
        beside = self.out.with_suffix(".part")
        torch.save({"step": self.step, "best": self.best, **state}, beside)
        beside.replace(self.out.with_suffix(".state"))


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
        crop = next(crop for share, crop in CROPS if training.step < share * given.steps)
        chosen = pool.batch()
        pairs, truths, kinds = zip(*(turned(sample, crop, r) for sample in chosen))
        loss, tiles = training.learn(pairs, truths, kinds, rate_at(training.step, given.steps))
        pool.keep_hard(chosen, tiles)
        loss_mean += 0.02 * (loss - loss_mean)
        step = training.step
        if step % REPORT_STEPS == 0:
            print(
                f"step {step} loss {loss_mean:.4f} hard {len(pool.hard)}",
                f"wall {time.time() - began:.0f} s cpu {time.process_time():.0f} s",
                flush=True,
            )
        if step % VALIDATE_STEPS == 0 or step == given.steps:
            training.validate(validation)
        if step % KEEP_STEPS == 0 or step == given.steps:
            training.keep()
    drawer.terminate()


if __name__ == "__main__":
    main()
