#!/usr/bin/env bash
# ONNX Runtime, the library that runs the detector, out of its Python wheel: the one place
# where it is published with a version and a hash and without a build.
source "${BASH_SOURCE%/*}/words.sh"

version=1.31.1
wheel_sha256=5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f
library_sha256=fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3

if [ -f .ort/LICENSE ] && [ -f .ort/ThirdPartyNotices.txt ] &&
    is_intact .ort/libonnxruntime.so "$library_sha256"; then
    exit 0
fi
[ "$(uname -m)" = x86_64 ] || fail \
    "ONNX Runtime is pinned for x86_64 only, and this is $(uname -m)." \
    "Put libonnxruntime.so $version into .ort/ by hand."

folder=$(mktemp -d .setup/onnxruntime.XXXXXX)
trap 'rm -rf "$folder"' EXIT
say "fetching ONNX Runtime $version, which runs the detector (24 MB)"
fetch_wheel onnxruntime "$version" "$wheel_sha256" "$folder"

mkdir -p .ort
for file in LICENSE ThirdPartyNotices.txt "capi/libonnxruntime.so.$version"; do
    name=${file##*/}
    mv -f "$folder/wheel/onnxruntime/$file" ".ort/${name%".$version"}"
done
must_be_intact .ort/libonnxruntime.so "$library_sha256" "libonnxruntime.so"
