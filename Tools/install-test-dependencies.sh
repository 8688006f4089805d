#!/usr/bin/env bash
# Installs what tests skip without: SLURM, shellcheck, Lmod and, beside it because Debian installs only one, Environment Modules. As root.
set -euo pipefail
cd "$(dirname "$0")/.."
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    slurm-wlm munge libpmix2 shellcheck lmod tcl man-db groff-base >/dev/null
peers=$PWD/.build-peers
mkdir -p "$peers"
(cd "$peers" && apt-get download -qq environment-modules && dpkg -x environment-modules_*.deb environment-modules && rm environment-modules_*.deb)
