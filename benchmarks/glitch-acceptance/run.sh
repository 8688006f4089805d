#!/usr/bin/env bash
# What witnesses are worth on simulated data with known truth: vetoes, subtraction, range, signals; then witnesses over many seeds, and damaged frames.
#   benchmarks/glitch-acceptance/run.sh [BIN [SEEDS [MUTATIONS]]]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../../.build/release}
seeds=${2:-20}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
glitchgen() { "$bin/glitchgen" "$@" 2>"$directory/log" || { cat "$directory/log"; exit 1; }; }
figures() {
    python3 - "$1" <<'P'
import json, sys
results = json.load(open(sys.argv[1] + "/summary-report.json"))
results = results.get("results", results)
names = {
    "efficiency": "efficiency at P 0.5 (wanted: at least 0.9)", "deadtime": "deadtime", "efficiency_over_deadtime": "efficiency / deadtime (at least 10)",
    "accuracy": "accuracy at P 0.5", "excess_power_removed": "part of the coupled glitches' excess power removed (at least 0.7)",
    "range_before_mpc": "inspiral range before, Mpc", "range_after_mpc": "inspiral range after, Mpc", "range_gain": "gain in range (at least 0.025 on the bilinear set)",
    "signals": "signals that no witness sees", "signal_snr_ratio": "their signal to noise, after over before (at least 0.99)",
}
for key, name in names.items():
    if key in results: print(f"  {name}: {results[key]:.4g}")
P
}
for set in glitches bilinear; do
    run="$directory/$set"
    options=(--run "$run" --set "inference.frames=[$run/frames.ffl]")
    glitchgen simulate "$here/$set.yaml" --run "$run"
    if [ "$set" = glitches ]; then
        glitchgen scan "$here/$set.yaml" --run "$run" --set "scan.frames=[$run/frames.ffl]"
        options+=(--set "inference.scan=$run/channels.csv")
    fi
    for command in calibrate veto denoise report; do glitchgen "$command" "$here/$set.yaml" "${options[@]}"; done
    echo "$set:"
    figures "$run"
    tail -n +2 "$run/subtraction.csv" | sed 's/^/  subtracts /'
    [ -z "${KEEP:-}" ] || cp -r "$run" "$KEEP"
    rm -rf "$run"
done
[ "$seeds" -gt 0 ] || exit 0
# Without the two speed comparisons, which glitch-scan/run.sh makes.
WITNESSES_ONLY=1 "$here/../glitch-scan/run.sh" "$bin" "$seeds"
