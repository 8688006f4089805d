#!/usr/bin/env bash
# 100,000 and more damaged files through each reader of recordings and frames: 150,000 SIGPROC, 100,000 PSRDADA, 100,000 PSRFITS, 100,000 HDF5.
#   benchmarks/damaged-input/run.sh     (from the repository; after swift build -c release --build-tests)
set -euo pipefail
cd "$(dirname "$0")/../.."
export DIDYMOS_LONG_TESTS=1
swift test -c release --skip-build --filter "RadioStreamsTests.DamageTests|DamagedFramesTests" 2>&1 | grep -E "Damaged|Suite|Test run|failed|error"
