#!/usr/bin/env bash
# Rust is the one thing that the set-up leaves to you: how to get it is a matter of taste.
source "${BASH_SOURCE%/*}/words.sh"

needed=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' Cargo.toml)

# is_new_enough PROGRAM: it is there, starts, and is of version $needed or later.
is_new_enough() {
    local version
    version=$("$1" --version 2>/dev/null | cut -d' ' -f2) &&
        printf '%s\n' "$needed" "$version" | sort --check=quiet --version-sort
}

if ! command -v cargo >/dev/null; then
    cat >&2 <<END
set-up failed: Rust is missing (no \`cargo\` on the PATH). The usual way to get it, $needed or later:
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh
Open a new shell after it and start again.
END
    exit 1
fi

for program in cargo rustc; do
    is_new_enough "$program" && continue
    cat >&2 <<END
set-up failed: Rust $needed or later is needed, and \`$program --version\` says:
    $("$program" --version 2>&1 | head -n 1)
If it came with rustup:
    rustup update stable && rustup default stable
If it came with Debian, get it from https://rustup.rs and put ~/.cargo/bin first on the PATH.
END
    exit 1
done
