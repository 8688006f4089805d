#!/usr/bin/env bash
# The long runs behind the committed results.
#   benchmarks/acceptance.sh BIN
set -euo pipefail
"$(dirname "$0")/flow-acceptance/run.sh" "${1:-.build/release}" 8 16 16-from-8 32-from-16
