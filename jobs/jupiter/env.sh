# shellcheck shell=bash disable=SC2034
# JUPITER Booster (JSC): four NVIDIA GH200, 288 Arm cores a node, InfiniBand.
# Never tried on this machine: written from its public documentation. See docs/clusters.md.
# Nothing here runs there before the package builds for Arm; the file is what the jobs would need then.
sbatch_options=(
    --account="${DIDYMOS_ACCOUNT:?set it to the project that pays, your budget}"
    --partition=booster --hint=nomultithread --exclusive --mem=0 --ntasks-per-node=288 --cpus-per-task=1 --distribution=block:block
)
srun_options=()

# Builds with: nothing yet: the machine is Arm, and the package builds for x86 alone
load_modules() {
    module load Stages/2025 GCC OpenMPI HDF5 OpenBLAS FFTW CFITSIO libdeflate
    if [ -n "${DIDYMOS_MODULE:-}" ]; then module load "$DIDYMOS_MODULE"; fi
}
