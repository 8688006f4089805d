#!/usr/bin/env bash
# Installs what tests skip without: SLURM, shellcheck, Lmod and, beside it because Debian installs only one, Environment Modules; JUBE;
# ReFrame and what executes notebooks in a Python environment of their own. As root.
set -euo pipefail
cd "$(dirname "$0")/.."
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    slurm-wlm munge libpmix2 shellcheck lmod tcl man-db groff-base python3-venv jube >/dev/null
peers=$PWD/.build-peers
mkdir -p "$peers"
(cd "$peers" && apt-get download -qq environment-modules && dpkg -x environment-modules_*.deb environment-modules && rm environment-modules_*.deb)
[ -x "$peers/python/bin/reframe" ] || python3 -m venv --system-site-packages "$peers/python"
"$peers/python/bin/pip" install -q 'ReFrame-HPC>=4.10,<4.11' nbclient nbformat ipykernel h5py matplotlib
