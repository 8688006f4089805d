# shellcheck shell=bash disable=SC2034
# MeluXina (LuxProvide): two AMD EPYC 7H12, 128 cores a node, InfiniBand.
# Never tried on this machine: written from its public documentation. See docs/clusters.md.
# Login nodes have no modules: build in an interactive job.
sbatch_options=(
    --account="${DIDYMOS_ACCOUNT:?set it to the project that pays, such as p200000}"
    --partition=cpu --qos=default --hint=nomultithread --exclusive --mem=0 --ntasks-per-node=128 --cpus-per-task=1 --distribution=block:block
)
srun_options=()

# Builds with: DIDYMOS_HDF5=hdf5 DIDYMOS_MARCH=znver2 make install PREFIX=$HOME/didymos
load_modules() {
    module load env/release/2023.1 OpenMPI HDF5 OpenBLAS FFTW CFITSIO libdeflate
    if [ -n "${DIDYMOS_MODULE:-}" ]; then module load "$DIDYMOS_MODULE"; fi
}
