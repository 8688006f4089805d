#!/usr/bin/env bash
# Every timing of benchmarks/, each beside its peer in the same run. A peer that is missing is named and skipped.
#   benchmarks/run.sh BIN
set -euo pipefail
bin=${1:-.build/release}
here=$(cd "$(dirname "$0")" && pwd)
echo "== convolutions"; "$bin/didymos-bench" convolutions
echo "== hmc"; "$bin/didymos-bench" hmc
echo "== gauge"; "$bin/didymos-bench" gauge
echo "== dedispersion"; "$here/dedispersion/run.sh" "$bin"
echo "== pulsar-twin"; "$here/pulsar-twin/run.sh" "$bin"
echo "== pulsar-classifier"; "$here/pulsar-classifier/run.sh" "$bin"
echo "== coupling-step"; "$bin/didymos-bench" coupling-step 16
if python3 -c 'import torch' 2>/dev/null; then
    python3 "$here/coupling-step/peer.py" --extent 16
    python3 "$here/coupling-step/peer.py" --extent 16 --double
else
    echo "skipped: the PyTorch peer (pip install torch==2.13.0+cpu)"
fi
echo "== frames"; "$here/frames/run.sh" "$bin"
echo "== glitch-scan"; "$here/glitch-scan/run.sh" "$bin" 0
echo "== gauge-files"; "$here/gauge-files/run.sh" "$bin"
