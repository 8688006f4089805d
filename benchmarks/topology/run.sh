#!/usr/bin/env bash
# Trains, samples and combines what results.md shows: for each beta the flow, then chains of HMC alone, of proposals alone, and of both.
#   benchmarks/topology/run.sh BIN [CASE ...]        cases: 4 5 6 7 baseline-6 transfer-32
set -euo pipefail
bin=${1:-.build/release}
shift || true
here=$(cd "$(dirname "$0")" && pwd)
cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=(4 5 6 7 transfer-32 baseline-6)
flowtrain() { mpirun -n "${RANKS:-2}" "$bin/flowtrain" "$@"; }
for case in "${cases[@]}"; do
    run=runs/topology/$case
    yaml=$here/$case.yaml
    flowtrain train "$yaml" --run "$run"
    flowtrain sample "$yaml" --run "$run"
    case $case in
    4 | 5 | 6 | 7)
        RANKS=1 flowtrain heatbath "$yaml" --run "$run"
        flowtrain combine "$yaml" --run "$run"
        flowtrain combine "$yaml" --run "$run" --set combine.output=flow-alone --set combine.trajectories=0 --set combine.iterations=10000
        flowtrain combine "$yaml" --run "$run" --set combine.output=hmc-alone --set combine.proposals=0 --set combine.iterations=150000 \
            --set combine.thermalization=10000
        ;;
    esac
done
