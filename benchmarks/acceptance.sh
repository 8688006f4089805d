#!/usr/bin/env bash
# The long runs behind the committed results.
#   benchmarks/acceptance.sh BIN
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-.build/release}
"$here/flow-acceptance/run.sh" "$bin" 8 16 16-from-8 32-from-16 32-from-16-long
"$here/agreement/run.sh" "$bin"
"$here/damaged-input/run.sh"
