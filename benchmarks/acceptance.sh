#!/usr/bin/env bash
# The long runs behind the committed results.
#   benchmarks/acceptance.sh BIN
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-.build/release}
"$here/flow-acceptance/run.sh" "$bin" 8 16 16-from-8 32-from-16 32-from-16-long
"$here/agreement/run.sh" "$bin"
"$here/pulsar-acceptance/run.sh" "$bin"
"$here/pulsar-segmentation/run.sh" "$bin"
"$here/gauge-fields/run.sh" "$bin"
"$here/topology/run.sh" "$bin"
"$here/glitch-acceptance/run.sh" "$bin"
"$here/glitch-autoencoder/run.sh" "$bin"
"$here/glitch-latency/run.sh" "$bin"
# 10^5 mutated frames, of our own and of the given files: never a crash, always a located message.
if command -v swift >/dev/null; then (cd "$here/.." && DIDYMOS_LONG_TESTS=1 swift test -c release --skip-build --filter DamageTests); fi
"$here/damaged-input/run.sh"
