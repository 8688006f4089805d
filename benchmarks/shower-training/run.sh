#!/usr/bin/env bash
# Training on the Geant4 files, and the trained generator beside Geant4 over 10-100 GeV and at 50 GeV; then the learning curves.
#   benchmarks/shower-training/run.sh BIN [RUN] [RECIPE...]     DIDYMOS_TEST_DATA: the folder that holds hep/; RECIPE: didymos, keras; default didymos
# Commands and options are split into words on purpose.
# shellcheck disable=SC2012,SC2015,SC2086
set -euo pipefail
bin=${1:-.build/release} run=${2:-runs/shower-training}
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 2 ] && recipes=("${@:3}") || recipes=(didymos)
gan3d="${MPIRUN:-mpirun} -n ${RANKS:-2} $bin/gan3d"
data=${DIDYMOS_TEST_DATA:-}/hep
[ -n "${DIDYMOS_TEST_DATA:-}" ] && [ -d "$data" ] || { echo "skipped: DIDYMOS_TEST_DATA does not name a folder that holds hep/"; exit 0; }
files=$(printf '%s,' "$data"/ele_10_100GeV_*.h5)

for recipe in "${recipes[@]}"; do
    configuration=$here/$recipe.yaml
    echo "== $recipe, load $(cut -d' ' -f1-3 /proc/loadavg)"
    # Core-seconds of all ranks, from bash's own clock of its children.
    TIMEFORMAT='%R s wall, %U s + %S s of cores'
    # An hour is what a recipe has; 75 says that it was not done by then, and its best epoch goes on.
    time $gan3d train "$configuration" --run "$run/$recipe" --set "data.files=[${files%,}]" --time-limit 1h 2>/dev/null || [ $? -eq 75 ]
    # The last file is the tenth that training does not see.
    $gan3d generate "$configuration" --run "$run/$recipe" 2>/dev/null
    $gan3d validate "$configuration" "$run/$recipe/generated.h5" "$(ls "$data"/ele_10_100GeV_*.h5 | tail -1)" --run "$run/$recipe/10-100" 2>/dev/null
    $gan3d generate "$configuration" --run "$run/$recipe" --set 'generation.energies=[50,50]' \
        --set 'generation.angles=[1.5707963267948966,1.5707963267948966]' --set generation.output=generated-50.h5 2>/dev/null
    $gan3d validate "$configuration" "$run/$recipe/generated-50.h5" "$data/g4_ele_50GeV_90deg_n150.h5" --run "$run/$recipe/50" 2>/dev/null
    python3 "$here/report.py" table "$run/$recipe" "$(ls "$data"/ele_10_100GeV_*.h5 | tail -1)"
done
curves=()
for recipe in keras didymos; do [ -f "$run/$recipe/metrics-train.jsonl" ] && curves+=("$run/$recipe"); done
python3 "$here/report.py" curves "$run/curves.svg" "${curves[@]}"
