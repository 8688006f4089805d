# shellcheck shell=bash disable=SC2034
# Karolina (IT4Innovations): two AMD EPYC 7H12, 128 cores a node, InfiniBand.
# Never tried on this machine: written from its public documentation. See docs/clusters.md.
# An hour for tests: --partition=qcpu_exp. Two days is the limit; longer: --partition=qcpu_long.
sbatch_options=(
    --account="${DIDYMOS_ACCOUNT:?set it to the project that pays, such as OPEN-28-77}"
    --partition=qcpu --hint=nomultithread --exclusive --mem=0 --ntasks-per-node=128 --cpus-per-task=1 --distribution=block:block
)
srun_options=()

# Builds with: DIDYMOS_HDF5=hdf5 DIDYMOS_MARCH=znver2 make install PREFIX=$HOME/didymos
load_modules() {
    module load OpenMPI/4.1.6-GCC-13.2.0 HDF5/1.14.3-gompi-2023b OpenBLAS/0.3.24-GCC-13.2.0 FFTW/3.3.10-GCC-13.2.0 CFITSIO libdeflate
    if [ -n "${DIDYMOS_MODULE:-}" ]; then module load "$DIDYMOS_MODULE"; fi
}
