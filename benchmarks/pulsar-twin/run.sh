#!/bin/sh
# The twin's frames beside other generators, one after the other on the same machine.
# usage: benchmarks/pulsar-twin/run.sh [DIRECTORY OF didymos-bench]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"${1:-$here/../../.build/release}/didymos-bench" pulsar-twin
if python3 -c 'import numpy' 2>/dev/null; then
    OMP_NUM_THREADS=1 python3 "$here/peer.py"
else
    echo "skipped: the numpy peer"
fi
