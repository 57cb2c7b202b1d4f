#!/usr/bin/env bash
# onvif-zeep and WSDiscovery, ONVIF clients that know neither our simulated devices nor us: the tests hold these to them.
# About 7 MB, in a folder of its own; nothing else sees it.
source "${BASH_SOURCE%/*}/words.sh"

# The versions with which it was tried. lxml comes as a wheel for this machine.
packages=(
    zeep==4.3.3 lxml==6.1.3 requests==2.34.2 requests-file==3.0.1
    requests-toolbelt==1.0.0 urllib3==2.8.0 idna==3.20 charset-normalizer==3.5.3
    certifi==2026.10.19.post1 attrs==26.1.0 isodate==0.7.2 platformdirs==4.14.9 pytz==2025.2
    wsdiscovery==2.1.2 ifaddr==0.2.0 click==8.5.1
)
client=onvif-zeep==0.2.12
home=.setup/onvif-client
[ "$(cat $home/packages 2>/dev/null)" = "$client ${packages[*]}" ] && exit 0

say "fetching onvif-zeep, which checks the simulated ONVIF devices (7 MB; log: .setup/onvif-client.log)"
rm -rf $home
fetch() {
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --target $home "${packages[@]}" &&
        # As its source: pip leaves the descriptions of the services out of a folder.
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
            --dest $home "$client" &&
        tar -xzf $home/onvif*.tar.gz --strip-components=1 -C $home
}
fetch >.setup/onvif-client.log 2>&1 || {
    tail -n 5 .setup/onvif-client.log >&2
    fail "pip could not fetch onvif-zeep. The set-up is written for Debian 12."
}
echo "$client ${packages[*]}" >$home/packages
