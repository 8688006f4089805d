#!/usr/bin/env bash
# The scaling studies of every executable on 1, 2 and 4 ranks, the machine's ceilings, and one report of all: a few minutes on two cores.
#   benchmarks/scaling-all/run.sh [BIN [OUTPUT [KEEP]]]      default: .build/release runs/scaling-all
# KEEP: a directory that gets the records of each study, the ceilings and the report, such as docs/scaling.
# REPEATS=n changes the repeats of all studies. Given again it makes what is missing or has failed. Exit code 70: some run failed, the report says which.
set -euo pipefail
bin=${1:-.build/release} output=${2:-runs/scaling-all}
here=$(cd "$(dirname "$0")/.." && pwd)
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
studies=(scaling-hmc/study-strong scaling-flow-training/study-strong scaling-shower-training/study-didymos scaling-pulsar-search/study-strong)
if "$bin/glitchgen" scan --help >/dev/null 2>&1; then
    studies+=(scaling-glitch-scan/study-weak)
else
    echo "skipped: glitchgen has no command scan in this build"
fi
mkdir -p "$output"
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"

code=0
records=()
for study in "${studies[@]}"; do
    place=$output/${study//\//-}
    "$bin/scaling" run "$here/$study.yaml" --output "$place" ${REPEATS:+--set "repeats=$REPEATS"} || code=70
    [ -s "$place/records.jsonl" ] && records+=("$place/records.jsonl")
done
for ranks in 1 2; do
    ${DIDYMOS_MPIRUN:-mpirun} -n "$ranks" "$bin/scaling" calibrate --output "$output/ceilings.json" --directory "$output"
done
"$bin/scaling" report "${records[@]}" --ceilings "$output/ceilings.json" --output "$output/report" || code=70

echo "parallel efficiency over one rank beside a busy core:"
for table in "$output"/report/*-strong.md "$output"/report/*-weak.md "$output"/report/*-didymos.md; do
    [ -e "$table" ] || continue
    awk -F'|' -v name="$(basename "$table" .md)" '/^\| Number of cores/ { on = 1; next } on && !/^\|/ { exit } on && $2 + 0 > 0 {
        printf "  %-26s %2d ranks  efficiency %s  95 %% %s\n", name, $2, $7, $8 }' "$table"
done
if [ $# -gt 2 ]; then
    mkdir -p "$3"
    for record in "${records[@]}"; do
        name=$(sed -n '1s/.*"study":"\([^"]*\)".*/\1/p' "$record")
        # Paths as they are from here: records are read elsewhere.
        sed "s|$PWD/||g" "$record" >"$3/$name.jsonl"
    done
    cp "$output/ceilings.json" "$output"/report/*.html "$output"/report/*.md "$output"/report/*-efficiency.svg "$3/"
    echo "kept in $3"
fi
echo "the report: $output/report/report.html, after $SECONDS s"
exit "$code"
