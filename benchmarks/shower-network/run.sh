#!/bin/bash
# 3DGAN beside PyTorch on one core, both after a warm-up pass, one after the other. `make build` first; needs torch.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-.build/release}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
"$bin/didymos-bench" shower-step "${REPEATS:-3}"
python3 "$here/peer.py" --batch "${BATCH:-8}" --repeats "${REPEATS:-3}"
