#!/usr/bin/env bash
# Installs the C libraries that didymos stands on, or says which modules to load.
set -euo pipefail
packages=(libopenmpi-dev openmpi-bin libhdf5-openmpi-dev libopenblas-dev libfftw3-dev zlib1g-dev libdeflate-dev libcfitsio-dev pkg-config)
mpi=${DIDYMOS_MPI:-ompi-c} hdf5=${DIDYMOS_HDF5:-hdf5-openmpi}

missing=()
for library in "$mpi" "$hdf5" openblas fftw3 zlib libdeflate cfitsio; do
    pkg-config --exists "$library" 2>/dev/null || missing+=("$library")
done
command -v mpirun >/dev/null || missing+=(mpirun)
[ ${#missing[@]} -eq 0 ] && exit 0

echo "didymos: missing: ${missing[*]}" >&2
if command -v apt-get >/dev/null; then
    if [ "$(id -u)" -eq 0 ]; then run=(env); elif sudo -n true 2>/dev/null; then run=(sudo env); else run=(); fi
    if [ ${#run[@]} -gt 0 ]; then
        "${run[@]}" apt-get update -qq
        "${run[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
        exit 0
    fi
fi
cat >&2 <<'TEXT'
Load or install these, so that pkg-config finds them (PKG_CONFIG_PATH), then run make again:
  an MPI             pkg-config name ompi-c (or mpich: DIDYMOS_MPI=mpich), e.g. module load OpenMPI
  parallel HDF5      pkg-config name hdf5-openmpi (or DIDYMOS_HDF5=hdf5), e.g. module load HDF5
  OpenBLAS           pkg-config name openblas, e.g. module load OpenBLAS
  FFTW 3             pkg-config name fftw3, e.g. module load FFTW
  zlib               pkg-config name zlib, e.g. module load zlib
  libdeflate         pkg-config name libdeflate, e.g. module load libdeflate
  cfitsio            pkg-config name cfitsio, e.g. module load CFITSIO
TEXT
exit 69
