#!/usr/bin/env bash
# The street as a camera would send it: 25 frames a second, a key frame every 2 s, no B-frames,
# about 1.5 Mbit/s, once as H.264 Constrained Baseline and once as H.265 Main.
source "${BASH_SOURCE%/*}/words.sh"

# Presets: the fastest that keep the picture; a camera's encoder is no better. One thread each:
# with more, the rate control depends on their timing, and no two machines see the same street.
h264=(-c:v libx264 -threads 1 -preset veryfast -profile:v baseline -bf 0 -g 50 -keyint_min 50 -sc_threshold 0
    -b:v 1500k -maxrate 2000k -bufsize 1500k)
h265=(-c:v libx265 -preset ultrafast -b:v 1500k -tag:v hvc1
    -x265-params "$(
        IFS=:
        x265=(pools=none frame-threads=1 wpp=0 bframes=0 keyint=50 min-keyint=50 scenecut=0
            open-gop=0 vbv-maxrate=2000 vbv-bufsize=1500 log-level=error)
        echo "${x265[*]}"
    )")

# A clip made by other settings is made again.
recipe=$(sha256sum <"${BASH_SOURCE[0]}")
bash "${BASH_SOURCE%/*}/street-clip.sh"
if [ -f .media/street-h264.mp4 ] && [ -f .media/street-h265.mp4 ] &&
    [ "$(cat .setup/camera-clips.recipe 2>/dev/null)" = "$recipe" ]; then
    exit 0
fi

folder=$(mktemp -d .setup/camera-clips.XXXXXX)
trap 'rm -rf "$folder"' EXIT
transcode() {
    local codec=$1
    shift
    ffmpeg -nostdin -v error -i .setup/vtest.avi -an -r 25 -pix_fmt yuv420p "$@" \
        -movflags +faststart "$folder/street-$codec.mp4"
}
say "making .media/street-h264.mp4 and street-h265.mp4, the street as a camera would send it (half a minute)"
transcode h264 "${h264[@]}" &
transcode h265 "${h265[@]}"
wait $!
mkdir -p .media
mv "$folder"/street-*.mp4 .media/
printf '%s\n' "$recipe" >.setup/camera-clips.recipe
