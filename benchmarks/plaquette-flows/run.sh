#!/usr/bin/env bash
# Trains and samples what results.md shows, and prints its table; exit 1 where log Z or an observable is off by more than four errors.
#   benchmarks/plaquette-flows/run.sh BIN [CASE ...]       cases: GROUP-BETA, and transfer-32
set -euo pipefail
bin=${1:-.build/release}
shift || true
here=$(cd "$(dirname "$0")" && pwd)
runs=runs/plaquette-flows
cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=(su2-2.2 su2-2.7 su2-4 su2-8 su3-5 su3-6 su3-8 transfer-32)
for case in "${cases[@]}"; do
    if [ "$case" = transfer-32 ]; then
        # The flow of su3-6 as it is: a step at learning rate 0.
        more=(--set 'lattice.extents=[32, 32]' --set "training.transfer_from=$runs/su3-6" --set training.steps=1 --set training.learning_rate=0
            --set training.final_learning_rate=0)
    else
        more=(--set "action.group=${case%%-*}" --set "action.beta=${case#*-}")
    fi
    for command in train sample; do
        mpirun -n "${RANKS:-2}" "$bin/flowtrain" "$command" "$here/case.yaml" --run "$runs/$case" "${more[@]}" >/dev/null
    done
    echo "done: $case"
done
python3 "$here/report.py" "$runs" "${cases[@]}"
