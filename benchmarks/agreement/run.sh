#!/usr/bin/env bash
# Hybrid Monte Carlo, cluster updates and the trained flows on the same lattices: the observables must agree. Writes results.md.
# The flows are those of benchmarks/flow-acceptance/run.sh; where one is missing it is named, and the classical methods are compared.
#   benchmarks/agreement/run.sh BIN
set -euo pipefail
bin=${1:-.build/release}
here=$(cd "$(dirname "$0")" && pwd)
recipes=$here/../flow-acceptance
ranks=${RANKS:-2}
directories=()
run() { # case, HMC trajectories, cluster updates
    local directory=runs/flow-acceptance/$1
    local settings=(--run "$directory" --set hmc.trajectories="$2" --set hmc.thermalization=2000 --set hmc.target_acceptance=0.8
        --set hmc.checkpoint_every=100000 --set cluster.chains=4 --set cluster.updates="$3" --set cluster.checkpoint_every=100000)
    # Small lattices gain nothing from being cut: one rank for HMC, chains shared among all for the cluster updates.
    mpirun -n 1 "$bin/flowtrain" hmc "$recipes/$1.yaml" "${settings[@]}"
    mpirun -n "$ranks" "$bin/flowtrain" cluster "$recipes/$1.yaml" "${settings[@]}"
    directories+=("$directory")
}
run 8 400000 100000
run 16 400000 50000
run 32-from-16-long 400000 25000
"$bin/flowtrain" report "${directories[@]}" --output runs/flow-acceptance/agreement.html
python3 "$here/compare.py" "${directories[@]}" | tee "$here/results.md"
exit "${PIPESTATUS[0]}"
