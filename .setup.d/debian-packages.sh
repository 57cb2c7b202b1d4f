#!/usr/bin/env bash
# Debian packages: FFmpeg's libraries for decoding, clang's for their Rust bindings, ffmpeg to
# make the clips, Mosquitto as the broker of the demo and the tests, NATS as a cluster of brokers,
# strace to stop a writer between two writes, libfaketime to set a clock of its own.
source "${BASH_SOURCE%/*}/words.sh"

packages=(
    libavcodec-dev libavformat-dev libavutil-dev libswscale-dev
    libclang1-14 libclang-common-14-dev
    ffmpeg
    mosquitto mosquitto-clients nats-server
    strace libfaketime
    gcc libc6-dev pkg-config
)
# Fetches what is published as Python wheels. Not needed where Python brings its own pip.
if ! python3 -m pip --version >/dev/null 2>&1; then
    packages+=(python3-pip)
fi

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || fail \
    "this machine has no apt. The set-up knows Debian 12; elsewhere install the counterparts of:" \
    "${packages[*]}"

missing=()
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
for package in "${packages[@]}"; do
    grep -qx "$package installed" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} = 0 ] && exit 0

if ! can_be_root; then
    {
        echo "set-up failed: ${#missing[@]} Debian packages are missing, and installing needs root:"
        printf '    %s\n' "${missing[@]}"
        echo "Ask for them, or run as root, and start again:"
        echo "    apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    } >&2
    exit 1
fi

install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "${missing[@]}" >.setup/apt.log 2>&1
}
say "installing ${#missing[@]} Debian packages: ${missing[*]} (up to 80 MB to fetch; log: .setup/apt.log)"
package_lists_are_fresh || update_package_lists
if ! install; then
    update_package_lists
    install || {
        tail -n 20 .setup/apt.log >&2
        fail "apt-get could not install ${missing[*]}. The set-up is written for Debian 12 (bookworm)."
    }
fi

# The brokers are for the demo and the tests, which start their own on free ports.
for service in mosquitto nats-server; do
    [[ " ${missing[*]} " = *" $service "* ]] || continue
    if [ -d /run/systemd/system ]; then
        as_root systemctl disable --now --quiet "$service"
    else
        as_root service "$service" stop >/dev/null 2>&1 || true
    fi
    say "the $service service that came with the package is switched off; nothing here needs it"
done
