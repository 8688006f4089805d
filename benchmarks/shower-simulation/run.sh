#!/usr/bin/env bash
# Parametrised showers against Geant4 files: the depth profile, the response and the resolution, at 50 GeV and over 10-100 GeV.
#   benchmarks/shower-simulation/run.sh BIN [RUN]      DIDYMOS_TEST_DATA: the folder that holds hep/
# Commands and options are split into words on purpose.
# shellcheck disable=SC2012,SC2015,SC2086
set -euo pipefail
bin=${1:-.build/release} run=${2:-runs/shower-simulation}
here=$(cd "$(dirname "$0")" && pwd)
gan3d="${MPIRUN:-mpirun} -n ${RANKS:-2} $bin/gan3d"
data=${DIDYMOS_TEST_DATA:-}/hep
[ -n "${DIDYMOS_TEST_DATA:-}" ] && [ -d "$data" ] || { echo "skipped: DIDYMOS_TEST_DATA does not name a folder that holds hep/"; exit 0; }

compare() { # name, settings, reference files
    local name=$1 settings=$2
    shift 2
    $gan3d simulate "$here/showers.yaml" --run "$run/$name" $settings 2>/dev/null
    for reference in "$@"; do
        $gan3d validate "$here/showers.yaml" "$run/$name/showers-0000.h5" "$reference" --run "$run/$name" $settings 2>/dev/null
        python3 - "$run/$name/summary-validate.json" "$name" <<'PRINT' || true
import json, os, sys
r = json.load(open(sys.argv[1]))["results"]
d = r["depth_profile_largest_deviation"]
print(f'{sys.argv[2]:8s} {os.path.basename(r["reference"]):32s} depth {100*d["value"]:4.1f} +- {100*d["error"]:3.1f} % (halves {100*r["depth_profile_largest_deviation_floor"]:4.1f} %)'
      f'  sampling fraction x {r["sampling_fraction_ratio"]:.4f}  resolution x {r["resolution_ratio"]:.3f}  FPD {r.get("fpd", {}).get("value", float("nan")):.4f} (halves {r.get("fpd_floor", {}).get("value", float("nan")):.4f})')
PRINT
    done
    grep -o '"events_per_second": [0-9.]*' "$run/$name/summary-simulate.json" || true
}

compare 50 "--set simulation.energy=50 --set simulation.theta=90" "$data/g4_ele_50GeV_90deg_n150.h5"
compare 10-100 "" "$data"/ele_10_100GeV_60_120deg_00{1,2,3}.h5
compare 100-200 "--set simulation.energy=[100,200]" "$data/ele_100_200GeV_60_120deg_001.h5"
