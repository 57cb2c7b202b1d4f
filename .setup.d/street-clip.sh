#!/usr/bin/env bash
# vtest.avi, 79.5 seconds of a real street from above, out of Debian's opencv-doc. The package
# is only fetched for this file, never installed.
source "${BASH_SOURCE%/*}/words.sh"

clip_sha256=45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf
is_intact .setup/vtest.avi "$clip_sha256" && exit 0

folder=$(mktemp -d "$PWD/.setup/street-clip.XXXXXX")
trap 'rm -rf "$folder"' EXIT
fetch() {
    # Apt's own unprivileged user may not write here, so root keeps the download to itself.
    (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 opencv-doc)
}
if ! package_lists_are_fresh && can_be_root; then
    update_package_lists
fi
say "fetching the street clip vtest.avi out of Debian's opencv-doc (96 MB, 8 MB of it kept)"
if ! fetch; then
    can_be_root || fail "apt-get can not fetch opencv-doc. As root: apt-get update; then start again."
    update_package_lists
    fetch
fi
package=$(compgen -G "$folder/opencv-doc_*.deb")
dpkg-deb --fsys-tarfile "$package" |
    tar -xO ./usr/share/doc/opencv-doc/examples/data/vtest.avi >"$folder/vtest.avi"
must_be_intact "$folder/vtest.avi" "$clip_sha256" "vtest.avi"
mv "$folder/vtest.avi" .setup/vtest.avi
