#!/usr/bin/env bash
# Trains the U-Net behind results.md from nothing, compares scores on the masks of other frames, and draws some. RANKS=2 by default. Six minutes on two cores.
#   benchmarks/pulsar-segmentation/run.sh BIN
set -euo pipefail
bin=${1:-.build/release}
here=$(cd "$(dirname "$0")" && pwd)
runs=runs/pulsar-segmentation
mpirun -n "${RANKS:-2}" "$bin/pulsardt" train --configuration "$here/train.yaml" --run "$runs/train"
mpirun -n "${RANKS:-2}" "$bin/pulsardt" simulate "$here/train.yaml" --set seed=99 --set simulation.frames=3072 --set simulation.frames_per_file=3072 --run "$runs/frames"
frames=$(find "$runs/frames" -maxdepth 1 -name '*.h5' | sort | head -1)
mpirun -n "${RANKS:-2}" "$bin/pulsardt" segment "$frames" --model "$runs/train" --run "$runs/masks" --set segmentation.threshold=0 --set segmentation.masks=3072
if python3 -c 'import h5py, matplotlib' 2>/dev/null; then
    python3 "$here/scores.py" "$frames" "$runs/masks/masks.h5"
    python3 "$here/draw.py" "$frames" "$runs/masks/masks.h5" "$runs/masks.png"
else
    echo "skipped: the scores and the drawing need h5py and matplotlib"
fi
