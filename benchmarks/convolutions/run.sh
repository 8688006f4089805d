#!/bin/sh
# The convolution kernels beside PyTorch, one after the other on the same machine: writes results.md.
# usage: benchmarks/convolutions/run.sh [DIRECTORY OF didymos-bench]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=${1:-$here/../../.build/release}
ours=$(mktemp)
trap 'rm -f "$ours"' EXIT
"$binaries/didymos-bench" convolutions --json "$ours"
python3 "$here/peer.py" "$ours" "$here/results.md"
