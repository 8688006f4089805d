#!/usr/bin/env bash
# How well `scaling predict` foretells what it was not fitted to: measures steps of several sizes on one rank and on all cores, fits the model to
# the runs on one rank, with the other cores kept busy, and prints its errors on the others. Five to eight minutes on two cores.
#   benchmarks/scaling-prediction/run.sh [BIN [OUTPUT]]      default: .build/release runs/scaling-prediction
# Repeats are the outer loop over all studies, so that a slow drift of the machine meets all of them alike.
# CORES=n: of the node (2). REPEATS=n (5). Exit code 1: an error above 15 %.
set -euo pipefail
bin=${1:-.build/release} output=${2:-runs/scaling-prediction}
here=$(cd "$(dirname "$0")/.." && pwd)
cores=${CORES:-2}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
mkdir -p "$output"
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"

# A study NAME of APPLICATION COMMAND CONFIGURATION on RANKS, a list; the rest of the lines says what is particular to it.
study() { # name, application, command, configuration, ranks, size, unit, check, more lines
    cat >"$output/$1.yaml" <<YAML
name: $1
application: $2
command: $3
configuration: $here/$4
scaling: strong
layouts: {ranks: [$5], fill: $cores}
repeats: $repeat
size: {value: $6, unit: $7}
check: {results: [$8]}
launch: {with: mpirun, time_limit: 5m, environment: ["OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1"]}
$9
YAML
    "$bin/scaling" run "$output/$1.yaml" --output "$output/$1"
}

# How long ranks wait for each other changes with the machine's other users: timed beside every repeat.
ceilings=()
calibrate() { # number
    ${DIDYMOS_MPIRUN:-mpirun} -n "$cores" "$bin/scaling" calibrate --output "$output/ceilings-$1.json" --directory "$output" >"$output/calibrate-$1.txt"
    ceilings+=(--ceilings "$output/ceilings-$1.json")
}

# Two sizes on one rank are fitted; both on all cores, and a third size that no rank has been alone with, are foretold.
hmc() { study "hmc-$1x512" flowtrain hmc scaling-hmc/hmc.yaml "$2" $((512 * $1)) sites acceptance "set: [\"lattice.extents=[$1, 512]\"]
warm_up: 5"; }
flow() { study "flow-$1" flowtrain train scaling-flow-training/flow.yaml "$2" "$1" samples parameter_hash "set: [\"training.batch=$1\"]
warm_up: 3"; }
showers() { study "showers-$1" gan3d train scaling-shower-training/showers.yaml "$2" "$1" showers parameter_hash "prepare:
  - gan3d simulate $here/scaling-shower-training/showers.yaml --run {output}/data --set simulation.events=448
  - gan3d preprocess $here/scaling-shower-training/showers.yaml --run {output}/data
set: [\"data.files=[{output}/data/training.h5]\", \"model.profile=didymos\", \"training.batch=$1\", \"training.batches_per_epoch=6\"]
warm_up: 1
cool_down: 1"; }
for repeat in $(seq "${REPEATS:-5}"); do
    for size in 384 768; do hmc $size "1, $cores"; done
    hmc 512 "$cores"
    for size in 64 192; do flow $size "1, $cores"; done
    flow 128 "$cores"
    for size in 32 64; do showers $size "1, $cores"; done
    showers 48 "$cores"
    calibrate "$repeat"
done

worst=0
predict() { # command, studies
    local command=$1 files=() records=() name
    shift
    for name in "$@"; do
        files+=("$output/$name.yaml")
        records+=(--records "$output/$name/records.jsonl")
    done
    "$bin/scaling" predict "${files[@]}" "${records[@]}" "${ceilings[@]}" --largest 8 --ranks-per-node "$cores" \
        --output "$output/$command.md" >/dev/null
    awk -F'|' -v command="$command" '/held back/ && /%/ && NF > 6 {
        printf "%-18s %-14s %2d ranks, %s busy: measured %s s, foretold %s s, error %s\n", command, $2, $3, $4, $6, $7, $8 }' "$output/$command.md"
    local error
    error=$(awk -F'|' '/held back/ && /%/ && NF > 6 { e = $8 + 0; if (e < 0) e = -e; if (e > m) m = e } END { print m + 0 }' "$output/$command.md")
    awk -v e="$error" 'BEGIN { exit !(e > 15) }' && worst=1
    return 0
}
predict hmc hmc-384x512 hmc-768x512 hmc-512x512
predict flow-training flow-64 flow-192 flow-128
predict shower-training showers-32 showers-64 showers-48
echo "after $SECONDS s; load $(cut -d' ' -f1-3 /proc/loadavg)"
[ "$worst" -eq 0 ] || echo "an error is above 15 %" >&2
exit "$worst"
