#!/usr/bin/env bash
# pymodbus and paho-mqtt, the independent ends of the tests of Modbus and of sensors by MQTT. Both are
# plain Python and need nothing but Python.
source "${BASH_SOURCE%/*}/words.sh"

place=.setup/field-clients
wheels=(
    pymodbus 3.16.1 bb433f7417280bdea1190d95495aa6fb8e1fa8e0d720c436922b270bc378024c
    paho-mqtt 2.2.0 3243630f7c2b05f71d1de8c6f59865eb04d3a59ae8c866e92377faed6753db4d
)
[ "$(cat "$place/wheels" 2>/dev/null)" = "${wheels[*]}" ] && exit 0

folder=$(mktemp -d .setup/field-clients.XXXXXX)
trap 'rm -rf "$folder"' EXIT
say "fetching pymodbus and paho-mqtt, which the tests of sensors talk to"
mkdir "$folder/place"
for at in 0 3; do
    fetch_wheel "${wheels[@]:at:3}" "$folder/$at"
    mv "$folder/$at"/wheel/* "$folder/place/"
done
printf '%s\n' "${wheels[*]}" >"$folder/place/wheels"
rm -rf "$place"
mv "$folder/place" "$place"
