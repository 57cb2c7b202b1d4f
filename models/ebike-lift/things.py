"""What stands in the scenes: drawn and modelled things by split, and photographs for walls and streets."""

import pathlib
import sys
import tomllib

import cv2
import numpy as np

import drawn
import e_bikes
from mesh import Catalogue

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parent / "charging-wire"))  # its fetch.py knows the registries
import fetch

TRAINED_STYLES, HELD_OUT_STYLE = e_bikes.STYLES[:3], e_bikes.STYLES[3]


class Shelf:
    """`home` holds what was fetched: packages/, and the photographs of the net for charging wires in `photographs`."""

    def __init__(self, home, photographs, split):
        self.split = split
        source = tomllib.loads((HERE / "sources.toml").read_text())
        package = source["package"][0]
        read = fetch.opened(fetch.fetched(package, pathlib.Path(home)))
        catalogues = {}

        def model(path):
            collection, _, name = path.partition(":")
            if collection not in catalogues:
                catalogues[collection] = Catalogue(read(f"{package['folder']}/{collection}.sh3f"))
            return catalogues[collection].read(name)

        which = "test" if split == "test" else "train"
        kinds = {kind: source[kind].get(which, {}) for kind in ("e_bike", "none", "person", "cabin")}
        self.models = {kind: {name: model(path) for name, path in of.items()} for kind, of in kinds.items()}
        folder = pathlib.Path(photographs) / split
        self.photographs = sorted(folder.glob("*/*.png"))
        self._read = {}

    def photograph(self, dice):
        path = self.photographs[dice.integers(len(self.photographs))]
        if path not in self._read:
            picture = cv2.imread(str(path))
            scale = 800 / max(picture.shape[:2])
            self._read[path] = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return self._read[path]

    def e_bike(self, dice):
        """a mesh, and what it is called in the figures"""
        models = self.models["e_bike"]
        share = 0.5 if self.split == "test" else 0.1
        if dice.random() < share:
            name = sorted(models)[dice.integers(len(models))]
            tint = dice.uniform(0.5, 1.2, 3) if dice.random() < 0.5 else np.ones(3)
            return models[name].dyed(tint), f"modelled: {name}"
        if self.split == "test" and dice.random() < 0.5:
            return e_bikes.e_bike(dice, HELD_OUT_STYLE), f"drawn, style never trained on: {HELD_OUT_STYLE}"
        style = TRAINED_STYLES[dice.integers(len(TRAINED_STYLES))]
        return e_bikes.e_bike(dice, style), "drawn, trained styles"

    def none(self, dice):
        models = self.models["none"]
        if dice.random() < 0.45:
            name = sorted(models)[dice.integers(len(models))]
            return models[name].dyed(dice.uniform(0.6, 1.2, 3)), name
        name = sorted(drawn.NONE_DRAWN)[dice.integers(len(drawn.NONE_DRAWN))]
        return drawn.NONE_DRAWN[name](dice), f"drawn {name}"

    def person(self, dice):
        models = self.models["person"]
        name = sorted(models)[dice.integers(len(models))]
        return models[name].dyed(dice.uniform(0.5, 1.25, 3)).moved(scale=dice.uniform(0.9, 1.05)), name
