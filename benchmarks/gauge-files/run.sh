#!/usr/bin/env bash
# Reading and writing a configuration of 2 GB, verified, beside dd on the same disk.
#   benchmarks/gauge-files/run.sh [BIN [DIRECTORY]]        RANKS=2 by default; DIRECTORY must have 7 GB
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../../.build/release}
directory=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/gauge-files-XXXXXX")
trap 'rm -rf "$directory"' EXIT
ranks=${RANKS:-2}
flowtrain() { mpirun -n "$ranks" "$bin/flowtrain" "$@" >"$directory/log" 2>&1 || { cat "$directory/log"; exit 1; }; }
cat >"$directory/run.yaml" <<'Y'
seed: 3
lattice: {extents: [112, 32, 32, 32]}
gauge: {group: su3, beta: 6.0, updates: 1, thermalization: 0, overrelaxation: 0, configurations_every: 1, checkpoint_every: 1000}
Y
flowtrain gauge "$directory/run.yaml" --run "$directory/run"
file=$(ls "$directory"/run/configurations/*.ildg)
mv "$file" "$directory/one.ildg"
rm -rf "$directory/run"
bytes=$(stat -c %s "$directory/one.ildg")
# Out of the page cache, where that is allowed: both sides then read from the disk.
cold() {
    sync
    if [ -w /proc/sys/vm/drop_caches ]; then echo 1 >/proc/sys/vm/drop_caches; fi
}
seconds() { local start end; start=$(date +%s.%N); "$@"; end=$(date +%s.%N); echo "$end - $start" | bc -l; }
rate() { printf '%.0f' "$(echo "$bytes / $1 / 1000000" | bc -l)"; }
copy() { dd if="$directory/one.ildg" of="$directory/dd" bs=16M conv=fsync 2>/dev/null; }
look() { dd if="$directory/one.ildg" of=/dev/null bs=16M 2>/dev/null; }
echo "$bytes bytes, $ranks ranks, MB/s; medians of three"
echo "| what | MB/s |"
echo "|---|---|"
row() { # name command ...
    local name=$1 times=()
    shift
    for _ in 1 2 3; do
        "$prepare"
        times+=("$(seconds "$@")")
    done
    printf '| %s | %s |\n' "$name" "$(rate "$(printf '%s\n' "${times[@]}" | sort -g | sed -n 2p)")"
}
prepare=cold
row "dd, read from the disk" look
row "flowtrain check: read, checksum, plaquette, unitarity, from the disk" flowtrain check "$directory/one.ildg"
prepare=true
row "dd, read from the page cache" look
row "flowtrain check, from the page cache" flowtrain check "$directory/one.ildg"
row "dd, copy with fsync" copy
rm -f "$directory/dd"
row "flowtrain convert: read and verified, written, fsync, read again and verified" flowtrain convert "$directory/one.ildg" "$directory/two.ildg" --format ildg
cmp <(tail -c 1000000 "$directory/one.ildg") <(tail -c 1000000 "$directory/two.ildg")
