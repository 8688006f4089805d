# shellcheck shell=bash disable=SC2034
# Discoverer (Sofia Tech Park): two AMD EPYC 7H12, 128 cores a node, InfiniBand.
# Never tried on this machine: written from its public documentation. See docs/clusters.md.
sbatch_options=(
    --account="${DIDYMOS_ACCOUNT:?set it to the project that pays, which is the qos as well}"
    --partition=cn --qos="$DIDYMOS_ACCOUNT" --hint=nomultithread --exclusive --mem=0 --ntasks-per-node=128 --cpus-per-task=1 --distribution=block:block
)
srun_options=()

# Builds with: DIDYMOS_HDF5=hdf5 DIDYMOS_MARCH=znver2 make install PREFIX=$HOME/didymos, with cfitsio and libdeflate of your own where no module has them
load_modules() {
    module load openmpi/4/gcc/latest hdf5/1/1.14/latest-gcc-openmpi openblas/latest fftw/3/latest-gcc-openmpi
    if [ -n "${DIDYMOS_MODULE:-}" ]; then module load "$DIDYMOS_MODULE"; fi
}
