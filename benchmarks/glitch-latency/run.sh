#!/usr/bin/env bash
# From a frame's appearance to its veto and its clean frame, on one core with eight witnesses.
#   benchmarks/glitch-latency/run.sh [BIN [FRAMES [SECONDS]]]     SECONDS: between frames (1)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../../.build/release}
frames=${2:-120}
pause=${3:-1}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
run="$directory/run"
inbox="$directory/inbox"
mkdir "$inbox"
glitchgen() { "$bin/glitchgen" "$@" 2>"$directory/log" || { cat "$directory/log"; exit 1; }; }
glitchgen simulate "$here/latency.yaml" --run "$run" --set "simulation.duration=$frames"
glitchgen calibrate "$here/latency.yaml" --run "$run" --set "inference.frames=[$run/frames.ffl]"
core=$(taskset -pc $$ | sed 's/.*: //; s/[-,].*//')
taskset -c "$core" "$bin/glitchgen" veto "$here/latency.yaml" --run "$run" --follow "$inbox" --set veto.follow.idle=5 2>"$directory/follow" &
follower=$!
sleep 1
for path in "$run"/frames/*.gwf; do
    # As low-latency frames come: under another name first.
    cp "$path" "$inbox/.part"
    touch "$inbox/.part"
    mv "$inbox/.part" "$inbox/$(basename "$path")"
    sleep "$pause"
done
wait "$follower" || { cat "$directory/follow"; exit 1; }
python3 - "$run/summary-veto.json" <<'P'
import json, sys
r = json.load(open(sys.argv[1]))
r = r.get("results", r)
print(f"{r['frames']} frames of 8 witnesses and strain (missing {r['frames_missing']}, damaged {r['frames_damaged']}, late {r['frames_late']})")
print(f"work on a frame: {1e3 * r['work_median_seconds']:.1f} ms median, {1e3 * r['work_largest_seconds']:.1f} ms largest")
print(f"from its appearance to veto and clean frame: {1e3 * r['latency_median_seconds']:.1f} ms median, {1e3 * r['latency_largest_seconds']:.1f} ms largest (wanted: below 1000)")
P
