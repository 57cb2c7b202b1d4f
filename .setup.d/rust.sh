#!/usr/bin/env bash
# Rust is the one thing that the set-up leaves to you: how to get it is a matter of taste.
source "${BASH_SOURCE%/*}/words.sh"

command -v cargo >/dev/null && exit 0
cat >&2 <<'END'
set-up failed: Rust is missing (no `cargo` on the PATH). The usual way to get it:
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh
Open a new shell after it and start again.
END
exit 1
