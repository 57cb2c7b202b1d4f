#!/usr/bin/env python3
"""Measures the net, a ridge filter and M-LSD on the same drawn pictures, whose backgrounds and cables are held out.

    evaluate.py BACKGROUNDS FOLDER [--mlsd FILE] [--clip FILE] [--sheets N] [--out FOLDER]

FOLDER: where the net and its model.toml lie. The net's threshold stands there; the rivals' come from the validation
backgrounds: 2 of 1000 tiles without a cable may lie above. Then, on the test backgrounds, with cables whose courses,
coats and colours were never trained on, and with others:
  tiles   recall at that threshold, the share of false tiles there, and recall where exactly 0.2 % of them are false
  events  a cable of 100 pixels or more, five looks: where the mean of the five maps (as log odds) is above
          `event_threshold`, a piece of 100 pixels hangs together. For comparison, the same of the maps one by one, and
          `tile` above its threshold: in at least three of five
With --clip, tiles of a real street are compared over time: all that is found in them is false, and cables are drawn
into them. With --out, the worst pictures are written there as one page each. Intervals are 95 %, Wilson's; the one in
brackets is by drawing whole backgrounds again and again, which is wider.
"""

import argparse
import functools
import json
import multiprocessing
import pathlib
import tomllib

import cv2
import numpy as np

import cables
import camera
import finders
import samples
import scenery

FALSE_SHARE = 0.002  # of the tiles without a cable
LEAST_LONG_PX = 100
NEEDED_LOOKS = 3
SEED = 2026
MAP_THRESHOLD = 0.5  # as model.toml says
SAME_TILES = "net, on the rivals' tiles"
GALLERY = 24  # pictures of each kind
CLIP_GAP_PICTURES = 60  # between reference and now
CLIP_NEAR_BLOCKS = 6  # pictures of which the reference is the median; now is one of five, a second apart


def wilson(hits, of):
    """95 % interval of a share."""
    if of == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z / (1 + z * z / of) * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def by_background(hits, backgrounds):
    """95 % interval of the share of hits when whole backgrounds are drawn again."""
    r = np.random.default_rng(1)
    names = sorted(set(backgrounds))
    parts = [hits[np.array(backgrounds) == name] for name in names]
    shares = [
        np.concatenate([parts[k] for k in r.integers(0, len(parts), len(parts))]).mean() for _ in range(2000)
    ]
    return np.quantile(shares, 0.025), np.quantile(shares, 0.975)


def told(hits, backgrounds=None):
    """A share with its count and interval, in words."""
    hits = np.asarray(hits, bool)
    low, high = wilson(hits.sum(), len(hits))
    text = f"{hits.mean():.4f} ({hits.sum()} of {len(hits)}; {low:.4f} to {high:.4f})"
    if backgrounds is not None:
        text += " [{:.3f} to {:.3f}]".format(*by_background(hits, backgrounds))
    return text


class Tally:
    """Scores of one finder on one kind of tile."""

    def __init__(self):
        self.scores, self.backgrounds, self.kept = [], [], []

    def add(self, finder, batch, keep_lowest):
        """Looks at [(reference, now, background, what)]. Keeps the worst pictures."""
        scores, maps = finder.look([b[0] for b in batch], [b[1] for b in batch])
        self.scores += list(scores)
        self.backgrounds += [b[2] for b in batch]
        self.kept += [(float(s), b, np.float16(m)) for s, b, m in zip(scores, batch, maps)]
        self.kept = sorted(self.kept, key=lambda k: k[0], reverse=not keep_lowest)[:GALLERY]


def draw_sheet(order):
    """Tiles of one sheet: [(reference, now, background, what)] of the wanted kind."""
    backgrounds, split, style, share, wanted_kind, seed = order
    cv2.setNumThreads(1)
    made = samples.sheet(seed, photographs_of(backgrounds, split), style, share)
    return [(s.reference, s.now, s.background, s.what) for s in made if s.kind == wanted_kind]


@functools.cache
def photographs_of(backgrounds, split):
    return scenery.Photographs(backgrounds, split)


# Name, split, cables, share of samples with a new one, kind of tile that counts, seed.
SETS = (
    ("validation", "validation", cables.TRAINED, 0.0, 0, 1),
    ("false", "test", cables.TRAINED, 0.0, 0, 2),
    ("held-out cables", "test", cables.HELD_OUT, 1.0, 1, 3),
    ("trained kinds of cables", "test", cables.TRAINED, 1.0, 1, 4),
)


