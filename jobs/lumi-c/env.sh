# shellcheck shell=bash disable=SC2034
# LUMI-C (CSC): two AMD EPYC 7763, 128 cores a node, Slingshot, Cray MPICH.
# Never tried on this machine: written from its public documentation. See docs/clusters.md.
# Jobs of less than a node: --partition=small --exclusive=no. At most two days. SLES 15 has an older glibc than Debian 12: build on the machine itself.
sbatch_options=(
    --account="${DIDYMOS_ACCOUNT:?set it to the project that pays, such as project_465000000}"
    --partition=standard --hint=nomultithread --exclusive --mem=0 --ntasks-per-node=128 --cpus-per-task=1 --distribution=block:block
)
srun_options=()

# Builds with: DIDYMOS_MPI=mpich DIDYMOS_HDF5=hdf5 DIDYMOS_MARCH=znver3 make install PREFIX=$HOME/didymos, with OpenBLAS, cfitsio and libdeflate of your own (EasyBuild)
load_modules() {
    module load LUMI/24.03 partition/C cpeGNU cray-hdf5-parallel cray-fftw
    if [ -n "${DIDYMOS_MODULE:-}" ]; then module load "$DIDYMOS_MODULE"; fi
}
