# shellcheck shell=bash disable=SC2034
# JUWELS Cluster (JSC): two Intel Xeon 8168, 48 cores a node, InfiniBand.
# Never tried on this machine: written from its public documentation. See docs/clusters.md.
# Two hours for tests: --partition=devel.
sbatch_options=(
    --account="${DIDYMOS_ACCOUNT:?set it to the project that pays, your budget}"
    --partition=batch --hint=nomultithread --exclusive --mem=0 --ntasks-per-node=48 --cpus-per-task=1 --distribution=block:block
)
srun_options=()

# Builds with: DIDYMOS_HDF5=hdf5 DIDYMOS_MARCH=skylake-avx512 make install PREFIX=$HOME/didymos
load_modules() {
    module load Stages/2024 GCC OpenMPI HDF5 OpenBLAS FFTW CFITSIO libdeflate
    if [ -n "${DIDYMOS_MODULE:-}" ]; then module load "$DIDYMOS_MODULE"; fi
}
