#!/usr/bin/env bash
# Exact plaquettes in two dimensions, plaquettes of SU(3) in four, <exp(-dH)>, and the scales of the gradient flow. RANKS=1 by default.
#   benchmarks/gauge-fields/run.sh BIN
set -euo pipefail
bin=${1:-.build/release}
here=$(cd "$(dirname "$0")" && pwd)
runs=runs/gauge-fields
run() { # NAME EXTENTS GROUP BETA ALGORITHM UPDATES [key=value ...]
    local name=$1 extents=$2 group=$3 beta=$4 algorithm=$5 updates=$6
    shift 6
    local more=()
    for setting in "$@"; do more+=(--set "$setting"); done
    mpirun -n "${RANKS:-1}" "$bin/flowtrain" gauge "$here/case.yaml" --run "$runs/$name" --set "lattice.extents=$extents" --set "gauge.group=$group" \
        --set "gauge.beta=$beta" --set "gauge.algorithm=$algorithm" --set "gauge.updates=$updates" ${more[@]+"${more[@]}"} >/dev/null
    echo "done: $name"
}
for beta in 1 2.2 4 8; do
    for algorithm in heatbath hmc; do run "2d-su2-$beta-$algorithm" "[16, 16]" su2 "$beta" "$algorithm" 40000; done
done
for beta in 1 3 5 8; do
    for algorithm in heatbath hmc; do run "2d-su3-$beta-$algorithm" "[16, 16]" su3 "$beta" "$algorithm" 20000; done
done
for beta in 1 5.7 6; do run "4^4-su3-$beta-heatbath" "[4, 4, 4, 4]" su3 "$beta" heatbath 20000 gauge.measure_every=2; done
run "4^4-su3-5.7-hmc" "[4, 4, 4, 4]" su3 5.7 hmc 5000
for beta in 5 6; do run "8^4-su3-$beta-heatbath" "[8, 8, 8, 8]" su3 "$beta" heatbath 3000 gauge.measure_every=2; done
run "8^4-su3-5.7-heatbath" "[8, 8, 8, 8]" su3 5.7 heatbath 3000 gauge.measure_every=2 gauge.wilson_loops=2 gradient_flow.every=20 gradient_flow.step=0.02 \
    gradient_flow.steps_per_point=5 gradient_flow.points=16
python3 "$here/report.py" "$runs"
