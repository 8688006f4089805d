#!/usr/bin/env bash
# Trains and samples the flows behind results.md, in order, so that each finds the one it starts from. RANKS=2 by default.
#   benchmarks/flow-acceptance/run.sh BIN [CASE ...]        cases: 8 16 16-from-8 32-from-16 32-from-16-long 64-from-32
set -euo pipefail
bin=${1:-.build/release}
shift || true
here=$(cd "$(dirname "$0")" && pwd)
cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=(8 16 16-from-8 32-from-16 32-from-16-long 64-from-32)
for case in "${cases[@]}"; do
    run=runs/flow-acceptance/$case
    mpirun -n "${RANKS:-2}" "$bin/flowtrain" train "$here/$case.yaml" --run "$run"
    mpirun -n "${RANKS:-2}" "$bin/flowtrain" sample "$here/$case.yaml" --run "$run"
done
