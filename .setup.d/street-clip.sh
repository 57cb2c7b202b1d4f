#!/usr/bin/env bash
# vtest.avi, 79.5 seconds of a real street from above, and leuvenB.jpg, a street with two bicycles
# at a wall, which composed scenes cut out. Both out of Debian's opencv-doc, which is only fetched
# for these files, never installed.
source "${BASH_SOURCE%/*}/words.sh"

clip_sha256=45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf
photo_sha256=5bb41a60038a2baa5d8ea0eaba55e6e3050d721b254cf79d8d8998d7e49d664a
is_intact .setup/vtest.avi "$clip_sha256" && is_intact .media/leuvenB.jpg "$photo_sha256" && exit 0

folder=$(mktemp -d "$PWD/.setup/street-clip.XXXXXX")
trap 'rm -rf "$folder"' EXIT
fetch() {
    # Apt's own unprivileged user may not write here, so root keeps the download to itself.
    (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 opencv-doc)
}
if ! package_lists_are_fresh && can_be_root; then
    update_package_lists
fi
say "fetching a street clip and a photograph out of Debian's opencv-doc (96 MB, 8 MB of it kept)"
if ! fetch; then
    can_be_root || fail "apt-get can not fetch opencv-doc. As root: apt-get update; then start again."
    update_package_lists
    fetch
fi
package=$(compgen -G "$folder/opencv-doc_*.deb")
take() { # FILE SHA256 PLACE
    dpkg-deb --fsys-tarfile "$package" |
        tar -xO "./usr/share/doc/opencv-doc/examples/data/$1" >"$folder/$1"
    must_be_intact "$folder/$1" "$2" "$1"
    mkdir -p "$3"
    mv "$folder/$1" "$3/$1"
}
take vtest.avi "$clip_sha256" .setup
take leuvenB.jpg "$photo_sha256" .media
