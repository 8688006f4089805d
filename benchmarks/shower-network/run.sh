#!/bin/bash
# 3DGAN beside PyTorch on one core, batch 16, optimizer updates included: `run.sh [BIN [REPEATS]]`. `make build` first; needs torch.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/paired.py" "${1:-.build/release}" "${2:-5}"
