# shellcheck shell=bash disable=SC2034
# Deucalion x86 (MACC): two AMD EPYC 7742, 128 cores a node, InfiniBand.
# Never tried on this machine: written from its public documentation. See docs/clusters.md.
# Not for its Arm partition (A64FX): the package builds for x86 alone.
sbatch_options=(
    --account="${DIDYMOS_ACCOUNT:?set it to the project that pays, such as eehpc-ben-2026b01-001x, with the x of the x86 partition}"
    --partition=normal-x86 --hint=nomultithread --exclusive --mem=0 --ntasks-per-node=128 --cpus-per-task=1 --distribution=block:block
)
srun_options=()

# Builds with: DIDYMOS_HDF5=hdf5 DIDYMOS_MARCH=znver2 make install PREFIX=$HOME/didymos
load_modules() {
    module load GCC/13.3.0 OpenMPI HDF5 OpenBLAS FFTW CFITSIO libdeflate
    if [ -n "${DIDYMOS_MODULE:-}" ]; then module load "$DIDYMOS_MODULE"; fi
}
