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
if python3 -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("psrsigsim") is None)' 2>/dev/null; then
    OMP_NUM_THREADS=1 python3 "$here/psrsigsim_peer.py"
else
    echo "skipped: PsrSigSim (pip install --no-deps psrsigsim==1.0.1, with numpy, scipy and astropy)"
fi
