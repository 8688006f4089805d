#!/usr/bin/env bash
# Every test, in several processes at once: a test process has as many threads as cores, and tests that wait for a job, a
# scheduler or the clock keep theirs. What each says is printed when it ends; the exit code is 1 if one failed.
#   Tools/test.sh [CONFIGURATION]
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${1:-release}
bundle=.build/$configuration/didymosPackageTests.xctest
[ -x "$bundle" ] || { echo "$bundle is not built: swift build -c $configuration --build-tests" >&2; exit 1; }
# Targets of about as long each; whatever is in no group runs in the last.
groups=('^IntegrationTests\.'
    '^(Batch|LatticeFields|GaugeFields|GaugeFiles|AbelianFields|Flows|NonAbelianFlows|LatticeCatalogue|Training|MessagePassing|ParallelHDF5|ScalingStudies)Tests\.'
    '^(Glitch[A-Za-z]*|Glitches|Frames|Segments|CalorimeterShowers|ShowerNetworks)Tests\.')
rest=$(IFS='|'; echo "${groups[*]}")
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
run() { "$bundle" --testing-library swift-testing "$@"; }
jobs=()
for k in "${!groups[@]}"; do
    run --filter "${groups[$k]}" >"$logs/$k" 2>&1 & jobs+=($!)
done
run --skip "$rest" >"$logs/${#groups[@]}" 2>&1 & jobs+=($!)
status=0
for k in "${!jobs[@]}"; do
    wait "${jobs[$k]}" || status=1
    cat "$logs/$k"
    if grep -q 'Test run with 0 tests' "$logs/$k"; then
        echo "group $((k + 1)) of the tests is empty: its pattern in Tools/test.sh matches no target" >&2
        status=1
    fi
done
exit "$status"
