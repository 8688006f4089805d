#!/usr/bin/env bash
# Whitening and Q transform beside gwpy on one core, then the witnesses of simulated data over many seeds.
#   benchmarks/glitch-scan/run.sh [BIN [SEEDS]]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../../.build/release}
seeds=${2:-20}
if [ -z "${WITNESSES_ONLY:-}" ]; then
    "$bin/didymos-bench" glitch-scan
    if python3 -c 'import gwpy' 2>/dev/null; then
        OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python3 "$here/peer.py"
    else
        echo "skipped: the peer gwpy (pip install gwpy)"
    fi
fi
[ "$seeds" -gt 0 ] || exit 0
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
# The swing behind the scattered light (V1:SDB2_LVDT_Z) is coupled below the scan's band: it may be found or not.
expected='V1:ASC_DIFFp_TX V1:ENV_CEB_MIC V1:LSC_PRCL V1:SDB2_B8_PD'
right=0
for seed in $(seq 1 "$seeds"); do
    run="$directory/$seed"
    for command in simulate scan; do
        "$bin/glitchgen" "$command" "$here/witnesses.yaml" --run "$run" --set "seed=$seed" --set "scan.frames=[$run/frames.ffl]" 2>"$directory/log" ||
            { cat "$directory/log"; exit 1; }
    done
    found=$(awk -F, '$NF == "witness" && $1 != "V1:SDB2_LVDT_Z" { print $1 }' "$run/channels.csv" | sort | tr '\n' ' ' | sed 's/ $//')
    if [ "$found" = "$expected" ]; then right=$((right + 1)); else echo "seed $seed: found $found"; fi
    rm -rf "$run"
done
echo "witnesses: all four and no other channel in $right of $seeds simulations"
