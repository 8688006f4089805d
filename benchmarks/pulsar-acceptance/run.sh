#!/usr/bin/env bash
# Trains the classifier behind results.md from nothing, judges it on other frames and on a mixture of few pulses, and writes the page. RANKS=2 by default.
#   benchmarks/pulsar-acceptance/run.sh BIN
set -euo pipefail
bin=${1:-.build/release}
here=$(cd "$(dirname "$0")" && pwd)
runs=runs/pulsar-acceptance
mpirun -n "${RANKS:-2}" "$bin/pulsardt" train --configuration "$here/train.yaml" --run "$runs/train"
mpirun -n "${RANKS:-2}" "$bin/pulsardt" evaluate --configuration "$here/evaluate.yaml" --model "$runs/train" --run "$runs/evaluate"
"$bin/pulsardt" report "$runs/train" "$runs/evaluate" --output "$runs/report.html" --drawings "$runs/drawings"
if python3 -c 'import h5py' 2>/dev/null; then
    python3 "$here/lost.py" "$runs/evaluate"
else
    echo "skipped: which pulses are lost (pip install h5py)"
fi
