#!/bin/sh
# The U-Net of glitchgen beside PyTorch, one after the other on the same machine.
# usage: benchmarks/glitch-network/run.sh [DIRECTORY OF didymos-bench]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"${1:-$here/../../.build/release}/didymos-bench" glitch-network
if python3 -c 'import torch' 2>/dev/null; then
    OMP_NUM_THREADS=1 python3 "$here/peer.py"
else
    echo "skipped: the PyTorch peer"
fi
