#!/usr/bin/env python3
"""Where heads lie: a folder for each task with numbered versions, of which `current` names one.

    shelf.py list HEADS          what is there
    shelf.py back HEADS TASK     one version back; nothing is deleted
    shelf.py use HEADS TASK N    version N
    shelf.py test FOLDER         whether a head gives what its self-test says

gateway.toml names HEADS/TASK/current. The gateway reads it when it starts.
"""

import argparse
import hashlib
import os
import pathlib
import sys
import tomllib

import numpy

import look

SELF_TEST = (1, 2, 3)  # the seeds of its inputs
NEAR = 1e-3


def made_up(seed, size):
    """The input of a self-test: numbers between 0 and 2 that the gateway makes in the same way."""
    state, found = seed & 0xFFFFFFFF, []
    for _ in range(size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        found.append(numpy.float32(state >> 8) / numpy.float32(1 << 23))
    return numpy.array(found, numpy.float32)


def chance_of(weights, embedding):
    (chance,) = look.session_of(weights).run(["chance"], {"embedding": embedding[numpy.newaxis]})
    return float(chance[0][0])


def test(folder):
    """Stops if the head of a folder is not what its model.toml says."""
    manifest = tomllib.loads((folder / "model.toml").read_text())
    weights = (folder / manifest["fp32"]["file"]).read_bytes()
    if hashlib.sha256(weights).hexdigest() != manifest["fp32"]["sha256"]:
        raise SystemExit(f"{folder}: the weights are not those that model.toml means")
    tests = manifest["self_test"]
    for seed, told in zip(tests["seeds"], tests["chances"], strict=True):
        found = chance_of(weights, made_up(seed, manifest["embedding"]["size"]))
        if abs(found - told) > NEAR:
            raise SystemExit(f"{folder}: self-test {seed} gives {found:.4f}, expected {told:.4f}")


def versions(shelf):
    return sorted(int(it.name) for it in shelf.iterdir() if it.name.isdigit()) if shelf.is_dir() else []


def current(shelf):
    """The number that `current` names; none if there is none."""
    link = shelf / "current"
    return int(os.readlink(link)) if link.is_symlink() else None


def use(shelf, number):
    """Makes a version the current one, at one stroke."""
    test(shelf / str(number))
    new = shelf / "current.new"
    new.unlink(missing_ok=True)
    new.symlink_to(str(number))
    os.replace(new, shelf / "current")


def back(shelf):
    """Makes the version before the current one the current one."""
    now = current(shelf)
    earlier = [number for number in versions(shelf) if now is not None and number < now]
    if not earlier:
        raise SystemExit(
            f"{shelf}: there is no version before {now}. Take the folder out of second_look_heads in gateway.toml "
            "to go back to what ImageNet's classes say"
        )
    use(shelf, earlier[-1])
    return now, earlier[-1]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=["list", "back", "use", "test"])
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("more", nargs="*")
    given = arguments.parse_args()
    if given.what == "test":
        test(given.folder)
        print(f"{given.folder}: as its self-test says")
    elif given.what == "list":
        for shelf in sorted(it for it in given.folder.iterdir() if it.is_dir()):
            now = current(shelf)
            print(f"{shelf.name}:", *(f"[{it}]" if it == now else it for it in versions(shelf)))
    elif given.what == "back" and len(given.more) == 1:
        now, earlier = back(given.folder / given.more[0])
        print(f"{given.folder / given.more[0]}: version {earlier} instead of {now}. Start the gateway again")
    elif given.what == "use" and len(given.more) == 2 and given.more[1].isdigit():
        use(given.folder / given.more[0], int(given.more[1]))
        print(f"{given.folder / given.more[0]}: version {given.more[1]}. Start the gateway again")
    else:
        arguments.print_usage(sys.stderr)
        raise SystemExit(64)


if __name__ == "__main__":
    main()
