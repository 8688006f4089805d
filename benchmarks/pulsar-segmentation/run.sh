#!/usr/bin/env bash
# Trains the U-Net behind results.md from nothing, finds the pulses of other frames with it, and draws some. RANKS=2 by default. Six minutes on two cores.
#   benchmarks/pulsar-segmentation/run.sh BIN
set -euo pipefail
bin=${1:-.build/release}
here=$(cd "$(dirname "$0")" && pwd)
runs=runs/pulsar-segmentation
mpirun -n "${RANKS:-2}" "$bin/pulsardt" train --configuration "$here/train.yaml" --run "$runs/train"
mpirun -n "${RANKS:-2}" "$bin/pulsardt" simulate "$here/train.yaml" --set seed=99 --set simulation.frames=512 --set simulation.frames_per_file=512 --run "$runs/frames"
frames=$(find "$runs/frames" -maxdepth 1 -name '*.h5' | sort | head -1)
mpirun -n "${RANKS:-2}" "$bin/pulsardt" segment "$frames" --model "$runs/train" --run "$runs/masks"
if python3 -c 'import h5py, matplotlib' 2>/dev/null; then
    python3 "$here/draw.py" "$frames" "$runs/masks/masks.h5" "$runs/masks.png"
else
    echo "skipped: the drawing needs h5py and matplotlib"
fi
