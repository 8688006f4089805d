#!/usr/bin/env bash
# Frame files beside frameCPP and FrameL; a peer that is missing is named and skipped.
#   benchmarks/frames/run.sh BIN
set -euo pipefail
bin=${1:-.build/release}
here=$(cd "$(dirname "$0")" && pwd)
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$bin/didymos-bench" frames "$directory" keep
if python3 -c 'import gwframe' 2>/dev/null || python3 -c 'import lalframe' 2>/dev/null; then
    python3 "$here/peer.py" "$directory"
else
    echo "skipped: the peers frameCPP and FrameL (pip install gwframe lalsuite gwpy)"
fi