def orders(backgrounds, one_set, sheets):
    """What `draw_sheet` is asked for, to draw one of `SETS`."""
    _, split, style, share, wanted_kind, seed = one_set
    count = sheets if share == 0 else max(1, sheets // 4)
    return [(backgrounds, split, style, share, wanted_kind, [SEED, seed, k]) for k in range(count)]


def drawn_sets(backgrounds, sheets, validation_sheets, pool):
    """The tiles that all finders are asked about, by name."""
    drawn = {}
    for one_set in SETS:
        count = validation_sheets if one_set[0] == "validation" else sheets
        sheets_of = pool.imap(draw_sheet, orders(backgrounds, one_set, count))
        drawn[one_set[0]] = [tile for sheet in sheets_of for tile in sheet]
    return drawn


def page(tally, path, title):
    """Writes the worst pictures as one page: reference, now, what the finder says."""
    rows = []
    for score, (reference, now, background, what), chart in tally.kept:
        said = np.repeat(np.uint8(255 * np.clip(np.float32(chart), 0, 1))[..., None], 3, 2)
        row = np.ascontiguousarray(np.hstack([reference, now, said])[..., ::-1])
        cv2.putText(
            row,
            f"{score:.3f} {background}: {what}",
            (4, 12),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.4,
            (0, 255, 255),
            1,
            cv2.LINE_AA,
        )
        rows.append(row)
    if rows:
        rows += [np.zeros_like(rows[0])] * (-len(rows) % 2)
        cv2.imwrite(
            str(path / f"{title}.jpg"),
            np.vstack([np.hstack(rows[k : k + 2]) for k in range(0, len(rows), 2)]),
        )


def draw_events(order):
    """Events of one lot. Those with a cable of which too little is seen are left out."""
    backgrounds, split, style, wanted, seed = order
    cv2.setNumThreads(1)
    drawn = samples.events(seed, photographs_of(backgrounds, split), style, wanted)
    return [event for event in drawn if not wanted or event[2] >= LEAST_LONG_PX]


def events_seen(finder, orders, pool):
    """What the finder says of each event: (scores of its looks, their maps, background)."""
    for drawn in pool.imap(draw_events, orders):
        for reference, looks, _, background, _ in drawn:
            scores, maps = finder.look([reference] * len(looks), looks)
            yield scores, maps, background


def event_orders(backgrounds, split, style, wanted, count, seed):
    lots = -(-count // samples.FILMS)
    return [(backgrounds, split, style, wanted, [SEED, seed, k]) for k in range(lots)]


def clip_tiles(path, r, style):
    """Tiles of a real street: (reference, now, background, what) without a cable, and the same with one drawn in."""
    film, pictures = cv2.VideoCapture(str(path)), []
    while (got := film.read())[0]:
        picture = cv2.cvtColor(got[1], cv2.COLOR_BGR2RGB)
        pictures.append(picture)
    without, with_one = [], []
    for at in range(CLIP_GAP_PICTURES, len(pictures) - 41, 20):
        block = np.stack(
            pictures[max(0, at - CLIP_GAP_PICTURES - 50) : at - CLIP_GAP_PICTURES + 1 : 8][-CLIP_NEAR_BLOCKS:]
        )
        reference = np.uint8(np.median(block, axis=0))
        now = np.uint8(np.median(np.stack(pictures[at : at + 41 : 10]), axis=0))  # who walks through is gone
        for y in range(0, now.shape[0] - 255, 160):
            for x in range(0, now.shape[1] - 255, 128):
                cut = np.s_[y : y + 256, x : x + 256]
                without.append(
                    (reference[cut], camera.as_jpeg(now[cut], 60), "clip", f"picture {at}, {x},{y}")
                )
                large = cv2.copyMakeBorder(now[cut], *[camera.RIM] * 4, cv2.BORDER_REFLECT).astype(np.float32)
                drawn, share = cables.draw_cable(large, cables.random_cable(r, style, camera.CANVAS), r)
                inner = np.s_[camera.RIM : -camera.RIM, camera.RIM : -camera.RIM]
                stands_out = (
                    cv2.GaussianBlur(np.abs(drawn - large).max(2), (0, 0), 1.0) >= samples.LEAST_CONTRAST
                )
                if ((share > 0.35) & stands_out)[inner].sum() >= samples.LEAST_SEEN_PX * 5:
                    packed = camera.as_jpeg(
                        np.uint8(np.clip(cv2.GaussianBlur(drawn, (0, 0), 0.6), 0, 255))[inner], 60
                    )
                    with_one.append((reference[cut], packed, "clip", f"picture {at}, {x},{y}"))
    return without, with_one


def in_batches(items, size=32):
    return (items[k : k + size] for k in range(0, len(items), size))


def report_tiles(finder, title, drawn, threshold, out, results):
    """False tiles and recall of the test backgrounds. Without a threshold, one comes from validation. Returns it."""
    tallies = {}
    for name, tiles in drawn.items():
        if name == "validation" and threshold is not None:
            continue
        tallies[name] = Tally()
        for batch in in_batches(tiles):
            tallies[name].add(finder, batch, keep_lowest="cables" in name)
        if out and name != "validation":
            page(tallies[name], out, f"{title}-{name}".replace(" ", "-"))
    false = np.array(tallies["false"].scores)
    if threshold is None:
        threshold = float(np.quantile(tallies["validation"].scores, 1 - FALSE_SHARE))
    print(f"\n{title}: threshold {threshold:.4f}")
    print("  false tiles", told(false > threshold, tallies["false"].backgrounds))
    results[title] = {"threshold": threshold, "false": float(np.mean(false > threshold))}
    for name in ("held-out cables", "trained kinds of cables"):
        scores = np.array(tallies[name].scores)
        print(f"  {name}: recall", told(scores > threshold, tallies[name].backgrounds))
        for share in (FALSE_SHARE, 0.01):
            at = np.quantile(false, 1 - share)
            print(
                f"  {name}: recall at exactly {share:.1%} false tiles",
                told(scores > at, tallies[name].backgrounds),
            )
        area = np.searchsorted(np.sort(false), scores).mean() / len(false)
        print(f"  {name}: area under the curve {area:.4f}", flush=True)
        results[title][name] = {"recall": float((scores > threshold).mean()), "area": float(area)}
    return threshold


def report_events(finder, manifest, given, pool, results):
    """Events with and without a cable."""
    kinds = (
        ("held-out cables", cables.HELD_OUT, True, given.events, 5),
        ("trained kinds of cables", cables.TRAINED, True, given.events, 6),
        ("without a cable", cables.TRAINED, False, 2 * given.events, 7),
    )
    for name, style, wanted, count, seed in kinds:
        orders = event_orders(given.backgrounds, "test", style, wanted, count, seed)
        fired, one_by_one, where = [], [], []
        for scores, maps, background in events_seen(finder, orders, pool):
            fired.append(finders.event_score(maps, LEAST_LONG_PX) > manifest["alert"]["event_threshold"])
            long = [
                s > manifest["tile_threshold"] and finders.longest(m, MAP_THRESHOLD) >= LEAST_LONG_PX
                for s, m in zip(scores, maps)
            ]
            one_by_one.append(sum(long) >= NEEDED_LOOKS)
            where.append(background)
        print(f"  events, {name}: fired", told(fired, where))
        print(f"  events, {name}: each look alone, 3 of 5", told(one_by_one, where), flush=True)
        results["net"][f"events, {name}"] = float(np.mean(fired))


def report_clip(finder, title, threshold, tiles, out, results):
    """The same on a real street."""
    tallies = (Tally(), Tally())
    for tally, some, lowest in zip(tallies, tiles, (False, True)):
        for batch in in_batches(some):
            tally.add(finder, batch, lowest)
    false, found = (np.array(tally.scores) for tally in tallies)
    print("  real street, nothing masked: false tiles", told(false > threshold))
    print("  real street, cables drawn in: recall", told(found > threshold))
    for share in (0.01, FALSE_SHARE):
        print(
            f"  real street: recall at exactly {share:.1%} false tiles",
            told(found > np.quantile(false, 1 - share)),
            flush=True,
        )
    results[title]["street"] = {
        "false": float(np.mean(false > threshold)),
        "recall": float(np.mean(found > threshold)),
    }
    if out:
        page(tallies[0], out, f"{title}-street-false".replace(" ", "-"))
        page(tallies[1], out, f"{title}-street-missed".replace(" ", "-"))


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("backgrounds", type=pathlib.Path)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--mlsd", type=pathlib.Path)
    arguments.add_argument("--clip", type=pathlib.Path)
    arguments.add_argument(
        "--sheets", type=int, default=160, help="of 32 tiles without a cable; a quarter as many with one"
    )
    arguments.add_argument(
        "--rival-tiles",
        type=int,
        default=1500,
        help="of each kind, that the slower finders are asked about too",
    )
    arguments.add_argument("--processes", type=int, default=2, help="that draw")
    arguments.add_argument("--events", type=int, default=600)
    arguments.add_argument("--out", type=pathlib.Path)
    given = arguments.parse_args()
    cv2.setNumThreads(1)
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
    manifest = tomllib.loads((given.folder / "model.toml").read_text())
    results = {}
    with multiprocessing.Pool(given.processes) as pool:
        drawn = drawn_sets(given.backgrounds, given.sheets, -(-given.rival_tiles // samples.SHEET), pool)
        few = {name: tiles[: given.rival_tiles] for name, tiles in drawn.items()}
        street = clip_tiles(given.clip, np.random.default_rng(SEED), cables.HELD_OUT) if given.clip else None
        net, stated = finders.Net(given.folder / manifest["fp32"]["file"]), manifest["tile_threshold"]
        asked = [
            (net, "net", drawn, stated),
            (net, SAME_TILES, few, stated),
            (finders.Ridge(), "ridge filter", few, None),
        ]
        if given.mlsd:
            asked.append((finders.Segments(given.mlsd), "M-LSD", few, None))
        for finder, title, tiles, threshold in asked:
            threshold = report_tiles(finder, title, tiles, threshold, given.out, results)
            if street and title != SAME_TILES:
                report_clip(
                    finder,
                    title,
                    threshold,
                    street if finder is net else [some[::4] for some in street],
                    given.out,
                    results,
                )
            if title == "net":
                report_events(finder, manifest, given, pool, results)
    if given.out:
        (given.out / "results.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
