#!/usr/bin/env bash
# House rules that the compiler does not check. Prints each breach; exit 1 when there is one.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 70
breaches=0
breach() { echo "lint: $*"; breaches=1; }

# No trap that input could reach.
while IFS= read -r line; do breach "trap: $line"; done < <(
    grep -rnE '\bfatalError\(|\btry!|\bas! ' --include='*.swift' Sources || true)
# Floors: who may import what.
only() { # module, allowed path pattern
    while IFS= read -r line; do breach "floor: $line"; done < <(
        grep -rnE "^(@[a-z]+ )?(public |package )?import $1\$" --include='*.swift' Sources | grep -vE "^Sources/($2)/" || true)
}
only CMessagePassing MessagePassing
only CParallelHDF5 ParallelHDF5
only COpenBLAS 'Numerics|Networks'
only CFFTW Numerics
only CCFITSIO RadioStreams
only CDeflate 'Frames|GaugeFiles'
only Flows 'AbelianFlows|NonAbelianFlows|flowtrain|HealthChecks|didymos-bench'
only Foundation 'Batch'
# One room, one idea.
while read -r count file; do
    [ "$file" != total ] && [ "$count" -gt 500 ] && breach "length: $file has $count lines; two rooms?"
done < <(git ls-files 'Sources/*.swift' 'Tests/*.swift' | xargs wc -l)
# Links of the documentation lead somewhere.
while IFS= read -r line; do
    file=${line%%:*} target=${line#*:}
    [ -e "$(dirname "$file")/$target" ] || breach "link: $file: $target"
done < <(git ls-files '*.md' | xargs grep -oHE '\]\([^)# ]+' | sed 's/:](/:/' | grep -v ':http')
# The drawing of the rooms is that of Package.swift.
if command -v python3 >/dev/null && ! python3 Tools/draw-architecture.py | cmp -s - docs/pictures/architecture.svg; then
    breach "drawing: docs/pictures/architecture.svg is not that of Package.swift: Tools/draw-architecture.py > docs/pictures/architecture.svg"
fi
exit $breaches
